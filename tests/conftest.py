"""Real servers for every test: Redis from the wheel, SQLite and PostgreSQL, a clock we hold."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.db.migrate import create_all
from core.db.session import Database
from core.settings import Settings

if TYPE_CHECKING:
    from core.services import Services

ROOT = Path(__file__).parents[1]


def missing(what: str) -> None:
    """Skip, saying so; where everything is promised to be present (CI) it is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"missing here: {what}")
    pytest.skip(what)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`. One more than there are cores: a good part of all tests waits, for another
    process or for the patience of a library."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that may take longest come first, then the folders with most to render: a long one that
    begins last keeps one core busy and lets all others wait for it."""
    longest: dict[Path, float] = {}
    media: Counter[Path] = Counter()
    for item in items:
        limit = item.get_closest_marker("timeout")
        longest[item.path] = max(longest.get(item.path, 0.0), limit.args[0] if limit else 0.0)
        media[item.path.parent] += item.get_closest_marker("media") is not None
    items.sort(key=lambda item: (-longest[item.path], -media[item.path.parent]))


class HeldClock:
    """A clock that moves only when told to."""

    def __init__(self, at: datetime) -> None:
        self._now = at

    def now(self) -> datetime:
        return self._now

    def forward(self, **by: float) -> None:
        self._now += timedelta(**by)

    def set(self, at: datetime) -> None:
        self._now = at

    async def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> HeldClock:
    """Tuesday 24 November 2026, 12:00 UTC, until it is moved."""
    return HeldClock(datetime(2026, 11, 24, 12, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real recordings beside the repository; skips where it is absent."""
    folder = ROOT.parent / "shared"
    if not (folder / "media").is_dir():
        missing("the recordings in ../shared are not here")
    return folder


@pytest.fixture(scope="session")
def recordings(shared: Path) -> Path:
    return shared / "media"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test sees none of the settings of whoever runs it."""
    from core.settings import Section

    for section in Section.every():
        for name in section.names():
            if name not in ("HOST", "PORT"):
                monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def redis_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One Redis for all tests of this process, from the binary the product would use."""
    from core.servers.redis import command, find_redis

    folder = tmp_path_factory.mktemp("redis")
    socket = f"/tmp/clipdesk-test-{os.getpid()}.sock"
    Path(socket).unlink(missing_ok=True)  # of an earlier run with this process id, killed
    server = subprocess.Popen(
        command(find_redis(), socket, folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(400):
        if _answers(socket):
            break
        server.poll()
        assert server.returncode is None, "the embedded Redis did not start"
        time.sleep(0.05)
    yield socket
    server.terminate()
    server.wait(10)
    Path(socket).unlink(missing_ok=True)


def _answers(socket: str) -> bool:
    """A socket is there before anybody listens on it."""
    import redis

    try:
        with redis.Redis(unix_socket_path=socket) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


@pytest.fixture
def settings(tmp_path: Path, redis_socket: str) -> Settings:
    """Settings of a fresh install with its own data folder, on the Redis of the tests."""
    return Settings(
        data_dir=tmp_path / "data",
        redis_url=f"unix://{redis_socket}",
        port=0,
        _env_file=None,  # type: ignore[call-arg]
    )


@pytest.fixture(autouse=True)
def _empty_redis(request: pytest.FixtureRequest) -> None:
    """Every test that speaks to Redis begins with an empty one."""
    if "redis_socket" in request.fixturenames:
        import redis

        with redis.Redis(unix_socket_path=request.getfixturevalue("redis_socket")) as client:
            client.flushall()


# ── PostgreSQL ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL of our own, from the machine's binaries or from a wheel."""
    from tests.doubles.postgres import run_postgres, system_postgres

    with run_postgres(system_postgres()) as server:
        if server is None:
            missing("no PostgreSQL: neither on this machine nor as a wheel")
        assert server is not None
        yield server.address


# ── empty databases ─────────────────────────────────────────────────────────────────────────────


async def _sqlite_with_tables(settings: Settings, made: Path) -> None:
    """Copied from `made`, which is kept from the first time: to make the tables again takes fifty
    times as long."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    file = settings.data_dir / "clipdesk.db"
    if made.exists():
        shutil.copy(made, file)
        return
    database = Database(settings)
    await create_all(database)
    await database.close()
    shutil.copy(file, made)


@pytest.fixture(params=["sqlite", "postgresql"])
async def db(
    request: pytest.FixtureRequest, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Database]:
    """An empty database with all tables, on SQLite and on PostgreSQL."""
    if request.param == "postgresql":
        from tests.doubles.postgres import database_with_tables

        settings.data_dir.mkdir(parents=True, exist_ok=True)
        address = request.getfixturevalue("postgres")
        settings.database_url = await database_with_tables(address)
    else:
        await _sqlite_with_tables(settings, tmp_path_factory.getbasetemp() / "made.db")
    database = Database(settings)
    yield database
    await database.close()


@pytest.fixture
async def sqlite(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Database]:
    """An empty SQLite, where the database does not matter."""
    await _sqlite_with_tables(settings, tmp_path_factory.getbasetemp() / "made.db")
    database = Database(settings)
    yield database
    await database.close()


@pytest.fixture
async def svc(settings: Settings, sqlite: Database, clock: HeldClock) -> AsyncIterator[Services]:
    """Everything a handler or a job may use, on SQLite, with the clock we hold."""
    from core.services import open_services

    async with open_services(settings, clock) as services:
        yield services
