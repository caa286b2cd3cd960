"""Are the captions in the picture, and where they may be?

Nothing is believed: libass draws some of the captions once more, on black and on white. Where both
come out alike the captions cover the picture, and there the finished file must look like them: the
bright of the letters and the dark of their edge, each on its own, so that neither a white wall nor
a night scene can pass for text.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.analysis.model import Spell
from core.captions.area import area
from core.checks.check import Check
from core.checks.picture import APART_S, Grey, Seen
from core.media.facts import Format
from core.media.ffmpeg import start

SAMPLES = 8
LONG_ENOUGH_S = 0.2
"""A look at every reference picture meets a shorter event only by luck."""
ALIKE = 48
"""Difference of luma that coding leaves at the edges of letters."""
MATCH = 0.8
"""Share of the pixels that must be alike, for the bright and for the dark ones."""
_BLACK, _WHITE = 16, 235
_COVERS = 0.92
_EVENT = re.compile(r"^Dialogue:\s*(?:[^,]*,)?\s*(\d+:\d\d:\d\d\.\d+),(\d+:\d\d:\d\d\.\d+),", re.M)


def events(ass: str) -> list[Spell]:
    """When each of its events is shown."""
    return [Spell(_seconds(a), _seconds(b)) for a, b in _EVENT.findall(ass)]


def _seconds(text: str) -> float:
    h, m, s = text.split(":")
    return int(h) * 3600 + int(m) * 60 + float(s)


def moments(ass: str, length_s: float) -> list[Spell]:
    """Where to look: a few events, spread over the clip, long enough to be met."""
    shown = [e for e in events(ass) if e.start_s < length_s - 0.1]
    able = [e for e in shown if min(e.end_s, length_s) - e.start_s >= LONG_ENOUGH_S]
    able = able or sorted(shown, key=lambda e: -e.length_s)[:SAMPLES]
    picked = [able[round(k)] for k in np.linspace(0, len(able) - 1, min(SAMPLES, len(able)))]
    return [_middle(e, length_s) for e in picked]


def _middle(event: Spell, length_s: float) -> Spell:
    """A stretch around its middle, clear of its edges."""
    end_s = min(event.end_s, length_s)
    middle, half = (event.start_s + end_s) / 2, min(APART_S, (end_s - event.start_s) * 0.8) / 2
    return Spell(middle - half, middle + half)


async def predict(
    ass: str, times_s: Sequence[float], fmt: Format, *, scratch: Path, exe: str, timeout_s: float
) -> Grey:
    """The captions at these times, each on black and then on white. Their fonts are in `fonts` of
    the scratch folder."""
    if not times_s:
        return np.empty((0, 2, fmt.height, fmt.width), np.uint8)
    (scratch / "check.ass").write_text(ass, encoding="utf-8")
    when = "+".join(f"eq(floor(N/2),{n})*({t:.3f}+0.001*mod(N,2))" for n, t in enumerate(times_s))
    count = 2 * len(times_s)
    args = [
        *("-f", "lavfi", "-i", f"color=black:s={fmt.width}x{fmt.height}:r=1000:d={count / 1000}"),
        *("-vf", f"format=yuv420p,lutyuv=y='if(1,{_WHITE},val)':enable='mod(n,2)',"
                 f"setpts='({when})/TB',ass=check.ass:fontsdir=fonts,extractplanes=y"),
        *("-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"),
    ]  # fmt: skip
    async with start(args, exe=exe, timeout_s=timeout_s, reads=True, cwd=scratch) as running:
        assert running.out
        raw = await asyncio.to_thread(running.out.read)
        await running.wait()
    return np.frombuffer(raw, np.uint8).reshape(-1, 2, fmt.height, fmt.width)


def caption_checks(seen: Seen, drawn: Grey, wanted: int, fmt: Format) -> Iterator[Check]:
    """Hold the captured pictures against the predicted ones."""
    limit = f"≥ {MATCH:.0%} of the letters in each sample"
    if not len(drawn):
        yield Check("captions", False, "nothing found to look at", limit)
        return
    scores = [match(full, *pair) for full, pair in zip(seen.full, drawn, strict=True)]
    worst = min((s for s in scores if s is not None), default=None)
    met = sum(s is not None for s in scores) >= max(1, wanted // 2)
    ok = worst is not None and worst >= MATCH and met
    yield Check("captions", ok, None if worst is None else round(worst, 3), limit)
    outside = max(_outside(pair, fmt) for pair in drawn)
    free = area(fmt)
    zone = f"inside x {free.left}–{free.right}, y {free.top}–{free.bottom}"
    yield Check("captions_area", outside == 0, outside, zone)


def _cover(on_black: Grey, on_white: Grey) -> npt.NDArray[np.float32]:
    """How much the captions hide the picture, 0…1."""
    through = on_white.astype(np.float32) - on_black.astype(np.float32)
    return np.asarray(1 - through / np.float32(_WHITE - _BLACK))


def match(full: Grey, on_black: Grey, on_white: Grey) -> float | None:
    """Share of the caption's pixels that are in the picture; None when it shows nothing then."""
    hidden = _cover(on_black, on_white) > _COVERS
    alike = np.abs(full.astype(np.int16) - on_black.astype(np.int16)) <= ALIKE
    bright = hidden & (on_black > 128)
    dark = hidden & ~bright
    parts = [float(alike[p].mean()) for p in (bright, dark) if p.sum() > 0.02 * hidden.sum() > 0]
    return min(parts) if parts else None


def _outside(pair: Grey, fmt: Format) -> int:
    """Pixels of captions beyond the free area."""
    free = area(fmt)
    drawn = _cover(pair[0], pair[1]) > 0.05
    drawn[free.top : free.bottom, free.left : free.right] = False
    return int(drawn.sum())


def firsts(times_s: Sequence[float], wanted: Sequence[Spell]) -> list[int]:
    """Of the captured pictures, the first one in each stretch."""
    found = []
    for spell in wanted:
        inside = [n for n, t in enumerate(times_s) if spell.start_s - 1e-3 <= t <= spell.end_s]
        found += inside[:1]
    return found
