"""What the words of a wish ask for: a tone ("funny"), a topic ("about pricing"), or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz

from core.clips.base import Wish
from core.clips.candidates import Candidate
from core.clips.features import Features
from core.clips.lexicon import content_words, pairs, spaced, stem, tokens
from core.clips.wish_words import tables

_FITS = 84.0
"""rapidfuzz ratio: misheard and misspelt names fit, `pricing` and `princess` do not."""
_ABOUT = ("关于", " ")
"""How a topic is named in Chinese, without a space behind it."""
_SPELT_FROM = 5
"""Letters; shorter words are too alike to be guessed."""


@dataclass(frozen=True, slots=True)
class Topic:
    """The words a wish names, without filler and tone."""

    words: tuple[str, ...]
    stems: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.words)

    def __str__(self) -> str:
        return " ".join(self.words)


def topic_of(text: str, language: str | None) -> Topic:
    """The topic of some words as it is written, and its stems in the language of the video."""
    tones = {w for said in tables()["tone"].values() for w in said} | _laughter()
    # The wish may be in another language than the video: both kinds of function words go.
    said = set(content_words(text, language)) & set(content_words(text, None))
    said -= tones | set(tables()["topic"]["filler"])
    parted = (pair for t in tokens(text) for pair in pairs(t))
    words = tuple(dict.fromkeys(t for t in parted if t in said))
    return Topic(words, tuple(stem(w, language) for w in words))


def wants_laughter(text: str) -> bool:
    """ "start at the joke"."""
    return bool(set(tokens(text)) & _laughter())


def _laughter() -> set[str]:
    return set(tables()["laughter"]["words"])


def tones_of(wish: Wish) -> tuple[str, ...]:
    """The features that tone words ask for."""
    said = set(tokens(f"{wish.text} {wish.opening}"))
    stems = {stem(t, "en") for t in said}
    found = (
        feature
        for feature, words in tables()["tone"].items()
        if said & set(words) or stems & {stem(w, "en") for w in words}
    )
    return tuple(found)


def fits(candidates: Sequence[Candidate], features: Features, topic: Topic) -> list[float]:
    """How well each stretch fits, 0…1: all words of the topic, often, and early."""
    if not topic:
        return [1.0] * len(candidates)
    hits = _hits(features, topic)
    sums = np.cumsum(np.vstack([np.zeros(len(topic.words)), hits]), axis=0)
    weights = np.array([_weight(features, s) for s in topic.stems])
    return [_fit(c, sums, weights) for c in candidates]


def names(features: Features, topic: Topic) -> list[bool]:
    """For every sentence, whether it says a word of the topic."""
    return [bool(row.any()) for row in _hits(features, topic)] if topic else []


def _fit(c: Candidate, sums: np.ndarray, weights: np.ndarray) -> float:
    if c.first < 0:
        return 0.0
    inside = sums[c.last + 1] - sums[c.first]
    if not inside.any():
        return 0.0
    share = float(((inside > 0) * weights).sum() / weights.sum())
    # A topic is what every third sentence speaks of.
    often = float(min(1.0, 3 * inside.sum() / (c.last - c.first + 1)))
    early = float((sums[min(c.first + 2, c.last + 1)] - sums[c.first]).any())
    return 0.5 * share + 0.35 * often + 0.15 * early


def _weight(features: Features, base: str) -> float:
    """A word that is everywhere in the video says little about a place in it."""
    return max(0.3, features.vocabulary.weight(base) or 1.0)


def _hits(features: Features, topic: Topic) -> np.ndarray:
    """For every sentence, how often it says each word of the topic."""
    rows = np.zeros((len(features.stems), len(topic.words)))
    alike: dict[tuple[str, int], bool] = {}
    for i, (stems, forms) in enumerate(zip(features.stems, features.content, strict=True)):
        for base, form in zip(stems, forms, strict=True):
            for k in range(len(topic.words)):
                key = (form, k)
                if key not in alike:
                    alike[key] = _same(form, base, topic.words[k], topic.stems[k])
                rows[i, k] += alike[key]
    return rows


def _same(form: str, base: str, wanted: str, wanted_base: str) -> bool:
    if form == wanted or base == wanted_base:
        return True
    if not spaced(form) and len(wanted) >= 2:
        # A word of a wish and one of a recogniser may both hold more than one.
        return wanted in form or (len(form) == 2 and form in wanted.replace(*_ABOUT))
    if min(len(form), len(wanted)) < _SPELT_FROM:
        return False
    return form[0] == wanted[0] and fuzz.ratio(form, wanted) >= _FITS
