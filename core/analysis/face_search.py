"""Faces from look to look: a whole frame is searched now and then, and in between each face only
around the place where it was.

Around a face a twentieth of the work finds it, and finds it better: there it always has the size
the detector sees best. A face that is not found there any more and another picture have the whole
frame searched at once; whoever else comes in is seen at the next search.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from core.analysis.frames import Frame, Gray, shrink
from core.analysis.model import Face
from core.analysis.yunet import Square, YuNet

_SEARCH_S, _NOBODY_S, _QUIET_S = 0.75, 0.5, 2.0
"""The whole frame is searched so often where something moves besides the faces; where nobody was;
and where nothing moves."""
_BODY = (-1.0, 2.0)
"""What moves below a face, from so many of its widths to so many, is whom it belongs to."""
_GRID = (64, 36)
_NEW = 12.0
"""Mean change of all cells, 0…255: another picture."""
_STILL, _STILL_CELLS = 9.0, 12
"""The mean change of the cells that changed most. Below it no face had moved by a twelfth of its
width in our recordings, and a look would only find again what the one before it found."""
_ROOM = 0.6
"""How far around its place a face is looked for, in its own sizes."""
_KEEP_OFF, _KEEP_SIZE = 0.08, 1.15
"""The same square is looked at again while the face is no further from its middle, in parts of it,
and no more times bigger or smaller than it fits. What holds still then comes out the same, to the
pixel: a portrait on a wall is told from somebody alive by that, and a silent mouth from a talking
one."""
_KEPT = 64
"""Squares that are remembered, the newest first."""
_SAME = 0.3
"""Two boxes that share so much are one face."""


class FaceSearch:
    """The faces of the frames of one piece, which come in order."""

    def __init__(self, finder: YuNet) -> None:
        self._finder = finder
        self._faces: list[Face] = []
        self._squares: list[Square] = []
        self._searched_s = float("-inf")
        self._looked: Gray | None = None
        self._searched: Gray | None = None

    def look(self, frame: Frame) -> list[Face] | None:
        """Boxes in pixels of the frame, biggest first; None when nobody was there and the picture
        is the one that was searched already."""
        grid, before = shrink(frame.luma, _GRID), self._looked
        since_s = frame.t_s - self._searched_s
        gap = None if before is None else cv2.absdiff(grid, before)
        if gap is not None and _still(gap):
            return self._faces if self._faces or since_s >= _QUIET_S else None
        self._looked = grid
        new = gap is None or float(gap.mean()) > _NEW
        if not (self._faces or new) and since_s < _NOBODY_S:
            return []
        again = None if new or self._due(frame, grid, since_s) else self._again(frame)
        if again is None:
            again = self._search(frame)
            self._searched_s, self._searched = frame.t_s, grid
        self._faces = sorted(again, key=lambda f: -f.w * f.h)
        return self._faces

    def _due(self, frame: Frame, grid: Gray, since_s: float) -> bool:
        """Whether the whole frame is to be searched: somebody may have come where no face was."""
        if since_s < _SEARCH_S or self._searched is None:
            return False
        if since_s >= _QUIET_S:
            return True
        elsewhere = cv2.absdiff(grid, self._searched)
        across, down = _GRID[0] / frame.width, _GRID[1] / frame.height
        for face in self._faces:
            left, right = ((face.x + part * face.w) * across for part in _BODY)
            top = (face.y - face.h / 2) * down
            elsewhere[max(0, int(top)) :, max(0, int(left)) : max(0, int(right) + 1)] = 0
        return not _still(elsewhere)

    def _search(self, frame: Frame) -> list[Face]:
        """Everybody, with boxes as they are found around a face, so that they do not jump between
        a search and the looks after it."""
        return [self._near(frame, face) or face for face in self._finder.find(frame)]

    def _again(self, frame: Frame) -> list[Face] | None:
        """Those that were there; None when one is lost, or nobody was."""
        if not self._faces:
            return None
        found: list[Face] = []
        for face in self._faces:
            one = self._near(frame, face)
            if one is None or any(overlap(one, other) > _SAME for other in found):
                return None
            found.append(one)
        return found

    def _near(self, frame: Frame, face: Face) -> Face | None:
        """The face there, looked at through the square of the look before, if that still fits."""
        fresh = Square.around(face, _ROOM)
        square = next((s for s in self._squares if _fits(s, fresh)), fresh)
        if square is fresh:
            self._squares = [fresh, *self._squares][:_KEPT]
        return self._finder.within(frame, square)


def _fits(square: Square, fresh: Square) -> bool:
    """Whether a square will do for the face another one is made for."""
    off = (fresh.side - square.side) / 2
    dx, dy = abs(fresh.x - square.x + off), abs(fresh.y - square.y + off)
    size = fresh.side / square.side
    return max(dx, dy) <= _KEEP_OFF * square.side and 1 / _KEEP_SIZE <= size <= _KEEP_SIZE


def overlap(a: Face, b: Face) -> float:
    """Intersection over union."""
    w = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    h = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / (a.w * a.h + b.w * b.h - w * h)


def _still(gap: npt.NDArray[Any]) -> bool:
    """Whether even the cells that changed most hardly did."""
    return float(np.partition(gap.ravel(), -_STILL_CELLS)[-_STILL_CELLS:].mean()) < _STILL
