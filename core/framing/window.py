"""The geometry of crop windows: how big, and where so that a face sits well."""

from __future__ import annotations

from dataclasses import dataclass

from core.analysis.model import Face

EYES_IN_FACE = 0.42
"""Eyes lie this far down a face box, in parts of its height."""
EYES_IN_WINDOW = 1 / 3
"""Where a picture wants the eyes, from the top: the upper third."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the upright source."""

    x: float
    y: float
    w: float
    h: float

    @property
    def cx(self) -> float:
        return self.x + self.w / 2

    @property
    def cy(self) -> float:
        return self.y + self.h / 2


def box(face: Face) -> Box:
    """The box of a face."""
    return Box(face.x, face.y, face.w, face.h)


def union(boxes: list[Box]) -> Box:
    """The smallest box around all of them."""
    x = min(b.x for b in boxes)
    y = min(b.y for b in boxes)
    right = max(b.x + b.w for b in boxes)
    return Box(x, y, right - x, max(b.y + b.h for b in boxes) - y)


def biggest(width: float, height: float, ratio: float) -> tuple[float, float]:
    """Size of the biggest window of exactly this ratio inside a picture."""
    if width / height >= ratio:
        return height * ratio, height
    return width, width / ratio


def left(center_x: float, window_w: float, width: float) -> float:
    """Left edge of a window that holds `center_x` in its middle, kept inside the picture."""
    return min(max(center_x - window_w / 2, 0.0), width - window_w)


def top(face: Box, window_h: float, height: float) -> float:
    """Upper edge of a window that has the eyes at a third, kept inside the picture.

    A group, or a face too big for that, is kept whole instead: the head first.
    """
    eyes = face.y + face.h * EYES_IN_FACE
    y = eyes - window_h * EYES_IN_WINDOW
    chin = face.y + face.h
    if chin > y + window_h * 0.96:
        y = min(chin - window_h * 0.96, face.y - face.h * 0.05)
    return min(max(y, 0.0), height - window_h)
