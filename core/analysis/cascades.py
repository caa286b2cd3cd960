"""Faces by Viola and Jones: in OpenCV's wheel, needing nothing, and slow.

A look at a whole frame costs some 15 ms for each of the three directions a face can look, so most
looks are only at the places where faces were a moment ago. The whole frame is searched again every
second, when the picture is a new one, and when a face is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from core.analysis.frames import Frame, Gray
from core.analysis.model import Face

LONG_SIDE = 320
"""Faces down to a sixteenth of the width; half the time of the full small frame."""
_STEP, _FINE_STEP = 1.25, 1.1
"""From one size to the next. Coarse steps see fewer ghosts and, of the faces, nearly as many."""
_NEIGHBOURS = 4
_LEAST = 20
"""Pixels of the trained window; a smaller face cannot be found."""
_SEARCH_S, _LOST_S, _EMPTY_S = 1.0, 0.5, 2.0
"""The whole frame at least this often; as soon as this when one is lost; and only this often where
nothing was and nothing moves."""
_NEW, _STILL = 12.0, 1.5
"""Mean difference of two thumbnails, 0…255: another picture; the same one."""
_ROOM = 0.45
"""How far around its last place a face is looked for, in its own widths."""

Side = Literal["front", "left", "right"]


@dataclass(frozen=True, slots=True)
class _Known:
    """Where a face is in the searched picture, and how it was found."""

    x: float
    y: float
    w: float
    h: float
    score: float
    side: Side


class Cascades:
    """It sees faces in wallpaper, so a face must be seen again to count."""

    name = "cascades"
    per_s = 4.0

    def __init__(self) -> None:
        folder = Path(cv2.data.haarcascades)  # type: ignore[attr-defined]  # missing in its stubs
        self._front = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_alt2.xml"))
        self._side = cv2.CascadeClassifier(str(folder / "haarcascade_profileface.xml"))
        self._known: list[_Known] = []
        self._searched_s = float("-inf")
        self._searched: Gray | None = None
        self._turn: Side = "left"

    def find(self, frame: Frame) -> list[Face] | None:
        """None when nothing was known and the picture is the one that was searched already."""
        scale = min(1.0, LONG_SIDE / max(frame.width, frame.height))
        gray = frame.luma
        if scale < 1:
            gray = np.asarray(cv2.resize(gray, None, fx=scale, fy=scale), np.uint8)
        thumb = np.asarray(cv2.resize(gray, (16, 9), interpolation=cv2.INTER_AREA), np.uint8)
        changed = _differ(thumb, self._searched)
        since_s = frame.t_s - self._searched_s
        search = changed > _NEW or since_s >= _SEARCH_S
        if not self._known and changed < _STILL and since_s < _EMPTY_S:
            search = False
        gray = np.asarray(cv2.equalizeHist(gray), np.uint8)
        if not search:
            was = len(self._known)
            self._known = [k for old in self._known if (k := self._again(gray, old)) is not None]
            search = len(self._known) < was and since_s >= _LOST_S
            if not was:
                return None
        if search:
            self._known = self._search(gray)
            self._searched_s, self._searched = frame.t_s, thumb
        faces = [_up(k, scale) for k in self._known]
        return sorted(faces, key=lambda f: -f.w * f.h)

    def _search(self, gray: Gray) -> list[_Known]:
        """The whole picture: frontal faces; where there is none, those that look aside."""
        least = max(_LEAST, round(min(gray.shape) / 12))
        found = self._look(gray, "front", (0, 0), (least, least), None)
        if found:
            return found
        # One side at a time: whoever is not found now is found a second later.
        first = self._turn
        self._turn = "right" if first == "left" else "left"
        return self._look(gray, first, (0, 0), (least, least), None)

    def _again(self, gray: Gray, old: _Known) -> _Known | None:
        """The same face, near where it was and about as big."""
        height, width = gray.shape
        room = _ROOM * old.w
        x0, y0 = max(0, int(old.x - room)), max(0, int(old.y - room))
        x1, y1 = int(old.x + old.w + room), int(old.y + old.h + room)
        part = gray[y0 : min(height, y1), x0 : min(width, x1)]
        least, most = max(_LEAST, int(0.75 * old.w)), int(1.35 * old.w) + 1
        found = self._look(part, old.side, (x0, y0), (least, least), (most, most))
        centre = old.x + old.w / 2
        return min(found, key=lambda k: abs(k.x + k.w / 2 - centre), default=None)

    def _look(
        self,
        gray: Gray,
        side: Side,
        at: tuple[int, int],
        least: tuple[int, int],
        most: tuple[int, int] | None,
    ) -> list[_Known]:
        """Faces of one direction in a part of the picture whose corner lies `at`."""
        cascade = self._front if side == "front" else self._side
        # The trained profiles look to the left.
        seen: Any = np.ascontiguousarray(gray[:, ::-1]) if side == "right" else gray
        boxes, _, weights = cascade.detectMultiScale3(
            seen,
            _FINE_STEP if most else _STEP,
            _NEIGHBOURS,
            minSize=least,
            maxSize=most or (0, 0),
            outputRejectLevels=True,
        )
        found = []
        for (x, y, w, h), weight in zip(boxes, np.ravel(weights), strict=False):
            left = gray.shape[1] - x - w if side == "right" else x
            score = min(1.0, max(0.0, float(weight) / 4))
            found.append(_Known(at[0] + left, at[1] + y, w, h, score, side))
        return found


def _differ(a: Gray, b: Gray | None) -> float:
    """Mean difference of two thumbnails; another picture when there is none to compare with."""
    if b is None:
        return 255.0
    return float(np.abs(a.astype(np.int16) - b.astype(np.int16)).mean())


def _up(known: _Known, scale: float) -> Face:
    x, y, w, h = (float(v) / scale for v in (known.x, known.y, known.w, known.h))
    return Face(x, y, w, h, round(known.score, 3))
