"""The database: SQLite in WAL mode on a laptop, PostgreSQL for a fleet, one way to speak to both.

async with db.write() as tx:      # commits at the end, rolls back on any error
    job = await jobs.add(tx, ...)
async with db.read() as tx: ...
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session

from core.db.nudges import Ring, listen_for_commits
from core.errors import BadSetting
from core.settings import Settings

BUSY_MS = 20_000
"""How long one writer of SQLite waits for another before it gives up."""
LAST_WORK_S = 5.0
"""How long the end waits for transactions that are under way."""


def database_url(settings: Settings) -> str:
    """The address with the driver we use. Raises BadSetting for one we cannot speak to."""
    if not settings.database_url:
        return f"sqlite+aiosqlite:///{settings.data_dir.resolve() / 'clipdesk.db'}"
    try:
        url = make_url(settings.database_url)
    except Exception as wrong:
        raise BadSetting("setting.database_url") from wrong
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
    family = {"postgres": "postgresql"}.get(url.get_backend_name(), url.get_backend_name())
    if family not in drivers:
        raise BadSetting("setting.database_url")
    return url.set(drivername=drivers[family]).render_as_string(hide_password=False)


def _tune_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")  # WAL keeps every commit across a crash of ours
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Any) -> None:
    # A transaction that reads first and writes later cannot be upgraded while another writes:
    # SQLite answers "locked" at once, whatever the busy timeout. So writers lock from the start.
    options = connection.get_execution_options()
    connection.exec_driver_sql("BEGIN" if options.get("read_only") else "BEGIN IMMEDIATE")


def _keep_when_cancelled(failure: ExceptionContext) -> None:
    # SQLAlchemy closes a connection whose statement was cancelled, without a rollback. To SQLite
    # that is no end: the transaction, and with it the lock on the whole database, lives on until
    # the cursor is collected. The thread of aiosqlite does one thing after the other, so here the
    # connection is sound, and is rolled back and used again like after any other error.
    if isinstance(failure.original_exception, asyncio.CancelledError):
        failure.is_disconnect = False


class Database:
    """Sessions on one engine."""

    def __init__(self, settings: Settings) -> None:
        url = database_url(settings)
        self.is_sqlite = url.startswith("sqlite")
        extra: dict[str, Any] = {} if self.is_sqlite else {"pool_pre_ping": True, "pool_size": 5}
        self.engine = create_async_engine(url, **extra)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _tune_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin)
            event.listen(self.engine.sync_engine, "handle_error", _keep_when_cancelled)
        sessions = type("Session", (Session,), {})  # ours alone: the listeners are per database
        self._writers = async_sessionmaker(
            self.engine, expire_on_commit=False, sync_session_class=sessions
        )
        reading = self.engine.execution_options(read_only=True)
        self._readers = async_sessionmaker(reading, expire_on_commit=False)
        self._sessions = sessions
        self._working = 0
        self._idle = asyncio.Event()
        self._closed = False

    def on_commit(self, ring: Ring) -> None:
        """Call `ring` after every commit that has something to wake."""
        listen_for_commits(self._sessions, ring)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A transaction that may change things."""
        with self._at_work():
            async with self._writers() as tx, tx.begin():
                yield tx

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A transaction that only looks."""
        with self._at_work():
            async with self._readers() as tx, tx.begin():
                yield tx

    async def close(self) -> None:
        """Let go of every connection, also when cancelled meanwhile; nobody begins anything then.

        `dispose` forgets the connections that are in use, and gives a new pool to whoever comes
        after it: either would stay open, with its thread, until it is collected (SQLAlchemy's
        "Engine Disposal")."""
        self._closed = True
        closing = asyncio.ensure_future(self._let_go())
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await closing
            raise

    async def _let_go(self) -> None:
        if self._working:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORK_S):
                    await self._idle.wait()
        await self.engine.dispose()

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        if self._closed:
            raise RuntimeError("the database is closed")
        self._working += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._working -= 1
            if not self._working:
                self._idle.set()


def sqlite_version() -> str:
    """For the doctor."""
    return sqlite3.sqlite_version
