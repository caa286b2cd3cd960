"""From features to one score with reasons a person can check by watching."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz

from core.clips.base import Wish
from core.clips.candidates import Candidate
from core.clips.features import NAMES, Features
from core.clips.lexicon import content_words, tokens
from core.say import Say, say

WEIGHTS: Mapping[str, float] = {
    "hook": 0.26,
    "density": 0.16,
    "emotion": 0.16,
    "complete": 0.24,
    "novelty": 0.12,
    "picture": 0.06,
}
_TONES: Mapping[str, tuple[str, frozenset[str]]] = {
    "emotion": ("emotion", frozenset({"funny", "fun", "emotional", "angry", "exciting", "loud"})),
    "calm": ("complete", frozenset({"calm", "serious", "thoughtful", "wise"})),
    "hook": ("hook", frozenset({"surprising", "shocking", "controversial", "hook"})),
}
_FILLER = frozenset(
    {"about", "part", "parts", "moment", "moments", "the", "where", "they", "talk", "talks"}
    | {"best", "find", "show", "give", "bit", "scene", "start", "from", "with", "clip", "clips"}
)
_TOPIC_FITS = 82.0
"""rapidfuzz ratio: `pricing` and `prices` fit, `pricing` and `princess` do not."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A stretch with its worth. `score` is 0…100."""

    candidate: Candidate
    score: float
    parts: Mapping[str, float]
    """Percentile of each feature within the video, 0…1."""
    topic: float
    """How well it fits the wished topic, 0…1; 1 without one."""


def topic_of(wish: Wish, language: str | None) -> list[str]:
    """The words of a wish that name a topic, without tone words and filler."""
    tones = frozenset().union(*(words for _, words in _TONES.values()))
    return [t for t in content_words(wish.text, language) if t not in tones and t not in _FILLER]


def tone_of(wish: Wish) -> str | None:
    """The feature a tone word asks for."""
    said = set(tokens(wish.text))
    return next((feature for feature, words in _TONES.values() if words & said), None)


def score_all(candidates: Sequence[Candidate], features: Features, wish: Wish) -> list[Scored]:
    """Best first."""
    if not candidates:
        return []
    raw = {name: np.array([getattr(features, name)(c) for c in candidates]) for name in NAMES}
    ranks = {name: _percentiles(values) for name, values in raw.items()}
    weights = dict(WEIGHTS)
    if tone := tone_of(wish):
        weights[tone] += 0.4
    total = sum(weights.values())
    topic = topic_of(wish, features.analysis.language)
    fits = _fits(candidates, features, topic)
    found = any(fit > 0 for fit in fits)
    scored = []
    for i, c in enumerate(candidates):
        parts = {name: float(ranks[name][i]) for name in NAMES}
        mean = sum(weights[n] * parts[n] for n in NAMES) / total
        worth = max(0.0, mean - _penalty(c, features))
        if topic and found:
            worth = 0.25 * worth + 0.75 * fits[i] * (0.5 + 0.5 * worth)
        scored.append(Scored(c, round(100 * min(1.0, worth), 1), parts, fits[i]))
    return sorted(scored, key=lambda s: (-s.score, s.candidate.start_s))


def _percentiles(values: np.ndarray) -> np.ndarray:
    """Share of the others that are lower; equal ones share the middle."""
    if len(values) == 1 or float(np.ptp(values)) < 1e-9:
        return np.full(len(values), 0.6)
    ordered = np.sort(values)
    low = np.searchsorted(ordered, values, "left")
    high = np.searchsorted(ordered, values, "right")
    return (low + high) / 2 / len(values)


def _penalty(c: Candidate, features: Features) -> float:
    if c.first < 0:
        return 0.0
    opening = features.openings[c.first]
    points = 0.18 * opening.meta + 0.08 * opening.dangling
    points += 0.10 * (features.longest_silence_s(c) > 2.0)
    points += 0.06 * (c.length_s > 60)
    black = any(b.start_s <= c.start_s + 0.3 < b.end_s for b in features.analysis.black)
    return points + 0.15 * black


def _fits(candidates: Sequence[Candidate], features: Features, topic: Sequence[str]) -> list[float]:
    if not topic:
        return [1.0] * len(candidates)
    found = [[_in(words, t) for t in topic] for words in features.content]
    per = np.cumsum([np.zeros(len(topic)), *(np.array(f, float) for f in found)], axis=0)
    fits = []
    for c in candidates:
        if c.first < 0:
            fits.append(0.0)
            continue
        hits = per[c.last + 1] - per[c.first]
        share = float((hits > 0).mean())
        density = float(min(1.0, hits.sum() / max(1, c.last - c.first + 1) * 1.5))
        fits.append(0.75 * share + 0.25 * density if share else 0.0)
    return fits


def _in(words: Sequence[str], wanted: str) -> bool:
    return any(w == wanted or (len(w) > 3 and fuzz.ratio(w, wanted) >= _TOPIC_FITS) for w in words)


# ── reasons ─────────────────────────────────────────────────────────────────────────────────────


def reasons_for(scored: Scored, features: Features, wish: Wish) -> tuple[Say, ...]:
    """Two to four, the strongest first, each true of this stretch."""
    c = scored.candidate
    found: list[tuple[float, Say]] = []
    topic = topic_of(wish, features.analysis.language)
    if topic and scored.topic > 0:
        found.append((2.0, say("reason.topic", topic=" ".join(topic))))
    found += _spoken_reasons(scored, features) if c.first >= 0 else _seen_reasons(scored, features)
    found.sort(key=lambda f: -f[0])
    kept = [reason for worth, reason in found if worth >= 0.5][:4]
    if len(kept) < 2:
        kept.append(say("reason.length", length=round(c.length_s)))
    return tuple(kept)


def _spoken_reasons(scored: Scored, features: Features) -> list[tuple[float, Say]]:
    c, parts = scored.candidate, scored.parts
    opening, closing = features.openings[c.first], features.closings[c.last]
    found = [(0.5 + parts["hook"], r) for r in _opening_reasons(features, c)]
    if closing.ended and closing.pause_s > 0.3 and not opening.dangling:
        found.append((0.3 + parts["complete"], say("reason.complete")))
    if parts["density"] > 0.6:
        rate = round(features.words_per_s(c), 1)
        found.append((parts["density"], say("reason.dense", rate=rate)))
    if exclaims := features.exclaims(c):
        found.append((0.2 + parts["emotion"], say("reason.exclaims", n=exclaims)))
    elif parts["emotion"] > 0.6:
        found.append((parts["emotion"], say("reason.lively")))
    keys = features.key_words(c, 2)
    if parts["novelty"] > 0.55 and len(keys) == 2 and not features.analysis.rough:
        found.append((parts["novelty"], say("reason.novel", a=keys[0], b=keys[1])))
    if features.faces_share(c) > 0.9:
        found.append((0.55, say("reason.face")))
    return found


def _opening_reasons(features: Features, c: Candidate) -> list[Say]:
    opening = features.openings[c.first]
    if opening.dangling or opening.meta:
        return []
    if opening.asks:
        return [say("reason.question")]
    if opening.strong and not features.analysis.rough:
        return [say("reason.strong", word=opening.strong)]
    if opening.contrast:
        return [say("reason.contrast")]
    if opening.number:
        return [say("reason.number")]
    if opening.pause_s > 0.6 and c.first:
        return [say("reason.pause")]
    return []


def _seen_reasons(scored: Scored, features: Features) -> list[tuple[float, Say]]:
    c, parts = scored.candidate, scored.parts
    found = []
    if parts["density"] > 0.55:
        found.append((parts["density"], say("reason.moving")))
    if parts["hook"] > 0.55 and features.burst(c, 3.0) > 3:
        found.append((parts["hook"], say("reason.burst")))
    if parts["emotion"] > 0.6 and features.analysis.energy_db:
        found.append((parts["emotion"], say("reason.loud")))
    if features.faces_share(c) > 0.6:
        found.append((0.7, say("reason.face")))
    cuts = sum(c.start_s < s < c.end_s for s in features.analysis.shots_s)
    if cuts:
        found.append((0.6, say("reason.cuts", n=cuts)))
    elif parts["complete"] > 0.6:
        found.append((0.55, say("reason.shot")))
    return found
