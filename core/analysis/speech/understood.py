"""What Whisper has understood of the stretches of a talk, and what of it can be believed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from core.analysis.model import Spell, Word
from core.analysis.speech.base import Heard
from core.analysis.speech.child import word_of
from core.analysis.speech.holes import filled, holes
from core.analysis.speech.journal import Journal
from core.analysis.speech.whisper_child import SEVERAL
from core.say import Say, say

_SURE, _HARDLY_SURE = -0.8, -0.7
"""Mean log probability of half a minute. Talk has more than −0.55, with the smallest model too;
another language than the model knows, written down as words of this one, −0.8 … −1.2."""
_SURE_ALONE = -0.6
"""The same of a few words that are heard without what is around them."""
_LIKELY, _HARDLY_LIKELY = 0.5, 0.6
"""Mean probability of the words of a sentence: 0.7 … 1 of talk, 0.2 … 0.6 of a foreign one."""
_FEW = 3
"""Of fewer words one rare name makes the mean."""
_AGAIN = 2.4
"""How often a text repeats itself, as it is compressed; Whisper's own limit for a loop."""
_WORTH_TELLING_S = 5.0
_NEAR_S = 0.5
_ENDS = (".", "!", "?", "…", "。", "！", "？", "؟", "।", ":", '"')
_NOUNS_LARGE = frozenset({"de", "lb"})
_PLAIN = re.compile(r"(?!I$)[^\W\d_][^\W\d_A-Z]*[,.?!]?")
"""No "I", "I'm", "NASA" or "iPhone 4"."""
_CLOSED_UP = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages that are written without spaces; the others have one in front of every word."""


class Understood:
    """The lines of a journal that belong to these stretches of `voice`."""

    def __init__(self, every: Sequence[Spell], voice: Sequence[Spell], noted: Journal) -> None:
        self._every, self._voice, self._noted = every, voice, noted
        self._begins = [v.start_s - _NEAR_S for v in voice]
        self._ends = [v.end_s + _NEAR_S for v in voice]

    def _known(self, spells: Sequence[Spell]) -> list[Mapping[str, Any]]:
        found = {(n.get("at"), n.get("to")): n for n in self._noted.lines}
        return [found[key] for s in spells if (key := (s.start_s, s.end_s)) in found]

    def _unknown(self, spells: Sequence[Spell]) -> list[Spell]:
        done = {(n["at"], n["to"]) for n in self._known(spells)}
        return [s for s in spells if (s.start_s, s.end_s) not in done]

    @property
    def _lines(self) -> list[Mapping[str, Any]]:
        return self._known(self._every)

    @property
    def left(self) -> list[Spell]:
        """What was not listened to yet."""
        return self._unknown(self._every)

    @property
    def passed_over(self) -> list[Spell]:
        """Speech between the words that was not listened to once more yet."""
        return self._unknown(self._holes())

    def _holes(self) -> list[Spell]:
        """None beside what cannot be believed: more of that is no better."""
        segments = [s for line in self._lines for s in line["segments"]]
        runs = (list(run) for good, run in groupby(segments, _believed) if good)
        said = ([word_of(w) for s in run for w in s["words"]] for run in runs)
        return [hole for words in said for hole in holes(words, self._voice)]

    @property
    def until_s(self) -> float:
        """Until when nothing is missing."""
        left = self.left
        return left[0].start_s if left else self._every[-1].end_s

    @property
    def share(self) -> float:
        left_s = sum(s.length_s for s in self.left)
        return 1 - left_s / max(0.1, sum(s.length_s for s in self._every))

    @property
    def language(self) -> str | None:
        """What most of the words are of."""
        count: Counter[str] = Counter()
        for line in self._lines:
            count[line["language"]] += sum(len(s["words"]) for s in line["segments"])
        return count.most_common(1)[0][0] if count else None

    @property
    def spoken(self) -> str:
        """For the child: the language, several of them, or nothing where it is not known yet."""
        found = {line["language"] for line in self._lines}
        return SEVERAL if len(found) > 1 else next(iter(found), "")

    def heard(self) -> Heard:
        """The words so far."""
        segments = [
            {**s, "language": line["language"], "window": (line["at"], s.get("window"))}
            for line in self._lines
            for s in line["segments"]
            if s["words"]
        ]
        believed = [s for s in segments if _believed(s)]
        words = [w for w in self._written(believed) if self._spoken(w)]
        for line in self._known(self._holes()):
            more = [s for s in line["segments"] if _believed(s) and s["sure"] > _SURE_ALONE]
            closed_up = line["language"] in _CLOSED_UP
            said = [w for s in more for w in _joined(s["words"], closed_up=closed_up)]
            words = filled(words, Spell(line["at"], line["to"]), said)
        lost_s = sum(_length_s(s) for s in segments) - sum(_length_s(s) for s in believed)
        return Heard(tuple(words), "whisper", self.language, _notes(words, lost_s))

    def _written(self, segments: Sequence[Mapping[str, Any]]) -> Iterator[Word]:
        """Every half a minute is written as if it began a sentence; where it begins in the middle
        of one, it is a small letter."""
        last, window = ".", None
        for segment in segments:
            closed_up = segment["language"] in _CLOSED_UP
            first, *rest = _joined(segment["words"], closed_up=closed_up)
            goes_on = segment["window"] != window and not last.endswith(_ENDS)
            goes_on = goes_on and segment["language"] not in _NOUNS_LARGE and first.sure > _LIKELY
            if goes_on and _PLAIN.fullmatch(first.text):
                first = replace(first, text=first.text.lower())
            yield from (first, *rest)
            last, window = [first, *rest][-1].text, segment["window"]

    def _spoken(self, word: Word) -> bool:
        """Whisper invents words in silence and music; where nobody speaks there are none."""
        n = bisect_right(self._ends, word.start_s)
        return n < len(self._ends) and self._begins[n] < word.end_s


def _believed(segment: Mapping[str, Any]) -> bool:
    sure, words = segment["sure"], segment["words"]
    if sure < _SURE or segment["again"] > _AGAIN:
        return False
    if len(words) < _FEW:
        return True
    likely: float = sum(w["p"] for w in words) / len(words)
    return likely > (_HARDLY_LIKELY if sure < _HARDLY_SURE else _LIKELY)


def _length_s(segment: Mapping[str, Any]) -> float:
    return float(segment["words"][-1]["e"] - segment["words"][0]["s"])


def _notes(words: Sequence[Word], lost_s: float) -> tuple[Say, ...]:
    if lost_s < _WORTH_TELLING_S and (words or not lost_s):
        return ()
    if not words:
        return (say("speech.not_understood"),)
    return (say("speech.partly_understood", seconds=round(lost_s)),)


def _joined(raw: Sequence[dict[str, Any]], *, closed_up: bool) -> Iterator[Word]:
    """Parts without a space between them are one word: "self" and "-starter", "3" and ".5"."""
    word: Word | None = None
    for part in map(word_of, raw):
        if word is None:
            word = part
        elif closed_up or part.text.startswith(" "):
            yield _bare(word)
            word = part
        else:
            sure = min(word.sure, part.sure)
            word = replace(word, text=word.text + part.text, end_s=part.end_s, sure=sure)
    if word is not None:
        yield _bare(word)


def _bare(word: Word) -> Word:
    return replace(word, text=word.text.strip())
