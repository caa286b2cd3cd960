"""What the housekeeping costs when many posts wait: `python -m tests.bench.posting`.

A sweep with a million posts for days far away, against one with ten thousand, on PostgreSQL.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog
from sqlalchemy import text

from core.db.migrate import create_all
from core.db.session import Database
from core.settings import Settings
from tests.chaos.run import private_postgres, private_redis
from tests.doubles.bench import Bench, HurryingClock, make_clip_file, open_bench
from tests.doubles.postgres import fresh_database

MANY, FEW = 1_000_000, 10_000
SWEEPS = 80
MOST = 1.5

_FUTURE = """
WITH made AS (
    INSERT INTO post (key, workspace_id, chat_id, clip_id, made_by, caption, settings_json, due_at,
        fold, window_s, created_at)
    SELECT 'f' || n, :workspace, :chat, :clip, :member, 'x', '{}', now() + interval '30 days'
        + n * interval '1 second', 0, 1800, now()
    FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n RETURNING id, due_at
)
INSERT INTO target (post_id, account_id, state, due_at, planned_at, fence, tries, looks, created_at,
    changed_at)
SELECT id, :account, 'scheduled', due_at, due_at, 0, 0, 0, now(), now() FROM made
"""


async def sweep_cost() -> tuple[float, float]:
    """Median seconds of a sweep with few and with many posts in the future, one after the other, so
    that whatever else the machine does meets both."""
    with private_postgres() as server:
        async with AsyncExitStack() as stack:
            few = await stack.enter_async_context(_waiting(server.address, FEW))
            many = await stack.enter_async_context(_waiting(server.address, MANY))
            took: tuple[list[float], list[float]] = ([], [])
            for _ in range(SWEEPS):
                for bench, times in zip((few, many), took, strict=True):
                    began = time.perf_counter()
                    await bench.posting.sweep()
                    times.append(time.perf_counter() - began)
    return statistics.median(took[0]), statistics.median(took[1])


@asynccontextmanager
async def _waiting(address: str, posts: int) -> AsyncIterator[Bench]:
    """A database of its own with so many posts that are due in a month."""
    with (
        tempfile.TemporaryDirectory(prefix="clipdesk-bench-") as folder,
        private_redis(folder) as socket,
    ):
        settings = Settings(
            data_dir=Path(folder) / "data",
            redis_url=f"unix://{socket}",
            database_url=await fresh_database(address),
            port=0,
            _env_file=None,
        )
        settings.data_dir.mkdir()
        db = Database(settings)
        await create_all(db)
        clip = make_clip_file(Path(folder) / "clip.mp4")
        async with open_bench(settings, db, HurryingClock(), clip) as bench:
            facts = {
                "workspace": bench.by.workspace_id,
                "chat": bench.by.chat_id,
                "clip": bench.clip_id,
                "member": bench.by.member_id,
                "account": await bench.connect("tiktok"),
            }
            async with db.write() as tx:
                await tx.execute(text(_FUTURE), {**facts, "first": 1, "last": posts})
            async with db.engine.connect() as connection:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                await connection.execute(text("VACUUM ANALYZE"))
            yield bench
        await db.close()


def main() -> int:
    """Prints the figure; 1 when it falls short."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    few, many = asyncio.run(sweep_cost())
    print(f"a sweep with {FEW:,} future posts: {few * 1000:.1f} ms, with {MANY:,}: ", end="")
    print(f"{many * 1000:.1f} ms; {many / few:.2f} x (asked for at most {MOST} x)")
    return 0 if many / few <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
