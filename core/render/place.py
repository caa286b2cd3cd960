"""Where the captions stand: clear of every face that is shown, as long as there is room.

Tiles above each other have them on the seam, or close to it where a face comes up to it, a screen
with a head below it in the gap between, a whole picture below it. Over one window they stay where
the style has them while that is clear of faces; else under the chin, else above the head, within
the free area. There is one place for each layout: captions that followed a head would
nod with it. A place that is still clear after a cut is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.analysis.model import FaceSample
from core.captions.area import area, scale
from core.captions.style import Style
from core.framing.grid import cells, seams
from core.framing.inset import inset
from core.framing.plan import FaceAt, Layout, Plan, Window, window_at
from core.framing.window import Box
from core.media.facts import Format

HALF_PX = 130
"""Half of two lines at the usual size, on 1080 × 1920."""
LINES = 1.3
"""Half of two lines, in letters."""
AIR_PX = 24
"""Between a chin and the letters."""
HAIR = 0.35
"""Above the box of a face there is so much more head, in heights of the box."""
STEP_PX = 20
NEAR_SEAM = 8
"""Steps: so far from the seam captions still belong to it."""
CLEAR = 0.2
"""A place is clear when a face reaches into it in so few of the moments at most."""
WIDE = 0.36
"""Half of what captions take of the width: faces beside them are not in their way."""
SMALL = 0.05
"""A lower face, in parts of the picture, is a figure in the background."""


@dataclass(frozen=True, slots=True)
class _Head:
    """One face with its hair, in pixels of the finished picture."""

    top: float
    chin: float
    sample: int

    @property
    def bald(self) -> _Head:
        """The same without its hair."""
        return replace(self, top=self.top + HAIR / (1 + HAIR) * (self.chin - self.top))


def places(
    plan: Plan,
    faces: Sequence[FaceAt],
    fmt: Format,
    style: Style,
    *,
    seen: Sequence[FaceSample] = (),
    above_px: float = 0.0,
) -> list[tuple[float, float]]:
    """The middle of the captions (pixels from the top), each with the time it holds from. `seen`
    are all faces of the clip, in its time; `above_px` is needed above the words besides."""
    found: list[tuple[float, float]] = []
    for layout in _shots(plan):
        before = found[-1][1] if found else None
        moments = _moments(layout, faces, seen)
        found.append((layout.start_s, _middle(layout, moments, fmt, style, above_px, before)))
    return found


def clear_of_faces(
    plan: Plan,
    faces: Sequence[FaceAt],
    fmt: Format,
    style: Style,
    found: Sequence[tuple[float, float]],
    *,
    seen: Sequence[FaceSample] = (),
) -> bool:
    """Whether these places of `places` meet no face for more than a moment."""
    for layout, (_, middle) in zip(_shots(plan), found, strict=True):
        if layout.kind in ("track", "split"):
            heads, count = _heads(layout, _moments(layout, faces, seen), fmt)
            half = _Half.of(style, fmt)
            inside = min(middle, area(fmt).bottom - half.lower)
            if _share(heads, count, inside, half, fmt) > CLEAR:
                return False
    return True


def _shots(plan: Plan) -> list[Layout]:
    """Its layouts; those that only go on behind a join as one: captions stay where they are while
    the picture comes a little closer."""
    found: list[Layout] = []
    for layout in plan.layouts:
        if found and layout.joined:
            last = found.pop()
            both = zip(last.paths, layout.paths, strict=True)
            layout = replace(last, end_s=layout.end_s).with_paths((*a, *b) for a, b in both)
        found.append(layout)
    return found


def lines_top(fmt: Format) -> float:
    """Where two lines of captions begin that stand as low as they may."""
    return area(fmt).bottom - 2 * HALF_PX * scale(fmt)


def _moments(
    layout: Layout, faces: Sequence[FaceAt], seen: Sequence[FaceSample]
) -> list[tuple[float, list[FaceAt]]]:
    """The faces of each sampled moment of a layout."""
    every = [FaceAt(s.t_s, f.x, f.y, f.w, f.h) for s in seen for f in s.faces] or list(faces)
    times = sorted({f.t_s for f in every if layout.start_s <= f.t_s < layout.end_s})
    return [(t, [f for f in every if f.t_s == t]) for t in times]


def _middle(
    layout: Layout,
    moments: Sequence[tuple[float, list[FaceAt]]],
    fmt: Format,
    style: Style,
    above_px: float,
    before: float | None,
) -> float:
    if layout.kind == "inset":
        screen, head = layout.path[0], layout.lower[0]
        return inset((screen.w, screen.h), (head.w, head.h), fmt).captions_y
    if layout.kind == "fit":
        return float(area(fmt).bottom)  # they are moved up until they are inside
    usual = style.middle_y * fmt.height / 1920
    heads, count = _heads(layout, moments, fmt)
    half, step = _Half.of(style, fmt, above_px), max(1, round(STEP_PX * scale(fmt)))
    if layout.kind == "split":
        return _on_a_seam(seams(len(layout.paths), fmt), step, heads, count, half, fmt)
    if not heads:
        return usual
    lowest, highest = area(fmt).bottom - half.lower, area(fmt).top + half.upper
    usual = max(highest, min(lowest, usual))
    steps = range(int(highest), int(lowest) + 1, step)
    liked = [before] if before is not None and highest <= before <= lowest else []
    ordered = [usual, *liked, *sorted(s for s in steps if s > usual), lowest,
               *sorted((s for s in steps if s < usual), reverse=True)]  # fmt: skip
    # Nowhere may be clear of the hair: then over that rather than the face, and each as low as it
    # can be, one line lower than two: over the chin rather than the mouth, and that than the eyes.
    for shown in (heads, [h.bald for h in heads]):
        clear = next((m for m in ordered if _share(shown, count, m, half, fmt) <= CLEAR), None)
        if clear is not None:
            return float(clear)
    return float(area(fmt).bottom)  # they are moved up until they are inside


def _on_a_seam(
    meet: Sequence[float],
    step: int,
    heads: Sequence[_Head],
    count: int,
    half: _Half,
    fmt: Format,
) -> float:
    """On a seam between tiles, or as near to it as it is clear."""
    off = sorted((k * step for k in range(-NEAR_SEAM, NEAR_SEAM + 1)), key=abs)
    for shown in (heads, [h.bald for h in heads]):
        for middle in (y + d for d in off for y in meet):
            if _share(shown, count, middle, half, fmt) <= CLEAR:
                return float(middle)
    return meet[0]


@dataclass(frozen=True, slots=True)
class _Half:
    """How far two lines reach up and down from their middle."""

    upper: float
    lower: float

    @classmethod
    def of(cls, style: Style, fmt: Format, above_px: float = 0.0) -> _Half:
        half = LINES * style.letter_px
        return cls((half + above_px) * scale(fmt), half * scale(fmt))


def _heads(
    layout: Layout, moments: Sequence[tuple[float, list[FaceAt]]], fmt: Format
) -> tuple[list[_Head], int]:
    """Whoever captions could meet, and in how many moments it was looked."""
    tiles = cells(len(layout.paths), fmt)
    found = [
        head
        for n, (t, there) in enumerate(moments)
        for f in there
        for path, at in zip(layout.paths, tiles, strict=True)
        if (head := _head(f, window_at(path, t), at, fmt, n))
    ]
    return found, len(moments)


def _share(heads: Sequence[_Head], count: int, middle: float, half: _Half, fmt: Format) -> float:
    """In which part of the moments a face reaches into the place."""
    low, high = middle - half.upper - AIR_PX * scale(fmt), middle + half.lower
    met = {h.sample for h in heads if h.top < high and h.chin > low}
    return len(met) / max(1, count)


def _head(face: FaceAt, window: Window, at: Box, fmt: Format, sample: int) -> _Head | None:
    """Where a face lies in the finished picture, if captions could meet it there."""
    across, down = at.w / window.w, at.h / window.h
    left, right = ((x - window.x) * across for x in (face.x, face.x + face.w))
    top, chin = at.y + (face.y - window.y) * down, at.y + (face.y + face.h - window.y) * down
    if at.h < fmt.height and (right < 0 or left > at.w):
        return None
    middle = (at.x + (left + right) / 2) / fmt.width
    reach = WIDE + (right - left) / fmt.width / 2
    if abs(middle - 0.5) > reach or chin - top < SMALL * fmt.height:
        return None
    if chin < at.y or top > at.y + at.h:
        return None
    return _Head(top - HAIR * (chin - top), chin, sample)
