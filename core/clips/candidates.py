"""Every stretch that could be a clip: from a sentence to a sentence, or from shot to shot where
nobody speaks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from core.analysis.model import Analysis, Spell
from core.clips.base import Wish
from core.clips.edges import Edges
from core.clips.sentences import Sentence
from core.clips.wish import LONGEST_S, SHORTEST_S

USUAL_MIN_S, USUAL_MAX_S = 15.0, 60.0
_PER_START = 12
"""Ends that are tried for one beginning; more only differ by a word or two."""
_T = TypeVar("_T")
_HAIR_S = 1e-6
ALL_BLACK = 0.8
"""Share of a video from which on it is black, and not only dark now and then."""
_SLACK_S = 0.5
"""A named place is meant roughly."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of the source. `first` … `last` are sentences (both inside); −1 without words."""

    start_s: float
    end_s: float
    first: int = -1
    last: int = -1

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Lengths:
    """How short and how long a clip may be here."""

    min_s: float
    max_s: float

    def hold(self, length_s: float) -> bool:
        return self.min_s - _HAIR_S <= length_s <= self.max_s + _HAIR_S


def lengths_for(wish: Wish, duration_s: float) -> Lengths:
    """The usual ones, what the wish says, and what the source allows: a short video gives short
    clips rather than none."""
    low = min(wish.min_s, LONGEST_S) if wish.min_s else None
    high = min(wish.max_s, LONGEST_S) if wish.max_s else max(USUAL_MAX_S, (low or 0) * 1.5)
    if low is None:
        low = min(USUAL_MIN_S, high / 2, max(SHORTEST_S, duration_s / 2))
    return Lengths(min(max(low, SHORTEST_S), high), high)


def spoken(
    sentences: Sequence[Sentence], edges: Edges, lengths: Lengths, within: Spell | None
) -> list[Candidate]:
    """Stretches that begin and end on sentences."""
    found: list[Candidate] = []
    for i, opening in enumerate(sentences):
        if not edges.opens(opening.first):
            continue
        if within and opening.start_s < within.start_s - _SLACK_S:
            continue
        start_s = edges.start(opening.first)
        for j in _spread(_ends(sentences, edges, i, start_s, lengths, within)):
            end_s = edges.end(sentences[j].last, start_s + lengths.max_s)
            if lengths.hold(end_s - start_s):
                found.append(Candidate(start_s, end_s, i, j))
    return found


def _ends(
    sentences: Sequence[Sentence],
    edges: Edges,
    i: int,
    start_s: float,
    lengths: Lengths,
    within: Spell | None,
) -> list[int]:
    """The sentences a stretch that begins with sentence `i` may end with."""
    ends = []
    for j in range(i, len(sentences)):
        last = sentences[j]
        if last.end_s - start_s > lengths.max_s or (
            within and last.end_s > within.end_s + _SLACK_S
        ):
            break
        if last.end_s - start_s >= lengths.min_s - _SLACK_S and edges.closes(last.last):
            ends.append(j)
    return ends


def _spread(ends: list[_T]) -> list[_T]:
    if len(ends) <= _PER_START:
        return ends
    step = (len(ends) - 1) / (_PER_START - 1)
    return [ends[round(k * step)] for k in range(_PER_START)]


# ── without words ───────────────────────────────────────────────────────────────────────────────


def seen(
    analysis: Analysis, edges: Edges, lengths: Lengths, within: Spell | None
) -> list[Candidate]:
    """Stretches between shot edges and quiet moments, for videos that are not about what is said.
    Words that are there all the same stay whole."""
    low, high = (within.start_s, within.end_s) if within else (0.0, analysis.duration_s)
    high = min(high, analysis.duration_s)
    if low >= high:
        return []
    points = _points(analysis, edges, lengths, low, high)
    found: list[Candidate] = []
    for i, start in enumerate(points):
        first = bisect_left(points, start + lengths.min_s - _HAIR_S, i + 1)
        last = bisect_right(points, start + lengths.max_s + _HAIR_S, first)
        found.extend(Candidate(start, end) for end in _spread(points[first:last]))
    if not found and SHORTEST_S * 0.9 <= high - low <= lengths.max_s:
        kind = Candidate(edges.near(low, 0.3), edges.near(high, 0.3))
        whole = Candidate(edges.out_of_word(low), edges.out_of_word(high))
        found.append(kind if lengths.hold(kind.length_s) else whole)
    kept = [c for c in found if _black_s(c, analysis) <= c.length_s / 3]
    if kept or sum(b.length_s for b in analysis.black) > ALL_BLACK * analysis.duration_s:
        return kept
    return found  # it flashes all the way through


def _points(
    analysis: Analysis, edges: Edges, lengths: Lengths, low: float, high: float
) -> list[float]:
    """Where a stretch may begin and end: shot edges, ends of black and of still pictures, and quiet
    moments in long shots."""
    marks = {low, high, *(s for s in analysis.shots_s if low < s < high)}
    # Where a still picture ends the next slide begins, though it may be too like it for a shot.
    marks |= {s.end_s for s in (*analysis.black, *analysis.frozen) if low < s.end_s < high}
    # Fine enough that some pair of points lies as far apart as a clip may be long.
    step = max(2.0, min(lengths.min_s / 2, (lengths.max_s - lengths.min_s) / 2))
    points: list[float] = [low]
    for a, b in pairwise(sorted(marks)):
        n = max(1, int((b - a) // step))
        quiet = [_quiet(analysis, a + (b - a) * k / n, step / 4) for k in range(1, n)]
        points += [*quiet, b]
    whole = sorted({round(edges.near(t, 0.3), 3) for t in points})
    bad = sorted(_bad_openings(analysis), key=lambda s: s.end_s)
    return [t for t in whole if not _lies_in(bad, t)]


def _lies_in(spells: Sequence[Spell], t_s: float) -> bool:
    """Well inside one of them; black and still pictures overlap in no other way than as one."""
    at = bisect_right(spells, t_s + 0.05, key=lambda s: s.end_s)
    return any(s.start_s + 0.05 < t_s for s in spells[at : at + 2])


def _bad_openings(analysis: Analysis) -> list[Spell]:
    """Black; and still pictures, unless the video is mostly that: slides, a screen."""
    still_s = sum(s.length_s for s in analysis.frozen)
    still = analysis.frozen if still_s < 0.3 * analysis.duration_s else ()
    return [*analysis.black, *still]


def _quiet(analysis: Analysis, t_s: float, reach_s: float) -> float:
    """The quietest tenth of a second around a moment; the calmest picture where all is silent."""
    a, b = int((t_s - reach_s) * 10), int((t_s + reach_s) * 10) + 1
    for values in (analysis.energy_db, analysis.motion):
        near = values[max(0, a) : b]
        if near and max(near) - min(near) > 1e-3:
            return (max(0, a) + near.index(min(near))) / 10
    return t_s


def _black_s(candidate: Candidate, analysis: Analysis) -> float:
    black = analysis.black
    first = bisect_right(black, candidate.start_s, key=lambda b: b.end_s)
    last = bisect_left(black, candidate.end_s, key=lambda b: b.start_s)
    return sum(
        min(candidate.end_s, b.end_s) - max(candidate.start_s, b.start_s) for b in black[first:last]
    )
