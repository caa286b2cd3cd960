"""The bot on Telegram as a whole: hears, speaks, and keeps its menu of commands true."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog
from aiohttp import web
from telegram import Update, User
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.telegram_chat import TelegramChat, make_bot
from bot.telegram_commands import tell_commands
from bot.telegram_inbox import Inbox
from bot.telegram_intake import Intake, Waits
from bot.telegram_members import Membership
from bot.telegram_settings import TelegramSettings
from bot.telegram_updates import Albums, Hearing, group_of, is_edit_of_a_file, joined, message_in
from core.chat.message import ChatRef, In, MessageRef
from core.db import outbox_edits
from core.errors import BadSetting
from core.say import Say, say
from core.settings import Settings

if TYPE_CHECKING:
    from bot.faces import Hall, Receive

log = structlog.get_logger()


class TelegramFace:
    """One bot, one token, one process: two that poll take each other's updates away."""

    def __init__(self, hall: Hall, settings: TelegramSettings) -> None:
        # `retry_after` is a timedelta from the library's next version on; this asks for it now.
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        self._hall = hall
        self._settings = settings
        self._bot = make_bot(settings)
        self._intake = Intake(self._bot, hall.svc.vault, settings.webhook)
        self._chat = TelegramChat(hall.svc, self._bot, settings, hall.deliverable)

    @property
    def chat(self) -> TelegramChat:
        return self._chat

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        return self._intake.routes

    async def run(self, receive: Receive) -> None:
        """See `bot.faces.Face`. The token may be refused at the start, or revoked any time later,
        which whoever speaks next finds out."""
        self._chat.revoked.clear()
        try:
            me = await self._met()
            self._hall.svc.doors["telegram"] = f"https://t.me/{me.username}?start={{code}}"
            log.info("telegram.ready", bot=me.username, webhook=self._settings.webhook is not None)
            await self._work(me, receive)
        except* InvalidToken as refused:
            raise BadSetting("telegram.token_refused") from refused
        finally:
            await self._bot.shutdown()

    async def _work(self, me: User, receive: Receive) -> None:
        heard = _Heard(self._hall, me, receive)
        inbox = Inbox(self._hall.svc, self._bot, heard.handle)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(inbox.run())
            tasks.create_task(self._intake.run(inbox.keep))
            tasks.create_task(self._keep_menu())
            tasks.create_task(self._fear_refusal())

    async def _met(self) -> User:
        """Who we are; asked until there is an answer. Raises InvalidToken."""
        waits = Waits()
        while True:
            try:
                await self._bot.initialize()
                return self._bot.bot
            except TelegramError as wrong:
                await waits.after(wrong)

    async def _keep_menu(self) -> None:
        waits, hall = Waits(), self._hall
        while True:
            try:
                await tell_commands(hall.svc, self._bot, hall.registry)
                return
            except BadRequest as wrong:  # a name or a text it does not take: a fault of ours
                log.error("telegram.commands_refused", why=wrong.message)
                return
            except TelegramError as wrong:
                await waits.after(wrong)

    async def _fear_refusal(self) -> None:
        await self._chat.revoked.wait()
        raise InvalidToken("revoked")


class _Heard:
    """What is done with an update."""

    def __init__(self, hall: Hall, me: User, receive: Receive) -> None:
        self._svc = hall.svc
        self._receive = receive
        self._hearing = Hearing(me)
        self._membership = Membership(hall.svc, me)
        self._albums = Albums()

    async def handle(self, parts: list[Update]) -> None:
        """One update, or those of an album."""
        first, message = parts[0], message_in(parts[0])
        if first.my_chat_member is not None:
            await self._membership.changed(first.my_chat_member)
        elif message is not None and message.migrate_to_chat_id is not None:
            await self._membership.moved(message.chat.id, message.migrate_to_chat_id)
        elif not is_edit_of_a_file(first):
            heard = [inn for inn in map(self._hearing.hear, parts) if inn is not None]
            if heard:
                whole = self._albums.completed(group_of(first), joined(heard))
                await self._receive(await self._placed(whole))

    async def _placed(self, inn: In) -> In:
        """With the whole of our message where one part of it was pressed or answered."""
        if inn.on is None:
            return inn
        async with self._svc.db.read() as tx:
            found = await outbox_edits.whole_message(tx, "telegram", inn.where.chat, inn.on.id)
        if found is None:
            return inn
        thread, message_id = found
        where = ChatRef("telegram", inn.where.chat, thread or None) if inn.act else inn.where
        return replace(inn, where=where, on=MessageRef(where, message_id))


def open_face(hall: Hall) -> TelegramFace | None:
    """None without a token."""
    settings = TelegramSettings()
    return TelegramFace(hall, settings) if settings.token is not None else None


async def check(_: Settings) -> Say | None:
    """Who the token belongs to, for the doctor. Raises BadSetting."""
    settings = TelegramSettings()
    if settings.token is None:
        return None
    bot = make_bot(settings)
    try:
        await bot.initialize()
        return say("telegram.is", name=f"@{bot.username}")
    except InvalidToken as wrong:
        raise BadSetting("telegram.token_refused") from wrong
    except TelegramError as wrong:
        raise BadSetting("telegram.unreachable", root=settings.root, why=str(wrong)) from wrong
    finally:
        await bot.shutdown()
