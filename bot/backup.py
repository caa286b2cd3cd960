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

from bot.up import check_folder
from core.db.session import database_url
from core.errors import Told
from core.i18n.catalog import Catalog
from core.media.store import open_store
from core.say import Bytes, say
from core.settings import Settings

DATABASE = "clipdesk.db"


def _places(settings: Settings) -> dict[str, Path]:
    """What is kept beside the database, by its name in the backup, and where it lies. Scratch
    files, logs and models can be made again."""
    own = {name: settings.data_dir / name for name in ("secret.key", "practice")}
    return {**own, "media": open_store(settings).root}


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
    database = settings.data_dir / DATABASE
    if not database.exists():
        raise Told("backup.nothing", path=str(settings.data_dir))
    places = _places(settings)
    part = file.with_name(file.name + ".part")
    try:
        with tempfile.TemporaryDirectory(dir=file.resolve().parent) as folder:
            copy = Path(folder) / DATABASE
            # SQLite's own copy is consistent while others write.
            with (
                contextlib.closing(sqlite3.connect(database)) as source,
                contextlib.closing(sqlite3.connect(copy)) as target,
            ):
                source.backup(target)
            part.touch(mode=0o600)  # it holds the key
            with tarfile.open(part, "w") as tar:
                tar.add(copy, DATABASE)
                for name, place in places.items():
                    if place.exists():
                        tar.add(place, name)
        part.replace(file)
    except (OSError, sqlite3.Error) as wrong:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        why = getattr(wrong, "strerror", None) or str(wrong)
        raise Told("backup.unwritten", path=str(file), why=why) from wrong


async def restore(settings: Settings, file: Path) -> int:
    """Read it into a data folder that has no database yet; nothing is ever overwritten."""
    if (settings.data_dir / DATABASE).exists():
        raise Told("backup.not_empty", path=str(settings.data_dir))
    await asyncio.to_thread(_read, settings, file)
    _say("backup.restored", path=str(settings.data_dir))
    return 0


def _read(settings: Settings, file: Path) -> None:
    try:
        with tarfile.open(file) as tar:
            check_folder(settings)
            places = _free_places(settings)
            with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix="restore-") as folder:
                into = Path(folder)
                tar.extractall(into, filter="data")  # refuses paths and links that lead outside
                if not (into / DATABASE).is_file():
                    raise Told("backup.not_ours", path=str(file))
                for name, place in places.items():  # the database last: it says that all is there
                    if (into / name).exists():
                        shutil.move(into / name, place)
    except (OSError, tarfile.TarError) as wrong:
        raise Told("backup.unreadable", path=str(file), why=str(wrong)) from wrong


def _free_places(settings: Settings) -> dict[str, Path]:
    """Where everything goes. Raises Told when something lies there already; a key that opens
    nothing yet, and empty folders, make way."""
    places = _places(settings)
    for place in places.values():
        if place.is_dir():
            if any(place.iterdir()):
                raise Told("backup.in_the_way", path=str(place))
            place.rmdir()
    return {**places, DATABASE: settings.data_dir / DATABASE}
