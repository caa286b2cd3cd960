"""The frame around a face: straight upright and level lines of a picture that was averaged over
seconds, so that what moves has blurred away."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from core.analysis.model import Face

STEP = 5.0
"""A frame differs from what is beside it by so much on average, …"""
RIDGE = 1.5
"""… so many times more than what lies a few pixels off does, …"""
WHOLE = 0.78
"""… along this part of each side: a head reaches over none, and corners may be round."""
ALONG = 0.7
"""A line that runs along this part of the face may be a side."""
REACH_X, REACH_Y = 4.0, 3.5
"""How far from the face its frame is looked for, in sizes of the face."""
MOST = 0.3
"""Of the picture; a bigger part of it is a picture beside another, not inside one."""
_CANDIDATES = 7
Lines = npt.NDArray[np.float32]
Rect = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the small picture; the last two are not inside."""


class Frames:
    """Straight upright and level lines of the averaged picture."""

    def __init__(self, across: Lines, down: Lines) -> None:
        self._steps = (across, np.ascontiguousarray(down.T))
        self._width, self._height = down.shape[1], across.shape[0]
        # Sums along each possible line, so that any stretch of it is one subtraction.
        self._sums = [_running(_ridges(lines)) for lines in self._steps]

    def around(self, head: Face) -> Rect | None:
        """The best frame around a face."""
        x0, x1 = max(0, int(head.x)), min(self._width, int(head.x + head.w))
        y0, y1 = max(0, int(head.y)), min(self._height, int(head.y + head.h))
        if x1 - x0 < 4 or y1 - y0 < 4:
            return None
        far_x, far_y = REACH_X * head.w, REACH_Y * head.h
        lefts = self._lines(0, x0 - far_x, x0 - 0.05 * head.w, (y0, y1))
        rights = self._lines(0, x1 + 0.05 * head.w, x1 + far_x, (y0, y1))
        tops = self._lines(1, y0 - far_y, y0 + 0.1 * head.h, (x0, x1))
        bottoms = self._lines(1, y1 - 0.1 * head.h, y1 + far_y, (x0, x1))
        if not (lefts and rights and tops and bottoms):
            return None
        return self._best(lefts, tops, rights, bottoms)

    def _lines(self, axis: int, low: float, high: float, along: tuple[int, int]) -> list[int]:
        """Places of lines that run beside a face; also the edge of the picture. A line lies before
        the pixel it is named by."""
        most = (self._width, self._height)[axis]
        first, last = max(1, round(low)), min(most - 1, round(high))
        found = [n for n in (0, most) if low <= n <= high]
        if last > first:
            share = self._share(axis, np.arange(first, last), *along)
            step = self._steps[axis][along[0] : along[1], first - 1 : last - 1].mean(axis=0)
            order = np.lexsort((-step, -share.round(1)))
            for n in order[share[order] >= ALONG]:
                if all(abs(first + n - k) > 2 for k in found):
                    found.append(int(first + n))
                if len(found) >= _CANDIDATES:
                    break
        return found

    def _share(self, axis: int, places: Any, begin: Any, end: Any) -> Any:
        """Part of a line between two points of it that is a frame; 1 at the picture's edge."""
        sums, most = self._sums[axis], (self._width, self._height)[axis]
        at = np.clip(places - 1, 0, most - 2)
        share = (sums[end, at] - sums[begin, at]) / np.maximum(end - begin, 1)
        return np.where((places <= 0) | (places >= most), 1.0, share)

    def _best(
        self, lefts: list[int], tops: list[int], rights: list[int], bottoms: list[int]
    ) -> Rect | None:
        le, to, ri, bo = np.ix_(lefts, tops, rights, bottoms)
        sides = [
            self._share(0, le, to, bo),
            self._share(0, ri, to, bo),
            self._share(1, to, le, ri),
            self._share(1, bo, le, ri),
        ]
        sides = [np.broadcast_to(s, (len(lefts), len(tops), len(rights), len(bottoms)))
                 for s in sides]  # fmt: skip
        edges = (le <= 0) * 1 + (to <= 0) + (ri >= self._width) + (bo >= self._height)
        through = ((le <= 0) & (ri >= self._width)) | ((to <= 0) & (bo >= self._height))
        size = (ri - le) * (bo - to) / (self._width * self._height)
        worst = np.minimum.reduce(sides)
        good = (worst >= WHOLE) & (edges <= 2) & ~through & (size <= MOST)
        if not good.any():
            return None
        # The clearest; of two alike the bigger, for a box may have lines inside.
        score = np.where(good, sum(sides) + 0.5 * size, -1.0)
        a, b, c, d = np.unravel_index(int(score.argmax()), score.shape)
        return lefts[a], tops[b], rights[c], bottoms[d]


def _ridges(lines: Lines) -> npt.NDArray[np.bool_]:
    """Where a step stands out from its neighbourhood on both sides (along the second axis)."""
    near = cv2.dilate(lines, np.ones((1, 3), np.uint8))
    wide = cv2.blur(lines, (9, 1)) * 9 - cv2.blur(lines, (5, 1)) * 5
    return np.asarray((near >= STEP) & (near >= RIDGE * wide / 4))


def _running(marks: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """Sums from the first line up to each, along the first axis."""
    sums = np.zeros((marks.shape[0] + 1, marks.shape[1]), np.int32)
    np.cumsum(marks, axis=0, out=sums[1:])
    return sums
