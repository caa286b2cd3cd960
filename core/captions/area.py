"""Where captions may be: clear of everything the platforms lay over a video."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.media.facts import Format

LEFT, RIGHT, TOP, BOTTOM = 60, 900, 270, 1460
"""Of 1080 × 1920. What TikTok's and Instagram's buttons, names and texts leave free together (the
published templates disagree; this is inside all of them). Other shapes are scaled to it."""


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle in pixels; right and bottom are not inside."""

    left: int
    top: int
    right: int
    bottom: int


def area(fmt: Format) -> Area:
    """The free area of a format."""
    x, y = fmt.width / 1080, fmt.height / 1920
    return Area(round(LEFT * x), round(TOP * y), round(RIGHT * x), round(BOTTOM * y))


def centred(fmt: Format) -> Area:
    """The part of the free area that lies evenly around the middle: captions are centred on the
    picture, not on the free area, or they would look pushed aside."""
    free = area(fmt)
    half = min(fmt.width / 2 - free.left, free.right - fmt.width / 2)
    middle = fmt.width / 2
    return Area(round(middle - half), free.top, round(middle + half), free.bottom)


def scale(fmt: Format) -> float:
    """How much bigger than on 1080 × 1920 the letters are: by the root of the area."""
    return math.sqrt(fmt.width * fmt.height / (1080 * 1920))
