"""Words to sentences: what a clip may begin and end on.

Punctuation where there is some; pauses, drops of the voice and shot edges where there is none. No
sentence is longer than a person can follow; a very long one is cut at its best pause.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.analysis.model import Analysis, Word
from core.clips.lexicon import joined

PAUSE_S = 0.6
LONGEST_S = 20.0
_PATIENCE = 1.5
_PAUSE_IN_SENTENCE_S = 1.5
"""Even with punctuation, a silence like this ends a thought."""
_PAUSE_GOES_ON_S = 4.0
"""Unless the next word is written small: whoever speaks slowly only thinks."""
_PAUSE_AT_EDGE_S = 0.25
"""A short pause where the shot changes too, or where the voice falls, counts as a long one."""
_FALL_DB = 12.0
_ENDS = (".", "!", "?", "…", "。", "！", "？", "؟", "।", "۔", "॥", "։", "።", "၊", "။", "；")
_CLOSERS = "\"'”’»)]」』"
_ABBREVIATIONS = frozenset(
    {"mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "vs.", "etc.", "e.g.", "i.e.", "no.", "fig."}
    | {"z.b.", "d.h.", "u.a.", "bzw.", "ca.", "nr.", "sr.", "sra.", "srta.", "ud.", "p.ej."}
    | {"m.", "mme.", "env.", "т.е.", "т.д.", "т.п.", "им.", "г.", "ул.", "approx.", "jr.", "inc."}
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words `first` … `last` (both inside) of the source."""

    first: int
    last: int
    start_s: float
    end_s: float
    text: str
    ended: bool
    """It ends with punctuation that ends a sentence."""
    pause_before_s: float
    pause_after_s: float
    sure: float = 1.0
    """How sure the recogniser is of its least sure word, 0…1."""

    @property
    def asks(self) -> bool:
        return self.text.rstrip(_CLOSERS).endswith(("?", "？", "؟"))

    @property
    def exclaims(self) -> bool:
        return self.text.rstrip(_CLOSERS).endswith(("!", "！"))


def in_order(words: Sequence[Word], duration_s: float) -> tuple[Word, ...]:
    """Words by their time, inside the source, each with a length of at least nothing."""
    found = []
    for word in words:
        start = min(max(0.0, word.start_s), duration_s)
        end = min(max(start, word.end_s), duration_s)
        if word.text.strip():
            found.append(replace(word, text=word.text.strip(), start_s=start, end_s=end))
    return tuple(sorted(found, key=lambda w: (w.start_s, w.end_s)))


def ends_sentence(text: str, following: str = "") -> bool:
    """Whether a word closes a sentence: no abbreviation, no initial, nothing small behind it."""
    bare = text.rstrip(_CLOSERS)
    if not bare.endswith(_ENDS):
        return False
    goes_on = following[:1].islower()
    if not bare.endswith("."):
        # "Is it true?" she asked: a quotation inside a sentence.
        return not (goes_on and (bare.endswith("…") or bare != text))
    if bare.lower() in _ABBREVIATIONS and bare.lower() != "no.":
        return False
    initial = len(bare) == 2 and bare[0].isupper()
    return not initial and not goes_on


def sentences_of(
    words: Sequence[Word], analysis: Analysis, longest_s: float = LONGEST_S
) -> tuple[Sentence, ...]:
    """Every word in exactly one sentence, in order. `words` are in order of time."""
    if not words:
        return ()
    breaks = _Breaks(words, analysis)
    groups: list[tuple[int, int]] = []
    first = 0
    for i in range(len(words)):
        if i == len(words) - 1 or breaks.after(i):
            groups.extend(_not_too_long(words, first, i, longest_s * breaks.patience))
            first = i + 1
    return tuple(_sentence(words, a, b) for a, b in groups)


class _Breaks:
    """Says where one sentence ends and the next begins."""

    def __init__(self, words: Sequence[Word], analysis: Analysis) -> None:
        self._words, self._shots, self._joins = words, analysis.shots_s, analysis.joins_s
        self._energy = analysis.energy_db
        ends = sum(ends_sentence(w.text) for w in words)
        self._punctuated = ends / len(words) > 0.01
        self.patience = _PATIENCE if self._punctuated else 1.0
        """How much longer a sentence may be: where its end is written it is none by chance."""
        self._small = not any(w.text[:1].isupper() for w in words)
        voiced = sorted(e for e in self._energy if e > -60)
        self._usual_db = voiced[len(voiced) // 2] if voiced else 0.0

    def after(self, i: int) -> bool:
        word, following = self._words[i], self._words[i + 1]
        pause_s = following.start_s - word.end_s
        if ends_sentence(word.text, following.text):
            return True
        if _lies_between(self._joins, word.end_s, following.start_s):
            return True  # another recording begins
        if self._punctuated:
            goes_on = following.text[:1].islower() and not self._small
            return pause_s >= (_PAUSE_GOES_ON_S if goes_on else _PAUSE_IN_SENTENCE_S)
        if pause_s >= PAUSE_S:
            return True
        if pause_s < _PAUSE_AT_EDGE_S:
            return False
        return _lies_between(self._shots, word.end_s, following.start_s) or (
            self._falls(word.end_s, following.start_s)
        )

    def _falls(self, low: float, high: float) -> bool:
        bins = self._energy[int(low * 10) : int(high * 10) + 1]
        return bool(bins) and min(bins) < self._usual_db - _FALL_DB


def _lies_between(edges: Sequence[float], low: float, high: float) -> bool:
    at = bisect_left(edges, low - 0.1)
    return at < len(edges) and edges[at] <= high + 0.1


def _not_too_long(
    words: Sequence[Word], first: int, last: int, longest_s: float
) -> list[tuple[int, int]]:
    """Cut at the longest pause near the middle until each piece is short enough."""
    done, todo = [], [(first, last)]
    while todo:
        a, b = todo.pop()
        length_s = words[b].end_s - words[a].start_s
        if length_s <= longest_s or b - a < 1:
            done.append((a, b))
            continue
        at = _best_cut(words, a, b, length_s)
        todo += [(at + 1, b), (a, at)]
    return sorted(done)


def _best_cut(words: Sequence[Word], a: int, b: int, length_s: float) -> int:
    middle = (words[a].start_s + words[b].end_s) / 2

    def worth(i: int) -> float:
        pause = min(1.0, words[i + 1].start_s - words[i].end_s)
        comma = 0.15 if words[i].text.endswith((",", ";", ":", "،", "、", "，")) else 0.0
        return pause + comma - abs(words[i].end_s - middle) / length_s

    # Only the middle half, so that no piece is a crumb.
    low, high = a + (b - a) // 4, b - (b - a) // 4
    return max(range(low, max(low + 1, high)), key=worth)


def _sentence(words: Sequence[Word], first: int, last: int) -> Sentence:
    inside = words[first : last + 1]
    before = words[first].start_s - (words[first - 1].end_s if first else 0.0)
    ahead = words[last + 1] if last + 1 < len(words) else None
    after = ahead.start_s - words[last].end_s if ahead else PAUSE_S
    return Sentence(
        first,
        last,
        words[first].start_s,
        max(w.end_s for w in inside),
        joined(w.text for w in inside),
        ends_sentence(words[last].text, ahead.text if ahead else ""),
        max(0.0, before),
        max(0.0, after),
        min(w.sure for w in inside),
    )
