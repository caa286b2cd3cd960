"""Files the practice platforms are sent: written where they belong, and looked at as the real ones
would before they are published."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from aiohttp import ClientPayloadError, web

from core.errors import NotUsable
from core.media.probe import probe
from core.media.receive import sha256_of


class Upload:
    """One file that arrives in pieces."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def write(
        self, request: web.Request, offset: int, most: int, *, keep: int | None = None
    ) -> int:
        """Bytes taken from the body of a request, written at their place. Of them only `keep` stay,
        when that is given."""
        mode = "r+b" if self.path.exists() else "wb"
        taken = 0
        with self.path.open(mode) as file:
            file.seek(offset)
            # Who breaks off in the middle leaves what had arrived.
            with contextlib.suppress(ConnectionResetError, ClientPayloadError):
                async for chunk in request.content.iter_chunked(1 << 20):
                    taken += len(chunk)
                    if taken > most:
                        return taken
                    await asyncio.to_thread(file.write, chunk)
            if keep is not None:
                taken = min(taken, keep)
                file.seek(offset + taken)
            file.truncate()
        return taken

    async def sha256(self) -> str:
        return await sha256_of(self.path)


async def problem_of(
    path: Path,
    known: dict[str, str],
    *,
    longest_s: float,
    smallest: int,
    largest: int,
    shortest_s: float = 1.0,
) -> str:
    """TikTok's reason to refuse the file; empty when there is none. `known` remembers it."""
    name = f"{await sha256_of(path)}:{longest_s}:{smallest}:{largest}:{shortest_s}"
    if name not in known:
        limits = (longest_s, smallest, largest, shortest_s)
        known[name] = await _problem(path, *limits)
    return known[name]


async def _problem(
    path: Path, longest_s: float, smallest: int, largest: int, shortest_s: float
) -> str:
    try:
        facts = await probe(path)
    except NotUsable:
        return "file_format_check_failed"
    if facts.codec not in ("h264", "hevc", "vp8", "vp9"):
        return "file_format_check_failed"
    if not 23 <= facts.fps <= 60.5:
        return "frame_rate_check_failed"
    if not shortest_s <= facts.duration_s <= longest_s:
        return "duration_check_failed"
    if min(facts.width, facts.height) < smallest or max(facts.width, facts.height) > largest:
        return "picture_size_check_failed"
    return ""
