"""Transactions that are stopped in the middle, as every cancelled job and closed page does."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from core.db.session import Database
from core.settings import Settings

ROUNDS = 60


async def test_a_cancelled_transaction_lets_the_next_one_write(tmp_path: Path) -> None:
    here, other = (Database(Settings(data_dir=tmp_path)) for _ in range(2))
    async with here.write() as tx:
        await tx.execute(text("CREATE TABLE line (n INTEGER)"))

    async def busy() -> None:
        async with here.write() as tx:
            for n in range(10_000):
                await tx.execute(text("INSERT INTO line VALUES (:n)"), {"n": n})
                await tx.execute(text("SELECT * FROM line"))

    gc.disable()  # what only the collector frees may stay locked for minutes in a quiet process
    try:
        for n in range(ROUNDS):
            task = asyncio.create_task(busy())
            await asyncio.sleep(0.004 + n * 0.0007)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            async with asyncio.timeout(5), other.write() as tx:
                assert (await tx.execute(text("SELECT count(*) FROM line"))).scalar() == 0
    finally:
        gc.enable()
        await here.close()
        await other.close()


async def test_the_end_waits_for_what_is_under_way_and_leaves_nothing_open(tmp_path: Path) -> None:
    db, begun, may_end = Database(Settings(data_dir=tmp_path)), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        async with db.write() as tx:
            await tx.execute(text("CREATE TABLE line (n INTEGER)"))
            begun.set()
            await may_end.wait()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(work())
        await begun.wait()
        closing = tasks.create_task(db.close())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="closed"):
            async with db.read():
                pass
        may_end.set()
    assert closing.done() and _open_files(tmp_path) == 0
    again = Database(Settings(data_dir=tmp_path))
    async with again.read() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM line")) == 0, "it was kept"
    await again.close()


async def test_an_end_that_is_cancelled_leaves_nothing_open_either(tmp_path: Path) -> None:
    db = Database(Settings(data_dir=tmp_path))
    async with db.read(), db.read(), db.read():
        pass
    closing = asyncio.create_task(db.close())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.gather(closing, return_exceptions=True)
    assert closing.cancelled() and _open_files(tmp_path) == 0


def _open_files(folder: Path) -> int:
    """How many files in it this process has open."""
    return sum(folder in Path(f.path).parents for f in psutil.Process().open_files())
