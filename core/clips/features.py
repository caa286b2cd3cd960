"""What speaks for a stretch: hook, density, emotion, completeness, novelty, and what is seen.

Numbers are compared within one video only (percentiles): a calm lecture and a shouting match both
have their best moments.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analysis.model import Analysis
from core.clips.candidates import Candidate
from core.clips.lexicon import contains_any, content_words, starts_with_any
from core.clips.sentences import Sentence

NAMES = ("hook", "density", "emotion", "complete", "novelty", "picture")
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Opening:
    """How a sentence would work as the first one."""

    asks: bool
    number: bool
    contrast: bool
    strong: str | None
    dangling: bool
    meta: bool
    pause_s: float


@dataclass(frozen=True, slots=True)
class Closing:
    """How a sentence would work as the last one."""

    ended: bool
    asks: bool
    pause_s: float


class Features:
    """Measures stretches of one analysed source."""

    def __init__(self, analysis: Analysis, sentences: Sequence[Sentence]) -> None:
        self.analysis, self.sentences = analysis, sentences
        language = analysis.language
        self.content = [content_words(s.text, language) for s in sentences]
        self.openings = [_opening(s, language) for s in sentences]
        self.closings = [Closing(s.ended, s.asks, s.pause_after_s) for s in sentences]
        self._word_count = np.cumsum([0, *(s.last - s.first + 1 for s in sentences)])
        self._weights = _rarity(self.content)
        self._rarity = np.cumsum([0.0, *(self._rare(c) for c in self.content)])
        self._content_count = np.cumsum([0, *(len(c) for c in self.content)])
        self._exclaims = np.cumsum([0, *(s.exclaims for s in sentences)])
        self._energy = np.asarray(analysis.energy_db or [0.0])
        self._motion = np.cumsum([0.0, *analysis.motion])
        self._faces = np.cumsum([0, *(bool(s.faces) for s in analysis.samples)])
        self._sample_times = np.array([s.t_s for s in analysis.samples])
        self._voice = _mask(analysis)

    def _rare(self, words: list[str]) -> float:
        return sum(self._weights[w] for w in words)

    def weight(self, word: str) -> float:
        """How much a word belongs to this place rather than to the whole video."""
        return self._weights.get(word, 0.0)

    # ── one number each; higher is better ──────────────────────────────────────────────────────

    def hook(self, c: Candidate) -> float:
        if c.first < 0:
            return self.burst(c, 3.0)
        o = self.openings[c.first]
        points = 1.4 * o.asks + 0.7 * o.number + 0.6 * o.contrast + 1.1 * bool(o.strong)
        points += min(0.6, o.pause_s / 2) + 0.3 * self.rate(c.start_s, c.start_s + 3, c)
        return points - 1.6 * o.dangling - 1.8 * o.meta

    def density(self, c: Candidate) -> float:
        if c.first < 0:
            return self.moving(c)
        return self.words_per_s(c) * (1 - 0.6 * self.silent_share(c))

    def emotion(self, c: Candidate) -> float:
        loud = self._slice(self._energy, c)
        lively = float(np.percentile(loud, 95) - np.percentile(loud, 40)) if len(loud) else 0.0
        return lively + 2.5 * self.exclaims(c) + 0.5 * self.burst(c, c.length_s)

    def complete(self, c: Candidate) -> float:
        if c.first < 0:
            return 1.0 if any(abs(c.end_s - s) < 0.05 for s in self.analysis.shots_s) else 0.0
        end = self.closings[c.last]
        points = 1.0 * end.ended + min(1.0, end.pause_s) - 0.8 * end.asks
        before = self.sentences[c.first - 1] if c.first else None
        points += 0.6 * (before is None or before.ended or self.openings[c.first].pause_s > 0.5)
        ideal = math.exp(-(((c.length_s - 32) / 22) ** 2))
        return points - 0.9 * self.openings[c.first].dangling + 0.8 * ideal

    def novelty(self, c: Candidate) -> float:
        if c.first < 0:
            return self._spread_of_motion(c)
        a, b = c.first, c.last + 1
        n = self._content_count[b] - self._content_count[a]
        return float((self._rarity[b] - self._rarity[a]) / max(6, n))

    def picture(self, c: Candidate) -> float:
        return self.faces_share(c) + 2 * min(0.2, self.moving(c))

    # ── what the reasons are made of ───────────────────────────────────────────────────────────

    def words_per_s(self, c: Candidate) -> float:
        n = self._word_count[c.last + 1] - self._word_count[c.first]
        return float(n / max(1.0, c.length_s))

    def rate(self, start_s: float, end_s: float, c: Candidate) -> float:
        """Words a second in the opening."""
        first = self.sentences[c.first]
        n = first.last - first.first + 1
        spoken = max(1.0, min(end_s, first.end_s) - max(start_s, first.start_s))
        return min(5.0, n / max(spoken, first.end_s - first.start_s))

    def exclaims(self, c: Candidate) -> int:
        return int(self._exclaims[c.last + 1] - self._exclaims[c.first]) if c.first >= 0 else 0

    def silent_share(self, c: Candidate) -> float:
        spoken = self._slice(self._voice, c)
        return float(1 - spoken.mean()) if len(spoken) else 1.0

    def longest_silence_s(self, c: Candidate) -> float:
        """Without a word, inside the stretch."""
        gaps = [self.sentences[i].pause_after_s for i in range(c.first, c.last)]
        return max(gaps, default=0.0)

    def faces_share(self, c: Candidate) -> float:
        a, b = np.searchsorted(self._sample_times, [c.start_s, c.end_s])
        return float((self._faces[b] - self._faces[a]) / max(1, b - a))

    def moving(self, c: Candidate) -> float:
        a, b = self._bins(c, len(self._motion) - 1)
        return float((self._motion[b] - self._motion[a]) / max(1, b - a))

    def burst(self, c: Candidate, first_s: float) -> float:
        """The biggest step up in loudness, in dB over one second, in the first part."""
        loud = self._slice(self._energy, Candidate(c.start_s, min(c.end_s, c.start_s + first_s)))
        if len(loud) < 20:
            return 0.0
        smooth = np.convolve(loud, np.ones(10) / 10, "valid")
        return float(max(0.0, (smooth[10:] - smooth[:-10]).max(initial=0.0)))

    def key_words(self, c: Candidate, n: int) -> list[str]:
        """The words that make this stretch different from the rest, best first."""
        counts = Counter(w for i in range(c.first, c.last + 1) for w in self.content[i])
        ranked = sorted(counts, key=lambda w: (-counts[w] * self.weight(w), w))
        return ranked[:n]

    def text(self, c: Candidate) -> str:
        return " ".join(self.sentences[i].text for i in range(c.first, c.last + 1))

    def _spread_of_motion(self, c: Candidate) -> float:
        a, b = self._bins(c, len(self._motion) - 1)
        return float(np.diff(self._motion[a : b + 1]).std()) if b > a + 1 else 0.0

    def _slice(self, values: Floats, c: Candidate) -> Floats:
        a, b = self._bins(c, len(values))
        return values[a:b]

    @staticmethod
    def _bins(c: Candidate, n: int) -> tuple[int, int]:
        return min(n, max(0, int(c.start_s * 10))), min(n, max(0, int(c.end_s * 10)))


def _mask(analysis: Analysis) -> Floats:
    """1 where somebody speaks, ten values a second."""
    mask = np.zeros(int(analysis.duration_s * 10) + 1)
    for spell in analysis.voice:
        mask[int(spell.start_s * 10) : int(spell.end_s * 10) + 1] = 1
    return mask


def _rarity(content: Sequence[list[str]]) -> dict[str, float]:
    """Inverse document frequency over windows of five sentences."""
    windows = [set().union(*content[i : i + 5]) for i in range(0, len(content), 5)]
    seen = Counter(w for window in windows for w in window)
    n = max(1, len(windows))
    return {w: math.log((n + 1) / (k + 0.5)) for w, k in seen.items()}


def _opening(sentence: Sentence, language: str | None) -> Opening:
    text = sentence.text
    asks = sentence.asks or starts_with_any(text, "question", language) is not None
    return Opening(
        asks=asks and not text.rstrip().endswith((".", "!")) if not sentence.asks else True,
        number=any(ch.isdigit() for ch in text[:60]),
        contrast=contains_any(text, "contrast", language) is not None,
        strong=contains_any(text[:90], "strong", language),
        dangling=starts_with_any(text, "dangling", language) is not None,
        meta=contains_any(text, "meta", language) is not None,
        pause_s=sentence.pause_before_s,
    )
