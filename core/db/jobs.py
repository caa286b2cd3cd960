"""Job rows: added, claimed by compare-and-set, kept alive by heartbeats, finished once.

A claim writes a lease; only who holds the newest lease may write the outcome. A worker that was
frozen and wakes late finds its lease gone and can do nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import and_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.tables import JobRow

Health = Literal["ok", "cancel", "lost"]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that is ours until the lease runs out."""

    id: int
    kind: str
    args: dict[str, Any]
    attempt: int
    lease: str
    cut_id: int | None
    orphans: tuple[tuple[str, int, float], ...]
    """Children an earlier attempt left behind: host, pid, start time."""


@dataclass(frozen=True, slots=True)
class Due:
    """A job the queue should know about."""

    id: int
    kind: str
    attempt: int
    run_at: datetime


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as `/status` shows it."""

    id: int
    kind: str
    args: dict[str, Any]
    state: str
    attempt: int
    cut_id: int | None
    progress: dict[str, Any] | None
    heartbeat_at: datetime | None
    lease: str | None
    created_at: datetime
    last_error: str | None


async def add(
    tx: AsyncSession,
    kind: str,
    queue: str,
    args: dict[str, Any],
    *,
    key: str,
    now: datetime,
    run_at: datetime | None = None,
    cut_id: int | None = None,
) -> Due | None:
    """Write the job down. None when this key is known already."""
    if await tx.scalar(select(JobRow.id).where(JobRow.key == key)) is not None:
        return None
    row = JobRow(
        kind=kind,
        queue=queue,
        key=key,
        args_json=args,
        state="waiting",
        run_at=run_at or now,
        pids_json=[],
        cut_id=cut_id,
        created_at=now,
    )
    try:
        async with tx.begin_nested():
            tx.add(row)
    except IntegrityError:  # another process wrote it a moment earlier
        return None
    return Due(row.id, kind, 0, row.run_at)


def _free(now: datetime) -> Any:
    waiting = and_(JobRow.state == "waiting", JobRow.run_at <= now)
    abandoned = and_(JobRow.state == "running", JobRow.lease_until < now)
    return or_(waiting, abandoned)


async def claim(
    tx: AsyncSession, job_id: int, lease: str, now: datetime, lease_s: float
) -> Claimed | None:
    """Take the job, if it is due and nobody holds it. A second delivery gets None."""
    row = (
        await tx.execute(
            update(JobRow)
            .where(JobRow.id == job_id, _free(now))
            .values(
                state="running",
                attempt=JobRow.attempt + 1,
                lease=lease,
                lease_until=now + timedelta(seconds=lease_s),
                heartbeat_at=now,
            )
            .returning(
                JobRow.kind, JobRow.args_json, JobRow.attempt, JobRow.cut_id, JobRow.pids_json
            )
        )
    ).one_or_none()
    if row is None:
        return None
    orphans = tuple((host, pid, began) for host, pid, began in row.pids_json)
    return Claimed(job_id, row.kind, row.args_json, row.attempt, lease, row.cut_id, orphans)


async def health(tx: AsyncSession, job_id: int, lease: str) -> Health:
    """Whether the job is still ours, and still wanted."""
    row = (
        await tx.execute(
            select(JobRow.state, JobRow.lease, JobRow.cancel_requested).where(JobRow.id == job_id)
        )
    ).one_or_none()
    if row is None or row.state != "running" or row.lease != lease:
        return "lost"
    return "cancel" if row.cancel_requested else "ok"


async def beat(
    tx: AsyncSession, job_id: int, lease: str, now: datetime, lease_s: float, **also: Any
) -> bool:
    """Heartbeat: the lease grows by `lease_s` from now. False when it is no longer ours.
    `also` may carry `progress_json` and `pids_json`."""
    result = await tx.execute(
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.lease == lease, JobRow.state == "running")
        .values(heartbeat_at=now, lease_until=now + timedelta(seconds=lease_s), **also)
        .returning(JobRow.id)
    )
    return result.one_or_none() is not None


async def finish(
    tx: AsyncSession,
    job_id: int,
    lease: str,
    now: datetime,
    state: Literal["done", "failed", "cancelled"],
    error: str | None = None,
) -> bool:
    """The outcome, written once by the holder of the lease."""
    result = await tx.execute(
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.lease == lease, JobRow.state == "running")
        .values(
            state=state,
            done_at=now,
            lease=None,
            lease_until=None,
            last_error=error,
            pids_json=[],
        )
        .returning(JobRow.id)
    )
    return result.one_or_none() is not None


async def again(
    tx: AsyncSession,
    job_id: int,
    lease: str,
    run_at: datetime,
    error: str | None,
    *,
    spend_try: bool,
) -> Due | None:
    """Put the job back for later. Without `spend_try` this attempt does not count."""
    row = (
        await tx.execute(
            update(JobRow)
            .where(JobRow.id == job_id, JobRow.lease == lease, JobRow.state == "running")
            .values(
                state="waiting",
                run_at=run_at,
                lease=None,
                lease_until=None,
                last_error=error,
                pids_json=[],
                attempt=JobRow.attempt if spend_try else JobRow.attempt - 1,
            )
            .returning(JobRow.kind, JobRow.attempt)
        )
    ).one_or_none()
    return Due(job_id, row.kind, row.attempt, run_at) if row else None


async def due(tx: AsyncSession, now: datetime, until: datetime) -> tuple[Due, ...]:
    """Everything the queue should know: due before `until`, or abandoned by its worker."""
    waiting = and_(JobRow.state == "waiting", JobRow.run_at <= until)
    abandoned = and_(JobRow.state == "running", JobRow.lease_until < now)
    rows = await tx.execute(
        select(JobRow.id, JobRow.kind, JobRow.attempt, JobRow.run_at)
        .where(or_(waiting, abandoned))
        .order_by(JobRow.run_at)
        .limit(5000)
    )
    return tuple(Due(*r) for r in rows)


async def running(tx: AsyncSession, now: datetime) -> tuple[tuple[int, str], ...]:
    """Id and lease of every job that somebody holds."""
    rows = await tx.execute(
        select(JobRow.id, JobRow.lease).where(JobRow.state == "running", JobRow.lease_until >= now)
    )
    return tuple((job_id, lease or "") for job_id, lease in rows)


async def expire(tx: AsyncSession, job_id: int, lease: str, now: datetime) -> None:
    """End a lease early, because its holder is known to be dead."""
    await tx.execute(
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.lease == lease, JobRow.state == "running")
        .values(lease_until=now - timedelta(seconds=1))
    )


async def cancel_cut(tx: AsyncSession, cut_id: int, now: datetime) -> int:
    """Ask every job of a request to stop; those nobody started yet are over at once."""
    waiting = await tx.execute(
        update(JobRow)
        .where(JobRow.cut_id == cut_id, JobRow.state == "waiting")
        .values(state="cancelled", done_at=now, cancel_requested=True)
        .returning(JobRow.id)
    )
    under_way = await tx.execute(
        update(JobRow)
        .where(JobRow.cut_id == cut_id, JobRow.state == "running")
        .values(cancel_requested=True)
        .returning(JobRow.id)
    )
    return len(waiting.all()) + len(under_way.all())


async def cancel(tx: AsyncSession, job_id: int, now: datetime) -> bool:
    """The same for one job. False when there is nothing to stop."""
    row = await tx.scalar(select(JobRow).where(JobRow.id == job_id).with_for_update())
    if row is None or row.state not in ("waiting", "running"):
        return False
    row.cancel_requested = True
    if row.state == "waiting":
        row.state, row.done_at = "cancelled", now
    await tx.flush()
    return True


def _view(row: JobRow) -> JobView:
    return JobView(
        row.id,
        row.kind,
        row.args_json,
        row.state,
        row.attempt,
        row.cut_id,
        row.progress_json,
        row.heartbeat_at,
        row.lease,
        row.created_at,
        row.last_error,
    )


async def open_jobs(tx: AsyncSession) -> tuple[JobView, ...]:
    """What waits or runs, in the order it will run; not what is about to stop because nobody wants
    it any more."""
    rows = await tx.scalars(
        select(JobRow)
        .where(JobRow.state.in_(("waiting", "running")), JobRow.cancel_requested.is_(False))
        .order_by(JobRow.state, JobRow.run_at, JobRow.id)
        .limit(200)
    )
    return tuple(_view(r) for r in rows)
