"""When the courier may touch a parcel again: its lease while it is on the way, its rest after."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.tables import ChatRow, OutboxRow


async def hold(tx: AsyncSession, parcel_id: int, until: datetime) -> None:
    """Keep the claim on a delivery that takes long, such as the upload of a file."""
    await tx.execute(
        update(OutboxRow)
        .where(OutboxRow.id == parcel_id, OutboxRow.state == "sending")
        .values(lease_until=until)
    )


async def rest(tx: AsyncSession, parcel_id: int, until: datetime) -> None:
    """Let a delivered message stand at least until then: what its slot says meanwhile is gathered
    into one edit, and the other messages of the chat do not wait for it."""
    await tx.execute(update(OutboxRow).where(OutboxRow.id == parcel_id).values(not_before=until))


async def hurry(tx: AsyncSession, network: str, now: datetime, fault: str) -> None:
    """What waits on a network because of this fault may go now."""
    ours = select(ChatRow.id).where(ChatRow.network == network).scalar_subquery()
    await tx.execute(
        update(OutboxRow)
        .where(OutboxRow.state == "waiting", OutboxRow.fault == fault, OutboxRow.chat_id.in_(ours))
        .values(not_before=now)
    )


async def outlook(
    tx: AsyncSession, now: datetime, networks: Collection[str]
) -> tuple[bool, datetime | None]:
    """Whether something may be deliverable now, and when time alone will bring more."""
    ours = ChatRow.network.in_(networks) & ChatRow.dead_at.is_(None)
    waiting = OutboxRow.state == "waiting"
    sending = OutboxRow.state == "sending"
    due = await tx.scalar(
        select(OutboxRow.id)
        .join(ChatRow, ChatRow.id == OutboxRow.chat_id)
        .where(
            ours,
            (waiting & (OutboxRow.not_before <= now)) | (sending & (OutboxRow.lease_until <= now)),
        )
        .limit(1)
    )
    later = await tx.scalar(
        select(func.min(OutboxRow.not_before))
        .join(ChatRow, ChatRow.id == OutboxRow.chat_id)
        .where(ours, waiting, OutboxRow.not_before > now)
    )
    return due is not None, later
