"""A file as a network can take it: itself, or a smaller preview with a link to the whole.

    fitted = await deliverable.fit(out.media, limit_b=50_000_000)

A preview is made once, by one confined re-encode, and kept in the media store.
"""

from __future__ import annotations

import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from weakref import WeakValueDictionary

import structlog

from bot.media_links import MediaLinks
from core.chat.message import MediaOut
from core.media.ffmpeg import FfmpegFailed, find, run
from core.media.inputs import file_arg
from core.services import Services

log = structlog.get_logger()

SPARE = 0.94
"""Share of the limit an encode aims at: containers and rate control need a little room."""
SOUND_BPS = 96_000
LEAST_BPS = 120_000
"""Below this nothing can be recognised; then only the link is left."""
SLOWEST = 20.0
"""An encode may take so many times the length of the video, and a minute."""
SIDES = ((2_500_000, 1280), (1_000_000, 960), (400_000, 640), (0, 426))
"""From this many bits a second on, the longer side may have so many pixels."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What to send. `path` lies on this machine for as long as the block runs."""

    path: Path | None
    """None when not even a preview fits: then there is only the link."""
    size_b: int
    width: int
    height: int
    duration_s: float
    cover_path: Path | None
    full_link: str | None
    """Address of the whole file, for two days; None when `path` is the whole file."""


class Deliverable:
    """Fits files into what networks take."""

    def __init__(self, svc: Services, links: MediaLinks) -> None:
        self._svc = svc
        self._links = links
        self._folder = svc.settings.data_dir / "scratch" / "bot"
        self._making: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def fit(self, media: MediaOut, limit_b: int) -> AsyncIterator[Fitted]:
        """The file, or its preview with a link. Raises FileNotFoundError when it is gone."""
        async with self._scratch() as scratch:
            cover = None
            if media.cover_key:
                cover = await self._local(media.cover_key, scratch / "cover.jpg")
            if media.size_b <= limit_b:
                path = await self._local(media.key, scratch / "whole")
                yield self._fitted(media, path, media.width, media.height, cover, None)
                return
            link = self.link(media)
            made = await self._preview(media, limit_b, scratch) if media.kind == "video" else None
            if made is None:
                yield Fitted(None, 0, 0, 0, media.duration_s, cover, link)
                return
            path, (width, height) = made, _size(media, _bps(media, limit_b))
            yield self._fitted(media, path, width, height, cover, link)

    def link(self, media: MediaOut) -> str:
        """Where the whole file can be downloaded; whoever has the address may."""
        path = self._links.link(media.key, name=media.name, download=True)
        return f"{self._svc.settings.address}{path}"

    def _fitted(
        self,
        media: MediaOut,
        path: Path,
        width: int,
        height: int,
        cover: Path | None,
        link: str | None,
    ) -> Fitted:
        return Fitted(path, path.stat().st_size, width, height, media.duration_s, cover, link)

    @asynccontextmanager
    async def _scratch(self) -> AsyncIterator[Path]:
        folder = self._folder / uuid.uuid4().hex
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _local(self, key: str, into: Path) -> Path:
        found = self._svc.store.local_path(key)
        return found if found is not None else await self._svc.store.fetch(key, into)

    async def _preview(self, media: MediaOut, limit_b: int, scratch: Path) -> Path | None:
        """The kept preview, or a new one; None when it cannot be made small enough."""
        if _bps(media, limit_b) < LEAST_BPS:
            return None
        stem = PurePosixPath(media.key).stem
        key = f"previews/{stem}-{limit_b}.mp4"
        lock = self._making.setdefault(key, asyncio.Lock())
        async with lock:
            if await self._svc.store.size(key) is None:
                whole = await self._local(media.key, scratch / "whole")
                made = scratch / "preview.mp4"
                try:
                    await self._encode(media, whole, made, _bps(media, limit_b))
                except FfmpegFailed as wrong:
                    log.warning("preview.failed", error=str(wrong)[:200])
                    return None
                if made.stat().st_size > limit_b:
                    log.warning("preview.too_large", size_b=made.stat().st_size, limit_b=limit_b)
                    return None
                await self._svc.store.put(made, key)
        return await self._local(key, scratch / "preview.mp4")

    async def _encode(self, media: MediaOut, whole: Path, made: Path, bps: int) -> None:
        width, height = _size(media, bps)
        picture = bps - SOUND_BPS
        await run(
            [
                *("-i", file_arg(whole)),
                *("-vf", f"scale={width}:{height}:flags=lanczos,setsar=1"),
                *("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"),
                *("-b:v", str(picture), "-maxrate", str(picture), "-bufsize", str(picture)),
                *("-c:a", "aac", "-b:a", str(SOUND_BPS), "-movflags", "+faststart"),
                file_arg(made),
            ],
            exe=find(self._svc.settings),
            timeout_s=60 + SLOWEST * media.duration_s,
        )


def _bps(media: MediaOut, limit_b: int) -> int:
    """Bits a second that fit, picture and sound; at most what looks right on a phone."""
    fits = SPARE * 8 * limit_b / max(1.0, media.duration_s)
    return int(min(4_000_000, fits))


def _size(media: MediaOut, bps: int) -> tuple[int, int]:
    """Width and height, both even, never larger than the original."""
    longest = max(media.width, media.height, 2)
    side = next(s for least, s in SIDES if bps >= least)
    scale = min(1.0, side / longest)
    return tuple(max(2, round(n * scale / 2) * 2) for n in (media.width, media.height))  # type: ignore[return-value]
