"""One job from claim to outcome: the lease is kept alive, a cancel is noticed, tries are counted.

    @job(RENDER, gave_up=tell_why)
    async def render(run: Run) -> None: ...

A job function loads, calls core, writes the outcome. It may be killed at any line and run again.
It ends well, or raises: `Later` puts it back without spending a try, `Told` is final and is told,
`Cancelled` ends it; anything else is a bug, logged with a code and tried again.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
import traceback
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psutil
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import jobs as rows
from core.errors import AppError, Cancelled, Later, Told
from core.jobs.kinds import Kind
from core.media.child import noting_children
from core.say import Say, say
from core.services import Services


@dataclass(frozen=True, slots=True)
class Timing:
    """How a job is kept, in seconds."""

    lease_s: float = 45.0
    """By the clock of the rows; how long it is ours without a sign of life."""
    beat_s: float = 10.0
    look_s: float = 1.0
    """How often it looks whether it was cancelled: the child must be gone within 5 s."""


log = structlog.get_logger()


@dataclass(slots=True)
class Run:
    """What a job function has in hand."""

    svc: Services
    id: int
    args: dict[str, Any]
    attempt: int
    last: bool
    """No further try will follow."""
    cut_id: int | None
    progress: dict[str, Any] = field(default_factory=dict)
    children: dict[int, float] = field(default_factory=dict)

    def child_started(self, pid: int) -> None:
        """Note a child process, so that it can be ended should this worker be killed."""
        try:
            self.children[pid] = psutil.Process(pid).create_time()
        except psutil.NoSuchProcess:
            return


Work = Callable[[Run], Awaitable[None]]
GaveUp = Callable[[AsyncSession, Run, Say], Awaitable[None]]
"""Tells what was not done, in the transaction that ends the job."""


@dataclass(frozen=True, slots=True)
class Job:
    """How one kind of job is done, and what happens when it cannot be."""

    kind: Kind
    work: Work
    gave_up: GaveUp | None


JOBS: dict[str, Job] = {}


def job(kind: Kind, *, gave_up: GaveUp | None = None) -> Callable[[Work], Work]:
    """Declare how a kind of job is done."""

    def keep(work: Work) -> Work:
        JOBS[kind.name] = Job(kind, work, gave_up)
        return work

    return keep


def lease_of_ours() -> str:
    """Names host, process and its start time, so that a sweep on this host can see that the
    holder is dead without waiting for the lease to run out."""
    me = psutil.Process()
    return f"{socket.gethostname()[:12]}/{me.pid}/{me.create_time():.0f}/{uuid.uuid4().hex[:6]}"[
        :40
    ]


def holder_is_dead(lease: str) -> bool:
    """True only when it is certain: the lease names a process of this host that is gone."""
    try:
        host, pid, began, _ = lease.split("/")
    except ValueError:
        return False
    if host != socket.gethostname()[:12]:
        return False
    try:
        return bool(abs(psutil.Process(int(pid)).create_time() - float(began)) > 2)
    except psutil.NoSuchProcess:
        return True


def end_orphans(orphans: tuple[tuple[str, int, float], ...]) -> None:
    """Kill the process groups an earlier attempt left behind on this host."""
    for host, pid, began in orphans:
        if host != socket.gethostname()[:12]:
            continue
        try:
            if abs(psutil.Process(pid).create_time() - began) < 2:
                os.killpg(pid, 9)
                log.warning("job.orphan_ended", pid=pid)
        except (psutil.NoSuchProcess, ProcessLookupError, PermissionError):
            continue


async def run_job(svc: Services, job_id: int, timing: Timing = Timing()) -> None:
    """Claim the row and do the work. Returns quietly when the row is taken, done or not due."""
    async with svc.db.write() as tx:
        claimed = await rows.claim(tx, job_id, lease_of_ours(), svc.clock.now(), timing.lease_s)
    if claimed is None:
        return
    end_orphans(claimed.orphans)
    done = JOBS[claimed.kind]
    run = Run(
        svc,
        job_id,
        claimed.args,
        claimed.attempt,
        claimed.attempt >= done.kind.tries,
        claimed.cut_id,
    )
    with structlog.contextvars.bound_contextvars(
        job=job_id, kind=claimed.kind, attempt=claimed.attempt
    ):
        if claimed.attempt > done.kind.tries:  # killed every time: give up rather than crash again
            await _give_up(run, done, claimed.lease, say("job.died", n=done.kind.tries), "died")
            return
        await _work(run, done, claimed.lease, timing)


async def _work(run: Run, done: Job, lease: str, timing: Timing) -> None:
    began = time.monotonic()
    task = asyncio.create_task(_timed(done, run))
    watch = asyncio.create_task(_keep_alive(run, lease, task, timing))
    try:
        await asyncio.wait([task])
    finally:
        if not task.done():  # the worker itself is stopping: hand the job on
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        await asyncio.shield(_settle(run, done, lease, task, watch, time.monotonic() - began))


async def _timed(done: Job, run: Run) -> None:
    with noting_children(run.child_started):
        async with asyncio.timeout(done.kind.timeout_s):
            await done.work(run)


async def _keep_alive(run: Run, lease: str, task: asyncio.Task[None], timing: Timing) -> str:
    """Beat until the end; cancels the work when it is unwanted or no longer ours."""
    pulse = _Pulse(run, lease, timing)
    while True:
        await asyncio.sleep(timing.look_s)
        try:
            health = await pulse.look()
        except (SQLAlchemyError, OSError) as wrong:
            # A database that is away for a moment ends no work; when it stays away the lease runs
            # out, and whoever takes the job then is the one that may write.
            log.warning("job.no_pulse", error=type(wrong).__name__)
            continue
        if health != "ok":
            log.info("job.stopping", why=health)
            task.cancel()
            return health


@dataclass(slots=True)
class _Pulse:
    """Renews the lease of a job, and notes its progress and its children in the row."""

    run: Run
    lease: str
    timing: Timing
    beaten: float = field(default_factory=time.monotonic)
    noted: dict[int, float] = field(default_factory=dict)

    async def look(self) -> rows.Health:
        """Whether the job is still ours and wanted; beats when that is due."""
        run = self.run
        async with run.svc.db.read() as tx:
            health = await rows.health(tx, run.id, self.lease)
        due = time.monotonic() - self.beaten >= self.timing.beat_s or self.noted != run.children
        if health != "ok" or not due:
            return health
        return "ok" if await self._beat() else "lost"

    async def _beat(self) -> bool:
        run, svc, host = self.run, self.run.svc, socket.gethostname()[:12]
        children = dict(run.children)
        pids = [[host, pid, at] for pid, at in children.items() if psutil.pid_exists(pid)]
        async with svc.db.write() as tx:
            ours = await rows.beat(
                tx,
                run.id,
                self.lease,
                svc.clock.now(),
                self.timing.lease_s,
                pids_json=pids,
                progress_json=dict(run.progress),
            )
        self.noted, self.beaten = children, time.monotonic()
        return ours


async def _settle(
    run: Run,
    done: Job,
    lease: str,
    task: asyncio.Task[None],
    watch: asyncio.Task[str],
    took_s: float,
) -> None:
    """Write the outcome, as far as the lease is still ours."""
    svc = run.svc
    unwanted = not watch.cancelled() and watch.done() and watch.exception() is None
    if task.cancelled():
        if unwanted and watch.result() == "lost":
            return
        if unwanted:
            async with svc.db.write() as tx:
                await rows.finish(tx, run.id, lease, svc.clock.now(), "cancelled")
            log.info("job.cancelled", took_s=round(took_s, 2))
            return
        await _put_back(run, lease, 0.0, "worker stopped", spend_try=False)
        return
    error = task.exception()
    if error is None:
        async with svc.db.write() as tx:
            await rows.finish(tx, run.id, lease, svc.clock.now(), "done")
        log.info("job.done", took_s=round(took_s, 2))
    else:
        await _failed(run, done, lease, error)


async def _failed(run: Run, done: Job, lease: str, error: BaseException) -> None:
    svc = run.svc
    if isinstance(error, Later):
        await _put_back(run, lease, error.after_s, error.why, spend_try=False)
    elif isinstance(error, Cancelled):
        async with svc.db.write() as tx:
            await rows.finish(tx, run.id, lease, svc.clock.now(), "cancelled")
    elif isinstance(error, Told):
        await _give_up(run, done, lease, error.say, str(error))
    else:
        code = uuid.uuid4().hex[:6]
        text = "".join(traceback.format_exception(error))
        log.error("job.bug", code=code, error=type(error).__name__, exc_info=error)
        expected = isinstance(error, AppError | TimeoutError)
        if run.last:
            words = say("job.too_long") if expected else say("job.bug", code=code)
            await _give_up(run, done, lease, words, text)
        else:
            await _put_back(run, lease, 2.0**run.attempt, text, spend_try=True)


async def _put_back(run: Run, lease: str, after_s: float, error: str, *, spend_try: bool) -> None:
    svc = run.svc
    run_at = svc.clock.now() + timedelta(seconds=after_s)
    async with svc.db.write() as tx:
        due = await rows.again(tx, run.id, lease, run_at, error[-2000:], spend_try=spend_try)
    if due is not None:
        log.info("job.again", after_s=round(after_s, 1))
        await svc.jobs.queue.push(due.id, due.kind, due.attempt, due.run_at)


async def _give_up(run: Run, done: Job, lease: str, why: Say, error: str) -> None:
    svc = run.svc
    async with svc.db.write() as tx:
        ours = await rows.finish(tx, run.id, lease, svc.clock.now(), "failed", error[-2000:])
        if ours and done.gave_up is not None:
            await done.gave_up(tx, run, why)
    log.warning("job.failed", why=why.key)
