"""The web page as a chat network: implements `Chat` of core/chat with rows in the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.web_rooms import Rooms
from core.chat.chat import Capabilities, ChatGone
from core.chat.message import ChatRef, InFile, MessageRef, Out
from core.db import chats, web_messages
from core.errors import TooLarge
from core.say import Bytes
from core.services import Services

MAX_UPLOAD_B = 20 * 1024**3
"""Ten hours of 1080p at 4 Mbit/s are 18 GB."""

CAN = Capabilities(
    network="web",
    max_upload_b=MAX_UPLOAD_B,
    max_download_b=MAX_UPLOAD_B,
    buttons_per_row=6,
    text_chars=20_000,
    edit_gap_s=0.25,
    sends_per_s=100.0,
)


class WebChat:
    """Says things by keeping them; whoever has the page open is woken to read them."""

    def __init__(self, svc: Services, rooms: Rooms) -> None:
        self._svc = svc
        self._rooms = rooms

    @property
    def can(self) -> Capabilities:
        return CAN

    async def say(
        self,
        to: ChatRef,
        out: Out,
        *,
        key: str,
        language: str,
        reply_to: MessageRef | None = None,
    ) -> MessageRef:
        """A conversation of one person shows its answers in order; replies need no mark there."""
        body = _body(out, language)
        async with self._svc.db.write() as tx:
            chat_id = await _chat_id(tx, to)
            now = self._svc.clock.now()
            message = await web_messages.put(tx, chat_id, f"out:{key}", body, now, from_us=True)
        self._rooms.ring(chat_id)
        return MessageRef(to, str(message.id))

    async def change(self, at: MessageRef, out: Out, *, language: str) -> None:
        body = _body(out, language)
        async with self._svc.db.write() as tx:
            chat_id = await _chat_id(tx, at.chat)
            now = self._svc.clock.now()
            await web_messages.change(tx, chat_id, int(at.id), body, now)
        self._rooms.ring(chat_id)

    async def remove(self, at: MessageRef) -> bool:
        async with self._svc.db.write() as tx:
            chat_id = await _chat_id(tx, at.chat)
            gone = await web_messages.remove(tx, chat_id, int(at.id), self._svc.clock.now())
        self._rooms.ring(chat_id)
        return gone

    async def bring(self, file: InFile, into: Path) -> Path:
        """The upload has put it into the store already; this gives a copy of its own."""
        if (file.size_b or 0) > CAN.max_download_b:
            raise TooLarge("web.too_large", name=file.name, limit=Bytes(CAN.max_download_b))
        return await self._svc.store.fetch(file.handle, into)


def _body(out: Out, language: str) -> dict[str, Any]:
    return {"out": out.to_json(), "language": language}


async def _chat_id(tx: Any, where: ChatRef) -> int:
    chat = await chats.find_chat(tx, where)
    if chat is None:
        raise ChatGone
    return chat.id
