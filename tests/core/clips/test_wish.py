"""What people write with a video is understood, in six languages; the rest stays as words."""

from __future__ import annotations

import pytest

from core.analysis.model import Spell
from core.clips.base import Wish
from core.clips.wish import placed, read_wish
from core.errors import Told

HOUR_S = 3600.0

UNDERSTOOD: dict[str, Wish] = {
    "": Wish(),
    "3 under 40s": Wish(count=3, max_s=40),
    "3 clips under 40 s": Wish(count=3, max_s=40),
    "two clips of 30 to 45 seconds": Wish(count=2, min_s=30, max_s=45),
    "two 30-45 second clips": Wish(count=2, min_s=30, max_s=45),
    "30s-45s": Wish(min_s=30, max_s=45),
    "at least 20s": Wish(min_s=20),
    "20 seconds or more": Wish(min_s=20),
    "40s max": Wish(max_s=40),
    "under 1:30": Wish(max_s=90),
    "half a minute each": Wish(min_s=22.5, max_s=37.5),
    "5x": Wish(count=5),
    "top 3": Wish(count=3),
    "3-5 clips": Wish(count=5),
    "give me the best 4": Wish(count=4),
    "500 clips": Wish(count=500),
    "about pricing": Wish(text="about pricing"),
    "the funny part": Wish(text="funny part"),
    "2 of the funniest moments": Wish(text="funniest moments", count=2),
    "5 tips for writing": Wish(text="5 tips for writing"),
    "my trip to Rome": Wish(text="my trip to Rome"),
    "12:30-13:05": Wish(spans=(Spell(750, 785),)),
    "12:30–13:05 and 1:02:03 to 1:02:45.5": Wish(spans=(Spell(750, 785), Spell(3723, 3765.5))),
    "from the second half": Wish(within=Spell(1800, 3600)),
    "first 10 minutes": Wish(within=Spell(0, 600)),
    "skip the first 5 minutes": Wish(within=Spell(300, 3600)),
    "the last 10 minutes of the talk": Wish(within=Spell(3000, 3600)),
    "after 12:30": Wish(within=Spell(750, 3600)),
    "before 5:00": Wish(within=Spell(0, 300)),
    "around 12:30": Wish(within=Spell(705, 795)),
    "no captions": Wish(captions=False),
    "square": Wish(format="1:1"),
    "1:1": Wish(format="1:1"),
    "4:5": Wish(format="4:5"),
    "2 clips 4x5": Wish(format="4:5", count=2),
    "3 clips for the feed": Wish(format="4:5", count=3),
    "zwei Clips über Preise für den Feed": Wish(text="über Preise", count=2, format="4:5"),
    "about what cats feed on": Wish(text="about what cats feed on"),
    "horizontal": Wish(format="16:9"),
    "16:9, 2 clips": Wish(format="16:9", count=2),
    "9:16": Wish(),
    "make 2 vertical clips please": Wish(count=2),
    "3 about Times Square": Wish(text="about Times Square", count=3),
    "3 clips, 20-30s each, square, about cats": Wish(
        text="about cats", count=3, min_s=20, max_s=30, format="1:1"
    ),
    "3 under 40s about pricing, from the second half": Wish(
        text="about pricing", count=3, max_s=40, within=Spell(1800, 3600)
    ),
    "drei Clips unter 40 Sekunden über Preise": Wish(text="über Preise", count=3, max_s=40),
    "die erste Hälfte, ohne Untertitel": Wish(within=Spell(0, 1800), captions=False),
    "3 clips de menos de 40 segundos sobre precios": Wish(text="sobre precios", count=3, max_s=40),
    "trois clips de moins de 40 secondes, sans sous-titres": Wish(
        count=3, max_s=40, captions=False
    ),
    "dois clipes de 30 a 45 segundos": Wish(count=2, min_s=30, max_s=45),
    "3 клипа до 40 секунд про цены": Wish(text="про цены", count=3, max_s=40),
    "3 under 40s 🙂": Wish(count=3, max_s=40),
}


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_a_wish_is_understood(text: str) -> None:
    assert read_wish(text, duration_s=HOUR_S) == UNDERSTOOD[text]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("0 clips", "wish.no_clips"),
        ("at least 40s under 10s", "wish.min_over_max"),
        ("under 2s", "wish.too_short"),
        ("13:05-12:30", "wish.span_backwards"),
    ],
)
def test_a_wish_that_cannot_be_meant_is_answered_in_words(text: str, key: str) -> None:
    with pytest.raises(Told) as told:
        read_wish(text, duration_s=HOUR_S)
    assert told.value.say.key == key


@pytest.mark.parametrize("text", ["3 from the second half about dogs", "last 5 minutes"])
def test_a_place_waits_for_the_length_when_it_is_not_known_yet(text: str) -> None:
    early = read_wish(text)
    assert early.within is None
    assert placed(early, HOUR_S) == read_wish(text, duration_s=HOUR_S)
    assert placed(early, HOUR_S).within is not None


def test_a_wish_survives_its_way_through_the_database() -> None:
    wish = read_wish("2 square about cats, from the second half, 0:10-0:40", duration_s=HOUR_S)
    assert Wish.from_json(wish.to_json()) == wish


@pytest.mark.parametrize(
    "text", ["1:" * 400, "a " * 4000, "1-" * 900, "the " * 900 + "clips", "\0"]
)
def test_nonsense_of_any_length_is_read_quickly(text: str) -> None:
    assert read_wish(text, duration_s=HOUR_S).count in (None, 1)
