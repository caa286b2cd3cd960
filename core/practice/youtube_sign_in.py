"""Signing in to practice YouTube: Google's consent with PKCE, offline access, refresh tokens that
stay the same."""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from core.practice.base import PracticePlatform
from core.practice.faults import Faults
from core.practice.pages import consent_page
from core.practice.state import State, new_id
from core.practice.youtube_wire import GoogleError, flat

ACCESS_S, UNUSED_S, TESTING_S, CODE_S = 3599, 180 * 86400, 7 * 86400, 600
PREFIX = "https://www.googleapis.com/auth/"
SCOPE = f"{PREFIX}youtube"
_LOOPBACK = re.compile(r"https?://(127\.0\.0\.1|localhost)(:\d+)?/")


class YouTubeSignIn(PracticePlatform):
    """Google OAuth for web servers."""

    name = "youtube"
    tokens = ("youtube.access", "youtube.refresh")

    def __init__(self, state: State, faults: Faults, base: str) -> None:
        super().__init__(state, faults, base)
        made = lambda: f"{secrets.randbelow(10**12)}-practice.apps.googleusercontent.com"  # noqa: E731
        self.id = state.once("youtube.id", made)
        self.secret = state.once("youtube.secret", lambda: "GOCSPX-" + secrets.token_hex(12))

    def account_of(self, request: web.Request) -> str:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        found = self._s.get("youtube.access", token)
        return str(found["account"]) if found else ""

    async def authorize(self, request: web.Request) -> web.Response:
        q = request.query
        if q.get("client_id") != self.id or q.get("response_type") != "code":
            return web.Response(status=400, text="client_id or response_type wrong")
        if not _LOOPBACK.match(q.get("redirect_uri", "")) or not q.get("state"):
            return web.Response(status=400, text="redirect_uri or state wrong")
        scopes = q.get("scope", "").split(" ")
        if not all(s.startswith(SCOPE) for s in scopes):
            return web.Response(status=400, text="invalid_scope")
        if not re.fullmatch(r"[\w-]{43}", q.get("code_challenge", "")):
            return web.Response(status=400, text="a code_challenge in base64url is needed")
        rights = [s.removeprefix(PREFIX) for s in scopes]
        return consent_page("YouTube", dict(q), rights)

    async def consent(self, request: web.Request) -> web.Response:
        q = {k: str(v) for k, v in (await request.post()).items()}
        back = q.get("redirect_uri", "")
        if not _LOOPBACK.match(back):
            return web.Response(status=400, text="redirect_uri wrong")
        if q.get("answer") != "allow":
            no = {"error": "access_denied", "state": q["state"]}
            raise web.HTTPFound(f"{back}?{urlencode(no)}")
        code = new_id("4/0")
        name = re.sub(r"[^\w.]", "", q.get("account", ""))[:24] or "practice"
        kept = {
            "account": name,
            "redirect_uri": back,
            "challenge": q.get("code_challenge", ""),
            "scope": q.get("scope", ""),
            "offline": q.get("access_type") == "offline" and q.get("prompt") == "consent",
            "until": self._s.now_s + CODE_S,
        }
        self._s.put("youtube.code", code, kept)
        yes = {"code": code, "state": q["state"], "scope": q.get("scope", "")}
        raise web.HTTPFound(f"{back}?{urlencode(yes)}")

    async def token(self, request: web.Request) -> web.Response:
        form = {k: str(v) for k, v in (await request.post()).items()}
        if form.get("client_id") != self.id or form.get("client_secret") != self.secret:
            return flat("invalid_client", "The OAuth client was not found.", 401)
        if form.get("grant_type") == "authorization_code":
            return self._by_code(form)
        if form.get("grant_type") != "refresh_token":
            return flat("unsupported_grant_type", "Invalid grant_type")
        refresh = form.get("refresh_token", "")
        held = self._s.get("youtube.refresh", refresh)
        if held is None or held["until"] < self._s.now_s:
            return flat("invalid_grant", "Token has been expired or revoked.")
        if not held["fixed"]:  # each use gives it another half year
            self._s.put("youtube.refresh", refresh, {**held, "until": self._s.now_s + UNUSED_S})
        return web.json_response(self._access(held))

    def _by_code(self, form: dict[str, str]) -> web.Response:
        code = self._s.take("youtube.code", form.get("code", ""))
        if code is None or code["until"] < self._s.now_s:
            return flat("invalid_grant", "Malformed auth code.")
        if code["redirect_uri"] != form.get("redirect_uri"):
            return flat("redirect_uri_mismatch", "Bad Request")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if urlsafe_b64encode(digest).decode().rstrip("=") != code["challenge"]:
            return flat("invalid_grant", "Invalid code verifier.")
        granted = self.fault("token", "scope", code["account"])
        testing = self.fault("token", "testing", code["account"])
        held = {
            "account": code["account"],
            "scope": granted.value.replace(",", " ") if granted else code["scope"],
            "until": self._s.now_s + (TESTING_S if testing else UNUSED_S),
            "fixed": testing is not None,
        }
        body = self._access(held)
        if code["offline"]:
            body["refresh_token"] = new_id("1//0")
            self._s.put("youtube.refresh", body["refresh_token"], held)
        if testing:
            body["refresh_token_expires_in"] = TESTING_S
        return web.json_response(body)

    def _access(self, held: dict[str, Any]) -> dict[str, Any]:
        access = new_id("ya29.")
        kept = {"account": held["account"], "scope": held["scope"]}
        self._s.put("youtube.access", access, {**kept, "until": self._s.now_s + ACCESS_S})
        return {
            "access_token": access,
            "expires_in": ACCESS_S,
            "scope": held["scope"],
            "token_type": "Bearer",
        }

    async def revoke(self, request: web.Request) -> web.Response:
        token = request.query.get("token", "") or str((await request.post()).get("token", ""))
        gone = [self._s.take(kind, token) for kind in self.tokens]
        known = next((g for g in gone if g), None)
        if known is None:
            return flat("invalid_token", "Token expired or revoked")
        for kind in self.tokens:
            self._s.forget(kind, account=known["account"])
        return web.json_response({})

    def who(self, request: web.Request, *scopes: str) -> str:
        """The account behind the token. One of these rights is needed, or the whole of YouTube."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        grant = self._s.get("youtube.access", token) if kind == "Bearer" else None
        if grant is None or grant["until"] < self._s.now_s:
            raise GoogleError("authError", "Invalid Credentials")
        enough = {SCOPE, f"{SCOPE}.force-ssl", *(f"{SCOPE}.{s}" for s in scopes)}
        if not enough & set(grant["scope"].split()):
            message = "Request had insufficient authentication scopes."
            raise GoogleError("insufficientPermissions", message)
        return str(grant["account"])
