"""The bot on Telegram: says, changes and removes messages, and brings what people sent.

A message of ours may be several of Telegram's when its text is long; the buttons are under the last
one. `MessageRef.id` names them all, the one with the buttons first: `13,12`.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from telegram import Bot
from telegram.error import BadRequest
from telegram.request import HTTPXRequest

from bot.deliverable import Deliverable
from bot.telegram_bring import Bringer
from bot.telegram_draw import Drawn, draw
from bot.telegram_errors import NOT_THERE, NOTHING_NEW, NotSent, Revoked, says, understood
from bot.telegram_files import Enclosed
from bot.telegram_send import Sender, about, ids_in, joined_ids
from bot.telegram_settings import TelegramSettings, capabilities
from core.chat.chat import Capabilities
from core.chat.message import ChatRef, InFile, MessageRef, Out
from core.errors import Unsure
from core.i18n.catalog import Run
from core.say import Bytes, say
from core.services import Services

REMEMBERED = 2000
"""Keys of what was said last, so that a second try goes on after the first."""


def make_bot(settings: TelegramSettings) -> Bot:
    """The library's client, with time enough for uploads. Does not connect yet."""
    assert settings.token is not None
    return Bot(
        settings.token.get_secret_value(),
        base_url=f"{settings.root}/bot",
        base_file_url=f"{settings.root}/file/bot",
        request=HTTPXRequest(
            connection_pool_size=64,
            connect_timeout=10,
            read_timeout=20,
            write_timeout=20,
            pool_timeout=20,
            media_write_timeout=60,
        ),
        get_updates_request=HTTPXRequest(connection_pool_size=2, connect_timeout=10),
        local_mode=settings.local,
    )


class TelegramChat:
    """Implements `core.chat.chat.Chat`."""

    def __init__(
        self, svc: Services, bot: Bot, settings: TelegramSettings, deliverable: Deliverable
    ) -> None:
        self._bot = bot
        self._catalog = svc.catalog
        self._deliverable = deliverable
        self._can = capabilities(settings)
        self._sender = Sender(svc, bot)
        self._bringer = Bringer(svc, bot, self._can.max_download_b)
        self._said: OrderedDict[str, list[int]] = OrderedDict()
        self._away = False
        self.revoked = asyncio.Event()
        """The token no longer works."""

    @property
    def can(self) -> Capabilities:
        return self._can

    async def bring(self, file: InFile, into: Path) -> Path:
        return await self._bringer.bring(file, into)

    # ── say ─────────────────────────────────────────────────────────────────────────────────────

    async def say(
        self,
        to: ChatRef,
        out: Out,
        *,
        key: str,
        language: str,
        reply_to: MessageRef | None = None,
    ) -> MessageRef:
        said = self._remembered(key)
        async with self._reached(to), self._file(out) as file:
            drawn = self._drawn(out, language, file)
            for number in range(len(said), len(drawn.pieces)):
                first = number == 0
                where = about(to, out.quiet or not first, reply_to if first else None)
                if first and file.is_sent:
                    sent = await self._sender.file(to, where, file, drawn)
                else:
                    sent = await self._sender.text(where, drawn, number)
                said.append(sent.message_id)
        return MessageRef(to, joined_ids(said))

    @asynccontextmanager
    async def _file(self, out: Out) -> AsyncIterator[Enclosed]:
        """The file of a message in the size that can be sent, for as long as the block runs."""
        if out.media is None:
            yield Enclosed()
            return
        try:
            async with self._deliverable.fit(out.media, self._can.max_upload_b) as fitted:
                yield Enclosed(out.media, fitted)
        except FileNotFoundError:
            yield Enclosed(out.media)

    def _drawn(self, out: Out, language: str, file: Enclosed) -> Drawn:
        """The text around it, with a link to what was too large to send."""
        more: list[Run] = []
        if file.media is not None and file.fitted is None:
            gone = say("telegram.file_lost", name=file.media.name)
            more = [Run("\n"), *self._catalog.runs(gone, language)]
        elif file.media is not None and file.fitted is not None and file.fitted.full_link:
            full = say("telegram.full_file", size=Bytes(file.media.size_b))
            words = self._catalog.text(full, language)
            more = [Run("\n"), Run(words, href=file.fitted.full_link)]
        return draw(out, self._catalog, language, captioned=file.is_sent, more=more)

    def _remembered(self, key: str) -> list[int]:
        """The messages that were sent under this key; whoever sends one adds it."""
        said = self._said.setdefault(key, [])
        self._said.move_to_end(key)
        if len(self._said) > REMEMBERED:
            self._said.popitem(last=False)
        return said

    # ── change, remove ──────────────────────────────────────────────────────────────────────────

    async def change(self, at: MessageRef, out: Out, *, language: str) -> MessageRef | None:
        """Where it stands now: a longer text may need more messages, a shorter one fewer."""
        ids = sorted(ids_in(at.id))
        async with self._reached(at.chat), self._file(out) as file:
            drawn = self._drawn(out, language, file)
            kept = ids[: len(drawn.pieces)]
            for number, message_id in enumerate(kept):
                if number == 0 and file.is_sent:
                    await self._change_file(at.chat, message_id, file, drawn)
                else:
                    await self._change_text(at.chat, message_id, drawn, number, out, language)
            for message_id in ids[len(kept) :]:
                await self._delete(at.chat, message_id)
            for number in range(len(kept), len(drawn.pieces)):
                sent = await self._sender.text(about(at.chat, True, None), drawn, number)
                kept.append(sent.message_id)
        return MessageRef(at.chat, joined_ids(kept))

    async def _change_file(
        self, where: ChatRef, message_id: int, file: Enclosed, drawn: Drawn
    ) -> None:
        try:
            await self._sender.edit_file(where, message_id, file, drawn)
        except BadRequest as wrong:
            _excuse(wrong)

    async def _change_text(
        self, where: ChatRef, message_id: int, drawn: Drawn, number: int, out: Out, language: str
    ) -> None:
        try:
            try:
                await self._sender.edit_text(where, message_id, drawn, number)
            except BadRequest as wrong:
                if not says(wrong, "there is no text in the message"):
                    raise
                # What was said under a file stays under it; a file cannot be taken away.
                under = draw(out, self._catalog, language, captioned=True)
                await self._sender.edit_caption(where, message_id, under)
        except BadRequest as wrong:
            _excuse(wrong)

    async def remove(self, at: MessageRef) -> bool:
        async with self._reached(at.chat):
            gone = [await self._delete(at.chat, message_id) for message_id in ids_in(at.id)]
        return all(gone)

    async def _delete(self, where: ChatRef, message_id: int) -> bool:
        try:
            return await self._bot.delete_message(int(where.chat), message_id)
        except BadRequest as wrong:
            if not says(wrong, *NOT_THERE):
                raise
            return False

    # ── the network ─────────────────────────────────────────────────────────────────────────────

    @asynccontextmanager
    async def _reached(self, where: ChatRef) -> AsyncIterator[None]:
        """One piece of talk with the server, in our own errors.

        Once a call was lost, the next one asks first whether anybody is there: in an outage a
        message is then in doubt once, and not with every try."""
        try:
            if self._away:
                try:
                    async with understood(where):
                        await self._bot.get_me()
                except Unsure as nobody:  # of a question nothing can be in doubt
                    raise NotSent(nobody.why) from nobody
                self._away = False
            async with understood(where):
                yield
        except (NotSent, Unsure):
            self._away = True
            raise
        except Revoked:
            self.revoked.set()
            raise


def _excuse(wrong: BadRequest) -> None:
    """Nothing new is success, and so is a message somebody deleted: they do not want it."""
    if not says(wrong, NOTHING_NEW, *NOT_THERE):
        raise wrong
