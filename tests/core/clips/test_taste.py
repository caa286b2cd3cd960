"""What is learnt from clips that were kept and put away: little, bounded, and said in words."""

from __future__ import annotations

import pytest

from core.clips.base import Span, Wish
from core.clips.features import NAMES
from core.clips.local import pick
from core.clips.taste import FEWEST, LEAST, MOST, Judged, Taste, learn
from core.i18n.catalog import Catalog
from tests.core.clips.talks import INTERVIEW, analysed, spoken, video

EVEN = dict.fromkeys(NAMES, 0.5)


def judged(kept: bool, n: int, length_s: float = 30.0, **parts: float) -> list[Judged]:
    return [Judged({**EVEN, **parts}, length_s, kept) for _ in range(n)]


def test_what_is_kept_counts_for_more_and_what_is_put_away_for_less() -> None:
    taste = learn([*judged(True, 12, hook=0.9, density=0.2), *judged(False, 12, density=0.8)])
    assert taste.weights["hook"] > 1.1 and taste.weights["density"] < 0.9
    assert set(taste.weights) == {"hook", "density"}


@pytest.mark.parametrize(("kept", "dropped"), [(FEWEST - 1, 50), (50, FEWEST - 1), (0, 0)])
def test_little_evidence_moves_no_weight(kept: int, dropped: int) -> None:
    taste = learn([*judged(True, kept, hook=1.0), *judged(False, dropped, hook=0.0)])
    assert not taste.weights


def test_nothing_is_moved_far_however_clear_it_is() -> None:
    taste = learn([*judged(True, 5000, 20, hook=1.0), *judged(False, 5000, 58, hook=0.0)])
    assert taste.weights["hook"] == MOST
    taste = learn([*judged(True, 5000, 20, hook=0.0), *judged(False, 5000, 58, hook=1.0)])
    assert taste.weights["hook"] == LEAST
    assert taste.length_s is not None and 15 <= taste.length_s < 32


def test_more_evidence_moves_more() -> None:
    few = learn([*judged(True, 5, hook=0.8), *judged(False, 5, hook=0.3)])
    many = learn([*judged(True, 60, hook=0.8), *judged(False, 60, hook=0.3)])
    assert 1 < few.weights["hook"] < many.weights["hook"]


def test_it_can_all_be_said_in_words() -> None:
    taste = learn([*judged(True, 20, 18, hook=0.9), *judged(False, 20, 45, novelty=0.9)])
    lines = [Catalog.load().text(line) for line in taste.words()]
    assert any("shorter clips" in line for line in lines)
    assert any("a strong opening counts" in line and "more" in line for line in lines)
    assert any("nowhere else counts" in line and "less" in line for line in lines)


def test_it_shifts_the_choice_and_the_reasons_say_so() -> None:
    talk = analysed(spoken(INTERVIEW))
    usual = pick(video(), talk, Wish())
    learnt = pick(video(), talk, Wish(), Taste({"hook": MOST, "density": LEAST}, 17.0, 20, 20))
    mean = [sum(s.length_s for s in p.spans) / len(p.spans) for p in (usual, learnt)]
    assert mean[1] < mean[0]
    keys = {r.key for s in learnt.spans for r in s.reasons}
    assert keys & {"reason.learnt", "reason.learnt_length"}
    assert not {r.key for s in usual.spans for r in s.reasons} & {
        "reason.learnt",
        "reason.learnt_length",
    }


def test_what_is_learnt_from_survives_the_database() -> None:
    (span, *_) = pick(video(), analysed(spoken(INTERVIEW)), Wish()).spans
    again = Span.from_json(span.to_json())
    assert set(again.parts) == set(NAMES)
    assert all(abs(again.parts[n] - span.parts[n]) < 0.001 for n in NAMES)
    older = {k: v for k, v in span.to_json().items() if k != "parts"}
    assert Span.from_json(older).parts == {}
