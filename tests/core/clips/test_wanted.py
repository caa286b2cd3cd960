"""What a wish leaves: beginnings, what nobody wants to hear of, places; and what cannot be met."""

from __future__ import annotations

import pytest

from core.analysis.model import Analysis
from core.clips.base import Picked
from core.clips.local import pick
from core.clips.wish import read_wish
from tests.core.clips.talks import (
    INTERVIEW,
    LECTURE,
    PRODUCT,
    SERMON_ZH,
    analysed,
    in_lines,
    spoken,
    video,
)

CHINESE = analysed(in_lines(SERMON_ZH), language="zh", words_from="upload")
TALKS = {
    "en": analysed(spoken(INTERVIEW)),
    "de": analysed(spoken(LECTURE), language="de"),
    "es": analysed(spoken(PRODUCT), language="es"),
}


def picked(talk: Analysis, wish: str) -> Picked:
    return pick(video(), talk, read_wish(wish, duration_s=talk.duration_s))


def said_in(found: Picked, talk: Analysis) -> list[str]:
    return [
        " ".join(w.text for w in talk.words if s.start_s <= w.start_s and w.end_s <= s.end_s)
        for s in found.spans
    ]


@pytest.mark.parametrize(
    ("language", "wish", "begins"),
    [
        ("en", "1, start with the firemen", ("And then one", "I am not", "Six firemen")),
        ("en", "start at the alarm", ("Let me ask", "When does", "My alarm")),
        ("de", "beginne mit Ebbinghaus", ("Kommen wir", "Hermann")),
        ("es", "empieza con el precio", ("Hablemos",)),
    ],
)
def test_a_clip_begins_with_what_was_wished(
    language: str, wish: str, begins: tuple[str, ...]
) -> None:
    found = picked(TALKS[language], wish)
    assert not [u for u in found.unmet if u.key == "wish.opening_not_found"]
    assert all(said.startswith(begins) for said in said_in(found, TALKS[language]))


@pytest.mark.parametrize(
    ("language", "wish", "never"),
    [
        ("en", "nothing about money or loans", ("money", "loan")),
        ("de", "nicht über Schlaf", ("Schlaf", "schläft")),
        ("es", "nada sobre el motor", ("motor",)),
    ],
)
def test_no_clip_speaks_of_what_nobody_wants(
    language: str, wish: str, never: tuple[str, ...]
) -> None:
    found = picked(TALKS[language], wish)
    assert len(found.spans) >= 2
    assert not [said for said in said_in(found, TALKS[language]) if any(w in said for w in never)]


@pytest.mark.parametrize(
    ("wish", "key"),
    [
        ("start with the submarine", "wish.opening_not_found"),
        ("start at the joke", "wish.no_laughter"),
        ("about submarines", "wish.topic_not_found"),
        ("20 clips of 50 to 60 seconds", "wish.fewer"),
    ],
)
def test_what_cannot_be_met_is_said_and_there_are_clips_all_the_same(wish: str, key: str) -> None:
    found = picked(TALKS["en"], wish)
    assert found.spans and key in [u.key for u in found.unmet]


def test_a_joke_is_where_people_laugh() -> None:
    """Three seconds of laughter behind the firemen, as loud as the talk."""
    words = spoken(INTERVIEW)
    at = next(i for i, w in enumerate(words) if w.text == "recipe.")
    later = [type(w)(w.text, w.start_s + 3, w.end_s + 3) for w in words[at + 1 :]]
    talk = analysed([*words[: at + 1], *later])
    energy = list(talk.energy_db)
    for i in range(int(words[at].end_s * 10) + 3, int(words[at].end_s * 10) + 28):
        energy[i] = -20.0
    talk = analysed([*words[: at + 1], *later], energy_db=energy)
    found = picked(talk, "1, start at the joke")
    (span,) = found.spans
    assert not found.unmet
    assert span.start_s < words[at].start_s < span.start_s + 20


@pytest.mark.parametrize("wish", ["1 from the start", "1 del principio", "1 vom Anfang"])
def test_one_from_the_start_comes_from_the_start(wish: str) -> None:
    (span,) = picked(TALKS["en"], wish).spans
    assert span.end_s < 121


def test_lines_without_spaces_are_a_talk_with_a_topic_and_key_words() -> None:
    found = picked(CHINESE, "2 clips")
    assert len(found.spans) == 2 and not found.unmet
    for span in found.spans:
        assert not {"reason.moving", "reason.shot"} & {r.key for r in span.reasons}
        assert all(len(tag) <= 4 for tag in span.tags), span.tags
        assert len(span.title) >= 8 and span.title[0] in SERMON_ZH, span.title
    assert not [said for said in said_in(found, CHINESE) if said.startswith("欢迎")]


@pytest.mark.parametrize(
    ("wish", "word"),
    [("关于价格", "价格"), ("1 关于 面团", "面团")],
)
def test_a_topic_is_found_in_a_script_without_spaces(wish: str, word: str) -> None:
    found = picked(CHINESE, wish)
    assert not found.unmet
    assert all(word in said for said in said_in(found, CHINESE))


@pytest.mark.parametrize(
    ("language", "wish", "each"),
    [
        ("en", "one about pricing and one about loans", ("price", "loan")),
        ("en", "3 clips: one on foxes, two on bakers", ("foxes", "baker")),
        ("de", "einen über Schlaf und einen über Karteikarten", ("Schlaf", "Karteikarten")),
        ("es", "uno sobre el precio y otro sobre la lluvia", ("precio", "lluvia")),
    ],
)
def test_each_topic_of_a_wish_gets_its_own_clip(
    language: str, wish: str, each: tuple[str, ...]
) -> None:
    found = picked(TALKS[language], wish)
    texts = said_in(found, TALKS[language])
    assert not found.unmet
    assert len(texts) == read_wish(wish).count
    for word in each:
        assert any(word in text for text in texts), word
    about = {r.facts["topic"] for s in found.spans for r in s.reasons if r.key == "reason.topic"}
    assert len(about) == len(each)


def test_a_topic_that_nobody_speaks_of_is_named_and_the_other_is_made() -> None:
    found = picked(TALKS["en"], "one about pricing and one about submarines")
    assert len(found.spans) == 1 and "price" in said_in(found, TALKS["en"])[0]
    assert [(u.key, u.facts["topic"]) for u in found.unmet] == [("wish.topic_none", "submarines")]
    found = picked(TALKS["en"], "one about whales and one about submarines")
    assert len(found.spans) == 2, "the best other moments, and why"
    assert [u.facts["topic"] for u in found.unmet] == ["whales", "submarines"]
