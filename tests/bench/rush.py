"""Five hundred posts due within one minute on twenty accounts: `python -m tests.bench.rush`.

The time is that of the platforms: it stands still while something is worked on, and jumps to the
next moment at which something is due. So it measures what limits, order and waiting cost, and not
how fast this machine is; its work is printed beside it, in seconds of processor time.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select

from core.db.migrate import create_all
from core.db.session import Database
from core.db.tables import JobRow, TargetRow
from core.services import open_services
from core.settings import Settings
from core.when.moment import Moment
from tests.chaos.run import private_redis
from tests.doubles.bench import Bench, make_clip_file, open_bench
from workers import publish, sweep  # noqa: F401  (the first declares its jobs)
from workers.run import run_job

ACCOUNTS = {"tiktok": (10, 15), "instagram": (10, 35)}
"""Accounts of each platform and posts on each: what TikTok takes in a day, and the rest."""
WITHIN_S = 60.0
INITS, WINDOW_S = 6, 60.0
"""TikTok takes six uploads a minute for each account; Instagram names no such limit."""
AT_ONCE = 40
"""Jobs that are worked on at a time: two workers."""
MOST = 1.2
POSTS = sum(n * each for n, each in ACCOUNTS.values())


@dataclass
class Rushed:
    """What came of it."""

    took_s: float
    least_s: float
    out: int
    in_order: bool
    cpu_s: float

    @property
    def ratio(self) -> float:
        return self.took_s / self.least_s


class StandingClock:
    """Time that moves only when nobody works: to whatever comes next."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC)
        self._asleep: list[tuple[datetime, int, asyncio.Event]] = []
        self._number = itertools.count()

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        until = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._asleep, (until, next(self._number), event))
        await event.wait()

    @property
    def asleep(self) -> int:
        return len(self._asleep)

    @property
    def next_wake(self) -> datetime | None:
        return self._asleep[0][0] if self._asleep else None

    def move_to(self, at: datetime) -> None:
        """Wakes who slept until then."""
        self._now = max(self._now, at)
        while self._asleep and self._asleep[0][0] <= self._now:
            heapq.heappop(self._asleep)[2].set()


@dataclass
class Rush:
    """Does the jobs that are due, as two workers and the sweep would."""

    bench: Bench
    clock: StandingClock
    services: object
    running: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    async def until_all_are_out(self) -> None:
        sweep_at = self.clock.now()
        while await self._count(TargetRow.state != "published"):
            due = await self._due(AT_ONCE - len(self.running))
            for job_id in due:
                self.running[job_id] = asyncio.create_task(run_job(self.services, job_id))  # type: ignore[arg-type]
            if await self._busy() or due:
                continue
            if self.clock.now() >= sweep_at:
                await self.bench.posting.sweep()
                sweep_at = self.clock.now() + timedelta(seconds=sweep.EVERY_S)
                continue
            ahead = (await self._next(), self.clock.next_wake, sweep_at)
            self.clock.move_to(min(at for at in ahead if at is not None))

    async def _count(self, where: Any) -> int:
        async with self.bench.db.read() as tx:
            return await tx.scalar(select(func.count()).where(where)) or 0

    async def _due(self, n: int) -> list[int]:
        """Jobs that nobody does yet."""
        if n <= 0:
            return []
        waiting = (JobRow.state == "waiting", JobRow.run_at <= self.clock.now())
        async with self.bench.db.read() as tx:
            found = await tx.scalars(
                select(JobRow.id)
                .where(*waiting, JobRow.id.not_in(self.running))
                .order_by(JobRow.run_at)
                .limit(n)
            )
            return list(found)

    async def _next(self) -> datetime | None:
        """When the next job is due."""
        waiting = (JobRow.state == "waiting", JobRow.run_at > self.clock.now())
        async with self.bench.db.read() as tx:
            return await tx.scalar(select(JobRow.run_at).where(*waiting).order_by(JobRow.run_at))

    async def _busy(self) -> bool:
        """Whether anybody works; who only sleeps until later does not."""
        self.running = {k: t for k, t in self.running.items() if not t.done()}
        if len(self.running) <= self.clock.asleep:
            return False
        await asyncio.wait(self.running.values(), timeout=0.5, return_when=asyncio.FIRST_COMPLETED)
        return True


def least_s() -> float:
    """Seconds after the first is due until the limits let the last one out."""
    last = 0.0
    for platform, (_, each) in ACCOUNTS.items():
        begins: list[float] = []
        for n in range(each):
            at = n * WITHIN_S / each
            if platform == "tiktok" and n >= INITS:
                at = max(at, begins[n - INITS] + WINDOW_S)
            begins.append(at)
        last = max(last, begins[-1])
    return last


async def rush() -> Rushed:
    """Plan them all, and let them go."""
    with (
        tempfile.TemporaryDirectory(prefix="clipdesk-bench-") as folder,
        private_redis(folder) as socket,
    ):
        settings = Settings(
            data_dir=Path(folder) / "data", redis_url=f"unix://{socket}", port=0, _env_file=None
        )
        settings.data_dir.mkdir()
        db, clock = Database(settings), StandingClock()
        await create_all(db)
        clip = make_clip_file(Path(folder) / "clip.mp4")
        async with (
            open_bench(settings, db, clock, clip) as bench,
            open_services(settings, clock) as services,
        ):
            first, captions = await _plan(bench, clock)
            began = time.process_time()
            await Rush(bench, clock, replace(services, db=db)).until_all_are_out()
            cpu_s = time.process_time() - began
            ledger = await bench.ledger()
        await db.close()
    took = max(p["at"] for p in ledger) - first.timestamp()
    order = all(
        [p["caption"] for p in ledger if p["account"] == name] == said
        for name, said in captions.items()
    )
    return Rushed(took, least_s(), len(ledger), order, cpu_s)


async def _plan(bench: Bench, clock: StandingClock) -> tuple[datetime, dict[str, list[str]]]:
    """When the first is due, and by account what is said there, in order."""
    first, zone = clock.now() + timedelta(minutes=5), ZoneInfo("Europe/Berlin")
    captions: dict[str, list[str]] = {}
    for platform, (accounts, each) in ACCOUNTS.items():
        for a in range(accounts):
            name = f"{platform[0]}{a}"
            account = await bench.connect(platform, name)
            captions[name] = [f"{name} {n}" for n in range(each)]
            for n, said in enumerate(captions[name]):
                at = first + timedelta(seconds=n * WITHIN_S / each)
                moment = Moment(at, at.astimezone(zone).replace(tzinfo=None), zone.key)
                post = await bench.posting.schedule(
                    bench.clip_id, moment, bench.by, key=said, account_ids=[account]
                )
                await bench.posting.edit_caption(post.id, said, bench.by)
    return first, captions


def main() -> int:
    """Prints the figure; 1 when it falls short."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    found = asyncio.run(rush())
    print(f"{found.out} of {POSTS} posts due within {WITHIN_S:.0f} s on 20 accounts: ", end="")
    print(f"the last after {found.took_s:.0f} s, the limits allow {found.least_s:.0f} s; ", end="")
    print(f"{found.ratio:.2f} x (asked for at most {MOST} x), ", end="")
    print(f"order {'kept' if found.in_order else 'BROKEN'}, {found.cpu_s:.0f} s of processor time")
    return 0 if found.ratio <= MOST and found.in_order and found.out == POSTS else 1


if __name__ == "__main__":
    sys.exit(main())
