"""Captions that show one word at a time: it pops up in the middle, in its place, in letters of one
piece each, and a moment later another one, longer or shorter, has the same middle.

No look needs to be like the one before, for the words grow while they come. What tells them from
teeth, buttons and patterns is that they are several letters in a row, evenly around the middle of
the picture, and change their length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

WIDE, HIGH = (0.05, 0.75), (0.012, 0.1)
"""A word takes so much of the picture's width and height, at least and at most …"""
OFF_MIDDLE = 0.04
"""… and its middle lies no further from that of the picture."""
GAP = 0.03
"""Letters of a word are no further apart, in parts of the width."""
INK = 0.25
"""Share of a word that letters cover."""
LETTERS = 3
"""Pieces of a usual word."""
SHOWN, PLACE, IN_PLACE, CHANGED, LONGER = 0.4, 0.035, 0.8, 0.3, 0.12
"""So often a word shows; this near to the usual height; this many of them are; so often the next
look shows another one, which is so much longer or shorter."""
MIDDLE = 0.015
"""The middles of the words agree to this."""
_MASK = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Word:
    """The word of one look, in parts of the picture; `letters` are the pieces it is made of."""

    x: float
    y: float
    wide: float
    letters: int


def word(strokes: _MASK, top: int, height: int) -> Word | None:
    """The word in a mask of strokes, whose first row is row `top` of a picture this high."""
    mask = strokes.astype(np.uint8)
    width = mask.shape[1]
    reach = max(3, int(GAP * width) | 1)
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, reach), np.uint8))
    _, _, found, _ = cv2.connectedComponentsWithStats(closed)
    best: tuple[int, Word] | None = None
    for x, y, w, h in _sized(found[1:, :4], width, height).tolist():
        middle = (x + w / 2) / width
        part = mask[y : y + h, x : x + w]
        ink = int(part.sum())
        if ink < INK * w * h or (best and ink < best[0]):
            continue
        best = ink, Word(middle, (top + y + h / 2) / height, w / width, _letters(part))
    return best[1] if best else None


def _sized(boxes: npt.NDArray[Any], width: int, height: int) -> npt.NDArray[Any]:
    """Those boxes (x, y, w, h) that may be a word."""
    x, _, w, h = boxes.T
    fits = (w >= WIDE[0] * width) & (w <= WIDE[1] * width) & (w > h)
    fits &= (h >= HIGH[0] * height) & (h <= HIGH[1] * height)
    central = np.abs((x + w / 2) / width - 0.5) <= OFF_MIDDLE
    return np.asarray(boxes[fits & central])


def _letters(part: _MASK) -> int:
    """Pieces higher than a third of the word: dots and dirt are none."""
    count, _, found, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(part))
    return sum(1 for k in range(1, count) if found[k][3] > part.shape[0] / 3)


def one_by_one(words: Sequence[Word | None]) -> bool:
    """Whether the looks of some seconds show words in one place that take turns."""
    there = [w for w in words if w]
    if len(there) < max(6, SHOWN * len(words)):
        return False
    x, y = (float(np.median([getattr(w, k) for w in there])) for k in "xy")
    placed = [w for w in there if abs(w.y - y) < PLACE]
    if len(placed) < IN_PLACE * len(there) or np.median([w.letters for w in placed]) < LETTERS:
        return False
    if np.median([abs(w.x - x) for w in placed]) > MIDDLE:
        return False
    changed = sum(abs(a.wide - b.wide) > LONGER * max(a.wide, b.wide) for a, b in pairwise(placed))
    return changed >= CHANGED * (len(placed) - 1)
