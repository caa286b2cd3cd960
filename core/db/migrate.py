"""Bring the database to the newest schema, by Alembic."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from core.db.session import Database, database_url
from core.db.tables import Base
from core.errors import BadSetting
from core.settings import Settings


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


async def migrate(settings: Settings) -> None:
    """Upgrade to the newest version; nothing happens when it is there already. Raises BadSetting
    when the database cannot be reached or written."""
    url = database_url(settings)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(_open_once, url)
        await asyncio.to_thread(command.upgrade, _config(url), "head")
    except (OperationalError, OSError, sqlite3.Error) as wrong:
        why = str(getattr(wrong, "orig", wrong)).splitlines()[0]
        if type(wrong) is sqlite3.DatabaseError:  # it is there, and no database any more
            raise BadSetting("doctor.database_broken", why=why) from wrong
        raise BadSetting("setting.database_unreachable", why=why) from wrong


def _open_once(url: str) -> None:
    """A file that cannot be opened is told by the driver beneath the async one in one plain error,
    and by the async one in that and a traceback of its thread."""
    where = make_url(url)
    if where.get_backend_name() == "sqlite" and where.database:
        with contextlib.closing(sqlite3.connect(where.database)) as file:
            file.execute("PRAGMA schema_version")


async def version(db: Database) -> tuple[str | None, str | None]:
    """The version the database has, and the newest one."""

    def found(connection: Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    async with db.engine.connect() as connection:
        have = await connection.run_sync(found)
    url = db.engine.url.render_as_string(hide_password=False)
    return have, ScriptDirectory.from_config(_config(url)).get_current_head()


async def create_all(db: Database) -> None:
    """Every table at once, for tests that are not about migrations."""
    async with db.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
