"""Updates a network handed over. It was told that they arrived, so they must not be lost: each
waits here until everything it led to is in the database as well, and is remembered for as long as
the network may repeat it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.tables import UpdateRow

REPEATED = timedelta(days=2)
"""Telegram keeps what was not confirmed for a day (core.telegram.org/bots/api#getting-updates)."""

REMEMBERED = 20_000
"""So many at most: what was confirmed is not repeated, and a flood must not fill the disk."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One update that is to be handled."""

    id: int
    number: int
    """As its network counts."""
    body: dict[str, Any]


async def keep(
    tx: AsyncSession, owner: str, bodies: Mapping[int, dict[str, Any]], now: datetime
) -> tuple[Waiting, ...]:
    """Write down those that are new, by their numbers; gives these in order. `owner` is a network
    and the bot there."""
    known = set(
        await tx.scalars(
            select(UpdateRow.number).where(
                UpdateRow.owner == owner, UpdateRow.number.in_(list(bodies))
            )
        )
    )
    rows = [
        UpdateRow(owner=owner, number=number, body_json=body, created_at=now)
        for number, body in sorted(bodies.items())
        if number not in known
    ]
    tx.add_all(rows)
    await tx.flush()
    return _waiting(rows)


async def waiting(tx: AsyncSession, owner: str) -> tuple[Waiting, ...]:
    """Everything that is still to be handled, in order."""
    query = (
        select(UpdateRow)
        .where(UpdateRow.owner == owner, UpdateRow.handled_at.is_(None))
        .order_by(UpdateRow.number)
    )
    return _waiting((await tx.scalars(query)).all())


async def handled(tx: AsyncSession, ids: Sequence[int], now: datetime) -> None:
    """They led to what they were to lead to. What they said need not be kept."""
    await tx.execute(
        update(UpdateRow).where(UpdateRow.id.in_(list(ids))).values(handled_at=now, body_json={})
    )


async def forget(tx: AsyncSession, owner: str, now: datetime) -> None:
    """What was handled so long ago, or so many updates ago, that it will not be repeated."""
    newest = await tx.scalar(select(func.max(UpdateRow.id)).where(UpdateRow.owner == owner))
    old = or_(UpdateRow.handled_at < now - REPEATED, UpdateRow.id <= (newest or 0) - REMEMBERED)
    await tx.execute(
        delete(UpdateRow).where(UpdateRow.owner == owner, UpdateRow.handled_at.is_not(None), old)
    )


def _waiting(rows: Sequence[UpdateRow]) -> tuple[Waiting, ...]:
    return tuple(Waiting(row.id, row.number, row.body_json) for row in rows)
