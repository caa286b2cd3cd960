"""A job may be killed at any line, delivered twice, cancelled, or forgotten by Redis."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import text

from core.db import jobs as rows
from core.jobs.kinds import Kind
from core.jobs.queue import queue_name
from core.services import Services
from tests.conftest import HeldClock
from tests.workers.toy import SHAKY, SLOW
from workers import sweep
from workers.run import run_job


@pytest.fixture
def clock() -> HeldClock:
    """Here other processes take part, so the clock is the real one."""
    from core.clock import SystemClock

    return SystemClock()  # type: ignore[return-value]


async def _add(svc: Services, kind: Kind, tmp_path: Path, **args: Any) -> int:
    async with svc.db.write() as tx:
        await svc.jobs.add(
            tx, kind, {"folder": str(tmp_path), **args}, key="toy", now=svc.clock.now()
        )
    async with svc.db.read() as tx:
        return (await rows.open_jobs(tx))[0].id


async def _state(svc: Services, job_id: int) -> tuple[str, int]:
    from core.db.tables import JobRow

    async with svc.db.read() as tx:
        row = await tx.get_one(JobRow, job_id)
        return row.state, row.attempt


async def _until(true: Callable[[], bool], within_s: float = 20) -> float:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < within_s, "it did not happen in time"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


@asynccontextmanager
async def _worker(svc: Services) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.workers.toy", str(svc.settings.data_dir), str(svc.settings.redis_url)),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_a_worker_killed_before_it_claimed_the_row_holds_it_up_for_seconds_only(
    svc: Services, tmp_path: Path
) -> None:
    now = svc.clock.now()
    async with svc.db.write() as tx:
        await svc.jobs.add(
            tx,
            SHAKY,
            {"folder": str(tmp_path), "how": "well"},
            key="toy",
            now=now,
            run_at=now - timedelta(seconds=90),
        )
    redis = svc.jobs.queue.redis
    taken: list[bytes] = []
    while not taken:
        taken = await redis.zrange(queue_name(SHAKY.queue), 0, -1)
        await asyncio.sleep(0.02)
    for delivery in taken:  # as arq leaves it behind, for as long as the longest job may take
        await redis.set(b"arq:in-progress:" + delivery, b"1", ex=600)
    async with _worker(svc):
        await _until((tmp_path / "starts").exists)
    assert (tmp_path / "starts").read_text() == "1"


async def test_a_second_delivery_finds_the_job_done(svc: Services, tmp_path: Path) -> None:
    job_id = await _add(svc, SHAKY, tmp_path, how="well")
    await asyncio.gather(*(run_job(svc, job_id) for _ in range(5)))
    await run_job(svc, job_id)
    assert (tmp_path / "starts").read_text() == "1"
    assert await _state(svc, job_id) == ("done", 1)


async def test_asking_for_later_does_not_spend_a_try(svc: Services, tmp_path: Path) -> None:
    job_id = await _add(svc, SHAKY, tmp_path, how="later")
    for _ in range(3):
        await run_job(svc, job_id)
    assert (tmp_path / "starts").read_text() == "3"
    assert await _state(svc, job_id) == ("done", 1)


async def test_what_is_told_is_final_and_is_told_once(svc: Services, tmp_path: Path) -> None:
    job_id = await _add(svc, SHAKY, tmp_path, how="told")
    await run_job(svc, job_id)
    await run_job(svc, job_id)
    assert (tmp_path / "gave_up").read_text() == "job.toy"
    assert await _state(svc, job_id) == ("failed", 1)


async def test_a_bug_is_tried_again_and_then_given_up_with_a_code(
    svc: Services, tmp_path: Path
) -> None:
    job_id = await _add(svc, SHAKY, tmp_path, how="bug")
    for _ in range(3):
        await _due_now(svc, job_id)
        await run_job(svc, job_id)
    assert (tmp_path / "starts").read_text() == "3"
    assert (tmp_path / "gave_up").read_text() == "job.bug"
    assert (await _state(svc, job_id))[0] == "failed"


async def _due_now(svc: Services, job_id: int) -> None:
    from core.db.tables import JobRow

    async with svc.db.write() as tx:
        (await tx.get_one(JobRow, job_id)).run_at = svc.clock.now()


async def test_a_cancel_ends_the_child_process_within_five_seconds(
    svc: Services, tmp_path: Path
) -> None:
    job_id = await _add(svc, SLOW, tmp_path, seconds=600)
    running = asyncio.create_task(run_job(svc, job_id))
    await _until((tmp_path / "pid").exists)
    pid = int((tmp_path / "pid").read_text())
    async with svc.db.write() as tx:
        from core.db.tables import JobRow

        (await tx.get_one(JobRow, job_id)).cancel_requested = True
    took_s = await _until(lambda: not _alive(pid))
    await running
    assert took_s < 5
    assert (await _state(svc, job_id))[0] == "cancelled"


async def test_children_are_noted_in_the_row_and_a_later_cancel_is_seen_after_an_outage(
    svc: Services, tmp_path: Path
) -> None:
    from core.db.tables import JobRow

    job_id = await _add(svc, SLOW, tmp_path, seconds=600)
    running = asyncio.create_task(run_job(svc, job_id))
    await _until((tmp_path / "pid").exists)
    pid = int((tmp_path / "pid").read_text())
    async with svc.db.write() as tx:
        await tx.execute(text("ALTER TABLE job RENAME TO away"))
    await asyncio.sleep(2.5)
    async with svc.db.write() as tx:
        await tx.execute(text("ALTER TABLE away RENAME TO job"))
    assert _alive(pid) and not running.done()
    await asyncio.sleep(2.5)
    async with svc.db.write() as tx:
        row = await tx.get_one(JobRow, job_id)
        assert [child[1] for child in row.pids_json] == [pid]
        row.cancel_requested = True
    await asyncio.wait_for(running, 5)
    assert not _alive(pid)
    assert (await _state(svc, job_id))[0] == "cancelled"


async def test_a_worker_killed_in_the_middle_costs_time_and_nothing_else(
    svc: Services, tmp_path: Path
) -> None:
    job_id = await _add(svc, SLOW, tmp_path, seconds=600)
    async with _worker(svc) as first:
        await _until((tmp_path / "pid").exists)
        pid = int((tmp_path / "pid").read_text())
        os.kill(first.pid, signal.SIGKILL)
        await first.wait()
    await _until(lambda: not _alive(pid), 5)  # it died with its worker
    async with _worker(svc):
        await _until((tmp_path / "ends").exists)
    assert (tmp_path / "ends").read_text() == "1"
    assert await _state(svc, job_id) == ("done", 2)


async def test_a_worker_that_is_stopped_hands_its_job_on_without_spending_a_try(
    svc: Services, tmp_path: Path
) -> None:
    job_id = await _add(svc, SLOW, tmp_path, seconds=600)
    async with _worker(svc) as first:
        await _until((tmp_path / "pid").exists)
        began = time.monotonic()
        first.terminate()
        await first.wait()
        assert time.monotonic() - began < 5
    assert await _state(svc, job_id) == ("waiting", 0)
    async with _worker(svc):
        await _until((tmp_path / "ends").exists)


async def test_emptying_redis_costs_time_and_nothing_else(
    svc: Services, tmp_path: Path, redis_socket: str
) -> None:
    import redis

    job_id = await _add(svc, SLOW, tmp_path, seconds=0)
    await asyncio.sleep(0.2)
    with redis.Redis(unix_socket_path=redis_socket) as client:
        assert client.keys("clipdesk:*")
        client.flushall()
    async with _worker(svc):  # its first sweep brings the row back
        await _until((tmp_path / "ends").exists)
        with redis.Redis(unix_socket_path=redis_socket) as client:
            client.flushall()
        await sweep.once(svc)
    assert (await _state(svc, job_id))[0] == "done"


async def test_a_worker_whose_lease_was_taken_can_do_nothing(svc: Services, tmp_path: Path) -> None:
    job_id = await _add(svc, SLOW, tmp_path, seconds=600)
    running = asyncio.create_task(run_job(svc, job_id))
    await _until((tmp_path / "pid").exists)
    pid = int((tmp_path / "pid").read_text())
    async with svc.db.write() as tx:
        from core.db.tables import JobRow

        (await tx.get_one(JobRow, job_id)).lease = "somebody else"
    await _until(lambda: not _alive(pid), 5)
    await running
    assert (await _state(svc, job_id))[0] == "running"


async def test_what_killed_workers_had_taken_does_not_stand_in_the_way(
    svc: Services, tmp_path: Path, redis_socket: str
) -> None:
    """arq keeps such deliveries for half an hour, and reads no further than the first hundred."""
    import redis

    ago = svc.clock.now() - timedelta(minutes=3)
    async with svc.db.write() as tx:
        for n in range(120):
            args = {"folder": str(tmp_path), "seconds": 0}
            await svc.jobs.add(tx, SLOW, args, key=f"toy{n}", now=ago, run_at=ago)
    with redis.Redis(unix_socket_path=redis_socket) as client:
        await _until(lambda: client.zcard("clipdesk:light") == 120)
        for taken in client.zrange("clipdesk:light", 0, -1):
            client.set(b"arq:in-progress:" + taken, b"1")  # as a worker leaves it that is killed
        await svc.jobs.sweep(svc.db, svc.clock)
        found = client.zrange("clipdesk:light", 0, -1)
        assert len(found) == 120
        assert not any(client.exists(b"arq:in-progress:" + taken) for taken in found)
        client.flushall()
