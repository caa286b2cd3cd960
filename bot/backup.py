"""`clipdesk backup FILE` and `restore FILE`: one tar file with database, key and media."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import sys
import tarfile
import tempfile
from pathlib import Path

from core.db.session import database_url
from core.errors import Told
from core.i18n.catalog import Catalog
from core.say import Bytes, say
from core.settings import Settings

KEPT = ("secret.key", "media", "practice")
"""Beside the database; scratch files, logs and models can be made again."""


def _say(key: str, **facts: object) -> None:
    sys.stdout.write(f"{Catalog.load().text(say(key, **facts))}\n")  # type: ignore[arg-type]


async def backup(settings: Settings, file: Path) -> int:
    """Write it while everything runs. Raises Told for a database that is not ours to copy."""
    if not database_url(settings).startswith("sqlite"):
        raise Told("backup.postgres")
    await asyncio.to_thread(_write, settings, file)
    _say("backup.done", path=str(file), size=Bytes(file.stat().st_size))
    return 0


def _write(settings: Settings, file: Path) -> None:
    database = settings.data_dir / "clipdesk.db"
    if not database.exists():
        raise Told("backup.nothing", path=str(settings.data_dir))
    part = file.with_name(file.name + ".part")
    try:
        with tempfile.TemporaryDirectory(dir=file.resolve().parent) as folder:
            copy = Path(folder) / "clipdesk.db"
            # SQLite's own copy is consistent while others write.
            with (
                contextlib.closing(sqlite3.connect(database)) as source,
                contextlib.closing(sqlite3.connect(copy)) as target,
            ):
                source.backup(target)
            with tarfile.open(part, "w") as tar:
                tar.add(copy, "clipdesk.db")
                for name in KEPT:
                    if (settings.data_dir / name).exists():
                        tar.add(settings.data_dir / name, name)
        part.chmod(0o600)  # it holds the key
        part.replace(file)
    except OSError as wrong:
        part.unlink(missing_ok=True)
        raise Told("backup.unwritten", path=str(file), why=wrong.strerror or "") from wrong


async def restore(settings: Settings, file: Path) -> int:
    """Read it into a data folder that has no database yet; nothing is ever overwritten."""
    if (settings.data_dir / "clipdesk.db").exists():
        raise Told("backup.not_empty", path=str(settings.data_dir))
    await asyncio.to_thread(_read, settings, file)
    _say("backup.restored", path=str(settings.data_dir))
    return 0


def _read(settings: Settings, file: Path) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    into = Path(tempfile.mkdtemp(dir=settings.data_dir, prefix="restore-"))
    try:
        with tarfile.open(file) as tar:
            tar.extractall(into, filter="data")  # refuses paths and links that lead outside
        if not (into / "clipdesk.db").is_file():
            raise Told("backup.not_ours", path=str(file))
        for name in (*KEPT, "clipdesk.db"):  # the database last: it says that all is there
            if (into / name).exists():
                (into / name).replace(settings.data_dir / name)
    except (OSError, tarfile.TarError) as wrong:
        raise Told("backup.unreadable", path=str(file), why=str(wrong)) from wrong
    finally:
        shutil.rmtree(into, ignore_errors=True)
