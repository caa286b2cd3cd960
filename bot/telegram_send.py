"""Single calls to Telegram: one message sent or edited, with its text, file and keyboard.

Markup the server cannot read is sent once more as plain text; a file the server has is sent by its
id. What goes wrong otherwise is raised as the library raises it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog
from telegram import (
    Bot,
    InputFile,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, TelegramError

from bot import telegram_files
from bot.telegram_draw import Drawn, Piece
from bot.telegram_errors import BAD_FILE, BAD_MARKUP, says
from bot.telegram_files import Enclosed, Load, SentFiles
from core.chat.message import ChatRef, MessageRef
from core.services import Services

log = structlog.get_logger()
T = TypeVar("T")

ACTION_S = 4.5
"""A chat action is shown for 5 s (core.telegram.org/bots/api#sendchataction)."""
UPLOAD_READ_S = 120.0
"""Telegram answers an upload only when it has put the file away."""
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
ID_CHARS = 64
"""Of `outbox.message_id`."""
ACTIONS = {"video": ChatAction.UPLOAD_VIDEO, "photo": ChatAction.UPLOAD_PHOTO}


class Sender:
    """Speaks to the server through the library's client."""

    def __init__(self, svc: Services, bot: Bot) -> None:
        self._bot = bot
        self._files = SentFiles(svc, bot)

    async def text(self, about: dict[str, Any], drawn: Drawn, number: int) -> Message:
        """One piece as a message of its own."""

        async def send(text: str, parse_mode: str | None) -> Message:
            return await self._bot.send_message(
                text=text,
                parse_mode=parse_mode,
                link_preview_options=NO_PREVIEW,
                reply_markup=keyboard(drawn, number),
                **about,
            )

        return await _marked_up(send, drawn.pieces[number])

    async def edit_text(self, where: ChatRef, message_id: int, drawn: Drawn, number: int) -> None:
        async def edit(text: str, parse_mode: str | None) -> object:
            return await self._bot.edit_message_text(
                text,
                chat_id=int(where.chat),
                message_id=message_id,
                parse_mode=parse_mode,
                link_preview_options=NO_PREVIEW,
                reply_markup=keyboard(drawn, number),
            )

        await _marked_up(edit, drawn.pieces[number])

    async def edit_caption(self, where: ChatRef, message_id: int, drawn: Drawn) -> None:
        async def edit(text: str, parse_mode: str | None) -> object:
            return await self._bot.edit_message_caption(
                chat_id=int(where.chat),
                message_id=message_id,
                caption=text,
                parse_mode=parse_mode,
                reply_markup=keyboard(drawn, 0),
            )

        await _marked_up(edit, drawn.pieces[0])

    # ── files ───────────────────────────────────────────────────────────────────────────────────

    async def file(
        self, to: ChatRef, about: dict[str, Any], file: Enclosed, drawn: Drawn
    ) -> Message:
        """The file with the first piece as its caption."""
        about = about | {"reply_markup": keyboard(drawn, 0), "read_timeout": UPLOAD_READ_S}

        async def send(load: Load) -> Message:
            async def captioned(caption: str, parse_mode: str | None) -> Message:
                words = {"caption": caption or None, "parse_mode": parse_mode}
                return await self._send_load(load, about | words)

            async with self._busy(to, load):
                return await _marked_up(captioned, drawn.pieces[0])

        return await self._with_load(file, send)

    async def _send_load(self, load: Load, about: dict[str, Any]) -> Message:
        if load.kind == "photo":
            return await self._bot.send_photo(photo=load.file, **about)
        if load.kind == "document":
            return await self._bot.send_document(document=load.file, **about)
        return await self._bot.send_video(
            video=load.file,
            width=load.width,
            height=load.height,
            duration=round(load.duration_s),
            supports_streaming=True,
            thumbnail=load.thumbnail,
            cover=load.cover,
            **about,
        )

    async def edit_file(
        self, where: ChatRef, message_id: int, file: Enclosed, drawn: Drawn
    ) -> None:
        """File, caption and buttons of a message in one call."""

        async def edit(load: Load) -> Message | bool:
            async def captioned(caption: str, parse_mode: str | None) -> Message | bool:
                return await self._bot.edit_message_media(
                    _input_media(load, caption, parse_mode),
                    chat_id=int(where.chat),
                    message_id=message_id,
                    reply_markup=keyboard(drawn, 0),
                    read_timeout=UPLOAD_READ_S,
                )

            return await _marked_up(captioned, drawn.pieces[0])

        await self._with_load(file, edit)

    async def _with_load(self, file: Enclosed, send: Callable[[Load], Awaitable[T]]) -> T:
        """Send by the id of an earlier upload where there is one that still works."""
        shown = file.shape
        names = await self._files.find(shown)
        if names is not None:
            try:
                return await send(telegram_files.known(shown, names))
            except BadRequest as wrong:
                if not says(wrong, *BAD_FILE):
                    raise
                await self._files.forget(shown)
        async with telegram_files.upload(file, local=self._bot.local_mode) as load:
            sent = await send(load)
        found = telegram_files.names_in(sent) if isinstance(sent, Message) else None
        if found is not None:
            await self._files.keep(shown, found)
        return sent

    @asynccontextmanager
    async def _busy(self, to: ChatRef, load: Load) -> AsyncIterator[None]:
        """Show that a file is going up, for as long as it takes."""
        if not load.is_upload:
            yield
            return
        telling = asyncio.create_task(self._tell_busy(to, load.kind))
        try:
            yield
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    async def _tell_busy(self, to: ChatRef, kind: str) -> None:
        thread = int(to.thread) if to.thread else None
        action = ACTIONS.get(kind, ChatAction.UPLOAD_DOCUMENT)
        while True:
            try:
                await self._bot.send_chat_action(int(to.chat), action, message_thread_id=thread)
            except TelegramError:  # a nicety; the upload itself will meet what is wrong
                log.debug("telegram.no_action")
            await asyncio.sleep(ACTION_S)


async def _marked_up(send: Callable[[str, str | None], Awaitable[T]], piece: Piece) -> T:
    """Send with markup; once as plain text when the server cannot read it."""
    try:
        return await send(piece.html, ParseMode.HTML)
    except BadRequest as wrong:
        if not says(wrong, *BAD_MARKUP):
            raise
        log.error("telegram.markup_refused", why=wrong.message)
        return await send(piece.plain, None)


def about(to: ChatRef, quiet: bool, reply_to: MessageRef | None) -> dict[str, Any]:
    """Where a message goes, in which topic, in answer to what, and whether it rings."""
    found: dict[str, Any] = {
        "chat_id": int(to.chat),
        "message_thread_id": int(to.thread) if to.thread else None,
        "disable_notification": quiet,
    }
    if reply_to is not None:
        answered = max(ids_in(reply_to.id))
        found["reply_parameters"] = ReplyParameters(answered, allow_sending_without_reply=True)
    return found


def keyboard(drawn: Drawn, number: int) -> Any:
    """Buttons are under the last message only."""
    return drawn.keyboard if number == len(drawn.pieces) - 1 else None


def _input_media(
    load: Load, caption: str, parse_mode: str | None
) -> InputMediaVideo | InputMediaPhoto | InputMediaDocument:
    words: dict[str, Any] = {"caption": caption or None, "parse_mode": parse_mode}
    if load.kind == "photo":
        return InputMediaPhoto(load.file, **words)
    if load.kind == "document":
        return InputMediaDocument(load.file, **words)
    return InputMediaVideo(
        load.file,
        width=load.width,
        height=load.height,
        duration=round(load.duration_s),
        supports_streaming=True,
        thumbnail=load.thumbnail,
        # python-telegram-bot 22.8 leaves an uploaded cover of an InputMedia behind.
        cover=None if isinstance(load.cover, InputFile) else load.cover,
        **words,
    )


def joined_ids(ids: list[int]) -> str:
    """The last one carries the buttons and comes first; as many others as the row can hold."""
    first, *others = sorted(ids, reverse=True)
    text = str(first)
    for number in others:
        if len(text) + 1 + len(str(number)) <= ID_CHARS:
            text += f",{number}"
    return text


def ids_in(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]
