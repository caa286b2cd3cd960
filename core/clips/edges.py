"""Where exactly a clip begins and ends: in silence, never inside a word, kind to shot edges.

In this order of importance: no word is cut; at most 0.35 s before the first word and 0.45 s after
the last; on a shot edge, or at least 0.2 s away from it; outside what the voice model calls speech.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from core.analysis.model import Spell, Word

LEAD_S, TAIL_S = 0.35, 0.45
_LIKED_LEAD_S, _LIKED_TAIL_S = 0.2, 0.3
EDGE_S = 0.2
"""Nearer to a shot edge than this, a clip would flash the neighbouring shot."""


class Edges:
    """Finds the cuts of one source."""

    def __init__(
        self,
        words: Sequence[Word],
        shots_s: Sequence[float],
        voice: Sequence[Spell],
        duration_s: float,
    ) -> None:
        self._words, self._shots = words, sorted(shots_s)
        self._voice, self._duration_s = voice, duration_s

    def start(self, first: int) -> float:
        """The cut before word `first`."""
        word = self._words[first].start_s
        before = self._words[first - 1].end_s if first else 0.0
        low = max(0.0, min(word, before), word - LEAD_S)
        return self._best(low, word, max(low, word - _LIKED_LEAD_S))

    def end(self, last: int) -> float:
        """The cut after word `last`."""
        word = self._words[last].end_s
        after = self._words[last + 1].start_s if last + 1 < len(self._words) else self._duration_s
        high = min(self._duration_s, max(word, after), word + TAIL_S)
        return self._best(word, high, min(high, word + _LIKED_TAIL_S))

    def _best(self, low: float, high: float, liked: float) -> float:
        """The best moment between `low` and `high`."""
        near = [s for s in self._shots if low - EDGE_S < s < high + EDGE_S]
        choices = {low, high, liked, *(s for s in near if low <= s <= high)}
        for s in near:
            choices |= {c for c in (s - EDGE_S, s + EDGE_S) if low <= c <= high}
        return min(sorted(choices), key=lambda t: self._cost(t, near, liked))

    def _cost(self, t_s: float, near: Sequence[float], liked: float) -> float:
        cost = abs(t_s - liked)
        gap = min((abs(t_s - s) for s in near), default=EDGE_S)
        if gap < 1e-6:
            cost -= 0.3  # on a shot edge: the best place there is
        elif gap < EDGE_S - 1e-6 and 0.001 < t_s < self._duration_s - 0.001:
            cost += 5
        return cost + (1 if self._in_voice(t_s) else 0)

    def _in_voice(self, t_s: float) -> bool:
        """Well inside speech by the voice model, which pads its spells by some 60 ms."""
        at = bisect_left(self._voice, t_s, key=lambda s: s.end_s)
        return at < len(self._voice) and self._voice[at].start_s + 0.06 < t_s < (
            self._voice[at].end_s - 0.06
        )
