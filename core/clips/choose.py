"""Out of many good stretches, a few that are different from each other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from rapidfuzz import fuzz

from core.clips.scoring import Scored

SIMILAR = 78.0
"""rapidfuzz token-set ratio above which two texts say the same."""
_CROWDED = 12.0
"""Points a stretch loses for standing right beside a chosen one."""
_FLOOR = 15.0
"""Points; what scores less is only made when so many were asked for."""
_SAME_S = 1e-6

TextOf = Callable[[Scored], str]


def usual_count(duration_s: float) -> int:
    """How many clips a video of this length should give: one for half a minute, 4 to 9 for long
    ones. People who got 4 to 9 clips came back, those with 1 to 3 did not (clips.md §1.2)."""
    if duration_s < 40:
        return 1
    if duration_s < 180:
        return max(2, round(duration_s / 40))
    return min(9, max(4, round(3 + duration_s / 180)))


def choose(
    scored: Sequence[Scored],
    wanted: int,
    duration_s: float,
    text_of: TextOf,
    *,
    asked: bool,
    said: Sequence[str] = (),
) -> list[Scored]:
    """Best first; no two share time, none says what another said (or what was `said` before), and
    they are spread out. When the best ones leave no room for as many as are wanted, more and
    shorter ones are taken."""
    pool = list(scored) if asked else [s for s in scored if s.score >= _FLOOR] or list(scored[:1])
    chosen = _greedy(pool, wanted, duration_s, text_of, said)
    if len(chosen) < wanted:
        packed = _distinct(_packed(pool, wanted), text_of, said)
        if len(packed) > len(chosen):
            chosen = packed
    return sorted(chosen, key=lambda s: (-s.score, s.candidate.start_s))


def _greedy(
    pool: Sequence[Scored],
    wanted: int,
    duration_s: float,
    text_of: TextOf,
    said: Sequence[str],
) -> list[Scored]:
    left = list(pool)
    chosen: list[Scored] = []
    texts = list(said)
    while left and len(chosen) < wanted:
        left.sort(key=lambda s: _crowding(s, chosen, duration_s) - s.score)
        new = (i for i, s in enumerate(left) if not _was_said(text_of(s), texts))
        at = next(new, len(left))
        # What was said before stays said: nothing in front of the new one is looked at again.
        chosen += left[at : at + 1]
        texts += map(text_of, left[at : at + 1])
        left = [s for s in left[at + 1 :] if not shares_time(s, chosen[-1])]
    return chosen


def _packed(pool: Sequence[Scored], wanted: int) -> list[Scored]:
    """Weighted interval scheduling: of all ways to place up to `wanted` stretches without a common
    second, the one with most of them, and among those the best."""
    ordered = sorted(pool, key=lambda s: (s.candidate.end_s, s.candidate.start_s))
    ends = [s.candidate.end_s for s in ordered]
    before = [bisect_right(ends, s.candidate.start_s + _SAME_S) for s in ordered]
    layers: list[list[float]] = [[0.0] * (len(ordered) + 1)]
    for _ in range(wanted):
        last, layer = layers[-1], [float("-inf")]
        for i, s in enumerate(ordered):
            layer.append(max(layer[i], last[min(before[i], i)] + s.score))
        if layer[-1] == float("-inf"):
            break
        layers.append(layer)
    found, i = [], len(ordered)
    for n in range(len(layers) - 1, 0, -1):
        while layers[n][i] == layers[n][i - 1]:
            i -= 1
        found.append(ordered[i - 1])
        i = min(before[i - 1], i - 1)
    return found


def _distinct(chosen: Sequence[Scored], text_of: TextOf, said: Sequence[str]) -> list[Scored]:
    kept: list[Scored] = []
    texts = list(said)
    for s in sorted(chosen, key=lambda s: -s.score):
        text = text_of(s)
        if not _was_said(text, texts):
            kept.append(s)
            texts.append(text)
    return kept


def _was_said(text: str, texts: Sequence[str]) -> bool:
    return any(
        text and t and fuzz.token_set_ratio(text, t, score_cutoff=SIMILAR) >= SIMILAR for t in texts
    )


def shares_time(a: Scored, b: Scored) -> bool:
    return (
        a.candidate.start_s < b.candidate.end_s - _SAME_S
        and b.candidate.start_s < a.candidate.end_s - _SAME_S
    )


def _crowding(scored: Scored, chosen: Sequence[Scored], duration_s: float) -> float:
    """Points lost for being close to what is chosen already."""
    if not chosen:
        return 0.0
    c = scored.candidate
    gap_s = min(max(c.start_s - o.candidate.end_s, o.candidate.start_s - c.end_s) for o in chosen)
    return _CROWDED * max(0.0, 1 - gap_s / max(30.0, duration_s / 10))
