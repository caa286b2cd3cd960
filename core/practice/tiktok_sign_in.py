"""Signing in to practice TikTok: consent, codes, tokens that rotate."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from core.practice.base import PracticePlatform
from core.practice.faults import Faults
from core.practice.pages import consent_page
from core.practice.state import State, new_id
from core.practice.tiktok_wire import Refusal, flat

ACCESS_S, REFRESH_S = 7200, 180 * 86400


class TikTokSignIn(PracticePlatform):
    """Login Kit for desktop apps."""

    name = "tiktok"
    tokens = ("tiktok.access", "tiktok.refresh")

    def __init__(self, state: State, faults: Faults, base: str) -> None:
        super().__init__(state, faults, base)
        self.key = state.once("tiktok.key", lambda: "practice" + secrets.token_hex(4))
        self.secret = state.once("tiktok.secret", lambda: secrets.token_hex(16))

    def account_of(self, request: web.Request) -> str:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        found = self._s.get("tiktok.access", token)
        if found is None and (held := self._held(request)) is not None:
            found = self._s.get("tiktok.publish", held["publish_id"])
        return str(found["account"]) if found else ""

    def _held(self, request: web.Request) -> dict[str, Any] | None:
        return self._s.get("tiktok.upload", request.query.get("upload_token", ""))

    async def authorize(self, request: web.Request) -> web.Response:
        q = request.query
        loopback = re.match(r"https?://(127\.0\.0\.1|localhost)(:\d+)?/", q.get("redirect_uri", ""))
        if q.get("client_key") != self.key or q.get("response_type") != "code" or not loopback:
            return web.Response(status=400, text="client_key, response_type or redirect_uri wrong")
        if not q.get("state") or not re.fullmatch(r"[0-9a-f]{64}", q.get("code_challenge", "")):
            return web.Response(status=400, text="state and a hex code_challenge are needed")
        return consent_page("TikTok", dict(q), q.get("scope", "").split(","))

    async def consent(self, request: web.Request) -> web.Response:
        form = await request.post()
        q = {k: str(v) for k, v in form.items()}
        back = q.get("redirect_uri", "")
        if not re.match(r"https?://(127\.0\.0\.1|localhost)(:\d+)?/", back):
            return web.Response(status=400, text="redirect_uri wrong")
        answer = {"state": q.get("state", "")}
        if q.get("answer") != "allow":
            answer |= {"error": "access_denied", "error_description": "the user said no"}
        else:
            code = new_id()
            name = re.sub(r"[^\w.]", "", q.get("account", ""))[:24] or "practice"
            self._s.put(
                "tiktok.code",
                code,
                {
                    "account": name,
                    "redirect_uri": back,
                    "challenge": q.get("code_challenge", ""),
                    "scope": q.get("scope", ""),
                    "until": self._s.now_s + 300,
                },
            )
            answer |= {"code": code, "scopes": q.get("scope", "")}
        raise web.HTTPFound(f"{back}?{urlencode(answer)}")

    async def token(self, request: web.Request) -> web.Response:
        if request.content_type != "application/x-www-form-urlencoded":
            return flat("invalid_request", "a form is needed")
        form = {k: str(v) for k, v in (await request.post()).items()}
        if form.get("client_key") != self.key or form.get("client_secret") != self.secret:
            return flat("invalid_client", "client key or secret wrong", 401)
        if form.get("grant_type") == "authorization_code":
            return self._by_code(form)
        if form.get("grant_type") == "refresh_token":
            old = self._s.take("tiktok.refresh", form.get("refresh_token", ""))
            if old is None or old["until"] < self._s.now_s:
                return flat("invalid_grant", "refresh token is invalid or expired")
            return self._tokens(old["account"], old["scope"])
        return flat("unsupported_grant_type", "")

    def _by_code(self, form: dict[str, str]) -> web.Response:
        code = self._s.take("tiktok.code", form.get("code", ""))
        if code is None or code["until"] < self._s.now_s:
            return flat("invalid_grant", "code is expired or used")
        if code["redirect_uri"] != form.get("redirect_uri"):
            return flat("invalid_grant", "redirect_uri differs")
        verifier = form.get("code_verifier", "")
        challenge = hashlib.sha256(verifier.encode()).hexdigest()
        if challenge != code["challenge"] or not re.fullmatch(r"[\w.~-]{43,128}", verifier):
            return flat("invalid_request", "Code verifier or code challenge is invalid.")
        granted = self._faults.take("tiktok", "token", "scope", account=code["account"])
        return self._tokens(code["account"], granted.value if granted else code["scope"])

    def _tokens(self, account: str, scope: str) -> web.Response:
        access, refresh, now = new_id("act."), new_id("rft."), self._s.now_s
        body = {"account": account, "scope": scope}
        self._s.put("tiktok.access", access, {**body, "until": now + ACCESS_S})
        self._s.put("tiktok.refresh", refresh, {**body, "until": now + REFRESH_S})
        return web.json_response(
            {
                "open_id": f"open-{account}",
                "scope": scope,
                "access_token": access,
                "expires_in": ACCESS_S,
                "refresh_token": refresh,
                "refresh_expires_in": REFRESH_S,
                "token_type": "Bearer",
            }
        )

    async def revoke(self, request: web.Request) -> web.Response:
        form = await request.post()
        self._s.take("tiktok.access", str(form.get("token", "")))
        return web.json_response({})

    def _who(self, request: web.Request, scope: str) -> dict[str, Any]:
        """The account behind the token, or the refusal."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        grant = self._s.get("tiktok.access", token) if kind == "Bearer" else None
        if grant is None or grant["until"] < self._s.now_s:
            raise Refusal("access_token_invalid", 401)
        if not set(scope.split("|")) & set(grant["scope"].split(",")):
            raise Refusal("scope_not_authorized", 401, scope)
        return grant

    def _limited(
        self, request: web.Request, scope: str, call: str, per_minute: int
    ) -> dict[str, Any]:
        who = self._who(request, scope)
        if self._s.too_often(call, who["account"], per_minute):
            raise Refusal("rate_limit_exceeded", 429)
        return who
