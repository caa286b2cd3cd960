"""What becomes of a conversation: it moves, it falls silent, it comes back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.message import ChatRef, Network, Out
from core.db import chats, outbox, people
from core.db.nudges import TOPIC_OUTBOX, ring_after_commit
from core.db.tables import ArrivalRow, ChatRow, CutRow, DialogueRow, OutboxRow, PostRow
from core.say import Say, say

GONE = "gone"
"""The fault of what could not be said because nobody heard us."""
MISSED = timedelta(days=7)
MISSED_MOST = 20
"""Somebody who comes back is not buried under everything they missed."""


async def move(tx: AsyncSession, chat_id: int, to: ChatRef, now: datetime) -> int:
    """The conversation goes on at `to`; gives its number there. Everything that waits goes along.
    Messages of before cannot be changed at the new place: what is kept up to date in one of them
    is said anew."""
    old = await tx.get_one(ChatRow, chat_id)
    there = await chats.find_chat(tx, to)
    if there is None:
        old.network, old.chat, old.thread = to.network, to.chat, to.thread or ""
        old.dead_at = None
        target = chat_id
    else:  # somebody spoke there before we knew
        target = there.id
        await _hand_over(tx, chat_id, target)
        old.dead_at = now
    await tx.execute(
        update(OutboxRow)
        .where(OutboxRow.chat_id == target, OutboxRow.message_id.is_not(None))
        .where(OutboxRow.created_at <= now)
        .values(message_id=None)
    )
    await tx.execute(
        update(OutboxRow)
        .where(OutboxRow.chat_id == target, OutboxRow.state.in_(("waiting", "sending")))
        .values(state="waiting", reply_to=None, lease_until=None, not_before=now, tries=0)
    )
    await tx.execute(update(CutRow).where(CutRow.chat_id == target).values(asked_on=None))
    ring_after_commit(tx, TOPIC_OUTBOX)
    await tx.flush()
    return target


async def _hand_over(tx: AsyncSession, old: int, new: int) -> None:
    for table in (OutboxRow, CutRow, PostRow, ArrivalRow):
        await tx.execute(update(table).where(table.chat_id == old).values(chat_id=new))
    await tx.execute(delete(DialogueRow).where(DialogueRow.chat_id == old))


async def fall_silent(tx: AsyncSession, chat_id: int, why: Say | None, now: datetime) -> None:
    """Nobody hears us there. What waits is kept for when they come back, and with a reason the
    owner is told, once, where they hear us."""
    chat = await chats.conversation(tx, chat_id)
    await outbox.bury_chat(tx, chat_id, GONE, now)
    if why is None or chat.dead:
        return
    elsewhere = await _owner_hears(tx, chat.workspace_id, but=chat_id)
    if elsewhere is not None:
        key = f"gone:{chat_id}:{now.timestamp():.0f}"
        out = Out((why, *await _which(tx, chat)))
        await outbox.say(tx, elsewhere, out, key=key, now=now)


async def _which(tx: AsyncSession, chat: chats.Conversation) -> tuple[Say, ...]:
    """Which conversation it is about, for somebody who reads of it in another one."""
    network = chat.where.network.title()
    if chat.title:
        return (say("door.gone_group", title=chat.title, network=network),)
    if chat.member_id is None:
        return ()
    member = await people.member(tx, chat.member_id)
    return (say("door.gone_person", name=member.name, network=network),)


async def alive(tx: AsyncSession, network: Network, most: int = 500) -> tuple[ChatRef, ...]:
    """Where people hear us, newest conversations first."""
    rows = await tx.scalars(
        select(ChatRow)
        .where(ChatRow.network == network, ChatRow.dead_at.is_(None))
        .order_by(ChatRow.id.desc())
        .limit(most)
    )
    return tuple(ChatRef(network, row.chat, row.thread or None) for row in rows)


async def _owner_hears(tx: AsyncSession, workspace_id: int, but: int) -> int | None:
    """The newest conversation between an owner and us that is alive."""
    owners = [m.id for m in await people.members(tx, workspace_id) if m.role == "owner"]
    return await tx.scalar(
        select(ChatRow.id)
        .where(
            ChatRow.member_id.in_(owners),
            ChatRow.id != but,
            ChatRow.dead_at.is_(None),
            ChatRow.workspace_id == workspace_id,
        )
        .order_by(ChatRow.id.desc())
        .limit(1)
    )


async def come_back(tx: AsyncSession, chat_id: int, now: datetime) -> int:
    """Somebody speaks to us again: say the newest of what they missed. How much that is."""
    await chats.set_chat(tx, chat_id, dead_at=None)
    buried = (OutboxRow.state == "dead") & (OutboxRow.fault == GONE)
    unsaid = (OutboxRow.chat_id == chat_id) & (buried | (OutboxRow.state == "waiting"))
    missed = await tx.scalars(
        select(OutboxRow.id)
        .where(unsaid, OutboxRow.created_at > now - MISSED)
        .order_by(OutboxRow.id.desc())
        .limit(MISSED_MOST)
    )
    ids = missed.all()
    await tx.execute(
        update(OutboxRow)
        .where(unsaid, OutboxRow.id.not_in(ids))
        .values(state="dead", fault="missed")
    )
    await tx.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(ids))
        .values(state="waiting", not_before=now, tries=0, fault=None, reply_to=None)
    )
    if ids:
        ring_after_commit(tx, TOPIC_OUTBOX)
    return len(ids)
