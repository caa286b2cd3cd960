"""How things stand, in words."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.message import Out
from core.chat.registry import Answer, Ask, command
from core.db import jobs, videos
from core.db.jobs import JobView
from core.say import Bytes, Say, say
from core.services import Services

LOW_DISK_B = 5 << 30
"""An hour of source and its clips take about this much."""
FRESH = timedelta(seconds=60)
"""Workers give a sign of life every 10 s; a job that waits longer than this for one is noticed."""
SHOWN = 10


@command("status", role="viewer")
async def status(ask: Ask, svc: Services) -> Answer:
    """See what is being worked on, what waits, and whether all is well."""
    now = svc.clock.now()
    waiting = await svc.posting.queue(ask.by.workspace_id)
    async with svc.db.read() as tx:
        open_jobs = await jobs.open_jobs(tx)
        lines = [await _running(tx, job) for job in open_jobs if job.state == "running"][:SHOWN]
    in_line = sum(j.state == "waiting" and _is_work(j) for j in open_jobs)
    if not lines and not in_line:
        lines.append(say("how.idle"))
    if in_line:
        lines.append(say("how.in_line", n=in_line))
    lines += _worry(open_jobs, now)
    lines.append(say("how.posts", n=len(waiting)) if waiting else say("how.no_posts"))
    lines.append(_disk(svc))
    return Out(tuple(lines))


def _is_work(job: JobView) -> bool:
    """Posts that wait for their day are no backlog."""
    return job.kind in ("analyse", "render", "edit", "sample")


async def _running(tx: AsyncSession, job: JobView) -> Say:
    """One job in words, with how far it is."""
    done = (job.progress or {}).get("done")
    percent = round(100 * done) if isinstance(done, int | float) else 0
    name = await _name(tx, job)
    if job.kind not in ("analyse", "render", "edit", "sample"):
        return say("how.other", kind=say(f"how.kind_{job.kind}"))
    return say(f"how.{job.kind}", name=name, share=percent)


async def _name(tx: AsyncSession, job: JobView) -> str:
    """Which video it is about."""
    if job.cut_id is None:
        return ""
    cut = await videos.find_cut(tx, job.cut_id)
    return (await videos.source(tx, cut.source_id)).name if cut else ""


def _worry(open_jobs: tuple[JobView, ...], now: datetime) -> list[Say]:
    """As far as the rows tell: work that nobody takes, or that gives no sign of life."""
    silent = [
        j
        for j in open_jobs
        if j.state == "running" and j.heartbeat_at and now - j.heartbeat_at > FRESH
    ]
    busy = any(j.state == "running" and _is_work(j) for j in open_jobs)
    left = [
        j
        for j in open_jobs
        if j.state == "waiting" and _is_work(j) and now - j.created_at > FRESH and not busy
    ]
    found = [say("how.silent", n=len(silent))] if silent else []
    return found + ([say("how.nobody_works", n=len(left))] if left else [])


def _disk(svc: Services) -> Say:
    free_b = shutil.disk_usage(svc.settings.data_dir).free
    return say("how.disk" if free_b > LOW_DISK_B else "how.disk_low", free=Bytes(free_b))
