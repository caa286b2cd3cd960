"""Adding and cancelling work, for everyone who is not a worker.

async with db.write() as tx:
    await jobs.add(tx, RENDER, {"clip": 7}, key="render:7", now=clock.now())
# after the commit the queue is told, by itself
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.db import jobs as rows
from core.db.nudges import TOPIC_JOBS, ring_after_commit
from core.db.session import Database
from core.jobs.bell import Bell
from core.jobs.kinds import KINDS, QUEUES, Kind
from core.jobs.queue import Queue
from core.settings import Settings

PUSH_AHEAD = timedelta(hours=1)
"""Only what is due within this is handed to the queue; the sweep brings the rest in time."""
FORGOTTEN_AFTER = timedelta(minutes=1)
"""A row that is due for so long is delivered once more."""


class Jobs:
    """Writes job rows and wakes the workers and the courier after the commit."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.bell = Bell(queue.redis)
        self._rung: asyncio.Queue[tuple[str, tuple[Any, ...]]] = asyncio.Queue()

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings, db: Database) -> AsyncIterator[Self]:
        """Connect, and pass on what commits have to tell until the block ends."""
        jobs = cls(await Queue.connect(settings))
        db.on_commit(lambda topic, notes: jobs._rung.put_nowait((topic, notes)))
        passing_on = asyncio.create_task(jobs._pass_on())
        try:
            yield jobs
        finally:
            await jobs._drain()
            passing_on.cancel()
            await asyncio.gather(passing_on, return_exceptions=True)
            await jobs.queue.close()

    async def add(
        self,
        tx: AsyncSession,
        kind: Kind,
        args: dict[str, Any],
        *,
        key: str,
        now: datetime,
        run_at: datetime | None = None,
        cut_id: int | None = None,
    ) -> bool:
        """False when a job with this key is known already: nothing happens twice."""
        due = await rows.add(
            tx, kind.name, kind.queue, args, key=key, now=now, run_at=run_at, cut_id=cut_id
        )
        if due is not None and due.run_at <= now + PUSH_AHEAD:
            ring_after_commit(tx, TOPIC_JOBS, due)
        return due is not None

    async def cancel_cut(self, tx: AsyncSession, cut_id: int, now: datetime) -> int:
        """Ask everything that works for a request to stop; how many jobs that were."""
        return await rows.cancel_cut(tx, cut_id, now)

    async def sweep(self, db: Database, clock: Clock) -> int:
        """Tell the queue again what is due soon or was abandoned: Redis may have lost it."""
        now = clock.now()
        async with db.read() as tx:
            due = await rows.due(tx, now, now + PUSH_AHEAD)
        return sum([await self._bring(queue, due, now) for queue in QUEUES])

    async def _bring(self, queue: str, due: tuple[rows.Due, ...], now: datetime) -> int:
        """Push those of one queue that Redis does not know; how many."""
        kinds = {(d.id, d.attempt, d.run_at, _overdue(d.run_at, now)): d.kind for d in due}
        ours = [of for of, kind in kinds.items() if KINDS[kind].queue == queue]
        missing = set(ours) - await self.queue.held(queue, ours)
        for of in sorted(missing, key=lambda of: of[2]):
            job_id, attempt, run_at, again = of
            await self.queue.push(job_id, kinds[of], attempt, run_at, again)
        return len(missing)

    async def _pass_on(self) -> None:
        while True:
            topic, notes = await self._rung.get()
            try:
                await self._tell(topic, notes)
            finally:
                self._rung.task_done()

    async def _tell(self, topic: str, notes: tuple[Any, ...]) -> None:
        if topic == TOPIC_JOBS:
            for (due,) in notes:
                await self.queue.push(due.id, due.kind, due.attempt, due.run_at)
        else:
            await self.bell.ring(topic)

    async def _drain(self) -> None:
        """What was committed before the end is still told, unless Redis hangs."""
        try:
            async with asyncio.timeout(2):
                await self._rung.join()
        except TimeoutError:
            return


def _overdue(run_at: datetime, now: datetime) -> int:
    """How often a delivery was given up: once a minute. For half an hour arq remembers that a
    worker took one, also when that worker died before it came to the row. A second delivery of a
    row that only waits its turn does nothing."""
    return max(0, int((now - run_at) / FORGOTTEN_AFTER))
