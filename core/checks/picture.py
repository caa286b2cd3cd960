"""How the finished file looks: one decode of it, small, for black and frozen stretches.

The same decode hands out the few full-size pictures in which the captions are looked for. Pictures
nothing refers to are skipped, and so is the smoothing of block edges: that halves the cost; one
picture in 0.13 s remains, and letters still match to the last percent.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from core.analysis.model import Analysis, Spell
from core.checks.check import Check
from core.checks.file import Packet
from core.media.facts import Format
from core.media.ffmpeg import start
from core.media.inputs import file_arg
from core.sound.levels import stretches

Grey = npt.NDArray[np.uint8]

BLACK_S = 0.5
FREEZE_S = 2.0
RATE = 10
"""Small pictures a second."""
BLACK_LUMA, BLACK_PEAK, BLACK_LIGHTS = 28.0, 40, 0.01
"""Mean, and the share of pixels over the peak: black is 16 in a limited range, film has grain."""
STILL = 0.25
"""Mean difference (0…255) under which nobody sees a movement; the same as ffmpeg's freezedetect."""
MOVED, MOVED_PIXELS = 10, 4
"""A small thing moves when this many small pixels differ by more than coding makes them."""
FAITHFUL_SLACK_S = 0.35
"""The source is measured on every frame, the clip on every tenth of a second."""
SOURCE_STILL, SOURCE_MOVES = 0.0004, 0.0015
"""Mean motion of the source (0…1): under the first nothing moved there either; over the second it
moved so clearly that the clip lost it."""
APART_S = 0.18
"""A captured picture is this far from the one before it; a stretch to capture from is no longer."""
LONG_SIDE = 160
"""Of the small picture."""
_TEXT = (0.55, 0.77)
"""Rows (shares of the height) where captions stand."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at the file."""

    small: Grey
    """Pictures × rows × columns, `RATE` a second."""
    full: Grey
    """The captured full-size pictures."""
    full_s: tuple[float, ...]
    """When each of these is shown."""
    errors: int


async def look(
    file: Path, fmt: Format, moments: Sequence[Spell], *, scratch: Path, exe: str, timeout_s: float
) -> Seen:
    """Decode the picture once; `moments` are the stretches to capture pictures from."""
    within = "+".join(f"between(t,{m.start_s:.3f},{m.end_s:.3f})" for m in moments) or "0"
    chosen = f"({within})*(isnan(prev_selected_t)+gt(t-prev_selected_t,{APART_S}))"
    w, h = (
        max(2, round(x * LONG_SIDE / max(fmt.width, fmt.height))) for x in (fmt.width, fmt.height)
    )
    graph = (
        f"[0:v]split[a][b];[a]fps={RATE}:start_time=0,scale={w}:{h}:flags=fast_bilinear,"
        f"format=yuv420p,extractplanes=y[small];"
        f"[b]select='{chosen}',metadata=add:key=at:value=1,"
        f"metadata=print:file=full.txt,format=yuv420p,extractplanes=y[full]"
    )
    captured = ["-map", "[full]", "-fps_mode", "passthrough", "-f", "rawvideo"]
    captured.append(file_arg(scratch / "full.raw"))
    if not moments:
        graph, captured = graph.split(";[b]")[0].replace("split[a][b];[a]", ""), []
    args = [
        *("-skip_frame", "noref", "-skip_loop_filter", "all", "-i", file_arg(file)),
        *("-filter_complex", graph),
        *("-map", "[small]", "-f", "rawvideo", "pipe:1", *captured),
    ]
    async with start(args, exe=exe, timeout_s=timeout_s, reads=True, cwd=scratch) as running:
        assert running.out
        small = await asyncio.to_thread(_pictures, running.out, h, w)
        ran = await running.wait()
    full, full_s = await asyncio.to_thread(_captured, scratch, fmt)
    # Damage inside a picture is concealed, and only a warning tells of it.
    return Seen(small, full, full_s, len(ran.errors) + ran.log.count("corrupt decoded frame"))


def _captured(scratch: Path, fmt: Format) -> tuple[Grey, tuple[float, ...]]:
    """The full-size pictures and their times; none when the stretches were missed."""
    raw, told = scratch / "full.raw", scratch / "full.txt"
    size = fmt.width * fmt.height
    pixels = np.fromfile(raw, np.uint8) if raw.exists() else np.empty(0, np.uint8)
    times = re.findall(r"pts_time:(\S+)", told.read_text()) if told.exists() else []
    count = min(len(pixels) // size, len(times))
    full = pixels[: count * size].reshape(count, fmt.height, fmt.width)
    return full, tuple(float(t) for t in times[:count])


def _pictures(pipe: BinaryIO, rows: int, columns: int) -> Grey:
    raw = np.frombuffer(pipe.read(), np.uint8)
    count = len(raw) // (rows * columns)
    return raw[: count * rows * columns].reshape(count, rows, columns)


def picture_checks(
    seen: Seen,
    packets: Sequence[Packet],
    analysis: Analysis,
    start_s: float,
    *,
    captioned: bool,
    around: tuple[float, float] = (0.0, 0.0),
) -> Iterator[Check]:
    """Whole, not black, not frozen; what the source itself shows so is no fault of the clip, and
    what intro and outro (`around`, s) show is their own matter."""
    length_s = max(p.pts_s + p.length_s for p in packets)
    errors = seen.errors + sum(not p.whole for p in packets)
    whole = errors == 0 and len(seen.small) >= (length_s - 0.5) * RATE
    value = f"{errors} errors, {len(seen.small) / RATE:.1f} s"
    yield Check("decodes", whole, value, "no errors, to the end")
    first, last = round(around[0] * RATE), len(seen.small) - round(around[1] * RATE)
    small = seen.small[first:last]
    bare = _without_text(small) if captioned else small
    yield from _black(bare, analysis, start_s)
    yield from _freeze(bare, analysis, start_s)


def _without_text(small: Grey) -> Grey:
    """Captions are bright on a black picture and change on a frozen one: without their rows."""
    rows = small.shape[1]
    return small[:, np.r_[0 : int(rows * _TEXT[0]), int(rows * _TEXT[1]) : rows]]


def _black(small: Grey, analysis: Analysis, start_s: float) -> Iterator[Check]:
    flat = small.reshape(len(small), -1)
    dark = (flat.mean(axis=1) < BLACK_LUMA) & ((flat > BLACK_PEAK).mean(axis=1) < BLACK_LIGHTS)
    spells = [Spell(a / RATE, b / RATE) for a, b in stretches(dark) if (b - a) / RATE >= BLACK_S]
    own = [s for s in spells if _uncovered_s(s, analysis.black, start_s) >= BLACK_S]
    worst = max((_uncovered_s(s, analysis.black, start_s) for s in own), default=0.0)
    # A terminal at night is nearly black: only where the source moves has its picture been lost.
    lost = any(_motion(s, analysis, start_s) > SOURCE_MOVES for s in own)
    limit = f"< {BLACK_S:g} s beyond the source's"
    yield Check("black", not own, round(worst, 2), limit, must=not own or lost)
    yield from _told("black_source", spells, not own)


def _freeze(small: Grey, analysis: Analysis, start_s: float) -> Iterator[Check]:
    spells = frozen(small)
    moving = {s: _motion(s, analysis, start_s) for s in spells}
    own = [
        s
        for s in spells
        if moving[s] > SOURCE_STILL and _uncovered_s(s, analysis.frozen, start_s) >= FREEZE_S / 2
    ]
    worst = max((s.length_s for s in own), default=0.0)
    lost = any(moving[s] > SOURCE_MOVES for s in own)
    limit = f"< {FREEZE_S:g} s beyond the source's"
    yield Check("freeze", not own, round(worst, 2), limit, must=not own or lost)
    yield from _told("freeze_source", spells, not own)


def _told(name: str, spells: Sequence[Spell], faithful: bool) -> Iterator[Check]:
    """The clip shows what the source shows: worth a word, not a fault."""
    if spells and faithful:
        longest = max(s.length_s for s in spells)
        yield Check(name, True, round(longest, 2), "told, as in the source", must=False)


def frozen(small: Grey) -> list[Spell]:
    """Stretches in which nothing moves."""
    still = small.astype(np.int16)
    found, first = [], 0
    for n in range(1, len(still) + 1):
        if n < len(still) and _alike(still[n], still[first]):
            continue
        if (n - first) / RATE >= FREEZE_S:
            found.append(Spell(first / RATE, n / RATE))
        first = n
    return found


def _alike(a: npt.NDArray[np.int16], b: npt.NDArray[np.int16]) -> bool:
    """No difference that is seen, neither everywhere nor in a small place such as a mouth."""
    off = np.abs(a - b)
    return bool(off.mean() < STILL and (off > MOVED).sum() < MOVED_PIXELS)


def _uncovered_s(spell: Spell, own: Sequence[Spell], start_s: float) -> float:
    """Seconds of a stretch of the clip that are not such a stretch in the source."""
    at, until = spell.start_s + start_s, spell.end_s + start_s
    covered = 0.0
    for s in own:
        begin, end = s.start_s - FAITHFUL_SLACK_S, s.end_s + FAITHFUL_SLACK_S
        covered += max(0.0, min(until, end) - max(at, begin))
    return max(0.0, spell.length_s - covered)


def _motion(spell: Spell, analysis: Analysis, start_s: float) -> float:
    """How much the source moves there."""
    a, b = round((spell.start_s + start_s) * 10) + 1, round((spell.end_s + start_s) * 10) - 1
    part = analysis.motion[a:b]
    return float(np.mean(part)) if part else 0.0
