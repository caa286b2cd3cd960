"""Circuit breakers, over all processes: who may try again, and when.

Kept in the database and not in a library's storage: pybreaker and purgatory keep theirs in memory
or in Redis, and Redis may be emptied at any moment here; the reason has to be shown to a person,
and the look at the breaker belongs into the transaction that claims a post.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.tables import BreakerRow
from core.say import Say, say_from_json, say_to_json


@dataclass(frozen=True, slots=True)
class Breaker:
    """An open one: `probe_at` is when a single post may try."""

    scope: str
    why: Say
    probe_at: datetime
    trips: int


def scope_of(platform: str, account_id: int | None = None) -> str:
    return platform if account_id is None else f"{platform}/{account_id}"


def scopes_of(platform: str, account_id: int) -> tuple[str, str]:
    """Everything that can stop a post: its platform, its account."""
    return scope_of(platform), scope_of(platform, account_id)


async def _row(tx: AsyncSession, scope: str) -> BreakerRow:
    wanted = select(BreakerRow).where(BreakerRow.scope == scope).with_for_update()
    if (row := await tx.scalar(wanted)) is not None:
        return row
    try:
        async with tx.begin_nested():
            tx.add(BreakerRow(scope=scope, failures=0, trips=0))
    except IntegrityError:  # another worker made it a moment earlier
        pass
    return (await tx.scalars(wanted)).one()


def _view(row: BreakerRow) -> Breaker | None:
    if row.probe_at is None or row.why_json is None:
        return None
    return Breaker(row.scope, say_from_json(row.why_json), row.probe_at, row.trips)


async def open_ones(tx: AsyncSession, *scopes: str) -> tuple[Breaker, ...]:
    """Those of these scopes that are open."""
    rows = await tx.scalars(
        select(BreakerRow)
        .where(BreakerRow.scope.in_(scopes), BreakerRow.probe_at.is_not(None))
        .order_by(BreakerRow.scope)
    )
    return tuple(b for b in map(_view, rows) if b is not None)


async def trip(
    tx: AsyncSession, scope: str, why: Say, now: datetime, first: timedelta, longest: timedelta
) -> datetime:
    """Open it; when it will be tried again. Each time in a row it stays open twice as long."""
    row = await _row(tx, scope)
    row.probe_at = now + min(longest, first * 2 ** min(row.trips, 10))
    row.trips += 1
    row.failures = 0
    row.why_json, row.opened_at = say_to_json(why), row.opened_at or now
    await tx.flush()
    return row.probe_at


async def fault(
    tx: AsyncSession,
    scope: str,
    why: Say,
    now: datetime,
    most: int,
    first: timedelta,
    longest: timedelta,
) -> datetime | None:
    """Count a fault; the time of the next try when it opened by that."""
    row = await _row(tx, scope)
    row.failures += 1
    await tx.flush()
    if row.failures < most and row.trips == 0:
        return None
    return await trip(tx, scope, why, now, first, longest)


async def take_probe(tx: AsyncSession, scope: str, now: datetime, apart: timedelta) -> bool:
    """Whether this post is the one that tries: nobody else may for a while."""
    taken = await tx.scalar(
        update(BreakerRow)
        .where(BreakerRow.scope == scope, BreakerRow.probe_at <= now)
        .values(probe_at=now + apart)
        .returning(BreakerRow.id)
    )
    return taken is not None


async def close(tx: AsyncSession, *scopes: str) -> None:
    """It works (again)."""
    await tx.execute(
        update(BreakerRow)
        .where(
            BreakerRow.scope.in_(scopes),
            (BreakerRow.failures > 0) | (BreakerRow.probe_at.is_not(None)) | (BreakerRow.trips > 0),
        )
        .values(failures=0, trips=0, probe_at=None, why_json=None, opened_at=None)
    )


async def try_now(tx: AsyncSession, scope: str, now: datetime) -> bool:
    """A person wants the next try at once. False when nothing is stopped."""
    done = await tx.scalar(
        update(BreakerRow)
        .where(BreakerRow.scope == scope, BreakerRow.probe_at.is_not(None))
        .values(probe_at=now)
        .returning(BreakerRow.id)
    )
    return done is not None
