"""From features to one score: percentiles within the video, less what speaks against it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.clips.base import Wish
from core.clips.candidates import Candidate
from core.clips.features import NAMES, Features
from core.clips.taste import NO_TASTE, Taste
from core.clips.topic import fits, tones_of, topic_of

WEIGHTS: Mapping[str, float] = {
    "hook": 0.26,
    "density": 0.14,
    "emotion": 0.16,
    "complete": 0.26,
    "novelty": 0.12,
    "picture": 0.06,
}
_TONE = 0.5
"""What a wished tone adds to the weight of its feature: more than any other has."""
_FITTING = 0.6
"""Of the best fit; what fits the topic much less is not about it."""
_LONGEST_SILENCE_S, _DRAG_S = 2.0, 60.0
_SUNG = 0.3
"""Share of sentences of a song from which on a stretch is one."""
_ON_S, _FLASH_S = 0.04, 0.6
"""A shot edge this near to an end of a clip is that end; a shot shown for so short beside one looks
like a mistake."""
_SPREAD = 0.12
"""The least distance between a good and a usual stretch; nearer ones only differ by chance."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A stretch with its worth. `score` is 0…100."""

    candidate: Candidate
    score: float
    parts: Mapping[str, float]
    """Percentile of each feature within the video, 0…1."""
    topic: float
    """How well it fits the wished topic, 0…1; 1 without one."""
    about: str = ""
    """The topic it stands for, where a wish has several."""


def score_all(
    candidates: Sequence[Candidate], features: Features, wish: Wish, taste: Taste = NO_TASTE
) -> list[Scored]:
    """Best first; where a topic is wished and found, only what is about it."""
    if not candidates:
        return []
    topic = topic_of(wish.text, features.analysis.language)
    fit = fits(candidates, features, topic)
    best_fit = max(fit)
    ranks = _ranks(candidates, features)
    weights = {name: weight * taste.times(name) for name, weight in WEIGHTS.items()}
    for tone in tones_of(wish):
        weights[tone] += _TONE
    total = sum(weights.values())
    mean = sum((weights[n] / total) * ranks[n] for n in NAMES)
    worth = mean - np.array([_against(c, features) for c in candidates])
    if topic and best_fit > 0:
        worth = 0.5 * worth + 0.5 * np.array(fit) / best_fit
    scores = _spread(worth)
    scored = [
        Scored(c, float(scores[i]), {n: float(ranks[n][i]) for n in NAMES}, fit[i])
        for i, c in enumerate(candidates)
        if not topic or fit[i] >= _FITTING * best_fit
    ]
    return sorted(scored, key=lambda s: (-s.score, s.candidate.start_s, s.candidate.end_s))


Floats = npt.NDArray[np.float64]


def _ranks(candidates: Sequence[Candidate], features: Features) -> dict[str, Floats]:
    raw = {name: [getattr(features, name)(c) for c in candidates] for name in NAMES}
    return {name: percentiles(np.array(values)) for name, values in raw.items()}


def percentiles(values: Floats) -> Floats:
    """Share of the others that are lower; equal ones share the middle."""
    if len(values) == 1 or float(np.ptp(values)) < 1e-9:
        return np.full(len(values), 0.6)
    ordered = np.sort(values)
    low = np.searchsorted(ordered, values, "left")
    high = np.searchsorted(ordered, values, "right")
    return (low + high) / 2 / len(values)


def _spread(worth: Floats) -> Floats:
    """0…100 with the usual stretch at 50 and the best ones about 90: means of percentiles alone
    would all lie between 40 and 75."""
    usual, good = float(np.median(worth)), float(np.quantile(worth, 0.97))
    wide = max(_SPREAD, good - usual)
    return np.round(100 / (1 + np.exp(-2.2 * (worth - usual) / wide)), 1)


def _against(c: Candidate, features: Features) -> float:
    """What speaks against a stretch, whatever speaks for it."""
    m = features.measures
    points = 0.15 * m.is_black(c.start_s + 0.3)
    points += 0.10 * m.stands_still(c.start_s)
    points += 0.06 * (c.length_s > _DRAG_S)
    points += 0.18 * _flashes(c, features)
    if c.first < 0:
        return points
    opening, closing = features.openings[c.first], features.closings[c.last]
    points += 0.18 * opening.meta + 0.06 * min(2, features.meta(c))
    points += 0.10 * opening.dangling + 0.08 * opening.answers + 0.08 * closing.open
    points += 0.08 * closing.asks + 0.18 * features.headless(c.first)
    points += 0.10 * features.crosses_point(c)
    points += 0.12 * min(2, features.retaken(c)) + 0.10 * (c.first in features.worse_takes)
    points += 0.25 * (features.sung_share(c) > _SUNG)
    points += 0.05 * (not opening.fresh)
    return points + 0.10 * (features.longest_silence_s(c) > _LONGEST_SILENCE_S)


def _flashes(c: Candidate, features: Features) -> int:
    """How many of its ends show a moment of the shot beside them."""
    shots = features.analysis.shots_s
    first = bisect_right(shots, c.start_s + _ON_S)
    last = bisect_left(shots, c.end_s - _ON_S) - 1
    at_start = first < len(shots) and shots[first] - c.start_s < _FLASH_S
    at_end = last >= 0 and c.end_s - shots[last] < _FLASH_S and shots[last] > c.start_s
    return at_start + at_end
