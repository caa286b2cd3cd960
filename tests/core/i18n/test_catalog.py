"""Sentences: markup, facts, plurals, languages, and what happens when one is missing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from core.i18n.catalog import Catalog, Run
from core.say import Bytes, Link, Place, Seconds, When, fact_from_json, fact_to_json, say

AT = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)


@pytest.fixture
def catalog() -> Catalog:
    english = {
        "t.hello": "Hello *{name}*, write `/help`.",
        "t.clips": {"one": "{n} clip", "other": "{n} clips"},
        "t.list": "On {places}.",
        "t.facts": "{size}, {length}, {at}",
        "t.nested": "*{what}* ready",
    }
    russian = {
        "t.clips": {"one": "{n} клип", "few": "{n} клипа", "many": "{n} клипов", "other": "{n}"},
        "t.list": "На {places}.",
    }
    german = {"t.facts": "{size}, {length}, {at}"}
    return Catalog({"en": english, "ru": russian, "de": german})


def test_markup_of_a_sentence_becomes_styled_runs(catalog: Catalog) -> None:
    runs = catalog.runs(say("t.hello", name="Ana"))
    assert runs == (
        Run("Hello "),
        Run("Ana", "bold"),
        Run(", write "),
        Run("/help", "code"),
        Run("."),
    )


def test_what_people_write_is_never_markup(catalog: Catalog) -> None:
    runs = catalog.runs(say("t.hello", name="*x* `y` {name} <b>"))
    assert runs[1] == Run("*x* `y` {name} <b>", "bold")


@pytest.mark.parametrize(
    ("language", "n", "text"),
    [
        ("en", 1, "1 clip"),
        ("en", 0, "0 clips"),
        ("en", 12000, "12,000 clips"),
        ("ru", 1, "1 клип"),
        ("ru", 3, "3 клипа"),
        ("ru", 11, "11 клипов"),
        ("ru-RU", 22, "22 клипа"),
        ("de", 2, "2 clips"),
    ],
)
def test_plurals_follow_the_language(catalog: Catalog, language: str, n: int, text: str) -> None:
    assert catalog.text(say("t.clips", n=n), language) == text


def test_lists_read_as_in_the_language(catalog: Catalog) -> None:
    places = ("TikTok", Link("Instagram", "https://x.test"), "YouTube")
    assert catalog.text(say("t.list", places=places)) == (
        "On TikTok, Instagram (https://x.test), and YouTube."
    )
    assert catalog.text(say("t.list", places=("A", "B")), "ru") == "На A и B."
    assert catalog.runs(say("t.list", places=places))[1] == Run("Instagram", href="https://x.test")


def test_sizes_lengths_and_moments_are_written_for_people(catalog: Catalog) -> None:
    facts = say("t.facts", size=Bytes(3_400_000), length=Seconds(185), at=When(AT, "Europe/Berlin"))
    assert catalog.text(facts) == "3.4 MB, 3 min 5 s, Friday 27 November, 18:00 (Europe/Berlin)"
    assert catalog.text(facts, "de") == (
        "3,4 MB, 3 min 5 s, Freitag, 27. November, 18:00 (Europe/Berlin)"
    )


@pytest.mark.parametrize(
    ("at_s", "en", "de"),
    [(7.6, "0:07.6", "0:07,6"), (42, "0:42", "0:42"), (59.97, "1:00", "1:00"),
     (3723, "1:02:03", "1:02:03")],
)  # fmt: skip
def test_a_place_in_a_video_is_written_as_players_do(
    catalog: Catalog, at_s: float, en: str, de: str
) -> None:
    place = Place(at_s)
    assert fact_from_json(fact_to_json(place)) == place
    facts = say("t.facts", size="", length="", at=place)
    assert catalog.text(facts) == f", , {en}"
    assert catalog.text(facts, "de") == f", , {de}"


def test_a_handful_of_bytes_is_counted_in_words(catalog: Catalog) -> None:
    assert catalog.text(say("t.facts", size=Bytes(6), length="", at="")).startswith("6 bytes")


def test_an_instant_without_a_zone_is_left_to_the_chat_to_draw(catalog: Catalog) -> None:
    runs = catalog.runs(say("t.facts", size="", length="", at=When(AT)), zone="Asia/Kolkata")
    assert runs[-1] == Run("Friday 27 November, 22:30 (Asia/Kolkata)", when=AT)


def test_an_offset_zone_is_named_as_people_name_it(catalog: Catalog) -> None:
    text = catalog.text(say("t.facts", size="", length="", at=When(AT, "Etc/GMT-2")))
    assert text.endswith("19:00 (UTC+2)")


def test_sentences_nest_and_take_the_style_around_them(catalog: Catalog) -> None:
    runs = catalog.runs(say("t.nested", what=say("t.clips", n=2)))
    assert runs == (Run("2 clips", "bold"), Run(" ready"))


def test_a_missing_sentence_is_said_readably_and_logged(catalog: Catalog) -> None:
    with capture_logs() as logs:
        assert catalog.text(say("nobody.knows_this", n=1)) == "knows this"
    assert [entry["event"] for entry in logs] == ["i18n.no_such_sentence"]


def test_a_missing_fact_leaves_a_gap_and_is_logged(catalog: Catalog) -> None:
    with capture_logs() as logs:
        assert catalog.text(say("t.hello")) == "Hello , write /help."
    assert [(e["event"], e["fact"]) for e in logs] == [("i18n.fact_missing", "name")]


@pytest.mark.parametrize("fact", [When(AT), When(AT, "Europe/Berlin"), When(AT, "UTC", "year")])
def test_moments_survive_the_database(fact: When) -> None:
    assert fact_from_json(fact_to_json(fact)) == fact
