"""One run of chaos from beginning to end, on one of the databases."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from core.db.migrate import create_all
from core.db.session import Database
from core.servers.redis import command, find_redis
from core.settings import Settings
from tests.chaos.clock import FastClock, hasten
from tests.chaos.crew import Crew
from tests.chaos.result import Plan, Result, hold_against_ledger
from tests.chaos.trouble import Trouble
from tests.chaos.world import World, lock_sqlite
from tests.doubles.bench import make_clip_file, open_bench
from tests.doubles.postgres import Postgres, fresh_database, run_postgres, system_postgres


async def run(plan: Plan, database: str) -> Result:
    """`database` is `sqlite` or `postgresql`."""
    with (
        tempfile.TemporaryDirectory(prefix="clipdesk-chaos-") as folder,
        private_redis(folder) as socket,
    ):
        settings = Settings(
            data_dir=Path(folder) / "data",
            redis_url=f"unix://{socket}",
            port=0,
            _env_file=None,
        )
        settings.data_dir.mkdir()
        async with _database(settings, database) as restart:
            return await _run(plan, settings, Path(folder), restart)


async def _run(
    plan: Plan, settings: Settings, folder: Path, restart: Callable[[], Awaitable[None]]
) -> Result:
    clock = FastClock(time.time(), plan.scale)
    clip = make_clip_file(folder / "clip.mp4")
    db = Database(settings)
    await create_all(db)
    trouble = Trouble(plan.seed, clock)
    crew = Crew(settings, clock, plan.workers, plan.seed)
    async with open_bench(settings, db, clock, clip, around=trouble.around) as bench:
        hasten(bench.jobs, clock)
        world = World(plan, settings, clock, bench, restart)
        await world.connect()
        await world.plan_posts()
        trouble.acts = {**world.acts, "kill_any": crew.kill, "freeze_any": crew.freeze}
        trouble.certainly(world.targets())
        await crew.open()
        trouble.quiet = False
        await _while_settling(world, crew)
        found = Result(
            plan,
            dict(world.did),
            dict(trouble.met),
            len(trouble.troubled),
            world.latest,
            dict(world.stuck),
        )
        found = await hold_against_ledger(bench, world.names, found)
    await db.close()
    return found


async def _while_settling(world: World, crew: Crew) -> None:
    """Until every post is where it stays. What goes wrong in the runner itself is raised."""
    around = (crew.keep(), world.look_after(), world.watch())
    tasks = [asyncio.create_task(t) for t in around]
    try:
        await world.until_settled()
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        await crew.end()
    for wrong in ended:
        if isinstance(wrong, Exception):
            raise wrong


@contextmanager
def private_redis(folder: str) -> Iterator[str]:
    socket = f"{folder}/r.sock"
    server = subprocess.Popen(
        command(find_redis(), socket, Path(folder)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not Path(socket).exists():
            time.sleep(0.05)
        yield socket
    finally:
        server.terminate()
        server.wait(10)


@asynccontextmanager
async def _database(settings: Settings, kind: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Gives what restarts it: PostgreSQL is stopped at once and started again, SQLite is held by
    somebody else for a moment."""
    if kind == "sqlite":

        async def held() -> None:
            await asyncio.to_thread(lock_sqlite, settings, 1.0)

        yield held
        return
    with private_postgres() as server:
        settings.database_url = await fresh_database(server.address)

        async def restart() -> None:
            await asyncio.to_thread(server.restart)

        yield restart


@contextmanager
def private_postgres() -> Iterator[Postgres]:
    with run_postgres(system_postgres()) as server:
        if server is None:
            raise SystemExit("There is no PostgreSQL here: neither on this machine nor as a wheel.")
        yield server
