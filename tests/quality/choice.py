"""Measures on which moments were chosen, from times and words alone: distinct, whole, spread."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

from tests.quality.words import HAIR_S, tokens

EDGE_S = 0.2
"""Nearer to a cut that it does not sit on, a clip flashes the shot beside it."""
ON_S = 0.02
ALIKE = 0.7
"""Share of the words of the shorter text that are in the other, from which on both say the same."""
_COMMON = 4
"""Letters; shorter words are in every text."""

Clip = dict[str, Any]
Words = list[dict[str, Any]]


def overlaps(clips: list[Clip]) -> int:
    """Pairs that share time."""
    return sum(
        min(a["end_s"], b["end_s"]) - max(a["start_s"], b["start_s"]) > HAIR_S
        for a, b in combinations(clips, 2)
    )


def alike(clips: list[Clip], words: Words) -> int:
    """Pairs that say the same."""
    said = [Counter(t for t in _said(clip, words) if len(t) > _COMMON) for clip in clips]
    pairs = ((a, b) for a, b in combinations(said, 2) if min(a.total(), b.total()) >= 5)
    return sum((a & b).total() >= ALIKE * min(a.total(), b.total()) for a, b in pairs)


def _said(clip: Clip, words: Words) -> list[str]:
    inside = (
        w for w in words if clip["start_s"] <= (w["start_s"] + w["end_s"]) / 2 <= clip["end_s"]
    )
    return [t for w in inside for t in tokens(w["text"])]


def beside_cuts(clip: Clip, shots_s: list[float], length_s: float) -> int:
    """Ends that lie just beside a cut; both ends of the video are free."""
    cuts = [s for s in shots_s if ON_S < s < length_s - ON_S]
    ends = (clip["start_s"], clip["end_s"])
    inner = (t for t in ends if ON_S < t < length_s - ON_S)
    gaps = (min((abs(t - s) for s in cuts), default=EDGE_S) for t in inner)
    return sum(ON_S < gap < EDGE_S - ON_S / 4 for gap in gaps)


def spread(clips: list[Clip], length_s: float) -> float:
    """Of as many equal parts of the video as there are clips, the share that a clip touches."""
    if len(clips) < 2:
        return 1.0
    part = length_s / len(clips)
    middles = [(c["start_s"] + c["end_s"]) / 2 for c in clips]
    reached = {min(len(clips) - 1, int(m / part)) for m in middles}
    return len(reached) / len(clips)


def mid_sentence(clips: list[Clip], words: Words) -> tuple[int, int]:
    """Clips that begin behind a word which ends no sentence, and do so without a pause; of how many
    with punctuation."""
    stops = (".", "!", "?", "…", "。", "！", "？", "؟", "।")
    if sum(w["text"].endswith(stops) for w in words) < 0.01 * max(1, len(words)):
        return 0, 0
    broken = n = 0
    for clip in clips:
        first = next((i for i, w in enumerate(words) if w["start_s"] >= clip["start_s"]), None)
        if first is None or words[first]["start_s"] > clip["end_s"]:
            continue
        n += 1
        if first:
            before = words[first - 1]
            pause_s = words[first]["start_s"] - before["end_s"]
            broken += not before["text"].rstrip("\"'”’»)]").endswith(stops) and pause_s < 0.6
    return broken, n
