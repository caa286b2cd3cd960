"""Where the captions stand: clear of every face that is shown, as long as there is room.

Two above each other have them on the seam, a whole picture has them below it. Over one window they
stay where the style has them while that is clear of faces; else under the chin, else above the
head, within the free area. There is one place for each layout: captions that followed a head would
nod with it. A place that is still clear after a cut is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.analysis.model import FaceSample
from core.captions.area import area, scale
from core.captions.style import Style
from core.framing.plan import FaceAt, Layout, Plan, Window, window_at
from core.media.facts import Format

HALF_PX = 130
"""Half of two lines at the usual size, on 1080 × 1920."""
LINES = 1.3
"""Half of two lines, in letters."""
AIR_PX = 30
"""Between a chin and the letters."""
HAIR = 0.35
"""Above the box of a face there is so much more head, in heights of the box."""
STEP_PX = 20
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
    for layout in plan.layouts:
        before = found[-1][1] if found else None
        moments = _moments(layout, faces, seen)
        found.append((layout.start_s, _middle(layout, moments, fmt, style, above_px, before)))
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
    if layout.kind == "split":
        return fmt.height / 2
    if layout.kind == "fit":
        return float(area(fmt).bottom)  # they are moved up until they are inside
    usual = style.middle_y * fmt.height / 1920
    heads = [h for n, (t, there) in enumerate(moments) for f in there
             if (h := _head(f, window_at(layout.path, t), fmt, n))]  # fmt: skip
    if not heads:
        return usual
    at = scale(fmt)
    half = LINES * style.letter_px * at
    upper, lower = half + above_px * at, half
    lowest, highest = area(fmt).bottom - lower, area(fmt).top + upper

    def in_the_way(middle: float) -> float:
        low, high = middle - upper - AIR_PX * at, middle + lower
        met = {h.sample for h in heads if h.top < high and h.chin > low}
        return len(met) / max(1, len(moments))

    usual = max(highest, min(lowest, usual))
    steps = range(int(highest), int(lowest) + 1, max(1, round(STEP_PX * at)))
    liked = [before] if before is not None and highest <= before <= lowest else []
    ordered = [usual, *liked, *sorted(s for s in steps if s > usual),
               *sorted((s for s in steps if s < usual), reverse=True), lowest]  # fmt: skip
    clear = next((m for m in ordered if in_the_way(m) <= CLEAR), None)
    # Nowhere is: then over the chin rather than the eyes.
    return float(clear) if clear is not None else lowest


def _head(face: FaceAt, window: Window | None, fmt: Format, sample: int) -> _Head | None:
    """Where a face lies in the finished picture, if captions could meet it there."""
    if window is None:
        return None
    grow = fmt.height / window.h
    middle = (face.x + face.w / 2 - window.x) / window.w
    top, chin = (face.y - window.y) * grow, (face.y + face.h - window.y) * grow
    reach = WIDE + face.w / window.w / 2
    if abs(middle - 0.5) > reach or chin - top < SMALL * fmt.height or chin < 0 or top > fmt.height:
        return None
    return _Head(top - HAIR * (chin - top), chin, sample)
