"""Where a logo stands: small, in one corner of the free area, clear of faces and captions.

    spot = place(plan, faces, fmt, (400, 120), seen=samples, words=band_of(ass))
    graph = stamped(graph, spot, number)

A corner that a face comes into is left for another one, then for a smaller logo, then for a place
at the side; where none is free for the whole clip it is not shown in the layouts in which a face
would be covered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.analysis.model import FaceSample
from core.brand.logo import size_of
from core.captions.area import area, centred, scale
from core.framing.plan import FaceAt, Layout, Plan
from core.media.facts import FORMATS, Format
from core.render.place import HAIR
from core.render.rate import Beat
from core.render.scaling import TO_709
from core.render.shown import Tile, tiles

WIDE_PX, HIGH_PX = 220, 130
"""The room it may take, of 1080 × 1920."""
SIZES = (1.0, 0.8, 0.65)
MET = 0.03
"""A corner is free when a face comes into it in so few of the moments at most."""
AIR_PX = 12
STEP_PX = 40
_EVENT = re.compile(r"^Dialogue:.*\\pos\([\d.]+,([\d.]+)\)(.*)$", re.M)
_SIZE = re.compile(r"\\fs([\d.]+)")
RIM_PX = 24
"""What is drawn around letters, at most."""


@dataclass(frozen=True, slots=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


@dataclass(frozen=True, slots=True)
class Spot:
    """Place and size in pixels of the finished picture, and when (s of the clip) it is away."""

    x: int
    y: int
    width: int
    height: int
    away: tuple[tuple[float, float], ...] = ()


def logo_spot(
    logo: Path,
    plan: Plan,
    faces: Sequence[FaceAt],
    ass: str | None,
    *,
    seen: Sequence[FaceSample] = (),
) -> Spot | None:
    """Where a logo stands in a clip with these captions; None where there is no room."""
    fmt = FORMATS[plan.format]
    words, captioned = band_of(ass, fmt), ass is not None
    return place(plan, faces, fmt, size_of(logo), seen=seen, words=words, captioned=captioned)


def band_of(ass: str | None, fmt: Format) -> Box | None:
    """The part of the picture in which captions stand."""
    rim, found = RIM_PX * scale(fmt), []
    for y, text in _EVENT.findall(ass or ""):
        size = max((float(s) for s in _SIZE.findall(text)), default=0.0)
        half = (text.count("\\N") + 1) * size / 2 + rim
        found.append((float(y) - half, float(y) + half))
    if not found:
        return None
    middle = centred(fmt)
    return Box(middle.left, min(a for a, _ in found), middle.right, max(b for _, b in found))


def place(
    plan: Plan,
    faces: Sequence[FaceAt],
    fmt: Format,
    logo: tuple[int, int],
    *,
    seen: Sequence[FaceSample] = (),
    words: Box | None = None,
    captioned: bool = False,
) -> Spot | None:
    """The spot of a logo of this size; None when there is none. `seen` are all faces of the clip,
    in its time."""
    every = [FaceAt(s.t_s, f.x, f.y, f.w, f.h) for s in seen for f in s.faces] or list(faces)
    looks = [(la, _looks(la, every, fmt, captioned=captioned)) for la in plan.layouts]
    best: tuple[float, Spot] | None = None
    for box in _candidates(fmt, logo):
        if words is not None and box.meets(words):
            continue
        away = tuple((la.start_s, la.end_s) for la, met in looks if _share(met, box) > MET)
        gone = sum(b - a for a, b in away)
        if best is None or gone < best[0]:
            best = gone, _spot(box, away)
        if gone == 0:
            break
    if best is None or best[0] >= sum(la.end_s - la.start_s for la in plan.layouts):
        return None
    return best[1]


def _spot(box: Box, away: tuple[tuple[float, float], ...]) -> Spot:
    width, height = round(box.right - box.left), round(box.bottom - box.top)
    return Spot(round(box.left), round(box.top), width, height, away)


def _candidates(fmt: Format, logo: tuple[int, int]) -> Iterator[Box]:
    """Corners, the bigger the better and above first: below there are captions, names and buttons.
    Then places at the sides, from the corners on."""
    free = area(fmt)
    for at_the_sides in (False, True):
        for size in SIZES:
            room = scale(fmt) * size
            grow = min(WIDE_PX * room / logo[0], HIGH_PX * room / logo[1])
            w, h = logo[0] * grow, logo[1] * grow
            last = free.bottom - h
            tops = [float(free.top), last]
            if at_the_sides:
                count = int((last - free.top) / 2 / STEP_PX)
                tops = [
                    t for k in range(1, count) for t in (free.top + k * STEP_PX, last - k * STEP_PX)
                ]
            yield from (Box(x, y, x + w, y + h) for y in tops for x in (free.left, free.right - w))


def _share(moments: Sequence[Sequence[Box]], box: Box) -> float:
    return sum(any(box.meets(f) for f in there) for there in moments) / max(1, len(moments))


def _looks(
    layout: Layout, every: Sequence[FaceAt], fmt: Format, *, captioned: bool
) -> list[list[Box]]:
    """The heads of each sampled moment of a layout, in the finished picture."""
    inside = [f for f in every if layout.start_s <= f.t_s < layout.end_s]
    shown = ((t, tiles(layout, t, fmt, captioned=captioned)) for t in {f.t_s for f in inside})
    return [[_head(f, tile) for f in inside if f.t_s == t for tile in there] for t, there in shown]


def _head(face: FaceAt, tile: Tile) -> Box:
    """A face with its hair and some air, where it is shown."""
    window, at = tile.window, tile.at
    across, down = at.w / window.w, at.h / window.h
    left, top = at.x + (face.x - window.x) * across, at.y + (face.y - window.y) * down
    right, bottom = left + face.w * across, top + face.h * down
    head = Box(left - AIR_PX, top - HAIR * (bottom - top) - AIR_PX, right + AIR_PX, bottom + AIR_PX)
    return Box(
        max(head.left, at.x), max(head.top, at.y), min(head.right, at.x + at.w),
        min(head.bottom, at.y + at.h),
    )  # fmt: skip


def stamped(graph: str, spot: Spot, beat: Beat, *, number: int) -> str:
    """A graph to `[v]` with the picture of input `number` over it."""
    size = f"scale={spot.width}:{spot.height}:flags=area"
    # What cannot be seen has a colour too; scaled as it is, it would show as a rim.
    clean = f"format=gbrap,premultiply=inplace=1,{size},unpremultiply=inplace=1"
    frames = [(beat.frame(a), beat.frame(b)) for a, b in spot.away]
    hidden = "+".join(f"between(n,{a},{b - 1})" for a, b in frames)
    when = f":enable='not({hidden})'" if hidden else ""
    return ";".join(
        [
            graph.removesuffix("[v]") + "[bare]",
            f"[{number}:v]{clean},scale={TO_709},format=yuva420p[logo]",
            f"[bare][logo]overlay=x={spot.x}:y={spot.y}{when},format=yuv420p[v]",
        ]
    )
