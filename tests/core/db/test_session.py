"""Transactions that are stopped in the middle, as every cancelled job and closed page does."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

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
