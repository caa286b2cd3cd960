"""Out of many good stretches, a few that are different from each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rapidfuzz import fuzz

from core.clips.base import Wish
from core.clips.scoring import Scored

SIMILAR = 78.0
"""rapidfuzz token-set ratio above which two texts say the same."""
_APART = 0.12
"""How much of a score a stretch loses for standing right beside a chosen one."""


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
    wish: Wish,
    duration_s: float,
    text_of: Callable[[Scored], str],
    least: float = 0.0,
) -> list[Scored]:
    """Best first; no two share time, none says what another said, and they are spread out."""
    wanted = wish.count or usual_count(duration_s)
    left = [s for s in scored if s.score >= least]
    chosen: list[Scored] = []
    texts: list[str] = []
    while left and len(chosen) < wanted:
        best = max(left, key=lambda s: s.score - _crowding(s, chosen, duration_s))
        text = text_of(best)
        left.remove(best)
        if text and any(fuzz.token_set_ratio(text, t) >= SIMILAR for t in texts if t):
            continue
        chosen.append(best)
        texts.append(text)
        left = [s for s in left if not _share_time(s, best)]
    return sorted(chosen, key=lambda s: -s.score)


def _share_time(a: Scored, b: Scored) -> bool:
    return (
        a.candidate.start_s < b.candidate.end_s - 1e-6
        and b.candidate.start_s < a.candidate.end_s - 1e-6
    )


def _crowding(scored: Scored, chosen: Sequence[Scored], duration_s: float) -> float:
    """Points lost for being close to what is chosen already."""
    if not chosen:
        return 0.0
    c = scored.candidate
    gap = min(max(c.start_s - o.candidate.end_s, o.candidate.start_s - c.end_s) for o in chosen)
    near = max(0.0, 1 - gap / max(30.0, duration_s / 10))
    return 100 * _APART * near
