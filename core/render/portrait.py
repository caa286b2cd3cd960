"""How a face looks at one moment: are its eyes open, is it sharp, is it in the middle of a word?

Eyes and mouth are found by YuNet, else they are where they lie in most faces. The face is turned
upright and brought to one size, so that the same few pixels of every picture are its eyes. What is
measured there says little by itself (glasses, light, make-up); how it compares with the other
moments of the same clip does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.analysis.yunet import open_net
from core.framing.window import Box

Picture = NDArray[np.uint8]
SIZE, EYES_Y, EYES_X = 128, 46, (40, 88)
"""The upright face: a square of so many pixels, its eyes on this row at these columns."""
_USUAL = ((0.31, 0.39), (0.69, 0.39), (0.5, 0.6), (0.36, 0.8), (0.64, 0.8))
"""Eyes, nose and corners of the mouth in parts of a face box."""
_AROUND = 0.5
"""What is cut out around a face, in sizes of its box."""
_SEARCHED = 200
"""Pixels of the cut that eyes are looked for in: small costs little, and they are found in it."""
_SURE = 0.6
"""Of 1: somebody is known to be there."""
_DARK = 0.5
"""A mouth is open where it is darker than this part of the skin."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """Bigger is more of it; only to be compared with others of the same clip."""

    eyes: float
    sharp: float
    mouth: float
    aside: float
    """How far the nose is from the middle between the eyes, in distances of the eyes."""


def portrait(picture: Picture, face: Box, model: Path) -> Portrait | None:
    """Look at a face in a picture (BGR); None when it is hardly there."""
    cut, x, y = _cut(picture, face)
    if min(cut.shape[:2]) < 24:
        return None
    marks = _marks(cut, Box(face.x - x, face.y - y, face.w, face.h), model)
    gray: Any = cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY)
    upright, at = _upright(gray, marks)
    skin = max(20.0, float(np.median(upright[66:84, 34:94])))
    eyes = [_eye(upright[EYES_Y - 9 : EYES_Y + 9, x - 14 : x + 14], skin) for x in EYES_X]
    mouth = upright[at - 12 : at + 16, 42:86]
    middle, apart = (marks[0] + marks[1]) / 2, float(np.linalg.norm(marks[1] - marks[0]))
    return Portrait(
        eyes=float(min(eyes) + 0.5 * max(eyes)),
        sharp=float(cv2.Laplacian(upright[20:120, 20:108], cv2.CV_64F).var()) / skin,
        mouth=float((mouth < _DARK * skin).mean()),
        aside=abs(float((marks[2] - middle)[0])) / max(apart, 1.0),
    )


def _cut(picture: Picture, face: Box) -> tuple[Picture, int, int]:
    """A face with what is around it, and where that begins."""
    high, wide = picture.shape[:2]
    x, y = max(0, int(face.x - _AROUND * face.w)), max(0, int(face.y - _AROUND * face.h))
    end_x = min(wide, int(face.x + (1 + _AROUND) * face.w))
    end_y = min(high, int(face.y + (1 + _AROUND) * face.h))
    return picture[y:end_y, x:end_x], x, y


def _marks(cut: Picture, face: Box, model: Path) -> NDArray[np.float32]:
    """Both eyes, nose, corners of the mouth; left is left in the picture."""
    scale = min(1.0, _SEARCHED / max(cut.shape[:2]))
    small = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    net = open_net(model, (small.shape[1], small.shape[0]), _SURE)
    _, found = net.detect(small)
    if found is None or not len(found):
        usual = [(face.x + px * face.w, face.y + py * face.h) for px, py in _USUAL]
        return np.asarray(usual, np.float32)
    best = max(found, key=lambda row: float(row[2] * row[3]))
    return np.asarray(best[4:14], np.float32).reshape(5, 2) / np.float32(scale)


def _upright(gray: Picture, marks: NDArray[np.float32]) -> tuple[Picture, int]:
    """The face turned and sized so that its eyes lie where all eyes lie; the row of its mouth."""
    (lx, ly), (rx, ry) = marks[0], marks[1]
    apart = max(float(np.hypot(rx - lx, ry - ly)), 1.0)
    turn = np.degrees(np.arctan2(float(ry - ly), float(rx - lx)))
    middle = (float(lx + rx) / 2, float(ly + ry) / 2)
    matrix: Any = cv2.getRotationMatrix2D(middle, float(turn), (EYES_X[1] - EYES_X[0]) / apart)
    matrix[:, 2] += (SIZE / 2 - middle[0], EYES_Y - middle[1])
    made: Any = cv2.warpAffine(gray, matrix, (SIZE, SIZE), flags=cv2.INTER_AREA,
                               borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    corners = (marks[3] + marks[4]) / 2
    return made, int(np.clip(matrix[1] @ (*corners, 1.0), 80, 110))


def _eye(eye: Picture, skin: float) -> float:
    """An open one has upright edges, those of the iris; lids and lashes run level."""
    soft = cv2.GaussianBlur(eye, (3, 3), 0).astype(np.float32)
    across = np.abs(np.diff(soft[3:-3], axis=1)).mean()
    return float(across / skin + 0.3 * soft.std() / skin)
