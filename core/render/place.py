"""Where the captions stand: never across the eyes of somebody who talks.

Two above each other have them on the seam, a whole picture has them below it, and a big face has
them under its chin, as far as the free area allows. There is one place for each layout: captions
that followed a head would nod with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.captions.area import area, scale
from core.captions.style import Style
from core.framing.plan import FaceAt, Layout, Plan, window_at
from core.media.facts import Format

HALF_PX = 130
"""Half of two lines at the usual size, on 1080 × 1920."""
AIR_PX = 30
"""Between a chin and the letters."""
NEAR_PX = 24
"""A smaller step from the usual place is not worth it."""
CHINS = 0.8
"""The share of a layout's moments in which the chin is clear."""


def places(
    plan: Plan, faces: Sequence[FaceAt], fmt: Format, style: Style
) -> list[tuple[float, float]]:
    """The middle of the captions (pixels from the top), each with the time it holds from."""
    usual = style.middle_y * fmt.height / 1920
    return [(layout.start_s, _middle(layout, faces, fmt, usual)) for layout in plan.layouts]


def lines_top(fmt: Format) -> float:
    """Where two lines of captions begin that stand as low as they may."""
    return area(fmt).bottom - 2 * HALF_PX * scale(fmt)


def _middle(layout: Layout, faces: Sequence[FaceAt], fmt: Format, usual: float) -> float:
    if layout.kind == "split":
        return fmt.height / 2
    if layout.kind == "fit":
        return float(area(fmt).bottom)  # they are moved up until they are inside
    chins = sorted(
        (f.y + f.h - w.y) / w.h * fmt.height
        for f in faces
        if layout.start_s <= f.t_s < layout.end_s and (w := window_at(layout.path, f.t_s))
    )
    if not chins:
        return usual
    chin = chins[min(len(chins) - 1, int(len(chins) * CHINS))]
    clear = chin + (AIR_PX + HALF_PX) * scale(fmt)
    return clear if clear > usual + NEAR_PX else usual
