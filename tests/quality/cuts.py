"""How well shot edges were found."""

from __future__ import annotations

from collections.abc import Sequence

NEAR_S = 1.5 / 30
"""One frame, and half a frame for rounding."""


def f1(found: Sequence[float], truth: Sequence[float]) -> float:
    """Each edge counts once; one frame off is right."""
    left = list(found)
    hits = 0
    for edge in truth:
        near = min(left, key=lambda s: abs(s - edge), default=None)
        if near is not None and abs(near - edge) <= NEAR_S:
            hits += 1
            left.remove(near)
    return 2 * hits / max(1, len(found) + len(truth))
