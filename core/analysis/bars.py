"""Black bars that are part of the picture: a film in a frame of another shape, a phone's video in a
wide one.

A bar is black on every look at a shot, and where it ends a bright edge runs straight along most of
the picture, at the same place on both sides, for seconds. What is merely dark has no such edge: a
night sky, a stage, somebody before a black wall.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from core.analysis.frames import Frame, Gray, small_size
from core.analysis.model import Part
from core.media.facts import VideoFacts

BLACK = 24
"""Of 255: limited black is 16, full black 0."""
FLAT = 6
"""A bar is this even, whatever happens beside it; no dark wall is, coding and all."""
SPECKS = 0.005
"""This part of a line may be brighter: hot pixels, coding."""
STEP, WITHIN_PX = 12, 4
"""So much brighter is the picture, so soon behind its edge, …"""
EDGE = 0.5
"""… along this part of it."""
LEAST_PX = 2
"""Of the small picture; a thinner line is the rim of an old tape."""
UNEVEN_PX = 4
"""Bars on two sides are alike to this: the scaler shifts, and an edge bleeds."""
MOST = 0.7
"""What is left between bars is no smaller than a phone's picture in a wide one: 0.32 of it. A line
of text on black has straight edges, too."""
BLOCK_S = 1.0
SURE_S = 3.0
"""Bars are believed when their edges were seen for so long in all, or for half of a short video."""
_NEW_PICTURE = 12.0
"""Mean difference, 0…255, at which another shot begins."""

LOOK_S = 0.25
"""From one look to the next."""

Axis = Literal["down", "across"]
AXES: tuple[Axis, ...] = ("down", "across")
Shares = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Block:
    """Some looks that follow each other: how many lines are black on each side, in all of them."""

    start_s: float
    end_s: float
    down: tuple[int, int]
    across: tuple[int, int]
    edged: tuple[str, ...]
    """`down` and `across`, where both bars end in a straight edge."""

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Block:
        pairs = {k: tuple(raw[k]) for k in ("down", "across", "edged")}
        return cls(**{**raw, **pairs})


class BarMeter:
    """Takes some frames a second, keeps a few numbers of each second."""

    def __init__(self) -> None:
        self._most: Gray | None = None
        self._start_s = self._last_s = 0.0
        self._blocks: list[Block] = []

    def add(self, frame: Frame, step: float) -> None:
        """Note a frame; `step` is its difference from the one before."""
        if step > _NEW_PICTURE or frame.t_s - self._start_s >= BLOCK_S:
            self._close()
        if self._most is None:
            self._most, self._start_s = frame.luma.copy(), frame.t_s
        elif self._most.shape == frame.luma.shape:
            cv2.max(self._most, frame.luma, dst=self._most)
        self._last_s = frame.t_s

    def _close(self) -> None:
        if self._most is not None:
            self._blocks.append(_measured(self._most, self._start_s, self._last_s))
        self._most = None

    def blocks(self) -> tuple[Block, ...]:
        """Everything up to here."""
        self._close()
        return tuple(self._blocks)


def pictures(
    blocks: Sequence[Block], shots_s: Sequence[float], end_s: float, facts: VideoFacts
) -> tuple[Part, ...]:
    """Where the picture lies inside its bars, for the stretches that have some."""
    sure = {axis: _sure(blocks, axis) for axis in AXES}
    if not any(sure.values()):
        return ()
    found: list[Part] = []
    bars = dict.fromkeys(AXES, 0)
    for a, b in pairwise([*shots_s, max(end_s, shots_s[-1]) + 1.0]):
        inside = [k for k in blocks if a - 0.02 <= k.start_s < b - 0.02]
        if inside:  # a flash that was never looked at is like what was before
            bars = {axis: _of(inside, axis, sure[axis]) for axis in AXES}
        if any(bars.values()):
            _append(found, _part(a, b, bars, facts))
    return tuple(found)


def _part(start_s: float, end_s: float, bars: Mapping[Axis, int], facts: VideoFacts) -> Part:
    """In source pixels, even, and half a small pixel further in: there the edge is mixed."""
    scale = facts.width / small_size(facts)[0]
    across, down = (
        2 * round((bars[axis] + 0.5) * scale / 2) if bars[axis] else 0
        for axis in ("across", "down")
    )
    width, height = facts.width - 2 * across, facts.height - 2 * down
    return Part(start_s, end_s, across, down, width, height)


def _measured(most: Gray, start_s: float, end_s: float) -> Block:
    level = float(min(np.median(most[0]), np.median(most[:, 0]), BLACK))
    bright = most > level + FLAT
    down = _margins(bright.mean(axis=1))
    kept = most[down[0] : most.shape[0] - down[1]]
    if not len(kept):
        return Block(start_s, end_s, down, (most.shape[1],) * 2, ())
    across = _margins((kept > level + FLAT).mean(axis=0))
    kept = kept[:, across[0] : kept.shape[1] - across[1]]
    lit = kept > level + STEP
    edged = tuple(
        name
        for name, bars, lines in (("down", down, lit), ("across", across, lit.T))
        if min(bars) >= LEAST_PX
        and min(kept.shape[0] / most.shape[0], kept.shape[1] / most.shape[1]) >= 1 - MOST
        and _edged(lines)
        and _edged(lines[::-1])
    )
    return Block(start_s, end_s, down, across, edged)


def _edged(lines: npt.NDArray[np.bool_]) -> bool:
    """Whether one of the first lines is lit along most of its length."""
    return bool(lines[:WITHIN_PX].mean(axis=1).max() >= EDGE)


def _margins(bright: Shares) -> tuple[int, int]:
    """Black lines at the beginning and at the end; all of them where nothing is to be seen."""
    lit = np.flatnonzero(bright > SPECKS)
    if not len(lit):
        return len(bright), len(bright)
    return int(lit[0]), int(len(bright) - 1 - lit[-1])


def _sure(blocks: Sequence[Block], axis: Axis) -> list[int]:
    """The widths of bars that are believed, in pixels of the small picture."""
    seen_s: Counter[int] = Counter()
    for block in blocks:
        one, other = _sides(block, axis)
        if axis in block.edged and abs(one - other) <= UNEVEN_PX:
            seen_s[_width(block, axis)] += block.end_s - block.start_s + LOOK_S  # type: ignore[assignment]
    enough_s = min(SURE_S, 0.5 * sum(b.end_s - b.start_s + LOOK_S for b in blocks))
    found: list[int] = []
    for width, _ in seen_s.most_common():
        near_s = sum(seen_s[width + d] for d in (-1, 0, 1))
        if near_s >= enough_s and all(abs(width - other) > 1 for other in found):
            found.append(width)
    return found


def _of(blocks: Sequence[Block], axis: Axis, sure: Sequence[int]) -> int:
    """The widest believed bars that hide nothing of a shot."""
    free = min(_width(block, axis) for block in blocks)
    return max((width for width in sure if width <= free + 2), default=0)


def _width(block: Block, axis: Axis) -> int:
    """Of the bars: the mean of both sides when they are alike, else the narrower."""
    one, other = _sides(block, axis)
    return (one + other) // 2 if abs(one - other) <= UNEVEN_PX else min(one, other)


def _sides(block: Block, axis: Axis) -> tuple[int, int]:
    return block.down if axis == "down" else block.across


def _append(found: list[Part], new: Part) -> None:
    """One part for neighbouring shots with the same bars."""
    last = found[-1] if found else None
    if (
        last
        and last.end_s == new.start_s
        and replace(last, end_s=new.end_s) == replace(new, start_s=last.start_s)
    ):
        found[-1] = replace(last, end_s=new.end_s)
    else:
        found.append(new)
