"""What every step of one render needs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from core.captions.fonts import Font, link_fonts
from core.media.decode import INDEXED, Reads, input_args
from core.media.facts import Video
from core.media.ffmpeg import run, start
from core.render.ends import Ends
from core.render.logo import Spot
from core.render.rate import Beat

SPARE_S = 0.6
"""Read beyond the end, so that the last frame and the filters' look-ahead have what they need."""


class Ffmpeg(Protocol):
    """Runs one command and returns what it wrote to stderr."""

    async def __call__(self, args: Sequence[str]) -> str: ...


@dataclass(frozen=True, slots=True)
class Work:
    """One span of a source, and the folder its clip is made in."""

    video: Video
    beat: Beat
    scratch: Path
    exe: str
    ends: Ends = field(default_factory=Ends)
    logo: tuple[Path, Spot] | None = None

    def source(self, reads: Reads = "both") -> list[str]:
        """The arguments that open the span; `reads` are the streams that will be mapped."""
        beat, opened = self.beat, input_args(self.video, reads=reads)
        begin_s, length_s = beat.start_s - beat.lead_s, beat.lead_s + beat.read_s + SPARE_S
        span = ["-ss", f"{begin_s:.6f}", "-t", f"{length_s:.6f}"]
        return [*opened[:-2], *span, *opened[-2:]]

    def alone(self, reads: Reads) -> tuple[list[str], list[str]]:
        """The arguments that open the span for one stream, and an output that takes the other:
        where there is no index, t = 0 and the place sought depend on which streams are read."""
        facts = self.video.facts
        if facts.container in INDEXED or facts.sound is None:
            return self.source(reads), []
        other = facts.sound.stream if reads == "picture" else facts.stream
        return self.source(), ["-map", f"0:{other}", "-c", "copy", "-f", "null", "-"]

    def letters(self, ass: str | None, own: Font | None) -> str | None:
        """The filter that draws a whole ASS file, once for a folder. File and fonts get plain names
        in the folder ffmpeg runs in, so that no character of a path can be read as an option."""
        if ass is None:
            return None
        (self.scratch / "letters.ass").write_text(ass, encoding="utf-8")
        link_fonts(self.scratch / "fonts", own)
        return "ass=letters.ass:fontsdir=fonts"

    @property
    def timeout_s(self) -> float:
        """Generous: 4K HDR on one slow core takes some 20 times its length."""
        return 120 + 60 * self.beat.whole_s

    async def ffmpeg(self, args: Sequence[str]) -> str:
        """Run a small command; what it wrote."""
        ran = await run(args, exe=self.exe, timeout_s=self.timeout_s, loglevel="info")
        return ran.log

    async def read(self, args: Sequence[str]) -> bytes:
        """Run a small command; what it gave on its standard output."""
        async with start(args, exe=self.exe, timeout_s=self.timeout_s, reads=True) as running:
            assert running.out
            got = await asyncio.to_thread(running.out.read)
            await running.wait()
        return got
