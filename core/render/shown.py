"""Where the faces of a moment lie in the finished picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.analysis.model import Face, FaceSample
from core.framing.grid import cells
from core.framing.inset import inset
from core.framing.plan import Layout, Plan, Window, window_at
from core.framing.window import Box
from core.media.facts import Format
from core.render.graph import fit_size, fit_top

NEAR_S = 0.3
"""A face seen so long ago, or so soon, is still there."""
HAIR, SMALL = 0.35, 0.03
"""Above the box of a face there is so much more head, in heights of the box; lower than this part
of the picture it is nobody's portrait."""
SHOWN = 0.7
"""Of a face; less of it is not shown, but cut off."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of the source, and where it is shown."""

    window: Window
    at: Box


def layout_at(plan: Plan, t_s: float) -> Layout:
    """The one that is shown at a moment of the clip."""
    return next((la for la in reversed(plan.layouts) if la.start_s <= t_s), plan.layouts[0])


def tiles(layout: Layout, t_s: float, fmt: Format, *, captioned: bool) -> list[Tile]:
    """What a layout shows at a moment, the biggest faces last."""
    above = window_at(layout.path, t_s)
    wide = float(fmt.width)
    if layout.kind == "fit":
        size = (round(above.w), round(above.h))
        w, h = fit_size(size, fmt)
        top = fit_top(size, fmt, captioned=captioned)
        return [Tile(above, Box((wide - w) / 2, float(top), float(w), float(h)))]
    if layout.kind == "inset":
        below = window_at(layout.lower, t_s)
        at = inset((above.w, above.h), (below.w, below.h), fmt)
        head = Box(*map(float, (at.head_x, at.head_y, at.head_w, at.head_h)))
        return [Tile(above, Box(0.0, float(at.screen_y), wide, float(at.screen_h))),
                Tile(below, head)]  # fmt: skip
    places = cells(len(layout.paths), fmt)
    return [Tile(window_at(p, t_s), at) for p, at in zip(layout.paths, places, strict=True)]


def shown_faces(
    plan: Plan, seen: Sequence[FaceSample], t_s: float, fmt: Format, *, captioned: bool
) -> list[Box]:
    """The faces of a moment in pixels of the finished picture, the biggest first. `seen` is in the
    time of the clip."""
    near = min(seen, key=lambda s: abs(s.t_s - t_s), default=None)
    if near is None or abs(near.t_s - t_s) > NEAR_S:
        return []
    shown = tiles(layout_at(plan, t_s), t_s, fmt, captioned=captioned)
    found = [box for tile in shown for face in near.faces for box in _in_tile(face, tile)]
    return sorted(found, key=lambda b: -b.w * b.h)


def taken(
    plan: Plan, seen: Sequence[FaceSample], t_s: float, fmt: Format, *, captioned: bool
) -> tuple[list[Box], list[Box]]:
    """What nothing should be written over: heads with their hair, and the pictures of a layout that
    has free ground beside them."""
    faces = shown_faces(plan, seen, t_s, fmt, captioned=captioned)
    heads = [Box(f.x, f.y - HAIR * f.h, f.w, (1 + HAIR) * f.h) for f in faces
             if f.h > SMALL * fmt.height]  # fmt: skip
    layout = layout_at(plan, t_s)
    if layout.kind not in ("fit", "inset"):
        return heads, []
    return heads, [tile.at for tile in tiles(layout, t_s, fmt, captioned=captioned)]


def _in_tile(face: Face, tile: Tile) -> Iterator[Box]:
    window, at = tile.window, tile.at
    w = min(face.x + face.w, window.x + window.w) - max(face.x, window.x)
    h = min(face.y + face.h, window.y + window.h) - max(face.y, window.y)
    if min(w, h) > 0 and w * h >= SHOWN * face.w * face.h:
        across, down = at.w / window.w, at.h / window.h
        x, y = at.x + (face.x - window.x) * across, at.y + (face.y - window.y) * down
        yield Box(x, y, face.w * across, face.h * down)
