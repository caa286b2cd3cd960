"""What somebody sent, until its files are here: taken by lease, brought, handled once.

wanted ──brought──▶ here ──through the front door──▶ done
   └──▶ failed (told) or cancelled
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.message import In
from core.db.nudges import TOPIC_ARRIVALS, ring_after_commit
from core.db.tables import ArrivalRow
from core.say import Say, say_to_json

ArrivalState = Literal["wanted", "here", "done", "failed", "cancelled"]
OVER = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One update whose files are awaited."""

    id: int
    key: str
    chat_id: int
    member_id: int
    way: str
    inn: In
    state: ArrivalState
    tries: int


def slot(arrival_id: int) -> str:
    """The outbox slot of its message."""
    return f"arrival:{arrival_id}"


def _arrival(row: ArrivalRow) -> Arrival:
    return Arrival(
        row.id,
        row.key,
        row.chat_id,
        row.member_id,
        row.way,
        In.from_json(row.in_json),
        row.state,  # type: ignore[arg-type]
        row.tries,
    )


async def add(
    tx: AsyncSession, inn: In, chat_id: int, member_id: int, way: str, now: datetime
) -> Arrival | None:
    """Write it down. None when this update is known already."""
    if await tx.scalar(select(ArrivalRow.id).where(ArrivalRow.key == inn.key)) is not None:
        return None
    row = ArrivalRow(
        key=inn.key,
        chat_id=chat_id,
        member_id=member_id,
        way=way,
        in_json=inn.to_json(),
        state="wanted",
        tries=0,
        not_before=now,
        created_at=now,
    )
    tx.add(row)
    await tx.flush()
    ring_after_commit(tx, TOPIC_ARRIVALS)
    return _arrival(row)


async def find(tx: AsyncSession, arrival_id: int) -> Arrival | None:
    row = await tx.get(ArrivalRow, arrival_id)
    return _arrival(row) if row else None


async def tried(tx: AsyncSession, arrival_id: int) -> Arrival | None:
    """Count one more try, and give it."""
    row = await tx.get(ArrivalRow, arrival_id, with_for_update=True)
    if row is None:
        return None
    row.tries += 1
    await tx.flush()
    return _arrival(row)


async def wanted_by(tx: AsyncSession, member_id: int) -> int:
    """How many of a member's are under way."""
    found = await tx.scalar(
        select(func.count()).where(
            ArrivalRow.member_id == member_id, ArrivalRow.state.in_(("wanted", "here"))
        )
    )
    return found or 0


def _free(now: datetime) -> Any:
    return or_(ArrivalRow.lease_until.is_(None), ArrivalRow.lease_until <= now)


async def take(
    tx: AsyncSession, now: datetime, ways: Collection[str], *, lease_s: float, limit: int
) -> tuple[Arrival, ...]:
    """Claim what can be brought (of these ways) or handled (of any) now, oldest first."""
    rows = await tx.scalars(
        select(ArrivalRow)
        .where(
            or_(
                (ArrivalRow.state == "wanted") & ArrivalRow.way.in_(ways),
                ArrivalRow.state == "here",
            ),
            ArrivalRow.not_before <= now,
            _free(now),
        )
        .order_by(case((ArrivalRow.state == "here", 0), else_=1), ArrivalRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = []
    for row in rows:
        row.lease_until = now + timedelta(seconds=lease_s)
        row.tries += 1
        taken.append(_arrival(row))
    await tx.flush()
    return tuple(taken)


async def let_go(tx: AsyncSession, ways: Collection[str]) -> None:
    """Whoever brought these is gone; nobody need wait for the leases to run out."""
    await tx.execute(
        update(ArrivalRow)
        .where(
            ArrivalRow.state.in_(("wanted", "here")),
            ArrivalRow.way.in_(ways) | (ArrivalRow.state == "here"),
        )
        .values(lease_until=None)
    )


async def anything_due(tx: AsyncSession, now: datetime, ways: Collection[str]) -> bool:
    """Whether `take` would find something; a look that locks nobody out."""
    found = await tx.scalar(
        select(ArrivalRow.id)
        .where(
            or_(
                (ArrivalRow.state == "wanted") & ArrivalRow.way.in_(ways),
                ArrivalRow.state == "here",
            ),
            ArrivalRow.not_before <= now,
            _free(now),
        )
        .limit(1)
    )
    return found is not None


async def hold(tx: AsyncSession, arrival_id: int, until: datetime) -> bool:
    """Keep the claim. False when it is no longer wanted: cancelled meanwhile."""
    held = await tx.execute(
        update(ArrivalRow)
        .where(ArrivalRow.id == arrival_id, ArrivalRow.state.in_(("wanted", "here")))
        .values(lease_until=until)
        .returning(ArrivalRow.id)
    )
    return held.one_or_none() is not None


async def is_wanted(tx: AsyncSession, arrival_id: int) -> bool:
    state = await tx.scalar(select(ArrivalRow.state).where(ArrivalRow.id == arrival_id))
    return state == "wanted"


async def brought(tx: AsyncSession, arrival_id: int, inn: In, *, whole: bool) -> bool:
    """A file of it is in the store, under the key `inn` names; with `whole` it was the last one.
    False when nobody wants it any more."""
    row = await tx.get_one(ArrivalRow, arrival_id, with_for_update=True)
    if row.state != "wanted":
        return False
    row.in_json = inn.to_json()
    if whole:
        row.state = "here"
        row.tries = 0
        row.lease_until = None
        ring_after_commit(tx, TOPIC_ARRIVALS)
    await tx.flush()
    return True


async def again(tx: AsyncSession, arrival_id: int, at: datetime) -> None:
    """Let go of it until then."""
    await tx.execute(
        update(ArrivalRow)
        .where(ArrivalRow.id == arrival_id)
        .values(not_before=at, lease_until=None)
    )


async def end(
    tx: AsyncSession,
    arrival_id: int,
    state: ArrivalState,
    now: datetime,
    fault: Say | None = None,
) -> bool:
    """Over, one way or another. False when it was before."""
    ended = await tx.execute(
        update(ArrivalRow)
        .where(ArrivalRow.id == arrival_id, ArrivalRow.state.not_in(OVER))
        .values(
            state=state,
            done_at=now,
            lease_until=None,
            fault_json=say_to_json(fault) if fault else None,
        )
        .returning(ArrivalRow.id)
    )
    return ended.one_or_none() is not None


async def forget(tx: AsyncSession, before: datetime) -> None:
    """What somebody wrote is not kept here longer than it may be of use."""
    await tx.execute(
        delete(ArrivalRow).where(ArrivalRow.state.in_(OVER), ArrivalRow.done_at < before)
    )
