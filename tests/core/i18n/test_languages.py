"""Every language says everything English says, with the same facts, marks and commands."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache

import pytest
from babel import Locale
from structlog.testing import capture_logs

import handlers
from core.chat.help import argument_of, help_of, usage_of
from core.chat.limits import BUTTON_CHARS, COMMAND_HELP_CHARS, LANGUAGE_NAMES, LANGUAGES
from core.chat.registry import Entry, discover
from core.clips.wish import read_wish
from core.i18n.catalog import END, FALLBACK, Catalog, Sentence, direction
from core.say import Bytes, Fact, Link, Seconds, When, say
from core.when.parse import read_when

CATALOG = Catalog.load()
OTHERS = tuple(name for name in CATALOG.languages if name != FALLBACK)
COMMANDS = "command."
"""Help of commands: in English it is the docstring, so it is in the other files only."""

SAME_IN = {
    "es": {
        "field.clip",
        "role.editor",
        "card.head",
        "card.head_named_below",
        "clip.wish_count",
        "brand.part_logo",
    },
    "de": {
        "field.clip",
        "card.head",
        "card.head_named_below",
        "clip.wish_count",
        "brand.part_logo",
    },
    "pt-BR": {"field.clip", "role.editor", "story.head_no_time", "brand.part_logo"},
}
"""Sentences that happen to be the same as in English."""

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
AT = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)


def _forms(sentence: Sentence) -> list[str]:
    return [sentence] if isinstance(sentence, str) else list(sentence.values())


def _all(language: str) -> Iterator[tuple[str, str]]:
    for key, sentence in CATALOG.sentences(language).items():
        for form in _forms(sentence):
            yield key, form


def _facts(sentence: Sentence) -> set[str]:
    return {n for f in _forms(sentence) for _, n, _, _ in string.Formatter().parse(f) if n}


@cache
def _listed() -> tuple[Entry, ...]:
    return tuple(e for e in discover(handlers).commands.values() if e.listed)


def _to_add(language: str, keys: set[str]) -> str:
    """The lines that are missing, in English, ready to be translated where they stand."""
    lines = [f"core/i18n/locales/{language}.toml needs, translated (English is shown):"]
    helps = {f"{COMMANDS}{e.name}": e.help for e in _listed()}
    for key in sorted(keys):
        section, _, name = key.partition(".")
        english = helps.get(key) or CATALOG.sentence(key)
        lines.append(f"  [{section}]  {name} = {english!r}")
    return "\n".join(lines)


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_exactly_the_sentences_of_english(language: str) -> None:
    wanted = set(CATALOG.sentences(FALLBACK)) | {f"{COMMANDS}{e.name}" for e in _listed()}
    there = set(CATALOG.sentences(language))
    assert not wanted - there, _to_add(language, wanted - there)
    assert not there - wanted, f"{language} has sentences nobody says: {sorted(there - wanted)}"


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_gets_the_same_facts(language: str) -> None:
    wrong = []
    for key, sentence in CATALOG.sentences(language).items():
        english = CATALOG.sentence(key) if CATALOG.has(key) else ""
        if _facts(sentence) != (_facts(english or "") | _counted(sentence)):
            wrong.append(f"{language} {key}: {sorted(_facts(sentence))}, not {english!r}")
    assert not wrong, "\n".join(wrong)


def _counted(sentence: Sentence) -> set[str]:
    """A form that stands for several numbers has to name the number, whatever English does."""
    return set() if isinstance(sentence, str) else {"n"} & _facts(sentence)


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_same_marks(language: str) -> None:
    """As many bold and code pieces, and commands and settings unchanged inside them."""
    wrong = []
    for key, sentence in CATALOG.sentences(language).items():
        if not CATALOG.has(key, FALLBACK):
            continue
        english = _forms(CATALOG.sentence(key) or "")[-1]
        for form in _forms(sentence):
            same_count = _bold(form) == _bold(english) and len(_code(form)) == len(_code(english))
            if not same_count or _fixed(form) != _fixed(english):
                wrong.append(f"{language} {key}: {form!r} beside {english!r}")
    assert not wrong, "\n".join(wrong)


def _bold(form: str) -> int:
    return len(re.findall(r"\*[^*\n]+\*", form))


def _code(form: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", form)


def _fixed(form: str) -> Counter[str]:
    """What must not be translated: commands, programs, settings, addresses."""
    found = re.findall(r"(?<![\w/])/[a-z]+|clipdesk \w+|\b[A-Z]+(?:_[A-Z]+)+\b|--\w+", form)
    return Counter(found)


@pytest.mark.parametrize("language", CATALOG.languages)
def test_every_plural_has_the_forms_of_its_language(language: str) -> None:
    wrong = []
    needed = _categories(language)
    for key, sentence in CATALOG.sentences(language).items():
        if isinstance(sentence, str):
            if CATALOG.has(key) and not isinstance(CATALOG.sentence(key), str):
                wrong.append(f"{key} has no plural forms")
            continue
        if set(sentence) != needed:
            wrong.append(f"{key} has {sorted(sentence)}, and {sorted(needed)} are needed")
        for name in set(sentence) - {"zero"}:
            if _several(language, name) and "{n}" not in sentence[name]:
                wrong.append(f"{key}: {name!r} stands for several numbers and names none")
    assert not wrong, f"{language}:\n" + "\n".join(wrong)


def _categories(language: str) -> set[str]:
    """The forms whole numbers up to a thousand need; "other" is always there."""
    plural = Locale.parse(language, sep="-").plural_form
    return {plural(n) for n in range(1001)} | {"other"}


def _several(language: str, category: str) -> bool:
    plural = Locale.parse(language, sep="-").plural_form
    return sum(plural(n) == category for n in range(1, 201)) > 1


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_in_english(language: str) -> None:
    """Sentences that are the same word for word, or have whole English phrases in them."""
    same = SAME_IN.get(language, set())
    wrong = []
    for key, form in _all(language):
        english = CATALOG.sentence(key) if CATALOG.has(key) else None
        words = re.findall(r"[^\W\d_]{4,}", re.sub(r"\{\w+\}|`[^`]+`|Clipdesk|ffmpeg", "", form))
        if english is not None and form in _forms(english) and words and key not in same:
            wrong.append(f"{key}: {form}")
        if re.search(r"\b(the|nothing|please|your|with|clips? (is|are))\b", _prose(form)):
            wrong.append(f"{key}: {form}")
    assert not wrong, f"{language}:\n" + "\n".join(wrong)


def _prose(form: str) -> str:
    return re.sub(r"`[^`]+`|/[a-z]+ [^.:]*", "", form).lower()


@pytest.mark.parametrize("language", ["ru", "ar"])
def test_a_language_with_letters_of_its_own_uses_them(language: str) -> None:
    names = {"card.head", "language.name", "queue.caption", "zone.name", "usage.needed"}
    letters = re.compile("[а-яё]" if language == "ru" else "[\u0620-\u06ff]", re.IGNORECASE)
    wrong = [
        f"{key}: {form}"
        for key, form in _all(language)
        if re.search(r"[^\W\d_]", re.sub(r"\{\w+\}|`[^`]+`|clip|Clipdesk|ffmpeg", "", form))
        and not letters.search(form)
        and key not in names
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", CATALOG.languages)
def test_sentences_are_whole_and_calm(language: str) -> None:
    wrong = []
    for key, form in _all(language):
        glued = form.startswith((" ·", " –"))
        odd = form.count("*") % 2 or form.count("`") % 2 or "  " in form
        if odd or "!" in form or (form != form.strip() and not glued):
            wrong.append(f"{key}: {form}")
        if form.count("\u2066") + form.count("\u2068") != form.count(END):
            wrong.append(f"{key}: an isolate is not closed")
    assert not wrong, f"{language}:\n" + "\n".join(wrong)


# ── buttons and commands ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", CATALOG.languages)
def test_labels_fit_on_a_button(language: str) -> None:
    label = re.compile(
        r"(?!web\.)(?:.*\.button\w*|schedule\.(?:quick|choice)_\w+|clip\.button_\w+)"
    )
    facts = {"platform": "Instagram", "name": "Katharina", "number": 12}
    labels = {
        key: CATALOG.text(say(key, **facts), language)
        for key in CATALOG.sentences(FALLBACK)
        if label.fullmatch(key)
    }
    assert len(labels) > 40
    too_long = {key: text for key, text in labels.items() if len(text) > BUTTON_CHARS}
    assert not too_long


@pytest.mark.parametrize("language", CATALOG.languages)
def test_what_a_command_does_fits_into_the_lists_of_the_networks(language: str) -> None:
    helps = {e.name: help_of(e, CATALOG, language) for e in _listed()}
    assert all(helps.values())
    assert not {name: text for name, text in helps.items() if len(text) > COMMAND_HELP_CHARS}
    for entry in _listed():
        for arg in entry.args:
            name = CATALOG.text(argument_of(arg), language)
            assert 1 <= len(name) <= 32, name
            assert name == name.lower() and " " not in name, "Discord: one word in small letters"
        assert CATALOG.text(say("door.usage", usage=usage_of(entry)), language)


@pytest.mark.parametrize("language", CATALOG.languages)
def test_what_discord_shows_in_forms_and_menus_fits(language: str) -> None:
    """Options 100 characters, menus 32, titles and labels of forms 45 (components/reference)."""
    limits = {"discord.menu": 32, "discord.form_title": 45, "discord.form_label": 45}
    limits |= {k: COMMAND_HELP_CHARS for k in CATALOG.sentences(FALLBACK) if k[:9] == "argument."}
    texts = {key: CATALOG.text(say(key), language) for key in limits}
    assert not {key: text for key, text in texts.items() if not 1 <= len(text) <= limits[key]}


def test_a_command_nobody_translated_is_explained_by_its_docstring() -> None:
    async def shout(ask: object, svc: object) -> None:
        """Say it louder."""

    assert help_of(Entry("shout", shout, "viewer"), CATALOG, "de") == "Say it louder."


# ── examples ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", CATALOG.languages)
def test_times_we_suggest_can_be_written_as_they_stand(language: str) -> None:
    keys = ("schedule.how", "when.unclear", "when.no_slots", "when.bare_number")
    examples = [e for key in keys for e in _code(str(CATALOG.sentence(key, language)))]
    assert len(examples) >= 9
    for example in examples:
        moment = read_when(
            example.format(said="18"), now=NOW, zone="Europe/Berlin", language=language
        )
        assert moment.at > NOW, example


@pytest.mark.parametrize("language", CATALOG.languages)
def test_wishes_we_suggest_are_understood(language: str) -> None:
    (example,) = _code(str(CATALOG.sentence("clip.send_one", language)))
    wish = read_wish(example.removeprefix("/clip "))
    assert (wish.count, wish.max_s) == (3, 40), example
    assert wish.text, example


# ── every sentence, said ────────────────────────────────────────────────────────────────────────

SAMPLES: Mapping[str, Fact] = {
    "title": "Über *Preise* und `Kosten`",
    "name": "مقابلة 2.mp4",
    "at": When(AT, "Europe/Berlin"),
    "until": When(AT),
    "link": Link("tiktok.com/@ana/1", "https://tiktok.com/@ana/1"),
    "places": ("TikTok", "Instagram"),
    "length": Seconds(185),
    "size": Bytes(3_400_000),
    "what": say("status.stage_audio"),
    "value": -14.2,
    "share": 0,
}


@pytest.mark.parametrize("language", CATALOG.languages)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 11, 21, 100, 1000])
def test_every_sentence_can_be_said(language: str, n: int) -> None:
    with capture_logs() as logs:
        for key, sentence in CATALOG.sentences(language).items():
            facts = {name: SAMPLES.get(name, f"{name} X") for name in _facts(sentence)} | {"n": n}
            text = CATALOG.text(say(key, **facts), language)
            assert text and "{" not in text and "None" not in text, (key, text)
            assert text.count("\u2066") + text.count("\u2068") == text.count(END), (key, text)
    assert not logs


# ── which way ───────────────────────────────────────────────────────────────────────────────────


def test_every_language_of_times_has_a_name_and_its_place_for_ever() -> None:
    assert LANGUAGES[:7] == ("en", "de", "es", "fr", "pt", "ru", "ar")
    assert set(LANGUAGE_NAMES) == set(LANGUAGES)
    assert {name.split("-")[0] for name in CATALOG.languages} <= set(LANGUAGES)


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("pt_BR", "pt-BR"),
        ("de-AT", "de"),
        ("es-419", "es"),
        ("ar-EG", "ar"),
        ("fr", "en"),
        ("tlh", "en"),
        (None, "en"),
    ],
)
def test_the_nearest_language_is_spoken(asked: str | None, spoken: str) -> None:
    assert CATALOG.known(asked) == spoken
    assert CATALOG.speaks(asked or "en") == (asked not in ("fr", "tlh"))


def test_names_and_commands_are_set_apart_in_arabic() -> None:
    assert direction("ar") == "rtl" and direction("pt-BR") == "ltr"
    text = CATALOG.text(say("clip.got_it", name="talk 2.mp4", size=Bytes(3_400_000)), "ar")
    assert "\u2068talk 2.mp4\u2069" in text and "3.4 ميغابايت" in text
    runs = CATALOG.runs(say("calendar.later", n=1), "ar")
    assert "\u2068" not in runs[0].text
    runs = CATALOG.runs(say("door.near_command", name="/clp", near="/clip"), "ar")
    code = [run.text for run in runs if run.style == "code"]
    assert code == ["/clp", "/clip"], "what is copied is the command and nothing else"
    assert "".join(run.text for run in runs).count("\u2068") == 2


def test_an_arabic_name_does_not_turn_an_english_sentence_around() -> None:
    text = CATALOG.text(say("clip.got_it", name="مقابلة.mp4", size=Bytes(3_400_000)))
    assert text == "Got it: \u2068مقابلة.mp4\u2069 · 3.4 MB."
    assert "\u2068" not in CATALOG.text(say("clip.got_it", name="talk.mp4", size=Bytes(1)))


def test_a_caption_by_itself_can_be_copied_as_it_is() -> None:
    assert CATALOG.text(say("caption.now", caption="My talk #ai"), "ar") == "My talk #ai"


def test_an_address_is_left_as_it_is() -> None:
    """A chat would take a mark behind it for a part of it."""
    said = say("people.code_how", address="http://127.0.0.1:8080", until=When(AT))
    assert "\u2068" not in CATALOG.text(said, "ar").partition("http")[2].partition(" ")[0]


def test_spanish_has_e_before_the_sound_of_i() -> None:
    def places(*names: str) -> str:
        return CATALOG.text(say("help.hello", name=names), "es")

    assert places("TikTok", "Instagram") == "Hola, TikTok e Instagram."
    assert places("Instagram", "TikTok") == "Hola, Instagram y TikTok."
    assert places("A", "hielo") == "Hola, A y hielo."
    assert places("A", "hilo") == "Hola, A e hilo."
