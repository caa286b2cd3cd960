"""Stretches that look good and are not: a teaser that shows the best first, a song."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, process

from core.analysis.model import Analysis
from core.clips.sentences import Sentence

_SAME = 88.0
_TEASER_S = 90.0
_TEASER_SHARE = 0.6
"""11 of 14 sentences of a teaser come again later, at most 2 of any ordinary stretch do
(clips.md §1.3)."""
_SONG_SHARE = 0.2


def teaser_end(sentences: Sequence[Sentence]) -> int:
    """How many sentences at the start are a preview of what comes; 0 for none."""
    head = [s for s in sentences if s.start_s < _TEASER_S and len(s.text.split()) >= 4]
    if len(head) < 3 or len(sentences) < 3 * len(head):
        return 0
    again = []
    for s in head:
        later = [t.text for t in sentences if t.start_s > s.end_s + 60]
        found = process.extractOne(s.text, later, scorer=fuzz.ratio, score_cutoff=_SAME)
        again.append(found is not None)
    for n in range(len(again), 2, -1):
        if sum(again[:n]) >= _TEASER_SHARE * n and again[n - 1]:
            return sentences.index(head[n - 1]) + 1
    return 0


def is_song(analysis: Analysis, sentences: Sequence[Sentence]) -> bool:
    """Lines that come again and again over sound that never pauses."""
    lines = [" ".join(s.text.lower().split()) for s in sentences if len(s.text.split()) >= 3]
    if len(lines) < 8:
        return False
    repeated = len(lines) - len(set(lines))
    return repeated > _SONG_SHARE * len(lines)
