"""How a window follows: it holds still, and when it must move it eases.

The wished positions of all samples are known beforehand, so nothing has to be guessed on the way.
Blips of one or two samples are voted down (a median over five, so only what lasts three samples
moves the window). The rest is cut into as few stretches as possible within which one resting place
keeps the subject in its comfort zone. The steps between these resting places are then smeared by a
smooth bell, which turns each into an ease with a soft start and stop, and a row of them (a person
who walks) into one steady pan.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

Knot = tuple[float, float]
"""Time (s) and position (px)."""

STEP_S = 0.1
"""Grid on which the moving path is worked out before it is thinned to few knots."""
EASE_S = 1.0
TOP_SPEED = 1.2
"""Windows a second, at the fastest point of an ease."""
COMFORT = (0.10, 0.15, 0.20, 0.25, 0.30, 0.35)
"""Half-widths of the comfort zone that are tried, in parts of the window: 5–25 %, and wider only
where a restless subject would make the picture rock."""
LET_GO = 0.15
"""A going to and fro that is no wider than this part of the window may be left out where there
would be too many, and a wider one when the subject stays whole."""
EDGE = 0.03
"""So near to the edge of the picture, in parts of the window, it rests on it."""
REVERSALS_A_S = 0.13
"""Changes of direction a second: what OpenShorts reached after mending its jitter (from 0.41)."""


def follow(
    wished: Sequence[Knot],
    start_s: float,
    end_s: float,
    window: float,
    *,
    spare: tuple[float, float],
    ends: tuple[float, float],
    reversals_a_s: float = REVERSALS_A_S,
) -> list[Knot]:
    """Positions of a window (its left or upper edge) from `start_s` to `end_s`.

    `window` is its size on this axis; `spare` how far its edge may be before and behind the wished
    place while the subject is still whole, `ends` the first and the last place there is. Between
    the knots the window moves in a straight line.
    """
    places = [p for _, p in wished]
    calm = [(t, median(places[max(0, i - 2) : i + 3])) for i, (t, _) in enumerate(wished)]
    allowed = int(reversals_a_s * (end_s - start_s))
    rests: list[Knot] = []
    for part in COMFORT:
        radius = min(part * window, max(min(spare), 0.05 * window))
        rests = _rests(calm, radius)
        if _reversals([p for _, p in rests]) <= allowed or radius < part * window:
            break
    may = (max(spare[0], LET_GO * window), max(spare[1], LET_GO * window))
    rests = _calmed(rests, calm, max(1, allowed), may)
    rests = [(t, _at_the_end(p, ends, EDGE * window)) for t, p in rests]
    return _ease(rests, start_s, end_s, window)


def _at_the_end(place: float, ends: tuple[float, float], near: float) -> float:
    """A strip that nobody would miss is no reason to cut a face that is there."""
    return next((end for end in ends if abs(place - end) < near), place)


def _rests(calm: Sequence[Knot], radius: float) -> list[Knot]:
    """Start time and place of every rest: the fewest that keep all wishes within `radius`."""
    rests: list[Knot] = []
    inside: list[float] = []
    begin = last = calm[0][0]
    for t, p in calm:
        if inside and max(*inside, p) - min(*inside, p) > 2 * radius:
            rests.append((begin, _middle(inside, radius)))
            begin, inside = (last + t) / 2, []
        inside.append(p)
        last = t
    return [*rests, (begin, _middle(inside, radius))]


def _middle(inside: Sequence[float], radius: float) -> float:
    """The median, as far as all wishes stay in the comfort zone around it."""
    return min(max(median(inside), max(inside) - radius), min(inside) + radius)


def _reversals(places: Sequence[float]) -> int:
    moves = [b - a for a, b in pairwise(places) if abs(b - a) > 1e-6]
    return sum(1 for a, b in pairwise(moves) if a * b < 0)


def _calmed(
    rests: Sequence[Knot], calm: Sequence[Knot], allowed: int, may: tuple[float, float]
) -> list[Knot]:
    """Without the shortest and smallest goings to and fro, until no more than `allowed` are left;
    the window may be so far before and behind what is wished for it."""
    kept = list(rests)
    while _reversals([p for _, p in kept]) > allowed:
        left_out = [found for i in range(len(kept)) if (found := _left_out(kept, i, calm, may))]
        if not left_out:
            break
        kept = min(left_out)[1]
    return kept


def _left_out(
    rests: Sequence[Knot], i: int, calm: Sequence[Knot], may: tuple[float, float]
) -> tuple[float, list[Knot]] | None:
    """The rests without one of them, whose time is spent where the window is before or after; with
    what that costs. None where it would turn back as often, or the subject would be lost."""
    begin_s = rests[i][0]
    until_s = rests[i + 1][0] if i + 1 < len(rests) else calm[-1][0] + STEP_S
    wished = [p for t, p in calm if begin_s <= t < until_s] or [rests[i][1]]
    found = []
    for there in (*rests[max(0, i - 1) : i], *rests[i + 1 : i + 2]):
        place = there[1]
        if max(wished) - place <= may[0] and place - min(wished) <= may[1]:
            row = [*rests[:i], (begin_s, place), *rests[i + 1 :]]
            row = [k for n, k in enumerate(row) if not n or k[1] != row[n - 1][1]]
            if _reversals([p for _, p in row]) < _reversals([p for _, p in rests]):
                found.append((abs(place - rests[i][1]) * (until_s - begin_s), row))
    return min(found) if found else None


def _ease(rests: Sequence[Knot], start_s: float, end_s: float, window: float) -> list[Knot]:
    """The staircase of rests, smeared by a bell and thinned to the knots that matter."""
    if len(rests) == 1 or end_s - start_s <= 2 * STEP_S:
        return [(start_s, rests[0][1])]
    highest = max(abs(b[1] - a[1]) for a, b in pairwise(rests))
    # A raised cosine is twice as high in its middle as on average.
    ease_s = min(max(EASE_S, 2 * highest / (TOP_SPEED * window)), 2.4, (end_s - start_s) / 2)
    half = max(1, round(ease_s / STEP_S / 2))
    count = max(2, round((end_s - start_s) / STEP_S) + 1)
    times = np.linspace(start_s, end_s, count)
    starts = np.array([t for t, _ in rests[1:]])
    stairs = np.array([p for _, p in rests])[np.searchsorted(starts, times, side="right")]
    bell = np.hanning(2 * half + 3)[1:-1]
    smooth = np.convolve(np.pad(stairs, half, mode="edge"), bell / bell.sum(), mode="valid")
    return _thin(times, smooth, tolerance=0.002 * window)


def _thin(times: NDArray[np.float64], path: NDArray[np.float64], tolerance: float) -> list[Knot]:
    """Douglas–Peucker: the fewest knots from which straight lines stay within `tolerance` px."""
    keep = {0, len(path) - 1}
    todo = [(0, len(path) - 1)]
    while todo:
        a, b = todo.pop()
        if b - a < 2:
            continue
        line = np.interp(times[a : b + 1], times[[a, b]], path[[a, b]])
        off = np.abs(path[a : b + 1] - line)
        worst = int(off.argmax())
        if off[worst] > tolerance:
            keep.add(a + worst)
            todo += [(a, a + worst), (a + worst, b)]
    return [(round(float(times[i]), 3), float(path[i])) for i in sorted(keep)]


def at(path: Sequence[Knot], t_s: float) -> float:
    """The position at one moment."""
    return float(np.interp(t_s, [t for t, _ in path], [p for _, p in path]))
