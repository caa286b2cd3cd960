"""Messages as Telegram takes them: measured by the parser of the double, which is as strict."""

from __future__ import annotations

import string
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.telegram_draw import CAPTION_UNITS, TEXT_UNITS, draw, units
from core.chat.message import Act, Button, MediaOut, Out
from core.i18n.catalog import Catalog
from core.say import Link, When, say
from tests.doubles.telegram_markup import keyboard, parse_html, utf16

CATALOG = Catalog(
    {
        "en": {
            "t.plain": "{text}",
            "t.bold": "*{text}*, said",
            "t.label": "{text}",
            "t.at": "at {at}",
            "t.alt": "A chart: {text}",
        }
    }
)
VIDEO = MediaOut("video", "clips/c.mp4", "c.mp4", 1000)


def drawn(*texts: str, captioned: bool = False) -> list[str]:
    out = Out(tuple(say("t.plain", text=t) for t in texts))
    pieces = draw(out, CATALOG, "en", captioned=captioned).pieces
    return [parse_html(p.html).text for p in pieces]


def test_what_people_write_is_never_read_as_markup() -> None:
    hostile = '<b>x</b> & <a href="tg://user?id=1">you</a> "quoted" \'n\' </code>'
    (piece,) = draw(Out.of(say("t.bold", text=hostile)), CATALOG, "en").pieces
    parsed = parse_html(piece.html)
    assert parsed.text == f"{hostile}, said"
    assert [e["type"] for e in parsed.entities] == ["bold"]
    assert piece.plain == f"{hostile}, said"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=3000), max_size=6), st.booleans())
def test_any_text_fits_and_not_one_word_is_lost(texts: list[str], captioned: bool) -> None:
    texts = [t.replace("\x00", "") for t in texts]
    said = drawn(*texts, captioned=captioned)
    limits = [CAPTION_UNITS if captioned else TEXT_UNITS] + [TEXT_UNITS] * (len(said) - 1)
    assert all(utf16(t) <= limit for t, limit in zip(said, limits, strict=True))
    plain = "".join("".join(texts).split())
    assert "".join("".join(said).split()) == plain


def test_a_caption_ends_with_a_line_and_the_rest_follows_with_the_buttons() -> None:
    lines = [f"{letter * 300} end" for letter in string.ascii_lowercase[:5]]
    said = drawn(*lines, captioned=True)
    assert said == ["\n".join(lines[:3]), "\n".join(lines[3:])]


def test_a_word_longer_than_a_message_is_cut_without_harming_a_character() -> None:
    said = drawn("🎬" * 3000)
    assert len(said) == 2 and "".join(said) == "🎬" * 3000
    assert units(said[0]) == TEXT_UNITS


def test_a_moment_is_drawn_in_the_zone_of_whoever_reads_it() -> None:
    at = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)
    (piece,) = draw(Out.of(say("t.at", at=When(at))), CATALOG, "en").pieces
    (entity,) = parse_html(piece.html).entities
    assert entity["type"] == "date_time" and entity["unix_time"] == int(at.timestamp())
    assert entity["date_time_format"] == "wDt"
    assert "27 November, 17:00 (UTC)" in piece.plain
    (named,) = draw(Out.of(say("t.at", at=When(at, "Europe/Berlin"))), CATALOG, "en").pieces
    assert named.html == "at Friday 27 November, 18:00 (Europe/Berlin)"


def test_addresses_telegram_would_refuse_are_told_in_words() -> None:
    local = Button(say("t.label", text="Open"), url="http://localhost:8081/x?a=1&b=2")
    real = Button(say("t.label", text="Watch"), url="http://127.0.0.1:8081/x?a=1&b=2")
    out = Out((say("t.plain", text=Link("here", "http://localhost/y")),), ((local, real),))
    found = draw(out, CATALOG, "en")
    text = parse_html(found.pieces[0].html).text
    assert "here (http://localhost/y)" in text and "Open: http://localhost:8081/x?a=1&b=2" in text
    assert found.keyboard is not None
    rows = keyboard(found.keyboard.to_json())
    assert [[b["url"] for b in row] for row in rows] == [["http://127.0.0.1:8081/x?a=1&b=2"]]


@pytest.mark.parametrize(
    ("labels", "rows"),
    [
        (["Move", "Caption", "Post now", "Delete"], [4]),
        (["Show the clips there are", "Cut once more"], [1, 1]),
        (["Just me", "Mutual followers", "Everyone", "To my inbox"], [2, 2]),
        ([str(n) for n in range(10)], [5, 5]),
    ],
)
def test_a_row_is_broken_where_a_phone_would_shorten_its_labels(
    labels: list[str], rows: list[int]
) -> None:
    row = tuple(Button(say("t.label", text=x), Act.of("a.b", 1), style="danger") for x in labels)
    found = draw(Out((say("t.plain", text="x"),), (row,)), CATALOG, "en").keyboard
    assert found is not None
    shown = keyboard(found.to_json())
    assert [len(r) for r in shown] == rows
    assert {b["style"] for r in shown for b in r} == {"danger"}


def test_words_stand_in_for_a_picture_under_it() -> None:
    picture = MediaOut("picture", "c.png", "c.png", 10)
    out = Out((say("t.plain", text="Week"),), media=picture, alt=say("t.alt", text="3 posts"))
    (piece,) = draw(out, CATALOG, "en", captioned=True).pieces
    assert piece.plain == "Week\nA chart: 3 posts"
