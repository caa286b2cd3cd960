"""How posts fare: which readings are due, and what they said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clips.fares import Reading
from core.db.tables import AccountRow, ClipRow, FigureRow, JobRow, PostRow, TargetRow
from core.publish.figures import UNTOLD, Figures

AGES_H = (1, 24, 72, 168)
"""How old a post is when it is read: enough to compare posts, four calls in its life at most."""
_LATE = 1.5
"""Times the age until which a reading still counts for it; afterwards it is left out."""


@dataclass(frozen=True, slots=True)
class Due:
    """A post to be read."""

    target_id: int
    remote_id: str
    age_h: int


async def accounts_due(tx: AsyncSession, now: datetime, kind: str) -> tuple[int, ...]:
    """Accounts with something to be read that no job of this kind is about already."""
    ids = await tx.scalars(
        _due(now, TargetRow.account_id).distinct().order_by(TargetRow.account_id)
    )
    reading = await tx.scalars(
        select(JobRow.key).where(JobRow.kind == kind, JobRow.state.in_(("waiting", "running")))
    )
    busy = {key.split(":")[1] for key in reading}
    return tuple(i for i in ids if str(i) not in busy)


async def due(tx: AsyncSession, account_id: int, now: datetime, most: int) -> tuple[Due, ...]:
    """What is to be read of one account, the oldest posts first."""
    wanted = _due(now, TargetRow.id, TargetRow.remote_id, TargetRow.published_at)
    rows = await tx.execute(
        wanted.where(TargetRow.account_id == account_id)
        .order_by(TargetRow.published_at, TargetRow.id)
        .limit(most)
    )
    return tuple(Due(row[0], row[1], _age_h(row[2], now)) for row in rows)


def _due(now: datetime, *what: Any) -> Select[Any]:
    """Posts that everybody can see, at an age at which they were not read yet."""
    return (
        select(*what)
        .join(AccountRow, AccountRow.id == TargetRow.account_id)
        .where(
            AccountRow.state == "ok",
            TargetRow.state == "published",
            TargetRow.remote_id.is_not(None),
            or_(*(_unread(age_h, now) for age_h in AGES_H)),
        )
    )


def _unread(age_h: int, now: datetime) -> ColumnElement[bool]:
    read = select(FigureRow.id).where(FigureRow.target_id == TargetRow.id, FigureRow.age_h == age_h)
    return and_(
        TargetRow.published_at <= now - timedelta(hours=age_h),
        TargetRow.published_at > now - timedelta(hours=age_h * _LATE),
        ~read.exists(),
    )


def _age_h(published_at: datetime, now: datetime) -> int:
    """The ages do not overlap, late readings included."""
    return max(a for a in AGES_H if published_at <= now - timedelta(hours=a))


async def keep(
    tx: AsyncSession, asked: Sequence[Due], told: Mapping[str, Figures], now: datetime
) -> None:
    """One row for each that was asked, also when nothing was told: it is not asked again then."""
    ids = [d.target_id for d in asked]
    rows = await tx.execute(
        select(FigureRow.target_id, FigureRow.age_h).where(FigureRow.target_id.in_(ids))
    )
    known = {(row[0], row[1]) for row in rows}
    for d in asked:
        if (d.target_id, d.age_h) in known:
            continue
        f = told.get(d.remote_id, UNTOLD)
        tx.add(
            FigureRow(
                target_id=d.target_id,
                age_h=d.age_h,
                views=f.views,
                likes=f.likes,
                comments=f.comments,
                shares=f.shares,
                at=now,
            )
        )
    await tx.flush()


async def readings(
    tx: AsyncSession, workspace_id: int, since: datetime | None, most: int
) -> list[Reading]:
    """Of a workspace, the newest. Those of practice accounts are made up, so they count only where
    there are no others."""
    wanted = (
        select(FigureRow, TargetRow.account_id, AccountRow.practice, ClipRow.span_json)
        .join(TargetRow, TargetRow.id == FigureRow.target_id)
        .join(AccountRow, AccountRow.id == TargetRow.account_id)
        .join(PostRow, PostRow.id == TargetRow.post_id)
        .join(ClipRow, ClipRow.id == PostRow.clip_id)
        .where(
            PostRow.workspace_id == workspace_id,
            or_(FigureRow.views.is_not(None), FigureRow.likes.is_not(None)),
        )
        .order_by(AccountRow.practice, FigureRow.id.desc())
        .limit(most)
    )
    if since is not None:
        wanted = wanted.where(TargetRow.published_at >= since)
    rows = (await tx.execute(wanted)).all()
    real = any(not row.practice for row in rows)
    return [_reading(*row) for row in rows if not (real and row.practice)]


def _reading(row: FigureRow, account_id: int, practice: bool, span: dict[str, Any]) -> Reading:
    liked = (row.likes or 0) + (row.comments or 0) if row.likes is not None else None
    parts = span.get("parts") or {}
    return Reading(account_id, row.target_id, row.age_h, row.views, liked, parts, practice)
