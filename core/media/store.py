"""Where media lives: a folder on this machine.

    store = open_store(settings)
    await store.put(local, "sources/ab12/source.mp4")

A key is a relative path of plain names. `MediaStore` is as narrow as an object store, which is the
second member of the family later.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

from core.errors import BadSetting
from core.media.disk import check_space, tell_if_full
from core.media.receive import chunks_of
from core.settings import Settings

_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,127}){0,7}")
"""Never a leading dot, so neither `..` nor the temporary names below."""


class MediaStore(Protocol):
    """Keeps files by key. A key that is put again is replaced at once and as a whole."""

    async def put(self, local: Path, key: str) -> None:
        """Keep a copy of a local file. Raises Told when there is no room."""
        ...

    async def adopt(self, local: Path, key: str) -> None:
        """Take over a local file nobody else needs: moved where that is possible, since a copy of
        many gigabytes costs time and twice the room. Raises Told when there is no room."""
        ...

    async def fetch(self, key: str, into: Path) -> Path:
        """A local copy at `into`. Raises FileNotFoundError."""
        ...

    def stream(self, key: str) -> AsyncIterator[bytes]:
        """The content in chunks. Raises FileNotFoundError."""
        ...

    async def size(self, key: str) -> int | None:
        """In bytes; None when it is not there."""
        ...

    async def remove(self, key: str) -> bool:
        """False: it was not there."""
        ...

    def local_path(self, key: str) -> Path | None:
        """Where it can be read in place; None when it must be fetched first."""
        ...


class FolderStore:
    """Files in a folder. Copies are complete or absent, also after the power went."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    async def put(self, local: Path, key: str) -> None:
        await asyncio.to_thread(self._put, local, self._at(key))

    async def adopt(self, local: Path, key: str) -> None:
        await asyncio.to_thread(self._adopt, local, self._at(key))

    async def fetch(self, key: str, into: Path) -> Path:
        await asyncio.to_thread(_copy_whole, self._at(key), into)
        return into

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        async for chunk in chunks_of(self._at(key)):
            yield chunk

    async def size(self, key: str) -> int | None:
        path = self._at(key)
        return path.stat().st_size if path.is_file() else None

    async def remove(self, key: str) -> bool:
        path = self._at(key)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        for folder in path.parents:  # no empty folders stay behind
            if folder == self.root or not _drop_empty(folder):
                break
        return True

    def local_path(self, key: str) -> Path | None:
        path = self._at(key)
        return path if path.is_file() else None

    def _at(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"not a key of the media store: {key!r}")
        return self.root / key

    def _put(self, local: Path, target: Path) -> None:
        check_space(self.root, local.stat().st_size)
        for _ in range(3):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                return _copy_whole(local, target)
            except FileNotFoundError:  # `remove` of a neighbour dropped the empty folder meanwhile
                local.stat()  # unless it is the source that is missing
        raise FileNotFoundError(target)

    def _adopt(self, local: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            local.replace(target)
            _sync_folder(target.parent)
        except OSError as wrong:
            if wrong.errno != errno.EXDEV:  # the store is on another disk
                raise
            self._put(local, target)
            local.unlink()


def open_store(settings: Settings) -> FolderStore:
    """The store of `MEDIA_URL`. Raises BadSetting when it is none, or cannot be written."""
    url = settings.media_url or str(settings.data_dir / "media")
    if "://" in url and not url.startswith("file://"):
        raise BadSetting("media.store_unknown", url=url.split("@")[-1])
    root = Path(url.removeprefix("file://")).expanduser()
    try:
        root.mkdir(parents=True, exist_ok=True)
        probe = root / f".{uuid.uuid4().hex}"
        probe.touch()
        probe.unlink()
    except OSError as wrong:
        why = wrong.strerror or str(wrong)
        raise BadSetting("media.store_unwritable", path=str(root), why=why) from wrong
    return FolderStore(root)


def _copy_whole(source: Path, target: Path) -> None:
    """Under a temporary name first, on the disk for sure, then renamed in one step."""
    part = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with source.open("rb") as read, part.open("xb") as write:
            shutil.copyfileobj(read, write, 1 << 20)
            write.flush()
            os.fsync(write.fileno())
        part.replace(target)
        _sync_folder(target.parent)
    except OSError as wrong:
        part.unlink(missing_ok=True)
        tell_if_full(wrong)
        raise
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """So that the new name, too, survives a power cut."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _drop_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False
    return True
