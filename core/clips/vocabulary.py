"""Which words belong to a place rather than to the whole video, and where the topic changes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

_WINDOW = 5
"""Sentences that count as one place."""
_SIDES = 6
"""Sentences compared on both sides of a border (TextTiling: a few hundred words)."""


class Vocabulary:
    """Built once from the stems of every sentence."""

    def __init__(self, stems: Sequence[Sequence[str]]) -> None:
        self._weights = _rarity(stems)
        self._in_all = Counter(w for said in stems for w in said)
        self._sums = np.cumsum([0.0, *(sum(self._weights[w] for w in s) for s in stems)]).tolist()
        self._counts = np.cumsum([0, *(len(s) for s in stems)]).tolist()
        self._borders = _depths(stems)

    def weight(self, stem: str) -> float:
        """How much a word belongs to this place rather than to the whole video."""
        return self._weights.get(stem, 0.0)

    def said(self, stem: str) -> int:
        """How often in the whole video."""
        return self._in_all[stem]

    def sharpness(self, first: int, last: int) -> float:
        """Mean weight of the words of some sentences."""
        n = self._counts[last + 1] - self._counts[first]
        return float((self._sums[last + 1] - self._sums[first]) / max(6, n))

    def border(self, sentence: int) -> float:
        """How much the topic changes in front of a sentence, 0…1; 1 at both ends."""
        return self._borders[sentence]


def _rarity(stems: Sequence[Sequence[str]]) -> dict[str, float]:
    """Inverse document frequency over places of some sentences."""
    places = [set().union(*stems[i : i + _WINDOW]) for i in range(0, len(stems), _WINDOW)]
    seen = Counter(w for place in places for w in place)
    n = max(1, len(places))
    return {w: math.log((n + 1) / (k + 0.5)) for w, k in seen.items()}


def _depths(stems: Sequence[Sequence[str]]) -> list[float]:
    """The depth score of TextTiling (Hearst 1997) at every border: how much less alike both sides
    are here than at the nearest peaks."""
    n = len(stems)
    if n < 2:
        return [1.0] * (n + 1)
    alike = [1.0, *(_alike(stems, i) for i in range(1, n)), 1.0]
    depths = [_climb(alike, i, -1) + _climb(alike, i, 1) - 2 * alike[i] for i in range(1, n)]
    top = max(1e-9, max(depths))
    return [1.0, *(max(0.0, d / top) for d in depths), 1.0]


def _alike(stems: Sequence[Sequence[str]], border: int) -> float:
    """Cosine of the words before and behind a border."""
    before = Counter(w for s in stems[max(0, border - _SIDES) : border] for w in s)
    behind = Counter(w for s in stems[border : border + _SIDES] for w in s)
    dot = sum(k * behind[w] for w, k in before.items() if w in behind)
    norms = math.sqrt(sum(k * k for k in before.values()) * sum(k * k for k in behind.values()))
    return dot / norms if norms else 0.0


def _climb(alike: Sequence[float], at: int, step: int) -> float:
    """The nearest peak in one direction; the ends of the video are none."""
    best = alike[at]
    i = at + step
    while 0 < i < len(alike) - 1 and alike[i] >= best:
        best = alike[i]
        i += step
    return best
