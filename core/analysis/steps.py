"""A few numbers of every frame: how far it is from the one before, how bright, how rich.

An hour has 200,000 frames. Of each, forty bytes are kept, and the picture is forgotten.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from core.analysis.frames import Frame, shrink

GRID = (64, 36)
"""Luma is compared at this size: hand tremor and noise vanish, a change of picture does not."""
_COLOUR_GRID = (16, 9)
FLASH_S = 0.2
"""A flash may last this long; after it the picture is what it was."""
_FLASH_FRAMES = 12
"""The same at 60 frames a second, the most that are looked at."""
_NAMES = ("t_s", "one", "far", "luma", "peak", "contrast")
_CELLS = GRID[0] * GRID[1]
Small = npt.NDArray[np.uint8]


class Steps:
    """Columns of numbers, packed: an object for each frame would take ten times the memory."""

    def __init__(self) -> None:
        self.t_s = array("d")
        self.one = array("f")
        """Difference from the frame before, 0…255."""
        self.far = array("f")
        """Difference from the earliest frame that lies within `FLASH_S`."""
        self.luma = array("f")
        self.peak = array("f")
        self.contrast = array("f")

    def __len__(self) -> int:
        return len(self.t_s)

    def after(self, t_s: float) -> int:
        """How many frames come up to this time."""
        return bisect_right(self.t_s, t_s)

    def put(self, other: Steps, begin_s: float, end_s: float) -> None:
        """Replace what lies between two times by what another look saw there."""
        a, b = bisect_left(self.t_s, begin_s), bisect_right(self.t_s, end_s)
        c, d = bisect_left(other.t_s, begin_s), bisect_right(other.t_s, end_s)
        for name in _NAMES:
            getattr(self, name)[a:b] = getattr(other, name)[c:d]

    def append(self, other: Steps) -> None:
        """Go on with another piece; what both have seen counts as the first has it."""
        n = other.after(self.t_s[-1] + 0.001) if len(self) else 0
        for name in _NAMES:
            getattr(self, name).extend(getattr(other, name)[n:])

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name).tolist() for name in _NAMES}

    @classmethod
    def from_json(cls, raw: Mapping[str, Sequence[float]]) -> Steps:
        steps = cls()
        for name in _NAMES:
            getattr(steps, name).extend(raw[name])
        return steps


class StepMeter:
    """Takes the frames in order."""

    def __init__(self) -> None:
        self.steps = Steps()
        self._recent: deque[tuple[float, Small]] = deque(maxlen=_FLASH_FRAMES)

    def add(self, frame: Frame) -> float:
        """Note one frame; gives its difference from the one before, 0…255."""
        small, recent = _shrink(frame), self._recent
        luma = small[:_CELLS]
        while len(recent) > 1 and recent[0][0] < frame.t_s - FLASH_S - 0.002:
            recent.popleft()
        one = _differ(small, recent[-1][1]) if recent else 0.0
        far = _differ(small, recent[0][1]) if len(recent) > 1 else one
        recent.append((frame.t_s, small))
        steps = self.steps
        steps.t_s.append(frame.t_s)
        steps.one.append(one)
        steps.far.append(far)
        mean, deviation = cv2.meanStdDev(luma)
        steps.luma.append(float(mean[0, 0]))
        steps.peak.append(np.partition(luma, -40)[-40])
        steps.contrast.append(float(deviation[0, 0]))
        return one


def _shrink(frame: Frame) -> Small:
    """Luma on the grid, then both colours at a quarter of its sides, as one vector."""
    planes = (shrink(frame.luma, GRID), *(shrink(c, _COLOUR_GRID) for c in frame.chroma))
    return np.concatenate([plane.ravel() for plane in planes])


def _differ(a: Small, b: Small) -> float:
    """Mean difference of luma, plus that of colour: two faces before one wall differ in either."""
    luma = cv2.norm(a[:_CELLS], b[:_CELLS], cv2.NORM_L1) / _CELLS
    colour = cv2.norm(a[_CELLS:], b[_CELLS:], cv2.NORM_L1) / (len(a) - _CELLS)
    return luma + 0.5 * colour
