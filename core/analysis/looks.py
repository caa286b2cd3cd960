"""What the picture looks like as a whole, once a second: enough to see that a set-up comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from core.analysis.frames import Frame

GRID = (6, 4)
EVERY_S = 1.0
_NEW_PICTURE = 12.0
"""Mean difference, 0…255, at which another shot begins."""


@dataclass(frozen=True, slots=True)
class Look:
    """Brightness and both colours of a few fields, 0…255."""

    t_s: float
    fields: tuple[int, ...]

    def to_json(self) -> list[Any]:
        return [self.t_s, *self.fields]

    @classmethod
    def from_json(cls, raw: list[Any]) -> Look:
        return cls(raw[0], tuple(raw[1:]))


class LookMeter:
    """Takes some frames a second, keeps one."""

    def __init__(self) -> None:
        self.looks: list[Look] = []

    def add(self, frame: Frame, step: float) -> None:
        """`step` is its difference from the one before: a new picture is kept as it comes."""
        since_s = frame.t_s - self.looks[-1].t_s if self.looks else EVERY_S
        if since_s < EVERY_S and step < _NEW_PICTURE:
            return
        planes = (cv2.resize(p, GRID, interpolation=cv2.INTER_AREA) for p in _planes(frame))
        fields = np.concatenate([np.asarray(p).ravel() for p in planes])
        self.looks.append(Look(frame.t_s, tuple(int(v) for v in fields)))


def _planes(frame: Frame) -> tuple[np.ndarray, ...]:
    return (frame.luma, *frame.chroma)
