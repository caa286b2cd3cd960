"""What speaks for a stretch: hook, density, emotion, completeness, novelty, and what is seen.

Numbers are compared within one video only (percentiles): a calm lecture and a shouting match both
have their best moments.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from core.analysis.model import Analysis, Word
from core.clips.candidates import Candidate
from core.clips.gates import sung
from core.clips.lexicon import (
    carries_topic,
    contains_any,
    extent,
    hints,
    opens_with,
    pairs,
    spaced,
    stem,
    tokens,
)
from core.clips.measures import Measures
from core.clips.openings import Closing, Opening, closing_of, opening_of
from core.clips.sentences import Sentence
from core.clips.takes import worse_takes
from core.clips.taste import USUAL_S
from core.clips.tidy import spoken_text
from core.clips.tongue import spoken_language
from core.clips.vocabulary import Vocabulary

NAMES = ("hook", "density", "emotion", "complete", "novelty", "picture")
_HEADING = 5
"""Words; a longer sentence says something itself."""
_NEAR = 1
"""Sentences on both sides that tell which language is spoken."""


class Features:
    """Measures stretches of one analysed source."""

    def __init__(
        self,
        analysis: Analysis,
        words: Sequence[Word],
        sentences: Sequence[Sentence],
        liked_s: float = USUAL_S,
    ) -> None:
        self._liked_s = liked_s
        self.analysis, self.words, self.sentences = analysis, words, sentences
        self.measures = Measures(analysis, sentences)
        tongues = _tongues(sentences, analysis.language)
        said = [_tokens(s, words) for s in sentences]
        spoken = list(zip(said, tongues, strict=True))
        self.content = [[t for t in s if carries_topic(t, tongue)] for s, tongue in spoken]
        self.stems = [
            [stem(t, tongue) for t in content]
            for content, tongue in zip(self.content, tongues, strict=True)
        ]
        self.vocabulary = Vocabulary(self.stems)
        items = (
            opens_with(s[:4], "item", tongue) is not None
            for s, tongue in zip(said, tongues, strict=True)
        )
        self._items = np.cumsum([0, *items]).tolist()
        self._borders = [self._border(i) for i in range(len(sentences) + 1)]
        self.openings = [self._opening(i, said[i], tongues[i]) for i in range(len(sentences))]
        self.closings = [self._closing(s, said[i], tongues[i]) for i, s in enumerate(sentences)]
        self._names = _names(sentences)
        self._word_count = np.cumsum([0, *(s.last - s.first + 1 for s in sentences)]).tolist()
        self._spoken_s = np.cumsum([0.0, *(s.end_s - s.start_s for s in sentences)]).tolist()
        self._exclaims = np.cumsum([0, *(s.exclaims for s in sentences)]).tolist()
        laughs = (
            contains_any(s.text, "laughs", tongue) is not None
            for s, tongue in zip(sentences, tongues, strict=True)
        )
        self._laughs = np.cumsum([0, *laughs]).tolist()
        stumbles = (
            sum(t in hints(kind, tongue) for t in s for kind in ("um", "hesitation"))
            for s, tongue in spoken
        )
        self._stumbles = np.cumsum([0, *stumbles]).tolist()
        self.worse_takes = worse_takes(sentences)
        self._retaken = np.cumsum([0, *(i in self.worse_takes for i in range(len(sentences)))])
        self._sung = np.cumsum([0, *sung(sentences)])

    def _border(self, i: int) -> float:
        """How much a new subject begins with sentence `i`: other words, or a question that waits
        for its answer."""
        if i in (0, len(self.sentences)):
            return 1.0
        asks = self.sentences[i].asks and not self.sentences[i - 1].asks
        return min(1.0, self.vocabulary.border(i) + 0.6 * asks + 0.6 * self._is_item(i))

    def _is_item(self, i: int) -> bool:
        """The next point of a list begins: "Number two, …"."""
        return bool(self._items[i + 1] > self._items[i])

    def crosses_point(self, c: Candidate) -> bool:
        """It has the end of one point of a list, and then the next one."""
        if c.first < 0 or self._is_item(c.first):
            return False
        return bool(self._items[c.last + 1] > self._items[c.first + 1])

    def headless(self, i: int) -> bool:
        """The name of what it is about was said just before: "Number two, HeyGen." """
        before = self.sentences[i - 1] if i else None
        return before is not None and self._is_item(i - 1) and extent(before.text) <= _HEADING

    def _opening(self, i: int, said: list[str], language: str | None) -> Opening:
        before = self.sentences[i - 1] if i else None
        # A question and its answer share their words, when the answer can stand alone.
        alone = i == 0 or self._is_item(i) or bool(set(self.stems[i]) & set(self.stems[i - 1]))
        content = len(self.content[i])
        return opening_of(self.sentences[i], before, said, language, content=content, alone=alone)

    def _closing(self, s: Sentence, said: list[str], language: str | None) -> Closing:
        tail_db = self.measures.level_db(max(s.start_s, s.end_s - 0.5), s.end_s)
        falls = tail_db < self.measures.level_db(s.start_s, s.end_s) - 2
        return closing_of(s, said, language, falls=falls)

    # ── one number each; higher is better ──────────────────────────────────────────────────────

    def hook(self, c: Candidate) -> float:
        if c.first < 0:
            return self.measures.burst_db(c.start_s, c.start_s + 3) + 20 * self.measures.moving(
                c.start_s, c.start_s + 3
            )
        o = self.openings[c.first]
        points = 1.4 * o.asking + 0.7 * bool(o.number) + 0.6 * bool(o.contrast)
        points += 1.1 * bool(o.strong) + min(0.6, o.pause_s / 2) + 0.1 * self.opening_rate(c)
        points += 0.3 * self.vocabulary.sharpness(c.first, c.first) + 0.6 * self._is_item(c.first)
        return points + 0.5 * o.fresh - 1.6 * o.dangling - 0.9 * o.answers - 1.8 * o.meta

    def density(self, c: Candidate) -> float:
        if c.first < 0:
            return self.measures.moving(c.start_s, c.end_s)
        fluent = 1 - 2 * min(0.5, self.stumbles(c) / max(1, self.word_count(c)))
        return self.words_per_s(c) * fluent * (1 - 0.6 * self.silent_share(c))

    def emotion(self, c: Candidate) -> float:
        m = self.measures
        points = m.liveliness_db(c.start_s, c.end_s) + 0.5 * m.burst_db(c.start_s, c.end_s)
        if c.first < 0:
            return points + m.level_db(c.start_s, c.end_s) - m.usual_db
        points += 2.5 * min(3, self.exclaims(c)) + 4 * min(2, self.laughs(c))
        return points + 2 * min(3, m.reactions(c.start_s, c.end_s + 1.0))

    def complete(self, c: Candidate) -> float:
        if c.first < 0:
            return float(sum(map(self.measures.is_cut, (c.start_s, c.end_s))))
        start, end = self.openings[c.first], self.closings[c.last]
        points = 1.0 * end.ended + min(1.0, end.pause_s) + 0.3 * end.falls
        points -= 0.8 * end.asks + 0.9 * end.open + 0.9 * start.dangling + 0.5 * start.answers
        points += 0.6 * start.fresh
        points += 0.5 * self._borders[c.first] + 0.7 * self._borders[c.last + 1]
        # A new subject in the second half is left unfinished by the end.
        half = (c.first + c.last + 1) // 2
        points -= 0.9 * max(self._borders[half + 1 : c.last + 1], default=0.0)
        points -= 0.9 * self.crosses_point(c)
        return points + 0.8 * math.exp(-(((c.length_s - self._liked_s) / 22) ** 2))

    def novelty(self, c: Candidate) -> float:
        if c.first < 0:
            return self.measures.moving_unevenly(c.start_s, c.end_s)
        return self.vocabulary.sharpness(c.first, c.last)

    def picture(self, c: Candidate) -> float:
        faces = self.measures.faces_share(c.start_s, c.end_s)
        return faces + 2 * min(0.2, self.measures.moving(c.start_s, c.end_s))

    # ── what the reasons are made of ───────────────────────────────────────────────────────────

    def words_per_s(self, c: Candidate) -> float:
        return self.word_count(c) / max(1.0, c.length_s)

    def word_count(self, c: Candidate) -> int:
        return int(self._word_count[c.last + 1] - self._word_count[c.first]) if c.first >= 0 else 0

    @property
    def usual_words_per_s(self) -> float:
        """While somebody speaks."""
        return float(self._word_count[-1] / max(1.0, self._spoken_s[-1]))

    def opening_rate(self, c: Candidate) -> float:
        """Words a second of the first sentence."""
        first = self.sentences[c.first]
        return min(5.0, (first.last - first.first + 1) / max(1.0, first.end_s - first.start_s))

    def exclaims(self, c: Candidate) -> int:
        return int(self._exclaims[c.last + 1] - self._exclaims[c.first]) if c.first >= 0 else 0

    def laughs(self, c: Candidate) -> int:
        """Laughter and applause that the words themselves tell of, as subtitles do."""
        return int(self._laughs[c.last + 1] - self._laughs[c.first]) if c.first >= 0 else 0

    def stumbles(self, c: Candidate) -> int:
        """Sounds of somebody who looks for words: "um", "äh"."""
        return int(self._stumbles[c.last + 1] - self._stumbles[c.first]) if c.first >= 0 else 0

    def retaken(self, c: Candidate) -> int:
        """Sentences that were said again, better, a moment later."""
        return int(self._retaken[c.last + 1] - self._retaken[c.first]) if c.first >= 0 else 0

    def sung_share(self, c: Candidate) -> float:
        """Of its sentences."""
        if c.first < 0:
            return 0.0
        return float((self._sung[c.last + 1] - self._sung[c.first]) / (c.last - c.first + 1))

    def meta(self, c: Candidate) -> int:
        """Sentences about the video itself: greetings, thanks, subscribe."""
        return sum(o.meta for o in self.openings[c.first : c.last + 1]) if c.first >= 0 else 0

    def silent_share(self, c: Candidate) -> float:
        spoken_s = self._spoken_s[c.last + 1] - self._spoken_s[c.first]
        return float(min(1.0, max(0.0, 1 - spoken_s / max(0.1, c.length_s))))

    def longest_silence_s(self, c: Candidate) -> float:
        """Without a word, between two sentences of the stretch."""
        return max((self.sentences[i].pause_after_s for i in range(c.first, c.last)), default=0.0)

    def key_words(self, c: Candidate, n: int) -> list[str]:
        """The words a stretch is about, best first, as they are written most often."""
        inside = [w for i in range(c.first, c.last + 1) for w in self.stems[i]]
        counts, forms = Counter(inside), self._forms(c)
        ranked = sorted(counts, key=lambda w: (-self._telling(w, counts[w], forms[w]), w))
        return [forms[w] for w in ranked[:n]]

    def own_words(self, c: Candidate) -> list[str]:
        """Key words that come up here again and again, and hardly anywhere else."""
        counts = Counter(w for i in range(c.first, c.last + 1) for w in self.stems[i])
        own = {w for w, n in counts.items() if n >= 2 and n >= 0.7 * self.vocabulary.said(w)}
        forms = self._forms(c)
        return [forms[w] for w in sorted(own, key=lambda w: (-counts[w], -len(forms[w]), w))]

    def _telling(self, base: str, n: int, form: str) -> float:
        """What is said often here, also elsewhere but not everywhere, in a word of some length. A
        capital inside a sentence is a name, or a noun in German."""
        often = math.log1p(n) * (0.4 + self.vocabulary.weight(base))
        known = 0.35 * math.log1p(self.vocabulary.said(base) - n)
        return often + known + 0.06 * min(9, len(form)) + 0.5 * (form in self._names)

    def _forms(self, c: Candidate) -> dict[str, str]:
        """For each stem of a stretch, its most common form."""
        written: dict[str, Counter[str]] = {}
        for i in range(c.first, c.last + 1):
            for form, base in zip(self.content[i], self.stems[i], strict=True):
                written.setdefault(base, Counter())[form] += 1
        return {b: min(f, key=lambda w: (-f[w], len(w), w)) for b, f in written.items()}

    def text(self, c: Candidate) -> str:
        return " ".join(self.sentences[i].text for i in range(c.first, c.last + 1))


def _tongues(sentences: Sequence[Sentence], declared: str | None) -> list[str | None]:
    """The language of every sentence, by what is said around it."""
    near = [*range(-_NEAR, _NEAR + 1), 0, 0]  # its own words count three times
    passages = (
        " ".join(sentences[i + k].text for k in near if 0 <= i + k < len(sentences))
        for i in range(len(sentences))
    )
    return [spoken_language(passage, declared) for passage in passages]


def _names(sentences: Sequence[Sentence]) -> frozenset[str]:
    """Words that are written with a capital inside sentences."""
    inside = (w for s in sentences for w in s.text.split()[1:])
    return frozenset(t for w in inside if w[:1].isupper() and not w.isupper() for t in tokens(w))


def _tokens(s: Sentence, words: Sequence[Word]) -> list[str]:
    """What is said, without stage directions; in closed-up scripts as the recogniser parted it."""
    if spaced(s.text):
        return tokens(spoken_text(s.text))
    parted = (t for w in words[s.first : s.last + 1] for t in tokens(w.text))
    return [pair for t in parted for pair in pairs(t)]
