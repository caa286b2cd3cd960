"""Everything around the workers of a run: the posts, the people, and what befalls the machines."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import redis.asyncio
from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.tables import AccountRow, JobRow, PostRow, TargetRow
from core.errors import Told
from core.jobs.kinds import PUBLISH
from core.publish.views import PostView
from core.settings import Settings
from core.when.moment import Moment
from tests.chaos.clock import FastClock
from tests.chaos.result import SETTLED, Plan
from tests.doubles.bench import Bench

STUCK = timedelta(minutes=10)
LOOK_S = 1.0
"""Real seconds between two looks at the rows."""
HOPELESS = timedelta(minutes=20)
"""Nothing moved for so long: then nothing will."""


@dataclass
class World:
    """Held by the runner."""

    plan: Plan
    settings: Settings
    clock: FastClock
    bench: Bench
    restart_database: Callable[[], Awaitable[None]]
    did: Counter[str] = field(default_factory=Counter)
    latest: timedelta = timedelta(0)
    stuck: dict[int, str] = field(default_factory=dict)
    """By target: how it was found."""
    names: dict[int, str] = field(default_factory=dict)
    """Username by account."""
    platforms: dict[int, str] = field(default_factory=dict)
    of_target: dict[int, int] = field(default_factory=dict)
    """Account by target."""

    # ── what befalls a post in the middle of a call ────────────────────────────────────────────

    @property
    def acts(self) -> dict[str, Callable[[int], Awaitable[None]]]:
        return {
            "expire": self._expire,
            "double": self._double,
            "flush": self._flush,
            "restart": self._restart,
        }

    async def _expire(self, target: int) -> None:
        """The access token of its account ends now."""
        account = self.of_target[target]
        await self.bench.act(self.platforms[account], "expire", self.names[account])

    async def _double(self, target: int) -> None:
        """The same step as two more jobs at once."""
        now = self.clock.now()
        async with self.bench.db.write() as tx:
            for copy in range(2):
                key = f"double:{target}:{copy}:{now.timestamp()}"
                await self.bench.jobs.add(tx, PUBLISH, {"target": target}, key=key, now=now)

    async def _flush(self, _: int) -> None:
        """Redis forgets everything."""
        socket = str(self.settings.redis_url).removeprefix("unix://")
        async with redis.asyncio.Redis(unix_socket_path=socket) as client:
            await client.flushall()

    async def _restart(self, _: int) -> None:
        await self.restart_database()

    # ── people ─────────────────────────────────────────────────────────────────────────────────

    async def connect(self) -> None:
        """As many accounts as the posts need, half of them on each platform."""
        for n in range(-(-self.plan.posts // self.plan.each)):
            platform = ("tiktok", "instagram")[n % 2]
            account = await self.bench.connect(platform, f"{platform[0]}{n}")
            self.names[account], self.platforms[account] = f"{platform[0]}{n}", platform

    async def plan_posts(self) -> None:
        """Each with words of its own, one after the other, from account to account."""
        accounts, zone = list(self.names), ZoneInfo("Europe/Berlin")
        at = self.clock.now() + timedelta(days=1)
        moment = Moment(at, at.astimezone(zone).replace(tzinfo=None), zone.key)
        made: list[PostView] = []
        for n in range(self.plan.posts):
            account = accounts[n % len(accounts)]
            made.append(
                await self.bench.posting.schedule(
                    self.bench.clip_id, moment, self.bench.by, key=f"p{n}", account_ids=[account]
                )
            )
            self.of_target[made[-1].targets[0].id] = account
        await self._begin(made)

    async def _begin(self, made: list[PostView]) -> None:
        """Now that all are planned, however long that took: the first is due in a moment. Late ones
        are not asked about here."""
        first = self.clock.now() + timedelta(seconds=30)
        times = [first + timedelta(seconds=n * self.plan.every_s) for n in range(len(made))]
        posts = [
            {"id": p.id, "caption": f"post {n}", "due_at": at, "window_s": 7 * 86400}
            for n, (p, at) in enumerate(zip(made, times, strict=True))
        ]
        targets = [
            {"id": p.targets[0].id, "due_at": at, "planned_at": at}
            for p, at in zip(made, times, strict=True)
        ]
        async with self.bench.db.write() as tx:
            await tx.execute(update(PostRow), posts)
            await tx.execute(update(TargetRow), targets)

    def targets(self) -> dict[str, list[int]]:
        """In their order, by platform."""
        found: dict[str, list[int]] = {"tiktok": [], "instagram": []}
        for target, account in self.of_target.items():
            found[self.platforms[account]].append(target)
        return found

    async def look_after(self) -> None:
        """What people do: sign in again when they are asked to, try again what failed."""
        while True:
            await asyncio.sleep(2.0)
            with contextlib.suppress(SQLAlchemyError, OSError, Told):
                await self._look_after()

    async def _look_after(self) -> None:
        async with self.bench.db.read() as tx:
            out = list(
                await tx.scalars(select(AccountRow.id).where(AccountRow.state == "signed_out"))
            )
            failed = list(
                await tx.scalars(select(TargetRow.post_id).where(TargetRow.state == "failed"))
            )
        for account in out:
            self.did["sign in again"] += 1
            await self.bench.connect(self.platforms[account], self.names[account])
        for post in failed:
            self.did["try again"] += 1
            await self.bench.posting.post_now(post, self.bench.by, f"again{time.time()}")

    # ── watching ───────────────────────────────────────────────────────────────────────────────

    async def watch(self) -> None:
        """Nothing may be due for ten minutes without anybody working on it."""
        while True:
            await asyncio.sleep(LOOK_S)
            with contextlib.suppress(SQLAlchemyError, OSError):
                await self._watch()

    async def _watch(self) -> None:
        now = self.clock.now()
        waiting = (TargetRow.state.not_in(("held", "failed", *SETTLED)), TargetRow.due_at < now)
        async with self.bench.db.read() as tx:
            for row in await tx.scalars(select(TargetRow).where(*waiting)):
                assert row.due_at is not None
                late = now - max(row.due_at, row.changed_at, row.lease_until or row.due_at)
                self.latest = max(self.latest, late)
                if late > STUCK and row.id not in self.stuck:
                    self.stuck[row.id] = await _found(tx, row, now)

    async def until_settled(self) -> bool:
        """Wait until every post is where it stays; False when nothing moves any more."""
        while True:
            await asyncio.sleep(LOOK_S)
            with contextlib.suppress(SQLAlchemyError, OSError):
                async with self.bench.db.read() as tx:
                    left = await tx.scalar(
                        select(func.count()).where(TargetRow.state.not_in(SETTLED))
                    )
                    moved = await tx.scalar(select(func.max(TargetRow.changed_at)))
                    due = await tx.scalar(select(func.max(TargetRow.planned_at)))
                if not left:
                    return True
                if self._hopeless(moved, due):
                    return False

    def _hopeless(self, *last: datetime | None) -> bool:
        now = self.clock.now()
        return all(at is not None and now - at > HOPELESS for at in last)


async def _found(tx: AsyncSession, row: TargetRow, now: datetime) -> str:
    """A target and its newest job, for whoever wants to know why it does not move."""
    job = await tx.scalar(
        select(JobRow)
        .where(JobRow.key.like(f"publish:{row.id}:%"))
        .order_by(JobRow.id.desc())
        .limit(1)
    )
    ago = {
        name: f"{(now - at).total_seconds():.0f} s ago"
        for name, at in (
            ("due", row.due_at),
            ("changed", row.changed_at),
            ("lease over", row.lease_until),
            ("job due", job and job.run_at),
            ("its lease over", job and job.lease_until),
        )
        if at is not None
    }
    return f"{row.id} {row.state} {row.rule} {ago} job {job and (job.state, job.attempt)}"


def lock_sqlite(settings: Settings, seconds: float) -> None:
    """Keep the database to ourselves for a moment, as a backup might."""
    with contextlib.closing(
        sqlite3.connect(settings.data_dir / "clipdesk.db", isolation_level=None, timeout=20)
    ) as held:
        held.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        held.execute("ROLLBACK")
