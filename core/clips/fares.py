"""What posts that did well have in common, each beside the middle post of its own account.

People's own choices come first: this only ever adds a little to them, and never against them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median, stdev

from core.say import Say, say

FEWEST = 5
"""Posts of one account at one age before they are compared; and posts with something, and without
it, before anything is learnt."""
LEAST, MOST = 0.8, 1.25
"""Bounds of what a weight is multiplied with; less than people's own choices may move it."""
_SLOPE, _SLOW = 0.4, 10.0
"""Twice as well is 1.28 times the weight, once there is much more than this evidence."""
_ODDS = 8.0
"""Times the middle from which on a post only had luck, or none."""
_CHANCE = 2.4
"""Standard errors that chance exceeds once in sixty: nine times in ten none of six features."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a post came to at one age."""

    account_id: int
    post: int
    age_h: int
    views: int | None
    reactions: int | None
    """Likes and comments, where views are not told."""
    parts: Mapping[str, float] = field(default_factory=dict)
    practice: bool = False
    """Made up by a practice platform."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One thing that posts which did well have, or lack."""

    name: str
    times: float
    """How well those with more of it than usual did, over the others."""
    having: int
    lacking: int
    weight: float
    """What its weight is multiplied with."""

    @property
    def words(self) -> Say:
        better = self.times > 1
        return say(
            "figures.better" if better else "figures.worse",
            what=say(f"taste.{self.name}"),
            times=round(self.times if better else 1 / self.times, 1),
            n=self.having,
            others=self.lacking,
            percent=round(abs(self.weight - 1) * 100),
        )


def compared(readings: Sequence[Reading]) -> list[tuple[Mapping[str, float], float]]:
    """For each post its features, and the logarithm of how much better than the middle one of its
    account at the same age it did: at the highest age at which there are enough to compare."""
    groups = defaultdict(list)
    for r in readings:
        groups[r.account_id, r.age_h, r.views is None].append(r)
    best: dict[int, tuple[int, Mapping[str, float], float]] = {}
    for (_, age_h, unseen), group in groups.items():
        if len(group) < FEWEST:
            continue
        middle = median(_worth(r, unseen) for r in group)
        for r in group:
            if r.post not in best or best[r.post][0] < age_h:
                best[r.post] = (age_h, r.parts, _odds(_worth(r, unseen), middle))
    return [(parts, odds) for _, parts, odds in best.values()]


def _worth(r: Reading, unseen: bool) -> int:
    return (r.reactions if unseen else r.views) or 0


def _odds(worth: int, middle: float) -> float:
    most = math.log(_ODDS)
    return max(-most, min(most, math.log((worth + 1) / (middle + 1))))


def shifts(readings: Sequence[Reading]) -> tuple[Shift, ...]:
    """What made a difference, the strongest first."""
    posts = [p for p in compared(readings) if p[0]]
    names = sorted({name for parts, _ in posts for name in parts})
    found = [s for name in names if (s := _shift(name, posts)) is not None]
    return tuple(sorted(found, key=lambda s: -abs(math.log(s.times))))


def _shift(name: str, posts: Sequence[tuple[Mapping[str, float], float]]) -> Shift | None:
    known = [(parts[name], odds) for parts, odds in posts if name in parts]
    usual = median(share for share, _ in known)
    having = [odds for share, odds in known if share > usual]
    lacking = [odds for share, odds in known if share <= usual]
    if min(len(having), len(lacking)) < FEWEST:
        return None
    apart = fmean(having) - fmean(lacking)
    error = math.sqrt(stdev(having) ** 2 / len(having) + stdev(lacking) ** 2 / len(lacking))
    if abs(apart) < max(_CHANCE * error, math.log(1.1)):
        return None
    evidence = 2 * len(having) * len(lacking) / (len(having) + len(lacking))
    weight = 1 + _SLOPE * apart * evidence / (evidence + _SLOW)
    weight = round(min(MOST, max(LEAST, weight)), 2)
    return Shift(name, round(math.exp(apart), 2), len(having), len(lacking), weight)
