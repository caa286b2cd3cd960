"""Where exactly a clip begins and ends: in silence, never inside a word, kind to shot edges.

In this order of importance: no word is cut; at most 0.35 s before the first word and 0.45 s after
the last; on a shot edge, or at least 0.2 s away from it; outside what the voice model calls speech;
not in black.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from core.analysis.model import Analysis, Spell, Word

LEAD_S, TAIL_S = 0.35, 0.45
_LIKED_LEAD_S, _LIKED_TAIL_S = 0.2, 0.3
EDGE_S = 0.2
"""Nearer to a shot edge than this, a clip would flash the neighbouring shot."""
_PADDED_S = 0.06
"""The voice model pads its spells by some 60 ms."""
_SAME_S = 1e-6
_ROUNDED_S = 0.002
"""Cuts are rounded to a millisecond."""


class Edges:
    """Finds the cuts of one source. `words` are in order of time."""

    def __init__(self, words: Sequence[Word], analysis: Analysis) -> None:
        self._words = words
        self._duration_s = analysis.duration_s
        self._shots = sorted(s for s in analysis.shots_s if 0 < s < analysis.duration_s)
        self._voice, self._black = analysis.voice, analysis.black
        self._starts = [w.start_s for w in words]
        self._reach = [0.0, *accumulate((w.end_s for w in words), max)]

    def opens(self, first: int) -> bool:
        """Whether a cut before word `first` leaves every other word whole; people who talk at the
        same time leave no such place."""
        return self._reach[first] <= self._starts[first] + _SAME_S

    def closes(self, last: int) -> bool:
        """The same behind word `last`."""
        return last + 1 >= len(self._words) or self.opens(last + 1)

    def start(self, first: int) -> float:
        """The cut before word `first`."""
        word = self._starts[first]
        low = min(word, max(0.0, self._reach[first], word - LEAD_S))
        return self._best(low, word, word - _LIKED_LEAD_S)

    def end(self, last: int, latest_s: float | None = None) -> float:
        """The cut behind word `last`, at `latest_s` at the latest as far as the word allows."""
        word = self._reach[last + 1]
        after = self._starts[last + 1] if last + 1 < len(self._words) else self._duration_s
        high = max(word, min(self._duration_s, after, word + TAIL_S, latest_s or self._duration_s))
        return self._best(word, high, word + _LIKED_TAIL_S)

    def near(self, t_s: float, reach_s: float) -> float:
        """The best cut within `reach_s` of a moment: between words, kind to shot edges."""
        low, high = max(0.0, t_s - reach_s), min(self._duration_s, t_s + reach_s)
        choices = [t for t in self._around(low, high, t_s) if self.is_between_words(t)]
        choices += [t for t in self._word_edges(low, high) if self.is_between_words(t)]
        shots = self._near_shots(low, high)
        return min(
            sorted(choices), key=lambda t: self._cost(t, shots, t_s), default=self.out_of_word(t_s)
        )

    def out_of_word(self, t_s: float) -> float:
        """The nearest moment that is inside no word."""
        if self.is_between_words(t_s):
            return t_s
        i = bisect_right(self._starts, t_s) - 1
        first, last = i, i
        while first > 0 and not self.opens(first):
            first -= 1
        while not self.closes(last):
            last += 1
        before, behind = self._starts[first], self._reach[last + 1]
        return before if t_s - before <= behind - t_s else behind

    def is_clear(self, t_s: float) -> bool:
        """On a shot edge, at an end of the video, or at least `EDGE_S` away from every edge."""
        if t_s < _ROUNDED_S or t_s > self._duration_s - _ROUNDED_S:
            return True
        gap = min((abs(t_s - s) for s in self._near_shots(t_s, t_s)), default=EDGE_S)
        return gap <= _ROUNDED_S or gap >= EDGE_S - _ROUNDED_S

    def is_between_words(self, t_s: float) -> bool:
        i = bisect_left(self._starts, t_s - _SAME_S)
        return self._reach[i] <= t_s + _SAME_S

    def _word_edges(self, low: float, high: float) -> Iterable[float]:
        a, b = bisect_left(self._starts, low - 5.0), bisect_right(self._starts, high)
        edges = (t for w in self._words[a:b] for t in (w.start_s, w.end_s))
        return [t for t in edges if low <= t <= high]

    def _near_shots(self, low: float, high: float) -> list[float]:
        a = bisect_left(self._shots, low - EDGE_S)
        return self._shots[a : bisect_right(self._shots, high + EDGE_S)]

    def _around(self, low: float, high: float, liked: float) -> list[float]:
        """Everything worth trying between `low` and `high`."""
        marks = [low, high, min(high, max(low, liked))]
        for s in self._near_shots(low, high):
            marks += [s, s - EDGE_S, s + EDGE_S]
        first = bisect_left(self._black, low, key=lambda b: b.end_s)
        last = bisect_right(self._black, high, key=lambda b: b.start_s)
        for spell in self._black[first:last]:
            marks += [spell.start_s, spell.end_s]
        return [t for t in marks if low <= t <= high]

    def _best(self, low: float, high: float, liked: float) -> float:
        shots = self._near_shots(low, high)
        choices = sorted(set(self._around(low, high, liked)))
        best = min(choices, key=lambda t: self._cost(t, shots, liked))
        return min(high, max(low, round(best, 3)))

    def _cost(self, t_s: float, shots: Sequence[float], liked: float) -> float:
        cost = abs(t_s - liked)
        gap = min((abs(t_s - s) for s in shots), default=EDGE_S)
        at_an_end = t_s < _SAME_S or t_s > self._duration_s - _SAME_S
        if gap < _SAME_S:
            cost -= 0.3  # on a shot edge: the best place there is
        elif gap < EDGE_S - _SAME_S and not at_an_end:
            cost += 5
        return cost + self._in(self._voice, t_s, _PADDED_S) + 0.5 * self._in(self._black, t_s, 0.0)

    @staticmethod
    def _in(spells: Sequence[Spell], t_s: float, padded_s: float) -> bool:
        at = bisect_left(spells, t_s, key=lambda s: s.end_s)
        if at >= len(spells):
            return False
        return spells[at].start_s + padded_s < t_s < spells[at].end_s - padded_s
