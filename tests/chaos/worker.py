"""Real publishing workers that can be killed and frozen by the dozen.

`python -m tests.chaos.worker` loads everything once and waits on its standard input: each line
starts a worker as a process of its own, whose id it prints. What a worker does is what the product
does: arq on Redis, rows and leases, the clients and the state machine. Only the time is faster.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from core.db.session import Database
from core.i18n.catalog import Catalog
from core.jobs.jobs import Jobs
from core.media.store import open_store
from core.posting.desk import Timing
from core.posting.posting import Posting
from core.publish.base import platform_classes
from core.secrets import Vault
from core.services import Services
from core.settings import Settings
from tests.chaos.clock import FastClock, hasten
from workers import publish  # noqa: F401  (it declares its jobs)
from workers import settings as arq_side

SWEEP_S = 15.0
LEASE_S = 60.0


async def work(raw: dict[str, Any]) -> None:
    """One worker, until it is killed."""
    settings = Settings(
        data_dir=Path(raw["data_dir"]),
        redis_url=raw["redis_url"],
        database_url=raw["database_url"],
        _env_file=None,
    )
    clock = FastClock(raw["began_s"], raw["scale"])
    db, store, vault = Database(settings), open_store(settings), Vault(settings)
    named = {"User-Agent": f"worker/{os.getpid()}"}  # so that chaos knows whom to kill
    async with Jobs.open(settings, db) as jobs, aiohttp.ClientSession(headers=named) as http:
        hasten(jobs, clock)
        posting = Posting(
            db=db,
            vault=vault,
            clock=clock,
            jobs=jobs,
            settings=settings,
            http=http,
            store=store,
            timing=Timing(LEASE_S, LEASE_S / 4 / clock.scale),
        )
        svc = Services(
            settings=settings,
            clock=clock,
            db=db,
            vault=vault,
            jobs=jobs,
            catalog=Catalog.load(),
            store=store,
            posting=posting,
            http=http,
        )
        await asyncio.gather(_poll(svc), _sweep(svc))


async def _poll(svc: Services) -> None:
    while True:
        worker = arq_side.build(svc, "publish")
        worker.poll_delay_s = 0.05
        try:
            await worker.async_run()
        except (RedisError, OSError):
            await asyncio.sleep(0.2)


async def _sweep(svc: Services) -> None:
    """What the light worker does."""
    while True:
        try:
            await svc.posting.sweep()
            await svc.jobs.sweep(svc.db, svc.clock)
        except (SQLAlchemyError, RedisError, OSError):
            pass
        await svc.clock.sleep(SWEEP_S)


def main() -> None:
    """Load, then fork a worker for each line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    platform_classes()
    log = Path(sys.argv[1]).open("a", buffering=1)  # noqa: SIM115  (for the life of the process)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(log))
    print("ready", flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid:
            print(pid, flush=True)
            continue
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        asyncio.run(work(json.loads(line)))
        os._exit(0)


if __name__ == "__main__":
    main()
