"""Take in a file of any size: to disk as it comes, hashed on the way, never held in memory.

got = await receive(chunks, folder / "source.part", limit_b=2 << 30)
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import unicodedata
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import TooLarge
from core.media.disk import check_space, tell_if_full
from core.say import Bytes

_CHECK_B = 64 << 20
"""How often the free space is looked at; other jobs write too."""
_READ_B = 1 << 20
_NAME_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Received:
    """A file that arrived whole."""

    path: Path
    sha256: str
    size_b: int


async def receive(
    chunks: AsyncIterator[bytes], into: Path, *, limit_b: int, expect_b: int = 0
) -> Received:
    """Write the chunks to `into`. After any failure, a cancel included, no file is left.

    `expect_b` is the size the sender gave, if any: what cannot fit is refused before it starts.
    Raises TooLarge beyond `limit_b`, and Told when the disk is or becomes full.
    """
    if expect_b > limit_b:
        raise TooLarge("media.too_large", limit=Bytes(limit_b))
    check_space(into.parent, expect_b)
    digest = hashlib.sha256()
    try:
        with into.open("wb", buffering=0) as file:
            size_b = await _write(chunks, file, digest.update, limit_b, into.parent)
            await _in_thread(os.fsync, file.fileno())
    except OSError as wrong:
        into.unlink(missing_ok=True)
        tell_if_full(wrong)
        raise
    except BaseException:
        into.unlink(missing_ok=True)
        raise
    return Received(into, digest.hexdigest(), size_b)


async def _write(
    chunks: AsyncIterator[bytes],
    file: BinaryIO,
    hash_on: Callable[[bytes], None],
    limit_b: int,
    folder: Path,
) -> int:
    """Every chunk to the disk and through the hash; the size in the end."""
    size_b, check_at_b = 0, _CHECK_B

    def keep(chunk: bytes) -> None:
        hash_on(chunk)
        rest = memoryview(chunk)
        while rest:  # an unbuffered write may take only a part
            rest = rest[file.write(rest) :]

    async for chunk in chunks:
        size_b += len(chunk)
        if size_b > limit_b:
            raise TooLarge("media.too_large", limit=Bytes(limit_b))
        if size_b > check_at_b:
            check_space(folder, 0)
            check_at_b += _CHECK_B
        await _in_thread(keep, chunk)
    return size_b


async def _in_thread(work: Callable[..., Any], *args: Any) -> Any:
    """Like `asyncio.to_thread`, but a cancel waits for the thread: it still uses our file."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *args))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def sha256_of(path: Path) -> str:
    """The hash of a file that is there already."""

    def hashed() -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    return await asyncio.to_thread(hashed)


async def chunks_of(path: Path) -> AsyncIterator[bytes]:
    """A local file as something to receive."""
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await _in_thread(file.read, _READ_B):
            yield chunk


def safe_name(name: str) -> str:
    """A name fit to be shown: no folders, no line breaks, no control or direction characters.

    Only for display; files on disk are named by us.
    """
    last = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    kept = "".join(" " if c.isspace() else c for c in last if _is_shown(c))
    kept = unicodedata.normalize("NFC", " ".join(kept.split())).strip(". ") or "video"
    if len(kept) <= _NAME_LENGTH:
        return kept
    stem, dot, ending = kept.rpartition(".")
    if not dot or len(ending) > 5:
        return kept[: _NAME_LENGTH - 1] + "…"
    return f"{stem[: _NAME_LENGTH - len(ending) - 2]}….{ending}"


def _is_shown(c: str) -> bool:
    """Controls (Cc) and lone surrogates (Cs) go, and of the formats (Cf) all but the joiner that
    holds emoji together: U+202E turns `gpj.exe` around."""
    return c.isspace() or c == "\u200d" or unicodedata.category(c) not in {"Cc", "Cs", "Cf"}
