"""Changing what was said: by the message a button was on, or by the key it was said with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.message import Out
from core.db.nudges import TOPIC_OUTBOX, ring_after_commit
from core.db.tables import ChatRow, OutboxRow


async def said_as(tx: AsyncSession, chat_id: int, message_id: str) -> tuple[str, str | None] | None:
    """Key and slot a delivered message was said with; None for messages of others."""
    row = await _by_message(tx, chat_id, message_id)
    return (row.key, row.slot) if row else None


async def change_message(
    tx: AsyncSession, chat_id: int, message_id: str, out: Out, now: datetime
) -> bool:
    """Put `out` in the place of a delivered message. False when it is none of ours."""
    return _change(tx, await _by_message(tx, chat_id, message_id), out, now)


async def change_key(tx: AsyncSession, key: str, out: Out, now: datetime) -> bool:
    """The same by its key, delivered or still waiting. False when it was never said."""
    query = select(OutboxRow).where(OutboxRow.key == key).with_for_update()
    return _change(tx, await tx.scalar(query), out, now)


async def change_newest(tx: AsyncSession, key: str, out: Out, now: datetime) -> bool:
    """The same for the newest message of a kind: said with this key, or with one that begins with
    it and a colon."""
    query = (
        select(OutboxRow)
        .where(or_(OutboxRow.key == key, OutboxRow.key.startswith(f"{key}:", autoescape=True)))
        .where(OutboxRow.key.not_like("%:post:%"))
        .order_by(OutboxRow.id.desc())
        .limit(1)
        .with_for_update()
    )
    return _change(tx, await tx.scalar(query), out, now)


async def _by_message(tx: AsyncSession, chat_id: int, message_id: str) -> OutboxRow | None:
    query = (
        select(OutboxRow)
        .where(OutboxRow.chat_id == chat_id, OutboxRow.message_id == message_id)
        .with_for_update()
    )
    found: Any = (await tx.scalars(query)).first()
    return found  # type: ignore[no-any-return]


def _change(tx: AsyncSession, row: OutboxRow | None, out: Out, now: datetime) -> bool:
    if row is None or row.state == "dead":
        return False
    body = out.to_json()
    if row.body_json == body:
        return True
    row.body_json = body
    row.version += 1
    if row.state == "sent":
        row.state = "waiting"
        row.not_before = now
    ring_after_commit(tx, TOPIC_OUTBOX)
    return True


async def whole_message(
    tx: AsyncSession, network: str, chat: str, part: str
) -> tuple[str, str] | None:
    """The thread and the full id of a delivered message, by the id of one of its parts: a long text
    is several messages on its network, `13,12`. None when it is none of ours."""
    listed = literal(",").concat(OutboxRow.message_id).concat(",")
    found = await tx.execute(
        select(ChatRow.thread, OutboxRow.message_id)
        .join(ChatRow, ChatRow.id == OutboxRow.chat_id)
        .where(ChatRow.network == network, ChatRow.chat == chat)
        .where(listed.contains(f",{part},", autoescape=True))
        .order_by(OutboxRow.id.desc())
    )
    row = found.first()
    return (row[0], row[1] or part) if row else None
