"""One open page: what it sends goes through the front door, what is new is read to it in order.

    page → {"t": "hello", cursor, zone, language}      first, and again after every reconnect
           {"t": "send", key, text, files: [upload ids]}
           {"t": "press", key, id, act}
           {"t": "older", before} · {"t": "fresh", id}  (new links for one message)
    us   → {"t": "welcome", me, words, commands, cursor, messages, more, reset}
           {"t": "words", words, commands}             the conversation goes on in another language
           {"t": "messages", messages, cursor} · {"t": "older", messages, more} · {"t": "beat"}
           {"t": "taken", key} · {"t": "refused", key, text} · {"t": "bye", why}

`key` is made by the page and kept until "taken": what is sent again after a reconnect is done once.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

import structlog
from aiohttp import WSMsgType, web
from sqlalchemy.ext.asyncio import AsyncSession

from bot.courier import Courier
from bot.gateway_guard import Bucket
from bot.gateway_session import Sessions, Signed
from bot.web_draw import Drawing
from bot.web_rooms import Rooms
from bot.web_upload import Uploads
from bot.web_words import words_of
from core.chat.help import argument_of, help_of
from core.chat.message import Act, In, InFile, MessageRef
from core.chat.registry import Registry
from core.db import people, web_messages
from core.db.web_messages import WebMessage
from core.errors import Told
from core.i18n.catalog import FALLBACK, Catalog
from core.say import say
from core.services import Services
from handlers import _front_door

log = structlog.get_logger()

MAX_FRAME_B = 64 * 1024
MAX_TEXT = 4000
MAX_FILES = 10
PAGE = 60
REPLAY = 300
"""Someone who missed more than this begins anew with the last page."""
BEAT_S = 15.0
HELLO_S = 15.0
TABS = 20
_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")


@dataclass(frozen=True, slots=True)
class Desk:
    """What every connection works with."""

    svc: Services
    registry: Registry
    sessions: Sessions
    uploads: Uploads
    drawing: Drawing
    rooms: Rooms
    courier: Courier


class Connection:
    """One page, from its hello to its end."""

    def __init__(self, desk: Desk, signed: Signed, socket: web.WebSocketResponse) -> None:
        self._desk = desk
        self._signed = signed
        self._socket = socket
        self._cursor = 0
        self._zone: str | None = None
        self._language: str | None = None
        self._spoken = FALLBACK
        self._pace = Bucket(per_s=5, burst=30)

    async def run(self) -> None:
        """Returns when either side has closed."""
        with self._desk.rooms.enter(self._signed.chat_id) as bell:
            if self._desk.rooms.open(self._signed.chat_id) > TABS:
                await self._bye("too_many")
                return
            async with asyncio.timeout(HELLO_S):
                hello = _frame(await self._socket.receive_str())
            self._greet(hello)
            await self._welcome(hello)
            async with asyncio.TaskGroup() as tasks:
                telling = tasks.create_task(self._tell(bell))
                beating = tasks.create_task(self._beat())
                try:
                    await self._listen()
                finally:
                    telling.cancel()
                    beating.cancel()

    # ── from us to the page ─────────────────────────────────────────────────────────────────────

    def _greet(self, hello: dict[str, Any]) -> None:
        zone, language = hello.get("zone"), hello.get("language")
        self._zone = zone if zone in available_timezones() else None
        if isinstance(language, str) and _LANGUAGE.fullmatch(language):
            self._language = language

    async def _welcome(self, hello: dict[str, Any]) -> None:
        known = hello.get("cursor")
        known = known if type(known) is int and known > 0 else 0
        async with self._desk.svc.db.read() as tx:
            head = await web_messages.head(tx, self._signed.chat_id)
            missed = await web_messages.since(tx, self._signed.chat_id, known, REPLAY + 1)
            reset = known == 0 or known > head or len(missed) > REPLAY
            if reset:
                missed = await web_messages.page(tx, self._signed.chat_id, PAGE)
            self._spoken = await self._language_now(tx)
        self._cursor = head
        member = self._signed.member
        await self._send(
            {
                "t": "welcome",
                "me": {"name": member.name, "role": member.role},
                **self._words(),
                "cursor": head,
                "reset": reset,
                "more": reset and len(missed) == PAGE,
                "messages": self._drawn(missed),
            }
        )

    async def _language_now(self, tx: AsyncSession) -> str:
        """What this person chose, else what their browser is set to."""
        member = await people.member(tx, self._signed.member.id)
        return member.language or self._language or FALLBACK

    def _words(self) -> dict[str, Any]:
        catalog = self._desk.svc.catalog
        return {
            "words": words_of(catalog, self._spoken),
            "commands": _commands(self._desk.registry, catalog, self._spoken),
        }

    async def _tell(self, bell: asyncio.Event) -> None:
        """Whatever is newer than what this page has, whenever there is something."""
        while True:
            bell.clear()
            async with self._desk.svc.db.read() as tx:
                news = await web_messages.since(tx, self._signed.chat_id, self._cursor, PAGE)
                spoken = await self._language_now(tx)
            if spoken != self._spoken:
                self._spoken = spoken
                await self._send({"t": "words", **self._words()})
            if news:
                self._cursor = news[-1].version
                await self._send(
                    {"t": "messages", "messages": self._drawn(news), "cursor": self._cursor}
                )
            if len(news) < PAGE:
                await bell.wait()

    async def _beat(self) -> None:
        """A sign of life the page can see, and a look whether it may still listen."""
        while True:
            await asyncio.sleep(BEAT_S)
            if await self._may() is None:
                return
            await self._send({"t": "beat"})

    async def _may(self) -> Signed | None:
        signed = await self._desk.sessions.who_holds(self._signed.token)
        if signed is None:
            await self._bye("signed_out")
        return signed

    async def _bye(self, why: str) -> None:
        await self._send({"t": "bye", "why": why})
        await self._socket.close(code=4001, message=why.encode())

    def _drawn(self, messages: tuple[WebMessage, ...]) -> list[dict[str, Any]]:
        return [self._desk.drawing.message(m) for m in messages]

    async def _send(self, frame: dict[str, Any]) -> None:
        if not self._socket.closed:
            await self._socket.send_str(json.dumps(frame, ensure_ascii=False))

    # ── from the page to us ─────────────────────────────────────────────────────────────────────

    async def _listen(self) -> None:
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                continue
            frame = _frame(message.data)
            if frame.get("t") == "older":
                await self._older(frame)
            elif frame.get("t") == "fresh":
                await self._fresh(frame)
            elif frame.get("t") in ("send", "press"):
                await self._act(frame)

    async def _older(self, frame: dict[str, Any]) -> None:
        before = frame.get("before")
        if type(before) is not int:
            return
        async with self._desk.svc.db.read() as tx:
            found = await web_messages.page(tx, self._signed.chat_id, PAGE, before)
        more = len(found) == PAGE
        await self._send({"t": "older", "messages": self._drawn(found), "more": more})

    async def _fresh(self, frame: dict[str, Any]) -> None:
        found = await self._message(frame)
        if found is not None:
            fresh = self._drawn((found,))
            await self._send({"t": "messages", "messages": fresh, "cursor": self._cursor})

    async def _message(self, frame: dict[str, Any]) -> WebMessage | None:
        message_id = frame.get("id")
        if type(message_id) is not int or not 0 < message_id < 2**63:
            return None
        async with self._desk.svc.db.read() as tx:
            return await web_messages.find(tx, self._signed.chat_id, message_id)

    async def _act(self, frame: dict[str, Any]) -> None:
        """Something the person did. It is answered under its key, whatever happens."""
        key = frame.get("key")
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            return
        signed = await self._may()
        if signed is None:
            return
        self._signed = signed
        try:
            if not self._pace.take():
                raise Told("web.slow_down")
            await (self._write(key, frame) if frame["t"] == "send" else self._press(key, frame))
        except Told as told:
            words = self._desk.svc.catalog.text(told.say, self._spoken)
            await self._send({"t": "refused", "key": key, "text": words})
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception:  # a bug of ours: the page must not send it again and again
            code = secrets.token_hex(4)
            log.exception("web.fault", code=code)
            words = self._desk.svc.catalog.text(say("web.fault", code=code), self._spoken)
            await self._send({"t": "refused", "key": key, "text": words})
        else:
            await self._send({"t": "taken", "key": key})

    async def _write(self, key: str, frame: dict[str, Any]) -> None:
        text, ids = frame.get("text"), frame.get("files", [])
        if not isinstance(text, str) or not isinstance(ids, list) or len(ids) > MAX_FILES:
            raise Told("web.unreadable")
        if len(text) > MAX_TEXT:
            raise Told("web.text_too_long", limit=MAX_TEXT)
        files = tuple(self._arrived(i) for i in ids)
        if not text.strip() and not files:
            raise Told("web.nothing_written")
        await self._keep(key, text.strip(), files)
        await self._hand_over(self._in(key, text=text.strip(), files=files))

    def _arrived(self, upload_id: object) -> InFile:
        found = None
        if isinstance(upload_id, str):
            found = self._desk.uploads.taken(upload_id, self._signed.member.id)
        if found is None:
            raise Told("web.upload_unknown")
        return found

    async def _keep(self, key: str, text: str, files: tuple[InFile, ...]) -> None:
        """The person's own words are part of the conversation: every tab shows both sides."""
        shown = [{"name": f.name, "size": f.size_b} for f in files]
        body = {"key": key, "text": text, "files": shown}
        async with self._desk.svc.db.write() as tx:
            await web_messages.put(
                tx,
                self._signed.chat_id,
                f"in:{self._signed.chat_id}:{key}",
                body,
                self._desk.svc.clock.now(),
                from_us=False,
            )
        self._desk.rooms.ring(self._signed.chat_id)

    async def _press(self, key: str, frame: dict[str, Any]) -> None:
        act = frame.get("act")
        on = await self._message(frame)
        if on is None or not isinstance(act, str) or act not in _acts(on):
            raise Told("web.button_gone")
        Act.unpack(act)
        at = MessageRef(self._signed.where, str(on.id))
        await self._hand_over(self._in(key, act=act, on=at))

    def _in(self, key: str, **what: Any) -> In:
        who = self._signed.who(self._language)
        return In(
            f"web:{self._signed.chat_id}:{key}", self._signed.where, who, zone=self._zone, **what
        )

    async def _hand_over(self, inn: In) -> None:
        await _front_door.receive(inn, self._desk.svc, self._desk.registry)
        self._desk.courier.wake()


def _frame(raw: str) -> dict[str, Any]:
    try:
        frame = json.loads(raw)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}


def _acts(message: WebMessage) -> set[str]:
    """What the buttons of a message can do, as it is now."""
    rows = message.body.get("out", {}).get("buttons", [])
    return {button["act"] for row in rows for button in row if button["act"]}


def _commands(registry: Registry, catalog: Catalog, language: str) -> list[dict[str, Any]]:
    """For the suggestions behind `/`."""
    listed = sorted((e for e in registry.commands.values() if e.listed), key=lambda e: e.name)
    return [
        {
            "name": e.name,
            "help": help_of(e, catalog, language),
            "args": [
                {"name": catalog.text(argument_of(a), language), "needed": a.needed} for a in e.args
            ],
        }
        for e in listed
    ]
