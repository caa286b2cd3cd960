"""Sentences that were said once more, because the first time went wrong."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz

from core.clips.lexicon import spaced, tokens
from core.clips.sentences import Sentence

_SAME = 88.0
"""rapidfuzz ratio of two takes of one sentence."""
_FEWEST = 4
"""Words; shorter ones are repeated for effect ("Never. Never!")."""
_FEWEST_CLOSED_UP = 8
"""Characters, in scripts without spaces."""
_BEHIND, _WITHIN_S = 4, 30.0
_SURER = 0.2


def worse_takes(sentences: Sequence[Sentence]) -> frozenset[int]:
    """Indices of sentences that come again within moments, said better: whole, and surer. Of two
    that are alike the later one is kept, as whoever repeats a sentence does it to replace it."""
    said = [_letters(s) for s in sentences]
    worse: set[int] = set()
    for i, s in enumerate(sentences):
        if not said[i]:
            continue
        for j in range(i + 1, min(len(sentences), i + 1 + _BEHIND)):
            again = sentences[j]
            if again.start_s - s.end_s > _WITHIN_S:
                break
            if said[j] and _same_take(said[i], said[j], s.ended):
                worse.add(j if _better(s, again) else i)
                break
    return frozenset(worse)


def _letters(s: Sentence) -> list[str]:
    """The words of a sentence that is long enough; the characters where words are closed up."""
    if not spaced(s.text):
        found = [ch for ch in s.text if ch.isalnum()]
        return found if len(found) >= _FEWEST_CLOSED_UP else []
    found = tokens(s.text)
    return found if len(found) >= _FEWEST else []


def _same_take(a: list[str], b: list[str], a_ended: bool) -> bool:
    if fuzz.ratio(a, b, score_cutoff=_SAME) >= _SAME:
        return True
    # A false start: broken off, and begun again with the same words.
    started = a[: max(_FEWEST, len(a) - 1)]
    return not a_ended and len(b) > len(a) and b[: len(started)] == started


def _better(first: Sentence, second: Sentence) -> bool:
    """Whether the first take is the one to keep."""
    if first.ended != second.ended:
        return first.ended
    return first.sure > second.sure + _SURER
