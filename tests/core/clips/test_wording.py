"""Titles are of the words of a clip, in any language; without any, of a name that says much."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.analysis.model import Word
from core.clips.local import pick
from core.clips.wish import Wish
from tests.core.clips.talks import analysed, in_lines, spoken, video, without_words


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("my_video_final2", "Clip 1"),
        ("IMG_4034", "Clip 1"),
        ("видео 3", "Clip 1"),
        ("VID_20261012_183000", "Clip 1, 2026-10-12"),
        ("Screen Recording 2026-11-02 at 9.12.01 AM", "Clip 1, 2026-11-02"),
        ("harbour_walk_1080p_v2 (1)", "Harbour walk"),
        ("Concierto de Ana 2025", "Concierto de Ana 2025"),
    ],
)
def test_without_words_a_title_is_no_name_of_a_camera(name: str, title: str) -> None:
    (span,) = pick(video(name), without_words(60), Wish(count=1)).spans
    assert span.title == title


TURNS = """
Two programs will make you question what you see today.
You have to load your video into the first one, and it will move your eyes.
{foreign}
However, you will never know what is real and what the program has made of you.
So you have to look at the eyes, and you will see it in the first one.
"""


@pytest.mark.parametrize(
    "foreign",
    [
        "Sorewa gaitemo shichio wa mitsuke nikui desu.",
        "Gesichter glauben Menschen seit Jahrtausenden unbesehen.",
    ],
)
def test_a_sentence_in_another_language_does_not_name_the_clip(foreign: str) -> None:
    talk = analysed(spoken(TURNS.format(foreign=foreign)))
    for span in pick(video(), talk, Wish()).spans:
        assert span.title.rstrip("…") not in foreign


def _with_a_guess(words: list[Word], guessed: str) -> list[Word]:
    return [replace(w, sure=0.2) if w.text.startswith(guessed) else w for w in words]


def test_one_guessed_word_takes_no_title_from_the_sentence_around_it() -> None:
    said = (
        "You just have to bring your old bread to us and we will make the very best soup of it,"
        " says Kilmogor."
    )
    talk = analysed(_with_a_guess(spoken(said), "Kilmogor"), language=None)
    (span,) = pick(video(), talk, Wish(count=1)).spans
    assert span.title.startswith("You just have to bring your old bread")
    assert "Kilmogor" not in span.title


def test_letters_of_a_script_that_parts_no_words_are_no_tags() -> None:
    said = ["เราไปตลาดตอนเช้าแล้วเธอก็พูดว่ามันเป็นโอกาสที่ดี", "ตลาดตอนเช้า Bangkok คึกคักมากทุกวัน"]
    lines = "\n".join(said * 4)
    (span,) = pick(video(), analysed(in_lines(lines), language="th"), Wish(count=1)).spans
    assert set(span.tags) <= {"bangkok", "talk"}
