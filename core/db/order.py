"""The order in which the posts of one account go out: the one they were planned in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.tables import NOT_OUT, TargetRow
from core.db.targets import Claim
from core.say import Say, say_from_json


@dataclass(frozen=True, slots=True)
class Ahead:
    """An earlier post of the same account that is not out yet."""

    state: str
    due_at: datetime | None
    rule: str | None
    why: Say | None


def _before(planned_at: datetime | None, target_id: int) -> Any:
    """Planned earlier; of two at the same time the one that was made first."""
    same = and_(TargetRow.planned_at == planned_at, TargetRow.id < target_id)
    return or_(TargetRow.planned_at < planned_at, same)


async def ahead(tx: AsyncSession, claim: Claim, limit: int = 8) -> tuple[Ahead, ...]:
    """Posts of the same account that are planned earlier and not out yet, in their order."""
    rows = await tx.scalars(
        select(TargetRow)
        .where(
            TargetRow.account_id == claim.account_id,
            NOT_OUT,
            TargetRow.due_at.is_not(None),
            _before(claim.planned_at, claim.id),
        )
        .order_by(TargetRow.planned_at, TargetRow.id)
        .limit(limit)
    )
    return tuple(
        Ahead(r.state, r.due_at, r.rule, say_from_json(r.fault_json) if r.fault_json else None)
        for r in rows
    )


async def next_of(tx: AsyncSession, claim: Claim, now: datetime) -> int | None:
    """The next post of the account, when it only waited for this one; it is due now."""
    following = (
        select(TargetRow.id)
        .where(
            TargetRow.account_id == claim.account_id,
            NOT_OUT,
            TargetRow.rule == "order",
            ~_before(claim.planned_at, claim.id),
            TargetRow.id != claim.id,
        )
        .order_by(TargetRow.planned_at, TargetRow.id)
        .limit(1)
    )
    found: int | None = await tx.scalar(
        update(TargetRow)
        .where(
            TargetRow.id == following.scalar_subquery(),
            TargetRow.due_at > now,
            or_(TargetRow.lease_until.is_(None), TargetRow.lease_until < now),
        )
        .values(due_at=now)
        .returning(TargetRow.id)
    )
    return found
