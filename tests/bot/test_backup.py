"""`clipdesk backup` and `restore`: everything or nothing, and never over what is there."""

from __future__ import annotations

import sqlite3
import tarfile
from pathlib import Path

import pytest

from bot.backup import backup, restore
from core.errors import Told
from core.settings import Settings


def home(folder: Path, media: Path | None = None) -> Settings:
    """Settings of an install in this folder."""
    url = str(media) if media else None
    return Settings(data_dir=folder, media_url=url, _env_file=None)


def lived_in(settings: Settings, media: Path) -> Settings:
    """The same with a database, a key and a clip in it."""
    settings.data_dir.mkdir(parents=True)
    with sqlite3.connect(settings.data_dir / "clipdesk.db") as database:
        database.execute("CREATE TABLE clip (title TEXT)")
        database.execute("INSERT INTO clip VALUES ('a goal')")
    database.close()
    (settings.data_dir / "secret.key").write_text("the key")
    media.mkdir(parents=True, exist_ok=True)
    (media / "clip.mp4").write_bytes(b"frames")
    return settings


async def refused(wanted: str, settings: Settings, file: Path) -> None:
    with pytest.raises(Told) as told:
        await restore(settings, file)
    assert told.value.say.key == wanted


async def test_media_in_a_folder_of_its_own_is_in_the_backup(tmp_path: Path) -> None:
    old_media, new_media, file = tmp_path / "disk1", tmp_path / "disk2", tmp_path / "b.tar"
    old = lived_in(home(tmp_path / "old", old_media), old_media)
    await backup(old, file)
    assert file.stat().st_mode & 0o077 == 0, "others may read the key"
    new = home(tmp_path / "new", new_media)
    new_media.mkdir()  # empty, as somebody has prepared it
    await restore(new, file)
    assert (new_media / "clip.mp4").read_bytes() == b"frames"
    assert (new.data_dir / "secret.key").read_text() == "the key"
    database = sqlite3.connect(new.data_dir / "clipdesk.db")
    assert database.execute("SELECT title FROM clip").fetchall() == [("a goal",)]
    database.close()
    assert sorted(p.name for p in new.data_dir.iterdir()) == ["clipdesk.db", "secret.key"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.tar", "disk1", "disk2", "new", "old"]


async def test_files_of_somebody_else_are_never_written_over(tmp_path: Path) -> None:
    old, file = tmp_path / "old", tmp_path / "b.tar"
    await backup(lived_in(home(old), old / "media"), file)
    new, theirs = home(tmp_path / "new"), tmp_path / "new" / "media" / "theirs.mp4"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs")
    await refused("backup.in_the_way", new, file)
    assert [p for p in new.data_dir.rglob("*") if p.is_file()] == [theirs]
    await refused("backup.not_empty", home(old), file)


async def test_what_is_no_backup_leaves_nothing(tmp_path: Path) -> None:
    new = home(tmp_path / "new")
    await refused("backup.unreadable", new, tmp_path / "nowhere.tar")
    (tmp_path / "text.tar").write_text("hello")
    await refused("backup.unreadable", new, tmp_path / "text.tar")
    assert not new.data_dir.exists()
    with tarfile.open(tmp_path / "other.tar", "w") as tar:
        tar.add(tmp_path / "text.tar", "holiday.txt")
    await refused("backup.not_ours", new, tmp_path / "other.tar")
    with tarfile.open(tmp_path / "hostile.tar", "w") as tar:
        tar.add(tmp_path / "text.tar", "../outside")
    await refused("backup.unreadable", new, tmp_path / "hostile.tar")
    assert [p for p in new.data_dir.rglob("*") if p.is_file()] == []
    assert not (tmp_path / "outside").exists()


async def test_a_backup_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    old = tmp_path / "old"
    settings = lived_in(home(old), old / "media")
    (old / "clipdesk.db").write_bytes(b"no database any more " * 500)
    with pytest.raises(Told) as told:
        await backup(settings, tmp_path / "b.tar")
    assert told.value.say.key == "backup.unwritten"
    assert [p.name for p in tmp_path.iterdir()] == ["old"]
