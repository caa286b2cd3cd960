"""Every quarter of a minute: bring back what Redis forgot and what a dead worker held."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from datetime import timedelta
from pathlib import Path

import structlog

from core.db import arrivals, chats
from core.db import jobs as rows
from core.services import Services
from workers.run import holder_is_dead

EVERY_S = 15.0
FORGET_UPDATES_AFTER = timedelta(days=3)
FORGET_ARRIVALS_AFTER = timedelta(days=7)
FORGET_SCRATCH_AFTER_S = 2 * 86400

log = structlog.get_logger()


async def run(svc: Services, stop: asyncio.Event, queue: str) -> None:
    """Sweep now and then for ever. Every worker does the first one, so that a restart goes on at
    once; later ones are the light worker's."""
    await free_the_dead(svc)
    await svc.jobs.sweep(svc.db, svc.clock)
    while queue == "light" and not stop.is_set():
        await once(svc)
        await asyncio.sleep(EVERY_S)


async def once(svc: Services) -> None:
    """One sweep over everything."""
    await free_the_dead(svc)
    await svc.posting.sweep()
    await svc.posting.sweep_figures()
    pushed = await svc.jobs.sweep(svc.db, svc.clock)
    async with svc.db.write() as tx:
        await chats.forget_seen(tx, svc.clock.now() - FORGET_UPDATES_AFTER)
        await arrivals.forget(tx, svc.clock.now() - FORGET_ARRIVALS_AFTER)
    await asyncio.to_thread(_forget_scratch, svc.settings.data_dir / "scratch")
    if pushed:
        log.debug("sweep.pushed", n=pushed)


def _forget_scratch(folder: Path) -> None:
    """What jobs left behind that were killed and never came back."""
    for left in folder.glob("*-*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > FORGET_SCRATCH_AFTER_S:
                shutil.rmtree(left, ignore_errors=True)


async def free_the_dead(svc: Services) -> None:
    """Jobs whose worker of this host is gone need not wait for their lease to run out."""
    now = svc.clock.now()
    async with svc.db.read() as tx:
        held = await rows.running(tx, now)
    dead = [(job_id, lease) for job_id, lease in held if holder_is_dead(lease)]
    if not dead:
        return
    async with svc.db.write() as tx:
        for job_id, lease in dead:
            await rows.expire(tx, job_id, lease, now)
    log.warning("sweep.worker_died", jobs=[job_id for job_id, _ in dead])
