"""Once more means other moments."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.analysis.model import Analysis, Spell, Word
from core.clips.base import Span, Wish
from core.clips.local import pick
from core.errors import NothingToCut
from core.media.facts import Video, VideoFacts

TALK = (
    "Why do most people get pricing wrong?",
    "We doubled our prices and nobody left.",
    "The secret is to talk about value first.",
    "Then the number does not matter at all.",
    "I learned this the hard way in Berlin.",
    "We lost ten thousand euros in one week.",
)


@pytest.fixture(scope="module")
def talk() -> tuple[Video, Analysis]:
    """Six minutes of somebody who comes back to the same thing."""
    words, t_s = [], 0.5
    for sentence in TALK * 20:
        for word in sentence.split():
            words.append(Word(word, t_s, t_s + 0.3))
            t_s += 0.35
        t_s += 0.5
    facts = VideoFacts(
        *(1, "mp4", t_s, 0, "h264", "yuv420p", 1920, 1080, 1920, 1080, 30, 9000, 0.0)
    )
    tenths = int(t_s * 10)
    analysis = Analysis(
        duration_s=t_s,
        shots_s=(0.0,),
        samples=(),
        motion=(0.1,) * tenths,
        black=(),
        frozen=(),
        voice=(Spell(0.4, t_s),),
        energy_db=(-20.0,) * tenths,
        loudness_lufs=-16.0,
        words=tuple(words),
        words_from="upload",
        language="en",
    )
    return Video(Path("talk.mp4"), "ab" * 32, facts, "talk"), analysis


def _shared_s(a: Span, b: Span) -> float:
    return min(a.end_s, b.end_s) - max(a.start_s, b.start_s)


def test_other_moments_than_those_that_were_shown(talk: tuple[Video, Analysis]) -> None:
    first = pick(*talk, Wish(count=3)).spans
    shown = tuple(Spell(s.start_s, s.end_s) for s in first)
    second = pick(*talk, Wish(count=3, avoid=shown)).spans
    assert second
    for new in second:
        for old in first:
            assert _shared_s(new, old) <= 0.41 * min(new.length_s, old.length_s)


def test_when_all_of_it_was_shown_that_is_said(talk: tuple[Video, Analysis]) -> None:
    everything = Spell(0, talk[1].duration_s)
    with pytest.raises(NothingToCut) as told:
        pick(*talk, Wish(avoid=(everything,)))
    assert told.value.say.key == "clips.nothing_else"


def test_a_wish_with_moments_to_avoid_survives_the_database() -> None:
    wish = Wish("pricing", 3, avoid=(Spell(1, 2),), within=Spell(0, 60))
    assert Wish.from_json(wish.to_json()) == wish
