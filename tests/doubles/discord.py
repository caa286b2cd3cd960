"""A Discord on loopback: REST, gateway and CDN, strict about what the real one refuses.

    async with running_discord() as discord:
        ana = discord.person("Ana")
        ... point DISCORD_API_ROOT and DISCORD_GATEWAY at discord.api and discord.gateway ...
        await ana.writes(ana.dm, "hello")
        discord.shown(ana.dm)            # what the channel shows now

Two traps of the library are kept: answers carry `application/json` without a charset, and a real
429 has a `Via` header (without one it is Cloudflare speaking).
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.doubles import discord_rules as rules
from tests.doubles.discord_gateway import Gateway
from tests.doubles.discord_interactions import Interactions
from tests.doubles.discord_network import APPLICATION
from tests.doubles.discord_people import Person
from tests.doubles.discord_rules import Refused
from tests.doubles.discord_wire import Call, Fault, Limited, answer
from tests.doubles.discord_world import Server, User

__all__ = ["Discord", "Fault", "Server", "running_discord"]


class Discord(Interactions):
    """The network as a whole."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.line = Gateway(self)

    @property
    def api(self) -> str:
        return f"{self.base}/api/v10"

    @property
    def gateway(self) -> str:
        return self.base.replace("http", "ws", 1) + "/gateway"

    def person(self, name: str, **how: Any) -> Person:
        user = User(name, **how)
        self.users[user.id] = user
        return Person(self, user)

    # ── the server ────────────────────────────────────────────────────────────────────────────────

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._door], client_max_size=600 * 1024**2)
        add, api = app.router.add_route, "/api/v10"
        add("GET", f"{api}/users/@me", self._me)
        add("GET", f"{api}/oauth2/applications/@me", self._application)
        add("PUT", f"{api}/applications/{APPLICATION}/commands", self._sync)
        add("POST", f"{api}/users/@me/channels", self._open_dm)
        add("GET", f"{api}/channels/{{channel}}", self._channel_itself)
        add("GET", f"{api}/channels/{{channel}}/messages", self._history)
        add("POST", f"{api}/channels/{{channel}}/messages", self._create)
        add("GET", f"{api}/channels/{{channel}}/messages/{{message}}", self._get)
        add("PATCH", f"{api}/channels/{{channel}}/messages/{{message}}", self._edit)
        add("DELETE", f"{api}/channels/{{channel}}/messages/{{message}}", self._delete)
        add("POST", f"{api}/interactions/{{id}}/{{token}}/callback", self._answer)
        hook = f"{api}/webhooks/{APPLICATION}/{{token}}"
        add("POST", hook, self._follow_up)
        for method in ("GET", "PATCH", "DELETE"):
            add(method, f"{hook}/messages/@original", self._original)
        app.router.add_get("/attachments/{channel}/{id}/{name}", self._file)
        app.router.add_get("/gateway/", self.line.serve)
        app.router.add_get("/gateway", self.line.serve)
        return app

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if not request.path.startswith("/api/"):
            return await handler(request)  # type: ignore[no-any-return]
        fault = next((f for f in self.faults if f.meets(request)), None)
        if fault is not None:
            fault.times -= 1
        told = await self._fail(fault, request) if fault and fault.what != "lost" else None
        if told is None:
            told = await self._serve(request, handler)
        self.calls.append(Call(request.method, request.path, told.status, time.monotonic()))
        if fault is not None and fault.what == "lost":
            self._cut(request)
        return told

    async def _serve(self, request: web.Request, handler: Any) -> web.Response:
        token = request.headers.get("Authorization")
        by_token = "/webhooks/" in request.path or "/interactions/" in request.path
        try:
            if not by_token and token != f"Bot {self.token}":
                raise Refused(401, 0, "401: Unauthorized")
            return await handler(request)  # type: ignore[no-any-return]
        except Limited as no:
            return no.answer
        except Refused as no:
            return answer(no.body, no.status)

    async def _fail(self, fault: Fault, request: web.Request) -> web.Response | None:
        await request.read()
        if fault.what == "cut":
            self._cut(request)
        if fault.what == "500":
            return answer({"message": "500: Internal Server Error", "code": 0}, 500)
        if fault.what == "cloudflare":
            return web.Response(status=429, text="error code: 1015", content_type="text/plain")
        return Limited(fault.retry_after).answer

    @staticmethod
    def _cut(request: web.Request) -> None:
        if request.transport is not None:
            request.transport.abort()

    async def _file(self, request: web.Request) -> web.Response:
        file = self.files.get(int(request.match_info["id"]))
        if file is None or file.gone or "hm" not in request.query:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=file.data, content_type=file.kind)

    # ── who one is ────────────────────────────────────────────────────────────────────────────────

    async def _me(self, request: web.Request) -> web.Response:
        return answer(self.bot.wire() | {"verified": True, "mfa_enabled": True, "flags": 0})

    async def _application(self, request: web.Request) -> web.Response:
        about: dict[str, Any] = {
            "id": str(APPLICATION),
            "name": "Clipdesk",
            "icon": None,
            "description": "",
            "rpc_origins": [],
            "bot_public": True,
            "bot_require_code_grant": False,
            "owner": User("Owner").wire(),
            "verify_key": "0" * 64,
            "team": None,
            "flags": 0,
            "interactions_endpoint_url": None,
        }
        return answer(about)

    async def _sync(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        rules.check_commands(wanted)
        self.syncs += 1
        self.commands = [
            {**c, "id": str(2000 + n), "application_id": str(APPLICATION), "version": "1"}
            for n, c in enumerate(wanted)
        ]
        return answer(
            [{"default_member_permissions": None, "description": "", **c} for c in self.commands]
        )

    async def _open_dm(self, request: web.Request) -> web.Response:
        user = self.users.get(int((await request.json())["recipient_id"]))
        if user is None:
            raise rules.bad_form("recipient_id: Unknown User")
        return answer(self.dm(user).wire())


@asynccontextmanager
async def running_discord(**how: Any) -> AsyncIterator[Discord]:
    """A Discord on a free port, until the block ends."""
    discord = Discord(**how)
    runner = web.AppRunner(discord.app(), shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    discord.base = f"http://127.0.0.1:{port}"
    try:
        yield discord
    finally:
        await discord.line.close()
        await runner.cleanup()
