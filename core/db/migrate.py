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


async def check(db: Database, settings: Settings) -> tuple[str | None, str | None]:
    """What `version` says. Raises BadSetting when the database cannot be reached or read."""
    try:
        return await version(db)
    except Exception as wrong:  # drivers raise what they like when nobody answers
        why = str(getattr(wrong, "orig", wrong)).splitlines()[0]
        there = (
            "setting.database_unreachable" if settings.database_url else "doctor.database_broken"
        )
        raise BadSetting(there, why=why) from wrong


async def check_ready(db: Database, settings: Settings) -> None:
    """Raises BadSetting also when its schema is none, or an older one. A newer one is no reason:
    while a fleet is brought up to date, processes of both versions run."""
    have, newest = await check(db, settings)
    url = db.engine.url.render_as_string(hide_password=False)
    known = {r.revision for r in ScriptDirectory.from_config(_config(url)).walk_revisions()}
    if have is None or (have in known and have != newest):
        raise BadSetting("setting.database_old")


async def create_all(db: Database) -> None:
    """Every table at once, for tests that are not about migrations."""
    url = db.engine.url.render_as_string(hide_password=False)
    script = ScriptDirectory.from_config(_config(url))
    async with db.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.run_sync(lambda c: MigrationContext.configure(c).stamp(script, "head"))
