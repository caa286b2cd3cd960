"""Faces in a small frame: YuNet where its model is at hand, else the cascades of OpenCV's wheel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from pydantic_settings import SettingsConfigDict

from core.analysis.cascades import Cascades
from core.analysis.frames import Frame, Gray
from core.analysis.model import Face, FaceSample
from core.settings import Section, Settings

_NEW_PICTURE = 12.0
"""A difference between two frames like this is a cut, or as good as one."""
_SOON_S = 0.1
_EMPTY_S = 2.0
"""Where nobody was and nothing moves, saying so this often is enough."""
_STILL, _STILL_CELLS, _STILL_GRID = 9.0, 12, (64, 36)
"""The mean change of the cells that changed most. Below it no face had moved by a twelfth of its
width in our recordings, and a look would only find again what the one before it found."""


_LIPS, _SHIFTS = (20, 24), (5, 5)
"""Size of the patch lips lie in, down and across, and how far they may be off its middle: boxes of
the same face jump by a twentieth of it."""


class FaceSettings(Section):
    """Which face detector is used."""

    model_config = SettingsConfigDict(**{**Section.model_config, "env_prefix": "FACE_"})

    model: Path | None = None
    """A YuNet file (`.onnx`); the one in the models folder when unset."""


class FaceFinder(Protocol):
    """Finds faces in one frame; boxes in pixels of that frame, biggest first."""

    name: str
    per_s: float
    """How many frames a second are worth looking at, for what one look costs."""

    def find(self, frame: Frame) -> list[Face] | None:
        """None when this frame was not worth a look."""
        ...


def find_face_model(settings: Settings) -> Path | None:
    """The YuNet file to use: `FACE_MODEL`, or the newest in the models folder."""
    named = FaceSettings().model
    if named is not None:
        return named if named.is_file() else None
    found = sorted(settings.models.glob("face_detection_yunet*.onnx"))
    return found[-1] if found else None


def open_finder(settings: Settings) -> FaceFinder:
    """The best detector that works here."""
    model = find_face_model(settings)
    if model is not None:
        try:
            return YuNet(model)
        except cv2.error:  # a file that is no such model
            pass
    return Cascades()


class YuNet:
    """A small neural detector: finds turned, small and partly covered faces."""

    name = "yunet"
    per_s = 4.0
    sure = 0.7

    def __init__(self, model: Path) -> None:
        self._net = cv2.FaceDetectorYN.create(str(model), "", (320, 180), self.sure, 0.3, 50)
        self._size = (0, 0)

    def find(self, frame: Frame) -> list[Face] | None:
        if self._size != (frame.width, frame.height):
            self._size = (frame.width, frame.height)
            self._net.setInputSize(self._size)
        _, rows = self._net.detect(cv2.cvtColor(frame.yuv, cv2.COLOR_YUV2BGR_I420))
        found = [] if rows is None else [_face(r[0], r[1], r[2], r[3], float(r[-1])) for r in rows]
        return sorted(found, key=lambda f: -f.w * f.h)


def _face(x: float, y: float, w: float, h: float, score: float) -> Face:
    return Face(float(x), float(y), float(w), float(h), round(score, 3))


class FaceMeter:
    """Looks at some of the frames and gives samples in source pixels."""

    def __init__(self, finder: FaceFinder) -> None:
        self._finder = finder
        self._next_s, self._last_s = 0.0, -1.0
        self._mouths: list[_Mouth] = []
        self._looked: Gray | None = None
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
        self._next_s = t_s + 1 / self._finder.per_s - 0.001
        return True

    def add(self, frame: Frame) -> None:
        """Look for faces in one frame; where nothing moved since the last look they are where they
        were, and only their mouths are looked at."""
        small = cv2.resize(frame.luma, _STILL_GRID, interpolation=cv2.INTER_AREA)
        grid = np.asarray(small, np.uint8)
        if self._looked is not None and _still(grid, self._looked):
            if not self._mouths and self.seen and frame.t_s - self.seen[-1].t_s < _EMPTY_S:
                return
            found: list[Face] | None = [mouth.face for mouth in self._mouths]
        else:
            found = self._finder.find(frame)
            if found is None:
                return
            self._looked = grid
        assert found is not None
        mouths = [_Mouth.of(frame.luma, f) for f in found]
        faces = tuple(_scaled(m.face, frame.scale, *m.moved(self._mouths)) for m in mouths)
        self._mouths = mouths
        self.seen.append(FaceSample(round(frame.t_s, 3), faces))

    @staticmethod
    def sure(finder: FaceFinder, samples: Sequence[FaceSample]) -> tuple[FaceSample, ...]:
        """Of a detector that sees ghosts, only what was seen more than once."""
        return _seen_again(samples) if finder.name == "cascades" else tuple(samples)


def _still(a: Gray, b: Gray) -> bool:
    gap = np.abs(a.astype(np.int16) - b.astype(np.int16)).ravel()
    return float(np.partition(gap, -_STILL_CELLS)[-_STILL_CELLS:].mean()) < _STILL


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
        was = next((m for m in before if _overlap(self.face, m.face) > 0.3), None)
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


def _overlap(a: Face, b: Face) -> float:
    """Intersection over union."""
    w = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    h = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / (a.w * a.h + b.w * b.h - w * h)


def _seen_again(samples: Sequence[FaceSample]) -> tuple[FaceSample, ...]:
    """Keep a face that overlaps one of the two samples before or after."""
    kept = []
    for i, sample in enumerate(samples):
        near = [f for s in samples[max(0, i - 2) : i + 3] if s is not sample for f in s.faces]
        faces = tuple(f for f in sample.faces if any(_overlap(f, n) > 0.3 for n in near))
        kept.append(FaceSample(sample.t_s, faces))
    return tuple(kept)
