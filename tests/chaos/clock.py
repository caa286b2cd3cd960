"""Time that passes faster, the same in every process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from arq.connections import ArqRedis

from core.jobs.jobs import Jobs
from core.jobs.queue import Delivery, Queue


@dataclass(frozen=True, slots=True)
class FastClock:
    """`scale` seconds for each real one since `began_s` (seconds since 1970)."""

    began_s: float
    scale: float

    def now(self) -> datetime:
        passed = (time.time() - self.began_s) * self.scale
        return datetime.fromtimestamp(self.began_s, UTC) + timedelta(seconds=passed)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.scale)

    def real(self, at: datetime) -> datetime:
        """The real moment at which this clock will show that."""
        began = datetime.fromtimestamp(self.began_s, UTC)
        return began + (at - began) / self.scale


class FastQueue(Queue):
    """arq lives in real time: what is due on the fast clock is due sooner there."""

    def __init__(self, redis: ArqRedis, clock: FastClock) -> None:
        super().__init__(redis)
        self._clock = clock

    async def push(
        self, job_id: int, kind: str, attempt: int, run_at: datetime, again: int = 0
    ) -> bool:
        return await super().push(job_id, kind, attempt, self._clock.real(run_at), again)

    async def held(self, queue: str, deliveries: Sequence[Delivery]) -> set[Delivery]:
        real = {(j, a, self._clock.real(at), n): (j, a, at, n) for j, a, at, n in deliveries}
        return {real[d] for d in await super().held(queue, list(real))}


def hasten(jobs: Jobs, clock: FastClock) -> Jobs:
    """Let it push by the fast clock."""
    jobs.queue = FastQueue(jobs.queue.redis, clock)
    return jobs
