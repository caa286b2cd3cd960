"""Every stretch that could be a clip: from a sentence to a sentence, or from shot to shot where
nobody speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.analysis.model import Analysis, Spell
from core.clips.base import Wish
from core.clips.edges import Edges
from core.clips.sentences import Sentence

USUAL_MIN_S, USUAL_MAX_S = 15.0, 60.0
_PER_START = 12
"""Ends that are tried for one beginning; more only differ by a word or two."""


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


def lengths_for(wish: Wish, duration_s: float) -> Lengths:
    """The usual ones, what the wish says, and what the source allows: a short video gives short
    clips rather than none."""
    high = wish.max_s or max(USUAL_MAX_S, (wish.min_s or 0) * 1.5)
    low = wish.min_s if wish.min_s is not None else min(USUAL_MIN_S, high / 2)
    if wish.min_s is None:
        low = min(low, max(3.0, duration_s * 0.5))
    return Lengths(min(low, duration_s), min(high, max(duration_s, 3.0)))


def spoken(
    sentences: Sequence[Sentence], edges: Edges, lengths: Lengths, within: Spell | None
) -> list[Candidate]:
    """Stretches that begin and end on sentences."""
    found: list[Candidate] = []
    for i, opening in enumerate(sentences):
        if within and opening.start_s < within.start_s - 0.5:
            continue
        start_s = edges.start(opening.first)
        ends = []
        for j in range(i, len(sentences)):
            length = sentences[j].end_s - start_s
            if length > lengths.max_s or (within and sentences[j].end_s > within.end_s + 0.5):
                break
            if length >= lengths.min_s - 0.5:
                ends.append(j)
        for j in _spread(ends):
            end_s = min(edges.end(sentences[j].last), start_s + lengths.max_s)
            # The tail may not push it over the limit, and may not cut the last word either.
            end_s = max(end_s, sentences[j].end_s)
            if lengths.min_s <= end_s - start_s <= lengths.max_s + 1e-6:
                found.append(Candidate(round(start_s, 3), round(end_s, 3), i, j))
    return found


def _spread(ends: list[int]) -> list[int]:
    if len(ends) <= _PER_START:
        return ends
    step = (len(ends) - 1) / (_PER_START - 1)
    return [ends[round(k * step)] for k in range(_PER_START)]


def seen(analysis: Analysis, lengths: Lengths, within: Spell | None) -> list[Candidate]:
    """Stretches between shot edges, for videos without words; long shots are cut evenly."""
    low, high = (within.start_s, within.end_s) if within else (0.0, analysis.duration_s)
    high = min(high, analysis.duration_s)
    marks = [low, *(s for s in analysis.shots_s if low < s < high), high]
    points = [low]
    for a, b in pairwise(marks):
        n = max(1, int((b - a) // max(lengths.min_s / 2, 2.0)))
        points.extend(a + (b - a) * k / n for k in range(1, n + 1))
    found: list[Candidate] = []
    for i, start in enumerate(points):
        ends = [p for p in points[i + 1 :] if lengths.min_s <= p - start <= lengths.max_s]
        found.extend(Candidate(round(start, 3), round(e, 3)) for e in ends[:_PER_START])
    if not found and high - low <= lengths.max_s:
        found.append(Candidate(round(low, 3), round(high, 3)))
    return [c for c in found if not _dark(c, analysis)]


def _dark(candidate: Candidate, analysis: Analysis) -> bool:
    """More than a third of it is black."""
    black = sum(
        max(0.0, min(candidate.end_s, b.end_s) - max(candidate.start_s, b.start_s))
        for b in analysis.black
    )
    return black > candidate.length_s / 3
