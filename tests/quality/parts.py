"""Times of a clip and of its source, also where something was taken out between: read from the JSON
alone."""

from __future__ import annotations

from typing import Any

Clip = dict[str, Any]


def parts(clip: Clip) -> list[tuple[float, float]]:
    """The stretches of the source, in order."""
    told = clip.get("parts") or [clip]
    return [(part["start_s"], part["end_s"]) for part in told]


def in_source(clip: Clip, t_s: float) -> float:
    """Which moment of the source a moment of the clip is; at a join the one behind it."""
    rest = t_s
    for a, b in parts(clip):
        if rest < b - a:
            return a + rest
        rest -= b - a
    return b + rest


def in_clip(clip: Clip, t_s: float) -> float:
    """When a moment of the source is in the clip; what was taken out lies on its join."""
    done = 0.0
    for a, b in parts(clip):
        if t_s < b:
            return done + (t_s - a if t_s >= a or not done else 0.0)
        done += b - a
    return done + t_s - b


def joins(clip: Clip) -> list[tuple[float, float, float]]:
    """Where stretches meet: in the clip, and both moments of the source."""
    all_ = parts(clip)
    ends = [sum(b - a for a, b in all_[: k + 1]) for k in range(len(all_) - 1)]
    return [(at, all_[k][1], all_[k + 1][0]) for k, at in enumerate(ends)]
