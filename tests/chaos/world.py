"""Everything of one chaos run: the platforms, the database, the workers, and who makes trouble."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import redis.asyncio
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from core.db import jobs as job_rows
from core.db.tables import AccountRow, OutboxRow, PostRow, TargetRow
from core.errors import Told
from core.jobs.kinds import PUBLISH
from core.settings import Settings
from tests.chaos.clock import FastClock
from tests.chaos.trouble import Trouble
from tests.doubles.bench import Bench

FINAL = ("published", "private", "unconfirmed", "failed")
STUCK = timedelta(minutes=10)
EACH = 3
"""Posts of one account: they go out one after the other, so many on one account only take long."""


@dataclass
class Plan:
    """How much of what."""

    seed: int
    posts: int
    workers: int = 3
    scale: float = 30.0
    every_s: float = 12.0
    """Between two posts, on the fast clock."""


@dataclass
class World:
    """Held by the runner."""

    plan: Plan
    settings: Settings
    clock: FastClock
    bench: Bench
    trouble: Trouble
    restart_database: Callable[[], Awaitable[None]]
    pids: list[int] = field(default_factory=list)
    did: Counter[str] = field(default_factory=Counter)
    latest: timedelta = timedelta(0)
    stuck: set[int] = field(default_factory=set)
    zygote: asyncio.subprocess.Process | None = None

    # ── workers ────────────────────────────────────────────────────────────────────────────────

    async def open_workers(self) -> None:
        self.zygote = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.chaos.worker", str(self.settings.data_dir / "workers.log")),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        await self._line()

    async def _line(self) -> str:
        assert self.zygote is not None and self.zygote.stdout is not None
        return (await self.zygote.stdout.readline()).decode().strip()

    async def start_worker(self) -> None:
        assert self.zygote is not None and self.zygote.stdin is not None
        raw = {
            "data_dir": str(self.settings.data_dir),
            "redis_url": self.settings.redis_url,
            "database_url": self.settings.database_url,
            "began_s": self.clock.began_s,
            "scale": self.clock.scale,
        }
        self.zygote.stdin.write(json.dumps(raw).encode() + b"\n")
        await self.zygote.stdin.drain()
        self.pids.append(int(await self._line()))

    async def keep_workers(self) -> None:
        """Start a new one for each that was killed."""
        while True:
            self.pids = [p for p in self.pids if _alive(p)]
            while len(self.pids) < self.plan.workers:
                await self.start_worker()
            await asyncio.sleep(0.1)

    async def end_workers(self) -> None:
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.zygote is not None:
            self.zygote.kill()
            await self.zygote.wait()

    # ── trouble that is no call's ──────────────────────────────────────────────────────────────

    async def make_trouble(self) -> None:
        """Kill at any line, empty Redis, restart the database, double jobs."""
        rng = random.Random(f"{self.plan.seed} world")
        odds = {"kill": 5, "flush": 2, "double": 4, "restart": 1, "freeze": 1}
        while True:
            await asyncio.sleep(rng.uniform(1.0, 3.0))
            what = rng.choices(list(odds), list(odds.values()))[0]
            self.did[what] += 1
            with contextlib.suppress(SQLAlchemyError, OSError):
                await getattr(self, f"_{what}")(rng)

    async def _kill(self, rng: random.Random) -> None:
        if self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(rng.choice(self.pids), signal.SIGKILL)

    async def _freeze(self, rng: random.Random) -> None:
        if self.pids:
            pid = rng.choice(self.pids)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                await self.clock.sleep(100)
                os.kill(pid, signal.SIGCONT)

    async def _flush(self, _: random.Random) -> None:
        async with redis.asyncio.Redis(
            unix_socket_path=str(self.settings.redis_url).removeprefix("unix://")
        ) as client:
            await client.flushall()

    async def _double(self, rng: random.Random) -> None:
        """The same step as two jobs at once."""
        now = self.clock.now()
        async with self.bench.db.write() as tx:
            due = await tx.scalars(
                select(TargetRow.id).where(TargetRow.state.not_in(FINAL)).limit(50)
            )
            for target in rng.sample(found := list(due), min(4, len(found))):
                for copy in range(2):
                    key = f"double:{target}:{copy}:{rng.random()}"
                    await job_rows.add(
                        tx, PUBLISH.name, "publish", {"target": target}, key=key, now=now
                    )

    async def _restart(self, _: random.Random) -> None:
        await self.restart_database()

    # ── people ─────────────────────────────────────────────────────────────────────────────────

    async def connect(self) -> dict[int, str]:
        """As many accounts as the posts need."""
        n = self.plan.posts
        names = {}
        for k in range(-(-(n // 2) // EACH)):
            names[await self.bench.connect("tiktok", f"t{k}")] = f"t{k}"
        for k in range(-(-(n - n // 2) // EACH)):
            names[await self.bench.connect("instagram", f"i{k}")] = f"i{k}"
        return names

    async def plan_posts(self, names: dict[int, str]) -> None:
        """Each with words of its own, one after the other."""
        rng = random.Random(f"{self.plan.seed} plan")
        tiktok = [a for a, name in names.items() if name.startswith("t")]
        instagram = [a for a, name in names.items() if name.startswith("i")]
        slots = [tiktok[i % len(tiktok)] for i in range(self.plan.posts // 2)]
        rest = self.plan.posts - len(slots)
        slots += [instagram[i % len(instagram)] for i in range(rest)]
        rng.shuffle(slots)
        for n, account in enumerate(slots):
            post = await self.bench.posting.schedule(
                self.bench.clip_id, None, self.bench.by, key=f"p{n}", account_ids=[account]
            )
            at = self.clock.now() + timedelta(seconds=60 + n * self.plan.every_s)
            async with self.bench.db.write() as tx:
                await tx.execute(
                    update(PostRow)
                    .where(PostRow.id == post.id)
                    .values(caption=f"post {n}", due_at=at, window_s=7 * 86400)
                )
                await tx.execute(
                    update(TargetRow)
                    .where(TargetRow.post_id == post.id)
                    .values(due_at=at, planned_at=at)
                )

    async def look_after(self, names: dict[int, str]) -> None:
        """What people do: sign in again when they are asked to, try again what failed."""
        while True:
            await asyncio.sleep(1.0)
            with contextlib.suppress(SQLAlchemyError, OSError, Told):
                await self._look_after(names)

    async def _look_after(self, names: dict[int, str]) -> None:
        async with self.bench.db.read() as tx:
            out = list(
                await tx.execute(
                    select(AccountRow.id, AccountRow.platform).where(
                        AccountRow.state == "signed_out"
                    )
                )
            )
            failed = list(
                await tx.scalars(select(TargetRow.post_id).where(TargetRow.state == "failed"))
            )
        for account, platform in out:
            self.did["sign in again"] += 1
            await self.bench.connect(platform, names[account])
        for post in failed:
            self.did["try again"] += 1
            await self.bench.posting.post_now(post, self.bench.by, f"again{time.time()}")

    # ── watching ───────────────────────────────────────────────────────────────────────────────

    async def watch(self) -> None:
        """Nothing may be due for ten minutes without anybody doing it."""
        while True:
            await asyncio.sleep(0.5)
            with contextlib.suppress(SQLAlchemyError, OSError):
                await self._watch()

    async def _watch(self) -> None:
        now = self.clock.now()
        async with self.bench.db.read() as tx:
            rows = await tx.execute(
                select(TargetRow.id, TargetRow.due_at, TargetRow.changed_at).where(
                    TargetRow.state.not_in(("held", *FINAL)),
                    TargetRow.due_at < now,
                )
            )
            for target, due_at, changed_at in rows:
                assert due_at is not None
                self.latest = max(self.latest, now - due_at)
                if now - max(due_at, changed_at) > STUCK:
                    self.stuck.add(target)

    async def until_settled(self, within_s: float) -> bool:
        """Wait, in real seconds, until every post is where it stays."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            await asyncio.sleep(1.0)
            with contextlib.suppress(SQLAlchemyError, OSError):
                async with self.bench.db.read() as tx:
                    open_one = await tx.scalar(
                        select(TargetRow.id)
                        .where(TargetRow.state.not_in(("published", "private", "unconfirmed")))
                        .limit(1)
                    )
                if open_one is None:
                    return True
        return False

    async def result(self, names: dict[int, str]) -> Result:
        """The rows held against the ledger of the platforms."""
        async with self.bench.db.read() as tx:
            rows = list(
                await tx.execute(
                    select(TargetRow.id, TargetRow.state, TargetRow.account_id, PostRow.caption)
                    .join(PostRow, PostRow.id == TargetRow.post_id)
                    .order_by(TargetRow.id)
                )
            )
            asked = {
                int(k.split(":")[1])
                for k in await tx.scalars(
                    select(OutboxRow.key).where(OutboxRow.key.like("target:%:unconfirmed:%"))
                )
            }
        ledger = Counter((p["account"], p["caption"]) for p in await self.bench.ledger())
        found = Result(self.plan, dict(self.did), dict(self.trouble.met), self.latest)
        for target, state, account, caption in rows:
            found.states[state] += 1
            times = ledger[(names[account], caption)]
            found.doubled += times > 1
            found.false += state == "published" and times == 0
            found.lost += state not in ("published", "private", "unconfirmed")
            found.unasked += state == "unconfirmed" and target not in asked
            found.there += state == "unconfirmed" and times == 1
        found.stuck = len(self.stuck)
        return found


@dataclass
class Result:
    """One line of the table."""

    plan: Plan
    did: dict[str, int]
    met: dict[str, int]
    latest: timedelta
    states: Counter[str] = field(default_factory=Counter)
    doubled: int = 0
    lost: int = 0
    false: int = 0
    """Published by our rows, and not in the ledger."""
    unasked: int = 0
    """Unconfirmed without a question in the chat."""
    there: int = 0
    """Unconfirmed, and in the ledger."""
    stuck: int = 0

    @property
    def good(self) -> bool:
        return not (self.doubled or self.lost or self.false or self.unasked or self.stuck)


def lock_sqlite(settings: Settings, seconds: float) -> None:
    """Keep the database to ourselves for a moment, as a backup might."""
    with contextlib.closing(
        sqlite3.connect(settings.data_dir / "clipdesk.db", isolation_level=None, timeout=20)
    ) as held:
        held.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        held.execute("ROLLBACK")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
