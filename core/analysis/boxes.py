"""Camera pictures inside the picture: a webcam over a screen or a game, the tiles of a call.

The frame of such a box stands still whatever happens on both sides of it: averaged over seconds, it
is a straight line of steps around a small face, where everything that moves has blurred away. A
head that was cut out, or lies in a round bubble, has no such frame; there the rest of the picture
tells: it holds still to the pixel and is sharp as only drawn things are, or it moves everywhere
while the head does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import cv2
import numpy as np

from core.analysis.edges import Frames, Lines, Rect
from core.analysis.frames import Frame, Gray, small_size
from core.analysis.model import Face, Part, Spell
from core.media.facts import VideoFacts

SMALL = 0.36
"""Of the height of the picture: only around a face this small a box is looked for."""
BLOCK_S = 3.0
"""Looks are summed up for so long, across cuts too: a game has one a second, and what lies over
it stays."""
LEAST_LOOKS = 4
SURE_S = 3.0
"""A box is believed when it was seen for so long in all, or in half of a short video."""
NEAR_PX = 3
"""Of the small picture: the same box."""
STILL, SHARP, FLAT, MOVES = 2, 40.0, 0.7, 40
"""Of 255: a pixel that changed no more stood still; a step like this is a drawn line; where steps
are smaller on average there is not even the noise of a camera; a pixel that changed more moved."""
SCREEN_STILL, SCREEN_SHARP, SCREEN_FLAT, GAME_MOVES = 0.7, 0.02, 0.6, 0.7
"""Shares of what is not the head, in a screen or slides, and in a game. Filmed rooms that hold
still were seen with half of them flat, screens with two thirds and more."""
LETTERS = 0.06
"""… or so much of it sharp, however little of it flat: writing beside a photograph. In a filmed
room that holds still it was a third of that."""
SWAY = 0.1
"""In widths of the face: nobody whom a camera follows holds stiller while everything else moves."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """Some looks that follow each other, and what was around the small faces in them."""

    start_s: float
    end_s: float
    rects: tuple[Rect, ...] = ()
    drawn: bool = False
    """What is not the head is a screen, slides or a game."""

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Boxes:
        return cls(**{**raw, "rects": tuple(tuple(r) for r in raw["rects"])})


@dataclass(slots=True)
class _Sum:
    """What is kept of the looks of one block."""

    start_s: float
    across: Lines
    down: Lines
    least: Gray
    most: Gray
    looks: int = 0
    faces: list[Face] = field(default_factory=list)
    last_s: float = 0.0


class BoxMeter:
    """Fed with the frames in which faces were looked for, and with those faces."""

    def __init__(self) -> None:
        self._sum: _Sum | None = None
        self._blocks: list[Boxes] = []

    def add(self, frame: Frame, faces: Sequence[Face]) -> None:
        """Note a frame; `faces` are in its pixels."""
        if self._sum and frame.t_s - self._sum.start_s >= BLOCK_S:
            self._close()
        small = [f for f in faces if f.h < SMALL * frame.height]
        if not small and (self._sum is None or not self._sum.faces):
            self._sum = None  # nobody to look for a box around
            return
        luma = frame.luma
        if self._sum is None:
            high, wide = luma.shape
            self._sum = _Sum(
                frame.t_s,
                np.zeros((high, wide - 1), np.float32),
                np.zeros((high - 1, wide), np.float32),
                luma.copy(),
                luma.copy(),
            )
        kept = self._sum
        cv2.accumulate(cv2.absdiff(luma[:, 1:], luma[:, :-1]), kept.across)
        cv2.accumulate(cv2.absdiff(luma[1:], luma[:-1]), kept.down)
        cv2.min(kept.least, luma, dst=kept.least)
        cv2.max(kept.most, luma, dst=kept.most)
        kept.looks, kept.last_s = kept.looks + 1, frame.t_s
        kept.faces += small

    def _close(self) -> None:
        if self._sum and self._sum.looks >= LEAST_LOOKS:
            self._blocks.append(_measured(self._sum))
        self._sum = None

    def blocks(self) -> tuple[Boxes, ...]:
        """Everything up to here."""
        self._close()
        return tuple(self._blocks)


def boxes(
    blocks: Sequence[Boxes], shots_s: Sequence[float], end_s: float, facts: VideoFacts
) -> tuple[Part, ...]:
    """The boxes that are believed, shot by shot."""
    sure = _sure(blocks)
    found: list[Part] = []
    for a, b in pairwise([*shots_s, max(end_s, shots_s[-1]) + 1.0]):
        there = [(k, s) for k in blocks if (s := min(b, k.end_s) - max(a, k.start_s)) > 0]
        whole_s = sum(s for _, s in there)
        for rect in sure:
            seen_s = sum(s for k, s in there if any(_near(rect, r) for r in k.rects))
            if seen_s > 0 and seen_s >= 0.5 * whole_s:
                found.append(_part(a, b, rect, facts))
    return tuple(found)


def screens(blocks: Sequence[Boxes]) -> tuple[Spell, ...]:
    """Stretches in which a small head is seen on something drawn."""
    found: list[Spell] = []
    for block in blocks:
        if not block.drawn:
            continue
        # A block in which one slide gave way to another is a mixture of both.
        if found and block.start_s - found[-1].end_s < BLOCK_S + 1.0:
            found[-1] = Spell(found[-1].start_s, block.end_s)
        else:
            found.append(Spell(block.start_s, block.end_s))
    return tuple(found)


def _part(start_s: float, end_s: float, rect: Rect, facts: VideoFacts) -> Part:
    """In source pixels, two small pixels further in: there the edge is mixed, or a thin frame."""
    width, height = small_size(facts)
    scale = facts.width / width
    left, top, right, bottom = rect
    x, y = (scale * (n + 2) if n else 0.0 for n in (left, top))
    end_x, end_y = (
        scale * (n - 2) if n < most else scale * most
        for n, most in ((right, width), (bottom, height))
    )
    return Part(start_s, end_s, round(x), round(y), round(end_x - x), round(end_y - y))


def _sure(blocks: Sequence[Boxes]) -> list[Rect]:
    """What was seen for long enough; of several readings of one box the longest seen."""
    seen_s: dict[Rect, float] = {}
    for block in blocks:
        for rect in block.rects:
            seen_s[rect] = seen_s.get(rect, 0.0) + block.length_s
    enough_s = min(SURE_S, 0.5 * sum(b.length_s for b in blocks))
    found: list[Rect] = []
    for rect, _ in sorted(seen_s.items(), key=lambda s: -s[1]):
        near_s = sum(s for other, s in seen_s.items() if _near(rect, other))
        if near_s >= enough_s and not any(_meet(rect, other) for other in found):
            found.append(rect)
    return found


def _near(a: Rect, b: Rect) -> bool:
    return all(abs(p - q) <= NEAR_PX for p, q in zip(a, b, strict=True))


def _meet(a: Rect, b: Rect) -> bool:
    """Whether one lies on the other for more than their edges."""
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return w > NEAR_PX and h > NEAR_PX


# ── one block ───────────────────────────────────────────────────────────────────────────────────


def _measured(seen: _Sum) -> Boxes:
    heads = _heads(seen)
    across, down = (np.asarray(k / seen.looks, np.float32) for k in (seen.across, seen.down))
    found = Frames(across, down)
    rects = [rect for head in heads if (rect := found.around(head))]
    drawn = bool(heads) and _drawn(seen, heads[0], across, down)
    return Boxes(round(seen.start_s, 3), round(seen.last_s, 3), tuple(dict.fromkeys(rects)), drawn)


def _heads(seen: _Sum) -> list[Face]:
    """The faces that were there most of the time, the most often seen first."""
    groups: list[list[Face]] = []
    for face in seen.faces:
        near = next((g for g in groups if _same_place(g[0], face)), None)
        if near is None:
            groups.append([face])
        else:
            near.append(face)
    steady = [g for g in groups if len(g) >= 0.4 * seen.looks]
    return [_median(g) for g in sorted(steady, key=len, reverse=True)]


def _same_place(a: Face, b: Face) -> bool:
    dx, dy = a.x + a.w / 2 - b.x - b.w / 2, a.y + a.h / 2 - b.y - b.h / 2
    return abs(dx) < 0.8 * a.w and abs(dy) < 0.8 * a.h and 0.5 < b.h / max(a.h, 1e-3) < 2


def _sways(seen: _Sum, head: Face) -> float:
    """How far a head moves about, in its widths."""
    same = [f for f in seen.faces if _same_place(head, f)]
    places = [(f.x + f.w / 2, f.y + f.h / 2) for f in same]
    return float(np.std(places, axis=0).max() / head.w)


def _median(faces: Sequence[Face]) -> Face:
    x, y, w, h = (float(np.median([getattr(f, k) for f in faces])) for k in "xywh")
    return Face(x, y, w, h, 1.0)


def _drawn(seen: _Sum, head: Face, across: Lines, down: Lines) -> bool:
    """Whether the rest of the picture is no camera's."""
    rest = np.ones(seen.least.shape, bool)
    rest[max(0, int(head.y - head.h)) :, :][
        :, max(0, int(head.x - 1.5 * head.w)) : int(head.x + 2.5 * head.w)
    ] = False
    change = cv2.subtract(seen.most, seen.least)
    changed = change[rest]
    steps = np.maximum(across[:-1], down[:, :-1])[rest[:-1, :-1]]
    if not changed.size or not steps.size:
        return False
    if (changed <= STILL).mean() >= SCREEN_STILL:
        sharp, flat = (steps > SHARP).mean(), (steps < FLAT).mean()
        return bool(sharp >= LETTERS or (sharp >= SCREEN_SHARP and flat >= SCREEN_FLAT))
    return bool((changed > MOVES).mean() >= GAME_MOVES and _sways(seen, head) < SWAY)
