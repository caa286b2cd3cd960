"""What a workspace likes, learnt from the clips it kept and those it put away.

It moves the weights a little, never far: what is liked comes first more often, and the rest still
comes. Little evidence moves nothing. Everything that was learnt can be said in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from core.clips.fares import Shift
from core.say import Say, say

FEWEST = 4
"""Clips kept, and put away, before anything is learnt."""
LEAST, MOST = 0.6, 1.6
"""Bounds of what a weight is multiplied with."""
_SLOPE, _SLOW = 1.5, 8.0
"""A whole percentile apart is 1.5 times the weight, once there is much more than this evidence."""
_NOTABLE = 0.1
"""Below it a difference is chance."""
USUAL_S = 32.0
"""The length most platforms' viewers finish; what is liked without any evidence (clips.md §5.1)."""
SHORTEST_S, LONGEST_S = 15.0, 60.0
_APART_S = 4.0


@dataclass(frozen=True, slots=True)
class Judged:
    """A clip that was shown, and what became of it."""

    parts: Mapping[str, float]
    """Percentile of each feature within its video, 0…1."""
    length_s: float
    kept: bool
    sure: float = 1.0
    """How much it says: one that was only left lying says less than one that was put away."""


@dataclass(frozen=True, slots=True)
class Taste:
    """What was learnt. Empty: nothing yet."""

    weights: Mapping[str, float] = field(default_factory=dict)
    """What the weight of a feature is multiplied with for what is kept, where that is not 1."""
    length_s: float | None = None
    """The length that is kept, where it is not the usual one."""
    kept: int = 0
    dropped: int = 0
    fares: tuple[Shift, ...] = ()
    """What posts that did well have in common."""

    def __bool__(self) -> bool:
        return bool(self.weights) or self.length_s is not None or bool(self.fares)

    @property
    def by_posts(self) -> tuple[Shift, ...]:
        """What posts show and people do not contradict by what they keep."""
        agree = (s for s in self.fares if (s.weight - 1) * (self.weights.get(s.name, 1) - 1) >= 0)
        return tuple(agree)

    def times(self, name: str) -> float:
        """What the weight of a feature is multiplied with, all in all."""
        shown = next((s.weight for s in self.by_posts if s.name == name), 1.0)
        return min(MOST, max(LEAST, self.weights.get(name, 1.0) * shown))

    @property
    def liked_s(self) -> float:
        return self.length_s or USUAL_S

    def words(self) -> tuple[Say, ...]:
        """What was learnt from people's choices, the strongest first."""
        lines: list[Say] = []
        if self.length_s is not None:
            shorter = self.length_s < USUAL_S
            key = "taste.shorter" if shorter else "taste.longer"
            lines.append(say(key, length=round(self.length_s), usual=round(USUAL_S)))
        strongest = sorted(self.weights.items(), key=lambda w: -abs(w[1] - 1))
        for name, times in strongest:
            key = "taste.more" if times > 1 else "taste.less"
            lines.append(say(key, what=say(f"taste.{name}"), percent=round(abs(times - 1) * 100)))
        return tuple(lines)


NO_TASTE = Taste()


def learn(judged: Sequence[Judged]) -> Taste:
    """What the clips that were kept have in common."""
    kept = [j for j in judged if j.kept]
    dropped = [j for j in judged if not j.kept]
    if len(kept) < FEWEST:
        return Taste(kept=len(kept), dropped=len(dropped))
    weights = _weights(kept, dropped) if len(dropped) >= FEWEST else {}
    return Taste(weights, _length_s(kept, judged), len(kept), len(dropped))


def _weights(kept: Sequence[Judged], dropped: Sequence[Judged]) -> dict[str, float]:
    on_both = 2 * len(kept) * sum(j.sure for j in dropped)
    evidence = on_both / (len(kept) + sum(j.sure for j in dropped))
    share = evidence / (evidence + _SLOW)
    found = {}
    for name in sorted({n for j in [*kept, *dropped] for n in j.parts}):
        apart = _mean(name, kept) - _mean(name, dropped)
        times = min(MOST, max(LEAST, 1 + _SLOPE * apart * share))
        if abs(times - 1) >= _NOTABLE:
            found[name] = round(times, 2)
    return found


def _mean(name: str, of: Sequence[Judged]) -> float:
    sure = sum(j.sure for j in of if name in j.parts)
    return sum(j.parts[name] * j.sure for j in of if name in j.parts) / sure if sure else 0.5


def _length_s(kept: Sequence[Judged], judged: Sequence[Judged]) -> float | None:
    """Where the clips that are kept are shorter, or longer, than what was offered."""
    liked_s, offered_s = median(j.length_s for j in kept), median(j.length_s for j in judged)
    if abs(liked_s - offered_s) < _APART_S:
        return None
    share = len(kept) / (len(kept) + _SLOW)
    moved_s = USUAL_S + share * (liked_s - USUAL_S)
    bounded_s = min(LONGEST_S, max(SHORTEST_S, moved_s))
    return round(bounded_s, 1) if abs(bounded_s - USUAL_S) >= 1 else None
