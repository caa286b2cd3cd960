"""Repairs word times: in order, apart, inside the source, and no word without a time."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from core.analysis.model import Word

_LEAST_S = 0.04
_UNSURE_S = 0.08
"""No recogniser knows better than this where a word begins."""


def repair(
    words: Sequence[Word], duration_s: float, shots_s: Sequence[float] = ()
) -> tuple[Word, ...]:
    """Every word that came in, in its order, with a time of its own.

    Recognisers give times that jump back, words of no length and words beyond the end; none of
    these is a reason to lose a word from the captions. A word that seems to begin or end a blink
    beyond a shot edge does so on it, or no clip could be cut there.
    """
    texts = [w for w in words if w.text.strip()]
    timed = [_inside(replace(w, text=w.text.strip()), duration_s) for w in texts]
    at = 0.0
    ordered: list[Word] = []
    for i, word in enumerate(timed):
        if word.start_s + _LEAST_S < at:  # it jumps back: place it between its neighbours
            following = next((w.start_s for w in timed[i + 1 :] if w.start_s > at), duration_s)
            word = replace(word, start_s=at, end_s=min(following, at + 0.25))
        start = max(at, word.start_s)
        end = max(start, word.end_s)
        ordered.append(replace(word, start_s=start, end_s=end))
        at = start
    return tuple(_apart([_on_edges(w, shots_s) for w in ordered], duration_s))


def _on_edges(word: Word, shots_s: Sequence[float]) -> Word:
    """`shots_s` in order."""
    n = bisect_right(shots_s, word.start_s)
    ahead = shots_s[n] if n < len(shots_s) else math.inf
    if ahead - word.start_s < _UNSURE_S and word.end_s - ahead >= _UNSURE_S:
        word = replace(word, start_s=ahead)
    n = bisect_left(shots_s, word.end_s) - 1
    behind = shots_s[n] if n >= 0 else -math.inf
    if word.end_s - behind < _UNSURE_S and behind - word.start_s >= _UNSURE_S:
        word = replace(word, end_s=behind)
    return word


def _inside(word: Word, duration_s: float) -> Word:
    start = min(max(0.0, word.start_s), duration_s)
    return replace(word, start_s=start, end_s=min(max(start, word.end_s), duration_s))


def _apart(words: list[Word], duration_s: float) -> list[Word]:
    """No two words at once, and each at least a moment long: starts are moved as little as needed,
    backward from the end and then forward."""
    n = len(words)
    starts = [w.start_s for w in words]
    for i in range(n - 1, -1, -1):
        latest = (starts[i + 1] if i + 1 < n else duration_s) - _LEAST_S
        starts[i] = max(0.0, min(starts[i], latest))
    for i in range(1, n):
        starts[i] = max(starts[i], starts[i - 1] + 0.001)
    out = []
    for i, word in enumerate(words):
        limit = starts[i + 1] if i + 1 < n else max(duration_s, starts[i] + _LEAST_S)
        end = min(max(word.end_s, starts[i] + _LEAST_S), limit)
        out.append(replace(word, start_s=round(starts[i], 3), end_s=round(end, 3)))
    return out
