"""A Bot API server on loopback, as strict as the real one, and the people who write to its bot.

    async with telegram() as tg:
        ana = tg.person("Ana")
        tg.write(ana, "/start")                 # an update for the bot
        tg.private(ana).shown[-1].labels        # what the bot shows there now
        tg.meet("sendMessage", flood(3))        # the next call is told to wait

It keeps each chat as it stands now: edits and deletes change it, so tests read a conversation.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from tests.doubles.telegram_acts import Acts
from tests.doubles.telegram_changing import Changing
from tests.doubles.telegram_markup import Refused, bad
from tests.doubles.telegram_rooms import Person, Room, Shown
from tests.doubles.telegram_sending import CLOUD_OUT_B, LOCAL_OUT_B, Upload
from tests.doubles.telegram_updates import Updates

__all__ = [
    "DROPPED",
    "LOST",
    "Person",
    "Refused",
    "Room",
    "Shown",
    "Telegram",
    "bad",
    "flood",
    "telegram",
]

CLOUD_IN_B = 20 << 20
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
LANGUAGE = re.compile(r"[a-z]{2}")

LOST = "lost"
"""A fault: it happens, and the answer never comes."""
DROPPED = "dropped"
"""A fault: the connection ends before anything happened."""


def flood(seconds: int) -> Refused:
    return Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


@dataclass(slots=True)
class Call:
    """One request that reached the server."""

    method: str
    params: dict[str, Any]
    at: float
    uploads: dict[str, int] = field(default_factory=dict)
    """Bytes of each file that came along."""


class Telegram(Acts, Updates, Changing):
    """The running server."""

    def __init__(self, token: str, folder: Path | None, privacy: bool) -> None:
        super().__init__(token, folder, privacy)
        self.calls: list[Call] = []
        self.away = False
        """An outage: connections are cut without an answer."""
        self.revoked = False
        self.strict_pace = False
        """Answer 429 to whoever sends faster than the documented rates."""
        self._faults: dict[str, deque[tuple[int | None, Refused | str]]] = {}
        self._sent_at: dict[int | str, deque[float]] = {}

    # ── for tests: faults ─────────────────────────────────────────────────────────────────────────

    def meet(
        self, method: str, fault: Refused | str, *, room: Room | None = None, times: int = 1
    ) -> None:
        """What the next calls of a method meet, in one room or anywhere."""
        for _ in range(times):
            where = room.id if room else None
            self._faults.setdefault(method, deque()).append((where, fault))

    def made(self, method: str) -> list[Call]:
        return [c for c in self.calls if c.method == method]

    # ── HTTP ──────────────────────────────────────────────────────────────────────────────────────

    async def call(self, request: web.Request) -> web.StreamResponse:
        """/bot{token}/{method}"""
        if self.away:
            return await self._cut(request)
        method = request.match_info["method"]
        token = request.match_info["token"]
        if ":" not in token:
            return _answer(Refused(404, "Not Found"))
        if token != self.token or self.revoked:
            return _answer(Refused(401, "Unauthorized"))
        params, uploads = await _read(request)
        sizes = {name: len(u.content) for name, u in uploads.items()}
        self.calls.append(Call(method, params, time.monotonic(), sizes))
        run = getattr(self, f"do_{_snake(method)}", None)
        if run is None:
            return _answer(Refused(404, "Not Found: method not found"))
        try:
            fault = self._fault(method, params)
            if isinstance(fault, Refused):
                raise fault
            if fault == DROPPED:
                return await self._cut(request)
            if self.strict_pace:
                self._keep_pace(method, params)
            if sum(sizes.values()) > (LOCAL_OUT_B if self.local else CLOUD_OUT_B) + 1_000_000:
                raise Refused(413, "Request Entity Too Large")
            result = run(params, uploads)
            if asyncio.iscoroutine(result):
                result = await result
        except Refused as refused:
            return _answer(refused)
        return await self._cut(request) if fault == LOST or self.away else _ok(result)

    async def _cut(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=499)

    def _fault(self, method: str, params: dict[str, Any]) -> Refused | str | None:
        waiting = self._faults.get(method, deque())
        for at, (room, fault) in enumerate(waiting):
            if room is None or str(room) == params.get("chat_id"):
                del waiting[at]
                return fault
        return None

    def _keep_pace(self, method: str, params: dict[str, Any]) -> None:
        """1 message a second in a chat with short bursts, 20 a minute in a group, 30 a second in
        all (core.telegram.org/bots/faq). Edits count like messages."""
        if not method.startswith(("send", "edit")) or method == "sendChatAction":
            return
        room = int(params["chat_id"])
        per_room = (20, 60.0) if room < 0 else (5, 4.0)
        for name, (count, window) in ((room, per_room), ("all", (30, 1.0))):
            sent = self._sent_at.setdefault(name, deque())
            now = time.monotonic()
            while sent and now - sent[0] > window:
                sent.popleft()
            if len(sent) >= count:
                raise flood(max(1, round(window - (now - sent[0]))))
            sent.append(now)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """/file/bot{token}/{path}"""
        if self.away:
            return await self._cut(request)
        if request.match_info["token"] != self.token:
            return _answer(Refused(401, "Unauthorized"))
        stored = self.files.get(request.match_info["path"].split("/")[-1].split(".")[0])
        if stored is None:
            return _answer(Refused(404, "Not Found"))
        return web.Response(body=stored.read(), content_type="application/octet-stream")

    # ── methods: the rest ─────────────────────────────────────────────────────────────────────────

    def do_get_file(self, params: dict[str, Any], _: Any) -> Any:
        stored = self.files.get(params.get("file_id", ""))
        if stored is None:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if stored.size > CLOUD_IN_B and not self.local:
            raise bad("file is too big")
        found = {
            "file_id": stored.id,
            "file_unique_id": stored.unique_id,
            "file_size": stored.size,
        }
        if not self.local:
            return found | {"file_path": f"videos/{stored.id}.mp4"}
        if not self.mounted:
            return found | {"file_path": f"/var/lib/telegram-bot-api/videos/{stored.id}.mp4"}
        assert self._folder is not None
        path = self._folder / self.token.replace(":", "~") / "videos" / f"{stored.id}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(stored.read())
        return found | {"file_path": str(path)}

    def do_set_my_commands(self, params: dict[str, Any], _: Any) -> Any:
        commands = json.loads(params["commands"])
        if len(commands) > 100:
            raise bad("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not COMMAND.fullmatch(command["command"]):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        scope = json.loads(params.get("scope", '{"type":"default"}'))["type"]
        language = params.get("language_code", "")
        if language and not LANGUAGE.fullmatch(language):
            raise bad("invalid language code specified")
        self.commands[scope, language] = commands
        return True

    def do_get_chat_member(self, params: dict[str, Any], _: Any) -> Any:
        room = self.rooms.get(int(params["chat_id"]))
        if room is None:
            raise bad("chat not found")
        return self._membership(room.bot, {"can_send_messages": room.may_send_text})


def _snake(method: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", method).lower()


def _ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _answer(refused: Refused) -> web.Response:
    found: dict[str, Any] = {
        "ok": False,
        "error_code": refused.code,
        "description": refused.description,
    }
    if refused.parameters:
        found["parameters"] = refused.parameters
    return web.json_response(found, status=refused.code)


async def _read(request: web.Request) -> tuple[dict[str, Any], dict[str, Upload]]:
    params: dict[str, Any] = dict(request.query)
    uploads: dict[str, Upload] = {}
    if request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            assert isinstance(part, aiohttp.BodyPartReader) and part.name
            if part.filename is None:
                params[part.name] = await part.text()
            else:
                uploads[part.name] = Upload(part.filename, bytes(await part.read()))
    elif request.can_read_body:
        params |= {k: v for k, v in (await request.post()).items() if isinstance(v, str)}
    return params, uploads


@asynccontextmanager
async def telegram(
    token: str = "4242:AAHk3l5zq9_double-of-the-bot-api-0123456",
    *,
    local: Path | None = None,
    privacy: bool = True,
    port: int = 0,
) -> AsyncIterator[Telegram]:
    """Listens on a free port until the block ends. `local` is the folder of a server that runs
    with `--local`."""
    server = Telegram(token, local, privacy)
    app = web.Application(client_max_size=3 << 30)
    app.router.add_route("*", "/bot{token}/{method}", server.call)
    app.router.add_get("/file/bot{token}/{path:.+}", server.file)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    delivering = asyncio.create_task(server.deliver())
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        server.root = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)
        await runner.cleanup()
