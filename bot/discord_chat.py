"""Discord as a chat network: implements `Chat` of core/chat with discord.py 2.7.

What Discord's API forces on us (discord/discord-api-docs):
- a nonce with `enforce_nonce` makes a repeated send give the first message: it is derived from the
  outbox key, so nothing is said twice;
- nobody is ever mentioned by a text: captions come from people;
- the answer to a command first stands there as "is thinking…" and is filled in; from then on it is
  a message like any other, changed with the bot's own token, which never runs out.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import aiohttp
import discord
import structlog

from bot.deliverable import Deliverable
from bot.discord_draw import Drawn, Pen
from bot.discord_errors import NO_RIGHT, TOKEN_OVER, UNKNOWN_MESSAGE, translated
from bot.discord_line import AnyInteraction, Asked, Line
from bot.discord_settings import CAN, DiscordSettings
from core.chat.chat import Capabilities, ChatGone, ChatMoved
from core.chat.limits import DISCORD_NONCE_CHARS, DISCORD_UPLOAD_B
from core.chat.message import ChatRef, InFile, MediaOut, MessageRef, Out
from core.errors import Told, TooLarge
from core.media.receive import receive
from core.say import Bytes, Link, say
from core.services import Services

log = structlog.get_logger()

NOBODY: Final = discord.AllowedMentions.none()
_CHUNK_B: Final = 1 << 20
_SILENCE_S: Final = 60.0
"""A download that gives nothing for so long has broken off."""
_REMEMBERED: Final = 5000


@dataclass(frozen=True, slots=True)
class _Letter:
    """One thing to say."""

    to: ChatRef
    out: Out
    key: str
    language: str
    asked: Asked | None

    @property
    def nonce(self) -> str:
        return _nonce(self.key)

    @property
    def rings(self) -> bool:
        """Answers stand beside their question already; what comes later calls whoever asked."""
        return not self.out.quiet and not self.key.startswith("discord:")

    @property
    def called(self) -> int | None:
        """Whom it names: whoever gave the command, or whom it concerns."""
        if not self.rings:
            return None
        if self.asked is not None and self.asked.user_id is not None:
            return self.asked.user_id
        return int(self.out.calls) if self.out.calls else None


class DiscordChat:
    """Says things through the connection there is."""

    def __init__(
        self, svc: Services, settings: DiscordSettings, line: Line, deliverable: Deliverable
    ) -> None:
        self._svc = svc
        self._settings = settings
        self._line = line
        self._deliverable = deliverable
        self._carried: OrderedDict[str, str | None] = OrderedDict()
        """Which file a message carries, of those said since the start."""

    @property
    def can(self) -> Capabilities:
        return CAN

    # ── saying ──────────────────────────────────────────────────────────────────────────────────

    async def say(
        self,
        to: ChatRef,
        out: Out,
        *,
        key: str,
        language: str,
        reply_to: MessageRef | None = None,
    ) -> MessageRef:
        letter = _Letter(to, out, key, language, Asked.of(reply_to))
        try:
            with translated():
                sent = await self._send(letter)
        except ChatGone as gone:
            raise await self._elsewhere(letter, gone) from gone
        self._remember(sent.id, out.media)
        return MessageRef(to, str(sent.id))

    async def _send(self, letter: _Letter) -> discord.Message:
        """With the largest file that is taken there: a server may allow less than its tier says,
        and a channel no files at all."""
        limit_b = self._line.upload_b(letter.to)
        while True:
            try:
                return await self._send_within(letter, limit_b)
            except discord.HTTPException as wrong:
                if limit_b == 0 or not _file_refused(wrong, letter.out.media):
                    raise
                log.info("discord.file_refused", limit_b=limit_b, code=wrong.code)
                limit_b = DISCORD_UPLOAD_B if limit_b > DISCORD_UPLOAD_B else 0

    async def _send_within(self, letter: _Letter, limit_b: int) -> discord.Message:
        out, channel = letter.out, self._line.channel(letter.to)
        how: dict[str, Any] = {"nonce": letter.nonce, "silent": out.quiet}
        if letter.asked is not None:
            how["reference"] = discord.MessageReference(
                message_id=letter.asked.message_id, channel_id=channel.id, fail_if_not_exists=False
            )
        call = f"<@{letter.called}>" if letter.called else ""
        async with self._drawn(out, letter.language, limit_b, call=call) as drawn:
            if drawn.view.children:
                how["view"] = drawn.view
            if drawn.file is not None:
                how["file"] = drawn.file
            allowed = _rung(letter)
            sent: discord.Message = await channel.send(
                drawn.content, embeds=drawn.embeds, allowed_mentions=allowed, **how
            )
            stale = not _shows(sent, drawn)
        if stale:  # an earlier try arrived after all, with what was to be said then
            log.info("discord.brought_up_to_date", message=sent.id)
            await self._edit(MessageRef(letter.to, str(sent.id)), out, letter.language)
        return sent

    async def _elsewhere(self, letter: _Letter, gone: ChatGone) -> ChatGone | ChatMoved:
        """A channel that takes nothing from us: whoever asked there hears us alone instead."""
        asked = letter.asked
        if asked is None or asked.user_id is None:
            return gone
        try:
            with translated():
                direct = await self._line.client.create_dm(discord.Object(asked.user_id))
                note = Out.of(say("discord.moved", why=gone.why or ""))
                words = Pen(self._svc.catalog, letter.language).draw(note)
                nonce = _nonce(f"moved:{letter.key}")
                await direct.send(words.content, nonce=nonce, allowed_mentions=NOBODY)
        except ChatGone:
            return gone
        return ChatMoved(ChatRef("discord", str(direct.id)))

    # ── changing ────────────────────────────────────────────────────────────────────────────────

    async def change(self, at: MessageRef, out: Out, *, language: str) -> None:
        with translated():
            waiting = self._line.open.get(at.id)
            if waiting is not None and await self._fill(waiting, at, out, language):
                return
            await self._edit(at, out, language)

    async def _fill(self, waiting: AnyInteraction, at: MessageRef, out: Out, language: str) -> bool:
        """The words of an answer that stands there as "is thinking…". False: its time is over."""
        try:
            async with self._drawn(out, language, waiting.filesize_limit) as drawn:
                await waiting.edit_original_response(
                    content=drawn.content,
                    embeds=drawn.embeds,
                    attachments=[drawn.file] if drawn.file else [],
                    view=drawn.view if drawn.view.children else None,
                    allowed_mentions=NOBODY,
                )
        except discord.HTTPException as wrong:
            if wrong.code not in TOKEN_OVER:
                raise
            self._line.open.pop(at.id, None)
            return False
        self._line.open.pop(at.id, None)
        self._remember(int(at.id), out.media)
        return True

    async def _edit(self, at: MessageRef, out: Out, language: str) -> None:
        message, limit_b = self._line.message(at), self._line.upload_b(at.chat)
        try:
            stays = out.media is not None and await self._carries(message, out.media)
            async with self._drawn(out, language, limit_b, keep_file=stays) as drawn:
                files: dict[str, Any] = {"attachments": [drawn.file] if drawn.file else []}
                await message.edit(
                    content=drawn.content,
                    embeds=drawn.embeds,
                    view=drawn.view if drawn.view.children else None,
                    allowed_mentions=NOBODY,
                    **({} if stays else files),
                )
        except discord.NotFound as wrong:
            if wrong.code != UNKNOWN_MESSAGE:
                raise
            log.info("discord.message_removed", message=at.id)  # by somebody, on purpose
        else:
            self._remember(message.id, out.media)

    async def _carries(self, message: discord.PartialMessage, media: MediaOut) -> bool:
        """Whether a message shows this file already."""
        known = self._carried.get(str(message.id), "?")
        if known != "?":
            return known == media.key
        return bool((await message.fetch()).attachments)

    async def remove(self, at: MessageRef) -> bool:
        with translated():
            try:
                await self._line.message(at).delete()
            except (discord.NotFound, discord.Forbidden):
                return False
        return True

    # ── drawing ─────────────────────────────────────────────────────────────────────────────────

    @asynccontextmanager
    async def _drawn(
        self,
        out: Out,
        language: str,
        limit_b: int,
        *,
        keep_file: bool = False,
        call: str = "",
    ) -> AsyncIterator[Drawn]:
        """A message with its file, within a limit: what is larger becomes a preview and a link.
        With `keep_file` the file is there already."""
        pen = Pen(self._svc.catalog, language)
        if out.media is None or keep_file:
            yield pen.draw(out, head=call)
            return
        async with self._deliverable.fit(out.media, limit_b) as fitted:
            link = fitted.full_link
            more = (say("discord.full_file", link=Link(out.media.name, link)),) if link else ()
            drawn = pen.draw(out, extra=more, head=call)
            if fitted.path is None:
                yield drawn
                return
            file = discord.File(
                fitted.path, filename=out.media.name, description=pen.alt(out) or None
            )
            try:
                yield replace(drawn, file=file)
            finally:
                file.close()

    def _remember(self, message_id: int, media: MediaOut | None) -> None:
        self._carried[str(message_id)] = media.key if media else None
        self._carried.move_to_end(str(message_id))
        if len(self._carried) > _REMEMBERED:
            self._carried.popitem(last=False)

    # ── bringing ────────────────────────────────────────────────────────────────────────────────

    async def bring(self, file: InFile, into: Path) -> Path:
        if (file.size_b or 0) > CAN.max_download_b:
            raise TooLarge("media.too_large", limit=Bytes(CAN.max_download_b))
        url = file.handle.removeprefix("discord:")
        if not self._settings.keeps(url):
            raise Told("discord.not_a_file", name=file.name)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=_SILENCE_S)
        async with self._svc.http.get(url, timeout=timeout, allow_redirects=False) as answer:
            if answer.status in (403, 404, 410):  # addresses run out after a day
                raise Told("discord.file_gone", name=file.name)
            answer.raise_for_status()
            chunks = answer.content.iter_chunked(_CHUNK_B)
            await receive(
                chunks, into, limit_b=CAN.max_download_b, expect_b=answer.content_length or 0
            )
        return into


def _nonce(key: str) -> str:
    digest = hashlib.sha256(key.encode()).digest()
    return urlsafe_b64encode(digest).decode()[:DISCORD_NONCE_CHARS]


def _rung(letter: _Letter) -> discord.AllowedMentions:
    """Whom a message may notify: whoever asked, and only when it may ring."""
    if not letter.rings or (letter.asked is None and letter.called is None):
        return NOBODY
    users = [discord.Object(letter.called)] if letter.called else False
    return discord.AllowedMentions(everyone=False, roles=False, users=users, replied_user=True)


def _shows(sent: discord.Message, drawn: Drawn) -> bool:
    """Whether a message is what was drawn: the same nonce gives the message of the first try, as it
    was then."""
    there = [
        getattr(button, "custom_id", None)
        for row in sent.components
        for button in getattr(row, "children", ())
    ]
    ours = [getattr(button, "custom_id", None) for button in drawn.view.children]
    return sent.content.strip() == drawn.content.strip() and there == ours


def _file_refused(wrong: discord.HTTPException, media: MediaOut | None) -> bool:
    return media is not None and (wrong.status == 413 or wrong.code == NO_RIGHT)
