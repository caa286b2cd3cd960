"""Signing in to practice Instagram: codes, short tokens for long ones, and their renewal."""

from __future__ import annotations

import re
import secrets
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from core.practice.base import PracticePlatform
from core.practice.faults import Faults
from core.practice.instagram_wire import GraphError, usage
from core.practice.pages import consent_page
from core.practice.state import State, new_id

SHORT_S, LONG_S = 3600, 60 * 86400
DAY_S = 86400
INSIGHTS = "instagram_business_manage_insights"


class InstagramSignIn(PracticePlatform):
    """Instagram Login."""

    name = "instagram"
    tokens = ("instagram.token",)

    def __init__(self, state: State, faults: Faults, base: str) -> None:
        super().__init__(state, faults, base)
        self.id = state.once("instagram.id", lambda: str(10**15 + secrets.randbelow(10**14)))
        self.secret = state.once("instagram.secret", lambda: secrets.token_hex(16))

    def account_of(self, request: web.Request) -> str:
        header = request.headers.get("Authorization", "")
        found = self._s.get("instagram.token", header.partition(" ")[2])
        return str(found["account"]) if found else ""

    async def authorize(self, request: web.Request) -> web.Response:
        q = request.query
        if q.get("client_id") != self.id or q.get("response_type") != "code" or not q.get("state"):
            return web.Response(status=400, text="client_id, response_type or state wrong")
        return consent_page("Instagram", dict(q), re.split("[ ,]", q.get("scope", "")))

    async def consent(self, request: web.Request) -> web.Response:
        q = {k: str(v) for k, v in (await request.post()).items()}
        back = q.get("redirect_uri", "")
        if not re.match(r"https?://(127\.0\.0\.1|localhost)(:\d+)?/", back):
            return web.Response(status=400, text="redirect_uri wrong")
        if q.get("answer") != "allow":
            no = {"error": "access_denied", "error_reason": "user_denied", "state": q["state"]}
            raise web.HTTPFound(f"{back}?{urlencode(no)}")
        code = new_id()
        name = re.sub(r"[^\w.]", "", q.get("account", ""))[:24] or "practice"
        self._s.put(
            "instagram.code",
            code,
            {
                "account": name,
                "redirect_uri": back,
                "scope": q.get("scope", ""),
                "until": self._s.now_s + SHORT_S,
            },
        )
        yes = urlencode({"code": code, "state": q["state"]})
        raise web.HTTPFound(f"{back}?{yes}#_")

    async def short_token(self, request: web.Request) -> web.Response:
        form = {k: str(v) for k, v in (await request.post()).items()}
        code = self._s.take("instagram.code", form.get("code", ""))
        ours = form.get("client_id") == self.id and form.get("client_secret") == self.secret
        fits = code and code["redirect_uri"] == form.get("redirect_uri")
        if not ours or not code or not fits or code["until"] < self._s.now_s:
            body = {
                "error_type": "OAuthException",
                "code": 400,
                "error_message": "Matching code was not found or was already used",
            }
            return web.json_response(body, status=400)
        granted = self.fault("token", "scope", code["account"])
        scope = granted.value if granted else code["scope"]
        token = self._token(code["account"], SHORT_S, "short", scope)
        found = {
            "access_token": token,
            "user_id": self._user_id(code["account"]),
            "permissions": scope,
        }
        if self.fault("token", "flat", code["account"]):
            several = {**found, "user_id": int(found["user_id"])}
            several["permissions"] = found["permissions"].split(",")
            return web.json_response(several)
        return web.json_response({"data": [found]})

    def _token(self, account: str, life_s: int, kind: str, scope: str) -> str:
        token, now = new_id("IG"), self._s.now_s
        body = {"account": account, "until": now + life_s, "kind": kind, "made": now}
        body["scope"] = scope
        self._s.put("instagram.token", token, body)
        return token

    def _user_id(self, account: str) -> str:
        made = lambda: str(17_841_400_000_000_000 + secrets.randbelow(10**12))  # noqa: E731
        user_id = self._s.once(f"instagram.user.{account}", made)
        self._s.put("instagram.user", user_id, {"account": account})
        return user_id

    async def long_token(self, request: web.Request) -> web.Response:
        q = request.query
        grant = self._s.get("instagram.token", q.get("access_token", ""))
        if q.get("grant_type") != "ig_exchange_token" or q.get("client_secret") != self.secret:
            raise GraphError(100, 0, "grant_type or client_secret wrong")
        if grant is None or grant["until"] < self._s.now_s:
            raise GraphError(190, 463, "token expired")
        return self._long(grant)

    def _long(self, held: dict[str, Any]) -> web.Response:
        token = self._token(held["account"], LONG_S, "long", held.get("scope", ""))
        body = {"access_token": token, "token_type": "bearer", "expires_in": LONG_S - 56}
        return web.json_response(body)

    async def refresh(self, request: web.Request) -> web.Response:
        q, now = request.query, self._s.now_s
        grant = self._s.get("instagram.token", q.get("access_token", ""))
        if q.get("grant_type") != "ig_refresh_token" or grant is None or grant["kind"] != "long":
            raise GraphError(100, 0, "not a long-lived token")
        if grant["until"] < now:
            raise GraphError(190, 463, "token expired")
        if now - grant["made"] < DAY_S:
            raise GraphError(100, 0, "token is younger than 24 hours")
        return self._long(grant)

    def _who(self, request: web.Request, prefix: str = "Bearer ") -> str:
        """The account behind the token."""
        header = request.headers.get("Authorization", "")
        token = header.removeprefix(prefix) if header.startswith(prefix) else ""
        token = token or (request.query.get("access_token", "") if prefix == "Bearer " else "")
        grant = self._s.get("instagram.token", token)
        if grant is None:
            raise GraphError(190, 467, "invalid token")
        if grant["until"] < self._s.now_s:
            raise GraphError(190, 463, "token expired")
        return str(grant["account"])

    def _granted(self, request: web.Request) -> list[str]:
        """The rights of the token."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        grant = self._s.get("instagram.token", token)
        return re.split("[ ,]", grant.get("scope", "")) if grant else []

    def _mine(self, request: web.Request) -> str:
        """The account, when the path names it."""
        account = self._who(request)
        if request.match_info["user"] not in ("me", self._user_id(account)):
            raise GraphError(24, 2207006, "no permission for this account")
        return account

    async def me(self, request: web.Request) -> web.Response:
        account = self._who(request)
        user_id = self._user_id(account)
        body = {"user_id": user_id, "id": f"9{user_id}", "username": account, "name": account}
        return web.json_response(body, headers=usage())
