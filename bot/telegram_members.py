"""What happens to the bot itself on Telegram: blocked, added, kicked, muted, moved.

It is told once, in a place where somebody can read it, with the way to mend it.
"""

from __future__ import annotations

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import (
    ChatMemberAdministrator,
    ChatMemberRestricted,
    ChatMemberUpdated,
    User,
)
from telegram.constants import ChatMemberStatus, ChatType

from bot.telegram_updates import bare_where, title_of
from core.chat.message import ChatRef, Out
from core.db import chat_places, chats, outbox, people
from core.say import Say, say
from core.services import Services

log = structlog.get_logger()

OUT = (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)


class Membership:
    """Keeps the chats in step with where the bot may speak."""

    def __init__(self, svc: Services, me: User) -> None:
        self._svc = svc
        self._me = me

    async def moved(self, old: int, new: int) -> None:
        """A group became a supergroup: the conversation goes on there under another number."""
        async with self._svc.db.write() as tx:
            for chat in await chats.threads_of(tx, "telegram", str(old)):
                to = ChatRef("telegram", str(new), chat.where.thread)
                await chat_places.move(tx, chat.id, to, self._svc.clock.now())

    async def changed(self, change: ChatMemberUpdated) -> None:
        """One `my_chat_member`."""
        is_out = change.new_chat_member.status in OUT
        log.info("telegram.membership", status=change.new_chat_member.status)
        async with self._svc.db.write() as tx:
            await self._mark(tx, change, is_out)
            if is_out or change.chat.type == ChatType.PRIVATE:
                return
            by = await people.find_member(tx, "telegram", str(change.from_user.id))
            if by is not None:  # else a stranger added us; the first command there says so
                await self._greet(tx, change, by.workspace_id)

    async def _mark(self, tx: AsyncSession, change: ChatMemberUpdated, is_out: bool) -> None:
        private = change.chat.type == ChatType.PRIVATE
        why = say("telegram.gone_blocked" if private else "telegram.gone_kicked")
        now = self._svc.clock.now()
        for chat in await chats.threads_of(tx, "telegram", str(change.chat.id)):
            if is_out:
                await chat_places.fall_silent(tx, chat.id, why, now)
            elif chat.dead and _missing_right(change) is None:
                await chat_places.come_back(tx, chat.id, now)

    async def _greet(self, tx: AsyncSession, change: ChatMemberUpdated, workspace: int) -> None:
        number, now = change.chat.id, self._svc.clock.now()
        missing = _missing_right(change)
        if missing is not None:
            key = f"telegram.rights:{number}:{missing.key}"
            await self._tell_alone(tx, change.from_user, missing, key)
            return
        if change.old_chat_member.status not in OUT:
            return
        text = [say("telegram.hello_group")]
        if self._is_deaf(change):
            text.append(say("telegram.privacy", name=f"@{self._me.username}"))
        where, title = bare_where(change.chat), title_of(change.chat)
        group = await chats.open_chat(tx, workspace, where, now, title)
        key = f"telegram.hello:{number}"
        await outbox.say(tx, group.id, Out(tuple(text), quiet=True), key=key, now=now)

    def _is_deaf(self, change: ChatMemberUpdated) -> bool:
        """Privacy mode keeps mentions from us; administrators hear everything."""
        hears = self._me.can_read_all_group_messages
        return not hears and not isinstance(change.new_chat_member, ChatMemberAdministrator)

    async def _tell_alone(self, tx: AsyncSession, who: User, what: Say, key: str) -> None:
        """In the conversation with the one who can mend it: in the group nobody would hear it."""
        alone = await chats.find_chat(tx, ChatRef("telegram", str(who.id)))
        if alone is not None:
            now = self._svc.clock.now()
            await outbox.say(tx, alone.id, Out.of(what), key=key, now=now)


def _missing_right(change: ChatMemberUpdated) -> Say | None:
    """What it would need to work there."""
    member, group = change.new_chat_member, title_of(change.chat)
    if not isinstance(member, ChatMemberRestricted):
        return None
    if not member.can_send_messages:
        return say("telegram.muted", group=group)
    if not member.can_send_videos:
        return say("telegram.no_videos", group=group)
    return None
