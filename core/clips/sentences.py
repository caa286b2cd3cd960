"""Words to sentences: what a clip may begin and end on.

Punctuation where there is some, pauses where there is none. No sentence is longer than a person
can follow; a very long one is cut at its best pause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.analysis.model import Word

PAUSE_S = 0.6
LONGEST_S = 20.0
_ENDS = (".", "!", "?", "…", "。", "！", "？", "؟", "।", "۔")
_CLOSERS = "\"'”’»)]」』"


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

    @property
    def asks(self) -> bool:
        return self.text.rstrip(_CLOSERS).endswith(("?", "？", "؟"))

    @property
    def exclaims(self) -> bool:
        return self.text.rstrip(_CLOSERS).endswith(("!", "！"))


def ends_sentence(text: str) -> bool:
    """Whether a word closes a sentence. A single letter or a short abbreviation does not."""
    bare = text.rstrip(_CLOSERS)
    if not bare.endswith(_ENDS):
        return False
    return not (bare.endswith(".") and len(bare) <= 3 and bare[:1].isupper() and bare.isascii())


def sentences_of(words: Sequence[Word]) -> tuple[Sentence, ...]:
    """Every word in exactly one sentence, in order."""
    if not words:
        return ()
    punctuated = sum(ends_sentence(w.text) for w in words) / len(words) > 0.01
    groups: list[tuple[int, int]] = []
    first = 0
    for i, word in enumerate(words):
        last = i == len(words) - 1
        pause = words[i + 1].start_s - word.end_s if not last else 99.0
        closes = ends_sentence(word.text) or pause >= (2.0 if punctuated else PAUSE_S)
        if last or closes:
            groups.extend(_not_too_long(words, first, i))
            first = i + 1
    return tuple(_sentence(words, a, b) for a, b in groups)


def _not_too_long(words: Sequence[Word], first: int, last: int) -> list[tuple[int, int]]:
    """Cut at the longest pause near the middle until each piece is short enough."""
    if words[last].end_s - words[first].start_s <= LONGEST_S or last - first < 2:
        return [(first, last)]
    middle = (words[first].start_s + words[last].end_s) / 2
    length = words[last].end_s - words[first].start_s

    def worth(i: int) -> float:
        pause = words[i + 1].start_s - words[i].end_s
        comma = 0.15 if words[i].text.endswith((",", ";", ":", "،", "、")) else 0.0
        return pause + comma - 0.5 * abs(words[i].end_s - middle) / length

    at = max(range(first, last), key=worth)
    return [*_not_too_long(words, first, at), *_not_too_long(words, at + 1, last)]


def _sentence(words: Sequence[Word], first: int, last: int) -> Sentence:
    before = words[first].start_s - (words[first - 1].end_s if first else 0.0)
    after = words[last + 1].start_s - words[last].end_s if last + 1 < len(words) else PAUSE_S
    return Sentence(
        first,
        last,
        words[first].start_s,
        words[last].end_s,
        " ".join(w.text for w in words[first : last + 1]),
        ends_sentence(words[last].text),
        max(0.0, before),
        max(0.0, after),
    )
