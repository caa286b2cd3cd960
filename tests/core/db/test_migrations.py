"""The schema grows upward on both databases, with data in it, and ends where the tables say."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from core.db.migrate import _config, migrate, version
from core.db.session import Database, database_url
from core.db.tables import Base
from core.errors import BadSetting
from core.settings import Settings


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    if request.param == "postgresql":
        from tests.doubles.postgres import fresh_database

        settings.database_url = await fresh_database(request.getfixturevalue("postgres"))
    return settings


async def test_an_empty_database_is_brought_to_the_newest_schema_and_stays_there(
    empty: Settings,
) -> None:
    await migrate(empty)
    db = Database(empty)
    async with db.write() as tx:
        await tx.execute(
            text("INSERT INTO workspace (name, created_at) VALUES ('w', '2026-11-24 12:00:00')")
        )
    await migrate(empty)  # nothing to do, and nothing lost
    have, newest = await version(db)
    async with db.read() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM workspace")) == 1
    await db.close()
    assert have == newest


async def test_what_was_kept_by_an_older_version_is_there_afterwards(empty: Settings) -> None:
    empty.data_dir.mkdir(parents=True, exist_ok=True)
    await asyncio.to_thread(command.upgrade, _config(database_url(empty)), "0001")
    at = "'2026-11-24 12:00:00'"
    db = Database(empty)
    async with db.write() as tx:
        for statement in (
            f"INSERT INTO workspace (id, name, created_at) VALUES (1, 'w', {at})",
            "INSERT INTO member (id, workspace_id, name, role, created_at)"
            f" VALUES (3, 1, 'Ana', 'owner', {at})",
            "INSERT INTO chat (id, workspace_id, network, chat, thread, title, created_at)"
            f" VALUES (5, 1, 'web', '3', '', '', {at}), (6, 1, 'telegram', '-1', '', 'Us', {at})",
            "INSERT INTO outbox (chat_id, key, urgent, body_json, state, tries, not_before,"
            f" version, created_at) VALUES (5, 'k', true, '{{}}', 'waiting', 0, {at}, 1, {at})",
        ):
            await tx.execute(text(statement))
    await db.close()
    await migrate(empty)
    db = Database(empty)
    async with db.read() as tx:
        whose = (await tx.execute(text("SELECT id, member_id FROM chat ORDER BY id"))).all()
        waits = (await tx.execute(text("SELECT key, unsure, reply_to FROM outbox"))).all()
    await db.close()
    assert [tuple(r) for r in whose] == [(5, 3), (6, None)]
    assert [tuple(r) for r in waits] == [("k", 0, None)]


async def test_the_migrations_and_the_tables_agree(empty: Settings) -> None:
    await migrate(empty)
    db = Database(empty)

    def differences(connection: Connection) -> list[object]:
        return compare_metadata(MigrationContext.configure(connection), Base.metadata)

    async with db.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await db.close()


async def test_a_database_nobody_can_reach_is_one_line(settings: Settings, tmp_path: Path) -> None:
    settings.database_url = f"postgresql://nobody@/none?host={tmp_path}"
    with pytest.raises(BadSetting, match="database_unreachable"):
        await migrate(settings)
