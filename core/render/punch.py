"""Joins that nobody should notice: the picture behind one comes a little closer.

Where a pause was taken out of one shot, the head is suddenly somewhere else: a jump. Editors hide
it by changing the size of the shot, so that it reads as a cut and not as a fault, and go back at
the next one. 8 % is what is seen as meant; less looks like a mistake, and more loses pixels and
faces. Where the two frames are alike (a slide, a screen, somebody who holds still) the join is not
seen at all, and is left alone: a size that changes for nothing would be the jump.

The face stays where it is in the picture and is kept whole; the place of the captions does not
change (`Layout.joined`). A join that can be hidden in neither way is given back: its pause stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from core.analysis.model import Analysis
from core.analysis.timeline import Join, Timeline
from core.framing.plan import FaceAt, Layout, Plan, Window, window_at
from core.framing.window import EYES_IN_WINDOW

CLOSER = 1.08
STILL, STILL_FACED = 0.0004, 0.0001
"""Mean difference from frame to frame (0…1) up to which nothing moves. A head that turns in a pause
is a small part of the picture: 0.0002 and more were measured of speakers who rest."""
FACED_S = 0.5
"""Whoever is seen so near to a join is seen at it."""
MOTION_HZ = 10.0
WHOLE = 0.97
"""Share of a face that must stay in a window that had it."""
_NEAR_S = 0.02

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A plan whose joins are not seen, and those that could not be hidden."""

    plan: Plan
    bare: tuple[Join, ...] = ()


def hide(plan: Plan, faces: Sequence[FaceAt], line: Timeline, analysis: Analysis) -> Hidden:
    """`plan` and `faces` are in the time of the clip, `analysis` is of the source."""
    seen = [j for j in line.joins if not _alike(j, analysis)]
    if not seen:
        return Hidden(plan)
    layouts: list[Layout] = []
    bare: list[Join] = []
    for layout in plan.layouts:
        inside = [j for j in seen if layout.start_s + _NEAR_S < j.at_s < layout.end_s - _NEAR_S]
        made, left = _alternating(layout, inside, faces)
        layouts += made
        bare += left
    return Hidden(replace(plan, layouts=tuple(layouts)), tuple(bare))


def _alike(join: Join, analysis: Analysis) -> bool:
    """Whether nothing moved in what was taken out."""
    begin_s, end_s = join.from_s, join.to_s
    moves = analysis.motion[int(begin_s * MOTION_HZ) : int(end_s * MOTION_HZ) + 1]
    faced = any(s.faces for s in analysis.samples if begin_s - FACED_S <= s.t_s <= end_s + FACED_S)
    return bool(moves) and max(moves) <= (STILL_FACED if faced else STILL)


def _alternating(
    layout: Layout, joins: Sequence[Join], faces: Sequence[FaceAt]
) -> tuple[list[Layout], list[Join]]:
    """The pieces of one layout, every other one closer; the joins beside a piece that cannot be."""
    edges = [layout.start_s, *(j.at_s for j in joins), layout.end_s]
    pieces, bare = [], []
    for k, (a, b) in enumerate(pairwise(edges)):
        piece = replace(
            layout,
            start_s=a,
            end_s=b,
            joined=k > 0,
        ).with_paths(_between(path, a, b) for path in layout.paths)
        own = [f for f in faces if a <= f.t_s < b]
        if k % 2:
            closer = _closer(piece, own)
            if closer is None:
                bare.append(joins[k - 1])
            piece = closer or piece
        pieces.append(piece)
    return pieces, bare


def _between(path: Sequence[Window], start_s: float, end_s: float) -> tuple[Window, ...]:
    """The part of a path from one moment to another, with a point at both."""
    inner = [w for w in path if start_s < w.t_s < end_s]
    return (_window_at(path, start_s), *inner, _window_at(path, end_s))


def _window_at(path: Sequence[Window], t_s: float) -> Window:
    return replace(window_at(path, t_s), t_s=t_s)


def _closer(piece: Layout, faces: Sequence[FaceAt]) -> Layout | None:
    """None when a face would not be whole any more."""
    middle = _middle(faces)
    first, *rest = piece.paths
    path = tuple(_zoomed(w, middle) for w in first)
    others = (tuple(_zoomed(w, None) for w in other) for other in rest)
    for face in faces:
        was = _inside(face, window_at(piece.path, face.t_s))
        if was >= WHOLE and _inside(face, window_at(path, face.t_s)) < WHOLE:
            return None
    return piece.with_paths((path, *others))


def _middle(faces: Sequence[FaceAt]) -> Point | None:
    if not faces:
        return None
    return median(f.x + f.w / 2 for f in faces), median(f.y + f.h / 2 for f in faces)


def _zoomed(window: Window, about: Point | None) -> Window:
    """Closer, with one point where it is in the picture; without a face where eyes are wanted."""
    x, y = about or (window.x + window.w / 2, window.y + window.h * EYES_IN_WINDOW)
    x = min(max(x, window.x), window.x + window.w)
    y = min(max(y, window.y), window.y + window.h)
    return replace(
        window,
        x=x - (x - window.x) / CLOSER,
        y=y - (y - window.y) / CLOSER,
        w=window.w / CLOSER,
        h=window.h / CLOSER,
    )


def _inside(face: FaceAt, window: Window) -> float:
    """Share of a face that a window shows."""
    w = min(face.x + face.w, window.x + window.w) - max(face.x, window.x)
    h = min(face.y + face.h, window.y + window.h) - max(face.y, window.y)
    return max(0.0, w) * max(0.0, h) / max(face.w * face.h, 1e-9)
