"""What is to be said. Written in the transaction that made it true; the courier delivers it.

A *slot* is a message that is kept up to date in place, such as the status of a job: saying
something else in the slot replaces what waits, or changes what was delivered. Only the newest
state of a slot is ever sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import case, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.message import ChatRef, MessageRef, Network, Out
from core.db.nudges import TOPIC_OUTBOX, ring_after_commit
from core.db.tables import ChatRow, OutboxRow

FALLBACK_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One thing to deliver now."""

    id: int
    chat_id: int
    where: ChatRef
    language: str
    key: str
    slot: str | None
    out: Out
    version: int
    at: MessageRef | None
    """The delivered message to change; None for a new one."""
    tries: int
    reply_to: MessageRef | None = None
    unsure: int = 0
    """How often it may have been sent already."""
    shared: bool = False
    """It goes to a group, where others read along."""


async def say(
    tx: AsyncSession,
    chat_id: int,
    out: Out,
    *,
    key: str,
    now: datetime,
    slot: str | None = None,
    urgent: bool = False,
    reply_to: str | None = None,
) -> None:
    """Queue one message. The same key again does nothing. With `slot` it replaces what the slot
    showed; a `key` is then only used for the first message of the slot. `reply_to` is the id of a
    message of the same chat."""
    ring_after_commit(tx, TOPIC_OUTBOX)
    body = out.to_json()
    if slot is not None:
        row = await tx.scalar(
            select(OutboxRow)
            .where(OutboxRow.chat_id == chat_id, OutboxRow.slot == slot)
            .with_for_update()
        )
        if row is not None:
            if row.body_json != body and row.state != "dead":
                row.body_json = body
                row.version += 1
                row.state = "waiting" if row.state == "sent" else row.state
            return
    if await tx.scalar(select(OutboxRow.id).where(OutboxRow.key == key)) is not None:
        return
    tx.add(
        OutboxRow(
            chat_id=chat_id,
            key=key,
            slot=slot,
            urgent=urgent,
            body_json=body,
            not_before=now,
            reply_to=reply_to,
            created_at=now,
        )
    )
    await tx.flush()


async def in_slot(tx: AsyncSession, chat_id: int, slot: str) -> Out | None:
    """What a slot shows, or will show."""
    body = await tx.scalar(
        select(OutboxRow.body_json).where(OutboxRow.chat_id == chat_id, OutboxRow.slot == slot)
    )
    return Out.from_json(body) if body is not None else None


async def stand(tx: AsyncSession, chat_id: int, slot: str, message_id: str, now: datetime) -> None:
    """A message is there already and waits for its words, such as Discord's "is thinking…". What is
    said in the slot becomes a change of it, which does no harm when it is made twice."""
    tx.add(
        OutboxRow(
            chat_id=chat_id,
            key=slot,
            slot=slot,
            urgent=True,
            body_json=Out(()).to_json(),
            state="sent",
            not_before=now,
            message_id=message_id,
            created_at=now,
        )
    )
    await tx.flush()


async def stands_open(tx: AsyncSession, chat_id: int, slot: str) -> bool:
    """Whether a slot has its message and no words yet."""
    out = await in_slot(tx, chat_id, slot)
    return out is not None and not out.text


async def rename_slot(tx: AsyncSession, chat_id: int, slot: str, to: str) -> None:
    """The message goes on under another name."""
    await tx.execute(
        update(OutboxRow)
        .where(OutboxRow.chat_id == chat_id, OutboxRow.slot == slot)
        .values(slot=to)
    )


def _due(now: datetime) -> Any:
    leased = OutboxRow.lease_until.is_not(None) & (OutboxRow.lease_until > now)
    return or_(
        (OutboxRow.state == "waiting") & (OutboxRow.not_before <= now),
        (OutboxRow.state == "sending") & ~leased,
    )


async def take(
    tx: AsyncSession,
    now: datetime,
    *,
    network: str | None = None,
    lease_s: float = 60,
    limit: int = 100,
) -> tuple[Parcel, ...]:
    """Claim what can be delivered now, on one network or on all: the first waiting message of each
    chat, urgent ones first.
    A chat with a message under way or put off is left alone, so its order is kept. What is urgent
    is to be heard at all: a change of a delivered message never goes before a new one that is, or
    "2 clips are ready" would stand there before the second clip does."""
    said_before = OutboxRow.message_id.is_not(None) & OutboxRow.sent_at.is_not(None)
    urgent = (OutboxRow.urgent & ~said_before).desc()
    busy = (
        select(OutboxRow.chat_id)
        .where(OutboxRow.state == "sending", OutboxRow.lease_until > now)
        .scalar_subquery()
    )
    paused = (
        select(OutboxRow.chat_id)
        .where(OutboxRow.state == "waiting", OutboxRow.tries > 0, OutboxRow.not_before > now)
        .where(OutboxRow.unsure == 0)  # what may be there already holds up nobody
        .scalar_subquery()
    )
    order = func.row_number().over(partition_by=OutboxRow.chat_id, order_by=(urgent, OutboxRow.id))
    ranked = (
        select(OutboxRow.id, order.label("nth"))
        .join(ChatRow, ChatRow.id == OutboxRow.chat_id)
        .where(ChatRow.network == network if network else true(), ChatRow.dead_at.is_(None))
        .where(_due(now), OutboxRow.chat_id.not_in(busy), OutboxRow.chat_id.not_in(paused))
        .subquery()
    )
    firsts = (
        await tx.scalars(
            select(OutboxRow)
            .join(ranked, ranked.c.id == OutboxRow.id)
            .where(ranked.c.nth == 1)
            .order_by(urgent, OutboxRow.id)
            .limit(limit)
            .with_for_update(of=OutboxRow, skip_locked=True)
        )
    ).all()
    parcels = []
    for row in firsts:
        row.state = "sending"
        row.lease_until = now + timedelta(seconds=lease_s)
        row.tries += 1
        parcels.append(await _parcel(tx, row))
    await tx.flush()
    return tuple(parcels)


async def _parcel(tx: AsyncSession, row: OutboxRow) -> Parcel:
    chat = await tx.get_one(ChatRow, row.chat_id)
    where = ChatRef(cast(Network, chat.network), chat.chat, chat.thread or None)
    return Parcel(
        row.id,
        row.chat_id,
        where,
        chat.language or FALLBACK_LANGUAGE,
        row.key,
        row.slot,
        Out.from_json(row.body_json),
        row.version,
        MessageRef(where, row.message_id) if row.message_id else None,
        row.tries,
        MessageRef(where, row.reply_to) if row.reply_to else None,
        row.unsure,
        bool(chat.title),
    )


async def delivered(
    tx: AsyncSession, parcel_id: int, version: int, message: MessageRef, now: datetime
) -> None:
    """Mark it sent; when the body changed meanwhile, the newer one waits for its turn."""
    row = await tx.get_one(OutboxRow, parcel_id, with_for_update=True)
    row.message_id = message.id
    row.sent_at = now
    row.lease_until = None
    row.tries = 0
    row.unsure = 0
    row.fault = None
    row.state = "sent" if row.version == version else "waiting"


async def perhaps_sent(tx: AsyncSession, parcel_id: int, until: datetime) -> None:
    """Nobody knows whether it arrived; say it once more then."""
    await put_off(tx, parcel_id, until, "unsure")
    await tx.execute(
        update(OutboxRow).where(OutboxRow.id == parcel_id).values(unsure=OutboxRow.unsure + 1)
    )


async def taken_as_sent(tx: AsyncSession, parcel: Parcel, now: datetime) -> None:
    """It went out so often without an answer that once more would only be a nuisance. What is said
    in its slot from now on is a new message, since nobody knows the number of this one."""
    await tx.execute(
        update(OutboxRow)
        .where(OutboxRow.id == parcel.id)
        .values(
            state=case((OutboxRow.version == parcel.version, "sent"), else_="waiting"),
            sent_at=now,
            lease_until=None,
            tries=0,
            unsure=0,
            fault="unsure",
        )
    )


async def put_off(
    tx: AsyncSession, parcel_id: int, until: datetime, fault: str | None = None
) -> None:
    """Try again later; the chat's later messages wait behind it."""
    await tx.execute(
        update(OutboxRow)
        .where(OutboxRow.id == parcel_id)
        .values(state="waiting", not_before=until, lease_until=None, fault=fault)
    )


async def dead(tx: AsyncSession, parcel_id: int, fault: str) -> None:
    """Never to be delivered."""
    await tx.execute(
        update(OutboxRow)
        .where(OutboxRow.id == parcel_id)
        .values(state="dead", lease_until=None, fault=fault)
    )


async def bury_chat(tx: AsyncSession, chat_id: int, fault: str, now: datetime) -> None:
    """Nobody hears us there: mark the chat and everything that waits for it."""
    await tx.execute(update(ChatRow).where(ChatRow.id == chat_id).values(dead_at=now))
    await tx.execute(
        update(OutboxRow)
        .where(OutboxRow.chat_id == chat_id, OutboxRow.state.in_(("waiting", "sending")))
        .values(state="dead", lease_until=None, fault=fault)
    )
