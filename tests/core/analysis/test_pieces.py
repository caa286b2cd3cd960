"""Where the reading of a long picture is cut."""

from __future__ import annotations

from itertools import pairwise

import pytest

from core.analysis.pieces import pieces
from core.media.facts import VideoFacts


def _facts(length_s: float, apart_s: float, container: str = "mov") -> VideoFacts:
    """A plain video whose key frames come evenly."""
    entries = tuple(apart_s * n for n in range(1, int(length_s / apart_s) + 1))
    size = (1920, 1080)
    return VideoFacts(
        1, container, length_s, 0, "h264", "yuv420p", *size, *size, 30.0, 1, 0.0, entries_s=entries
    )


@pytest.mark.parametrize("apart_s", [20.0, 23.0])
@pytest.mark.parametrize(
    ("length_s", "count"), [(30, 1), (65, 2), (150, 4), (360, 8), (3600, 60), (9000, 120)]
)
def test_the_pieces_are_about_as_long_as_each_other_and_leave_no_core_waiting(
    length_s: float, count: int, apart_s: float
) -> None:
    found = pieces(_facts(length_s, apart_s))
    assert abs(len(found) - count) <= 0.1 * count
    assert found[0].start_s == 0 and found[-1].end_s is None
    assert all(a.end_s == b.start_s for a, b in pairwise(found))
    lengths_s = [(p.end_s or length_s) - p.start_s for p in found]
    assert max(lengths_s) - min(lengths_s) <= 2 * apart_s


@pytest.mark.parametrize(
    "facts", [_facts(360, 400), _facts(360, 20, container="mpegts")], ids=["no-keys", "no-index"]
)
def test_what_cannot_be_entered_in_the_middle_is_read_in_one_piece(facts: VideoFacts) -> None:
    (only,) = pieces(facts)
    assert (only.start_s, only.end_s, only.alone) == (0.0, None, True)
