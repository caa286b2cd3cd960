"""Signing in: a code that works once becomes a cookie, and the cookie says who is there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from bot.gateway_guard import Guard, Limits, caller
from bot.web_words import asked_in
from core.chat.message import ChatRef, Who
from core.db import audit, chats, people, web_messages
from core.errors import Told
from core.services import Services

log = structlog.get_logger()

LIFE = timedelta(days=30)
FIRST_CODE_LIFE = timedelta(days=7)
CODE_LIFE = timedelta(hours=24)
FIRST_NAME = {"owner": "Owner"}


@dataclass(frozen=True, slots=True)
class Signed:
    """Whoever has the page open, and their conversation."""

    member: people.Member
    chat_id: int
    where: ChatRef
    token: str

    def who(self, language: str | None) -> Who:
        return Who("web", str(self.member.id), self.member.name, language)


async def owner_code(svc: Services) -> str | None:
    """A fresh code for the address that is printed at start: the first owner's invitation while
    there is none, afterwards a way for the owner to sign in again."""
    now = svc.clock.now()
    async with svc.db.write() as tx:
        workspace_id = await people.first_workspace(tx)
        if workspace_id is None:
            workspace_id = await people.make_workspace(tx, "Home", now)
        owner = await people.owner(tx)
        if owner is None:
            return await people.make_invite(
                tx, svc.vault, workspace_id, "owner", by=None, now=now, life=FIRST_CODE_LIFE
            )
        return await people.make_invite(
            tx,
            svc.vault,
            owner.workspace_id,
            owner.role,
            by=owner.id,
            now=now,
            life=CODE_LIFE,
            joins=owner.id,
        )


class Sessions:
    """The routes under /api/session, and the question who is there."""

    def __init__(self, svc: Services, guard: Guard) -> None:
        self._svc = svc
        self._guard = guard
        self._secure = svc.settings.address.startswith("https:")
        # A code is one of 31^8 = 8.5e11: at this pace guessing takes thousands of years.
        self._tries = Limits(per_s=6 / 60, burst=6)
        # Browsers keep cookies by host and forget the port: two installations on one machine must
        # not sign each other out. The mark changes only with the key that the sessions hang on.
        mark = svc.vault.fingerprint("cookie", "name")[:8]
        self.cookie = f"__Host-clipdesk-{mark}" if self._secure else f"clipdesk-{mark}"

    async def who(self, request: web.Request) -> Signed | None:
        """The member behind the cookie, if there is one."""
        token = request.cookies.get(self.cookie, "")
        return await self.who_holds(token) if token else None

    async def who_holds(self, token: str) -> Signed | None:
        now = self._svc.clock.now()
        async with self._svc.db.read() as tx:
            member = await people.session_member(tx, self._svc.vault, token, now)
            if member is None:
                return None
            where = _where(member)
            chat = await chats.find_chat(tx, where)
        return Signed(member, chat.id, where, token) if chat else None

    async def need(self, request: web.Request) -> Signed:
        """Raises Unauthorized in words."""
        signed = await self.who(request)
        if signed is None:
            raise web.HTTPUnauthorized(text=self._words(request, "web.signed_out"))
        return signed

    async def me(self, request: web.Request) -> web.Response:
        """GET /api/me"""
        signed = await self.who(request)
        if signed is None:
            return web.json_response({"signed_in": False})
        return web.json_response({"signed_in": True, **_about(signed.member)})

    async def sign_in(self, request: web.Request) -> web.Response:
        """POST /api/session {"code": "ABCD-EFGH"}"""
        if not self._tries.take(caller(request, self._guard.behind_proxy)):
            return self._said(request, 429, "web.slow_down")
        code = await _code(request)
        async with self._svc.db.write() as tx:
            member = await self._use(tx, code) if code else None
            if member is None:
                return self._said(request, 403, "web.wrong_code")
            token = await people.open_session(
                tx,
                self._svc.vault,
                member.id,
                request.headers.get("User-Agent", ""),
                self._svc.clock.now(),
                LIFE,
            )
        log.info("session.opened", member=member.id)
        answer = web.json_response({"signed_in": True, **_about(member)})
        self._keep(answer, token)
        return answer

    async def _use(self, tx: AsyncSession, code: str) -> people.Member | None:
        now = self._svc.clock.now()
        stranger = Who("web", f"code-{secrets.token_hex(8)}", "Guest")
        member = await people.use_invite(tx, self._svc.vault, code, stranger, now)
        if member is None:
            return None
        if member.name == stranger.name and member.role in FIRST_NAME:
            await people.set_member(tx, member.id, name=FIRST_NAME[member.role])
            member = await people.member(tx, member.id)
        await web_messages.settle_identity(tx, member.id, stranger.user_id, member.name)
        await chats.open_chat(tx, member.workspace_id, _where(member), now)
        about = f"member:{member.id}"
        await audit.record(tx, member.workspace_id, member.id, "session.open", about, now)
        return member

    async def sign_out(self, request: web.Request) -> web.Response:
        """DELETE /api/session"""
        token = request.cookies.get(self.cookie, "")
        if token:
            async with self._svc.db.write() as tx:
                now = self._svc.clock.now()
                await people.revoke_token(tx, self._svc.vault, token, now)
        answer = web.json_response({"signed_in": False})
        answer.del_cookie(self.cookie, path="/", secure=self._secure, httponly=True)
        return answer

    def _keep(self, answer: web.Response, token: str) -> None:
        answer.set_cookie(
            self.cookie,
            token,
            max_age=int(LIFE.total_seconds()),
            path="/",
            httponly=True,
            secure=self._secure,
            samesite="Strict",
        )

    def _said(self, request: web.Request, status: int, key: str) -> web.Response:
        return web.json_response({"error": self._words(request, key)}, status=status)

    def _words(self, request: web.Request, key: str) -> str:
        catalog = self._svc.catalog
        return catalog.text(Told(key).say, asked_in(request, catalog))


def _where(member: people.Member) -> ChatRef:
    return ChatRef("web", str(member.id))


def _about(member: people.Member) -> dict[str, Any]:
    return {"name": member.name, "role": member.role}


async def _code(request: web.Request) -> str:
    """The code of the request; empty when there is none that can be read."""
    if request.content_type != "application/json":  # a plain form of another site cannot send it
        return ""
    try:
        given = await request.json()
    except ValueError:
        return ""
    code = given.get("code") if isinstance(given, dict) else None
    return normal(code) if isinstance(code, str) else ""


def normal(code: str) -> str:
    """`abcd efgh` as people type it, in the form codes are made in."""
    letters = "".join(c for c in code.upper() if c.isascii() and c.isalnum())
    return f"{letters[:4]}-{letters[4:]}" if len(letters) == 8 else ""
