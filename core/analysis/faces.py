"""The faces of a source, a few looks a second, and how much their mouths move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.analysis.face_search import FaceSearch, overlap
from core.analysis.frames import Frame, Gray
from core.analysis.model import Face, FaceSample
from core.analysis.yunet import YuNet

_NEW_PICTURE = 12.0
"""A difference between two frames like this is a cut, or as good as one."""
_PER_S = 4.0
"""Looks: enough to follow heads and to see mouths move, for what a look costs."""
_SOON_S = 0.1
_LIPS, _SHIFTS = (20, 24), (5, 5)
"""Size of the patch lips lie in, down and across, and how far they may be off its middle: boxes of
the same face jump by a twentieth of it."""


class FaceMeter:
    """Looks at some of the frames and gives samples in source pixels."""

    def __init__(self, finder: YuNet) -> None:
        self._search = FaceSearch(finder)
        self._next_s, self._last_s = 0.0, -1.0
        self._mouths: list[_Mouth] = []
        self.seen: list[FaceSample] = []

    @property
    def here(self) -> list[Face]:
        """The faces of the last look, in pixels of its frame."""
        return [mouth.face for mouth in self._mouths]

    def wants(self, t_s: float, step: float) -> bool:
        """Whether a frame is due for a look; `step` is its difference from the one before, 0…255.
        A new picture is looked at as it comes."""
        if t_s < self._next_s and not (step > _NEW_PICTURE and t_s > self._last_s + _SOON_S):
            return False
        self._last_s = t_s
        self._next_s = t_s + 1 / _PER_S - 0.001
        return True

    def add(self, frame: Frame) -> None:
        """Look for faces in one frame, and at their mouths."""
        found = self._search.look(frame)
        if found is None:
            return
        mouths = [_Mouth.of(frame.luma, f) for f in found]
        faces = tuple(_scaled(m.face, frame.scale, *m.moved(self._mouths)) for m in mouths)
        self._mouths = mouths
        self.seen.append(FaceSample(round(frame.t_s, 3), faces))


def _scaled(face: Face, scale: float, mouth: float, lips: float) -> Face:
    x, y, w, h = (round(v * scale, 1) for v in (face.x, face.y, face.w, face.h))
    return Face(x, y, w, h, face.score, round(mouth, 3), round(lips, 3))


@dataclass(frozen=True, slots=True)
class _Mouth:
    """The mouth of one face, at fixed sizes."""

    face: Face
    small: Gray
    """The lower middle of the face."""
    lips: Gray
    """The same, finer and a little beyond."""

    @classmethod
    def of(cls, luma: Gray, face: Face) -> _Mouth:
        return cls(
            face,
            _patch(luma, face, (0.2, 0.8), (0.6, 1.0), (8, 16)),
            _patch(luma, face, (0.22, 0.78), (0.55, 1.05), _LIPS),
        )

    def moved(self, before: Sequence[_Mouth]) -> tuple[float, float]:
        """How much it differs from the sample before, 0…1: as it lies in the box, and when both
        are laid over each other as well as they fit, because heads sway."""
        was = next((m for m in before if overlap(self.face, m.face) > 0.3), None)
        if was is None:
            return 0.0, 0.0
        gap = np.abs(self.small.astype(np.int16) - was.small.astype(np.int16)).mean()
        return float(min(1.0, gap / 64)), float(min(1.0, _least_gap(self.lips, was.lips) / 64))


def _patch(
    luma: Gray,
    face: Face,
    across: tuple[float, float],
    down: tuple[float, float],
    size: tuple[int, int],
) -> Gray:
    """A part of a face, in shares of its box, at a size (rows, columns)."""
    x0, x1 = (int(face.x + part * face.w) for part in across)
    y0, y1 = (int(face.y + part * face.h) for part in down)
    height, width = luma.shape
    region = luma[max(0, y0) : min(height, y1), max(0, x0) : min(width, x1)]
    if region.size == 0:
        return np.zeros(size, np.uint8)
    return np.asarray(cv2.resize(region, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)


def _least_gap(a: Gray, b: Gray) -> float:
    """The mean difference of two at the best of all small shifts."""
    dy, dx = _SHIFTS
    inner = b[dy:-dy, dx:-dx].astype(np.int16)
    shifted = np.lib.stride_tricks.sliding_window_view(a.astype(np.int16), inner.shape)
    return float(np.abs(shifted - inner).mean(axis=(2, 3)).min())
