"""Times a caption can trust: recognisers leave words without a time, or with one out of order.

Every tenth segment of a common recogniser has such a word, and captions made from the times alone
silently lose it. Here the words that stand in order hold their place and the others are put between
them.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from core.analysis.model import Word

USUAL_S = 0.3
"""Length of a spoken word when nobody knows."""
LEAST_S = 0.02
"""Two words that begin closer than this have not been timed one by one."""
LONGEST_S = 3.0
"""A word that seems to last longer was stretched over a pause."""


def timed(words: Sequence[Word]) -> list[Word]:
    """The words in their given order, with times that rise and do not overlap."""
    said = [w for w in words if w.text.strip()]
    anchors = _in_order([w.start_s for w in said])
    placed: list[Word] = []
    edges = [-1, *anchors, len(said)]
    for a, b in itertools.pairwise(edges):
        run = said[a + 1 : b]
        after_s = said[b].start_s if b < len(said) else math.inf
        if a >= 0:
            placed += _between(_anchored(said[a], after_s), run, after_s)
        else:
            placed += _before(run, after_s)
    return placed


def _in_order(starts_s: Sequence[float]) -> list[int]:
    """The longest rising row of start times (patience sorting): one wild time moves no other."""
    tops: list[float] = []
    at: list[int] = []
    came_from: list[int] = []
    for k, start_s in enumerate(starts_s):
        if not math.isfinite(start_s) or start_s < 0:
            came_from.append(-1)
            continue
        value = round(start_s / LEAST_S)
        n = bisect_left(tops, value)
        came_from.append(at[n - 1] if n else -1)
        tops[n : n + 1] = [value]
        at[n : n + 1] = [k]
    row = []
    k = at[-1] if at else -1
    while k >= 0:
        row.append(k)
        k = came_from[k]
    return row[::-1]


def _anchored(word: Word, after_s: float) -> Word:
    """A word that stands in order, with an end that can be."""
    end_s = word.end_s if math.isfinite(word.end_s) else 0.0
    if end_s - word.start_s < LEAST_S:
        end_s = word.start_s + USUAL_S
    return replace(word, end_s=min(end_s, after_s, word.start_s + LONGEST_S))


def _between(word: Word, run: Sequence[Word], after_s: float) -> list[Word]:
    """The untimed ones behind a timed one: into the gap, or into a share of its own time."""
    if not run:
        return [word]
    room_s = after_s - word.end_s
    if room_s >= USUAL_S / 2 * len(run):
        each_s = min(room_s / len(run), USUAL_S)
        return [word, *_row(run, word.end_s, each_s * len(run))]
    end_s = max(word.end_s, min(after_s, word.start_s + USUAL_S * (len(run) + 1)))
    return _row([word, *run], word.start_s, end_s - word.start_s)


def _before(run: Sequence[Word], after_s: float) -> list[Word]:
    """The untimed ones in front of all others."""
    if not run:
        return []
    until_s = after_s if math.isfinite(after_s) else USUAL_S * len(run)
    length_s = min(until_s, USUAL_S * len(run))
    return _row(run, until_s - length_s, length_s)


def _row(run: Sequence[Word], start_s: float, length_s: float) -> list[Word]:
    """One after the other, each as long as its letters ask for."""
    total = sum(len(w.text) for w in run)
    made, said = [], 0
    for word in run:
        begin = start_s + length_s * said / total
        said += len(word.text)
        made.append(replace(word, start_s=begin, end_s=start_s + length_s * said / total))
    return made
