"""The job that takes a target further."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from core.jobs.jobs import Jobs
from core.jobs.kinds import PUBLISH


async def wake(
    jobs: Jobs,
    tx: AsyncSession,
    target_id: int,
    fence: int,
    at: datetime,
    now: datetime,
    lapsed: datetime | None = None,
) -> None:
    """Write the job that takes a target further; the same step is the same job. `lapsed` is the
    lease that a worker let run out: the job of the step may have come while it was held and have
    found nothing to do, so a run-out lease is a step of its own."""
    if at - now > timedelta(hours=1):
        return  # the sweep brings it when it is near
    key = f"publish:{target_id}:{fence}:{at.timestamp():.3f}"
    if lapsed is not None:
        key += f":{lapsed.timestamp():.3f}"
    await jobs.add(tx, PUBLISH, {"target": target_id}, key=key, now=now, run_at=at)
