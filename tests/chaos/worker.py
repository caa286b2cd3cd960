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
from core.servers.parent import end_with_parent
from core.services import Services
from core.settings import Settings
from tests.chaos.clock import FastClock, hasten
from tests.chaos.trouble import TARGET
from workers import publish, run, sweep  # noqa: F401  (the first declares its jobs)
from workers import settings as arq_side

LEASE_S = 60.0


async def work(raw: dict[str, Any], catalog: Catalog) -> None:
    """One worker, until it is killed."""
    settings = Settings(
        data_dir=Path(raw["data_dir"]),
        redis_url=raw["redis_url"],
        database_url=raw["database_url"],
        _env_file=None,
    )
    clock = FastClock(raw["began_s"], raw["scale"])
    db, store, vault = Database(settings), open_store(settings), Vault(settings)
    async with Jobs.open(settings, db) as jobs, _named_session() as http:
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
            catalog=catalog,
            store=store,
            posting=posting,
            http=http,
        )
        await asyncio.gather(
            _poll(svc, clock.scale), _sweep(svc, for_ever=raw["sweeps"]), end_with_parent()
        )


def _named_session() -> aiohttp.ClientSession:
    """Every call says who makes it and for which target, so that chaos knows whom to kill when."""

    async def name_it(_: object, __: object, call: aiohttp.TraceRequestStartParams) -> None:
        target = structlog.contextvars.get_contextvars().get("target")
        if target is not None:
            call.headers[TARGET] = str(target)

    tracing = aiohttp.TraceConfig()
    tracing.on_request_start.append(name_it)
    return aiohttp.ClientSession(
        headers={"User-Agent": f"worker/{os.getpid()}"}, trace_configs=[tracing]
    )


async def _poll(svc: Services, scale: float) -> None:
    """Beats come as often as they would in slow time."""
    timing = run.Timing(beat_s=run.Timing().beat_s / scale, look_s=1.0)
    while True:
        worker = arq_side.build(svc, "publish", timing)
        worker.poll_delay_s = 0.05
        try:
            await worker.async_run()
        except (RedisError, OSError):
            await asyncio.sleep(0.2)


async def _sweep(svc: Services, *, for_ever: bool) -> None:
    """Each worker once when it starts, and the light worker for ever."""
    while True:
        try:
            await sweep.once(svc)
        except (SQLAlchemyError, RedisError, OSError):
            pass
        if not for_ever:
            return
        await svc.clock.sleep(sweep.EVERY_S)


def main() -> None:
    """Load, then fork a worker for each line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    platform_classes()
    catalog = Catalog.load()
    os.environ["CLIPDESK_PARENT"] = str(os.getpid())
    log = Path(sys.argv[1]).open("a", buffering=1)  # noqa: SIM115  (for the life of the process)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(log))
    print("ready", flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid:
            print(pid, flush=True)
            continue
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ours are waited for
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        asyncio.run(work(json.loads(line), catalog))
        os._exit(0)


if __name__ == "__main__":
    main()
