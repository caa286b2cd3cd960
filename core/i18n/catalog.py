"""Sentences in the reader's language.

    catalog = Catalog.load()
    catalog.text(say("queue.empty"), language="en")       # plain words: terminals, tests
    catalog.runs(say("clip.ready", title=t), language="de")   # styled pieces: chats

One TOML file in `locales/` per language. A sentence may hold `{facts}`, `*bold*`, `` `code` ``;
facts are never read as markup. `{one = "…", other = "…"}` is chosen by the fact `n`, with the
plural rules of the language. What a language lacks is said in English; a key nobody knows is said
readably and logged: a chat never breaks because a sentence is missing.

Facts that run the other way than the sentence (a Latin name in Arabic, an Arabic name in English)
stand between Unicode isolates, so that neither disturbs the order of the other.
"""

from __future__ import annotations

import re
import string
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

import structlog
from babel import Locale, UnknownLocaleError
from babel.lists import format_list
from babel.numbers import format_decimal

from core.i18n.measures import bytes_text, moment_text, place_text, seconds_text
from core.say import Bytes, Fact, Link, Place, Say, Seconds, When

FALLBACK = "en"
LOCALES = Path(__file__).with_name("locales")

Style = Literal["", "bold", "code"]
Direction = Literal["ltr", "rtl"]
Sentence = str | Mapping[str, str]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text with one look. `when` is an instant to be drawn in the reader's own zone;
    `text` is then the same in the zone we know of."""

    text: str
    style: Style = ""
    href: str | None = None
    when: datetime | None = None


APART, END = "\u2068", "\u2069"
"""Unicode's first strong isolate and its end (UAX 9): what stands between them is set apart from
the order of the sentence, and runs as its own first letter does."""

_MARKUP = re.compile(r"\*([^*\n]+)\*|`([^`\n]+)`")
_ALONE = re.compile(r"\{\w+\}")
_ADDRESS = re.compile(r"https?://")
_SOUND_OF_I = re.compile(r"h?i(?![aeáé])", re.IGNORECASE)


@lru_cache(maxsize=4096)
def _styled(template: str) -> tuple[tuple[str, Style], ...]:
    """A template cut at its markup."""
    pieces: list[tuple[str, Style]] = []
    at = 0
    for mark in _MARKUP.finditer(template):
        pieces.append((template[at : mark.start()], ""))
        pieces.append((mark[1], "bold") if mark[1] else (mark[2], "code"))
        at = mark.end()
    pieces.append((template[at:], ""))
    return tuple(p for p in pieces if p[0])


def _read(path: Path) -> dict[str, Sentence]:
    """Flat keys: `section.name`."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        f"{section}.{name}": sentence
        for section, sentences in raw.items()
        for name, sentence in sentences.items()
    }


class Catalog:
    """Every sentence in every language there is a file for."""

    def __init__(self, sentences: Mapping[str, Mapping[str, Sentence]]) -> None:
        self._sentences = sentences

    @classmethod
    def load(cls) -> Catalog:
        """All files of `locales/`; read once per process."""
        return _loaded()

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(sorted(self._sentences))

    def sentences(self, language: str) -> Mapping[str, Sentence]:
        """Everything a language has by itself."""
        return self._sentences[language]

    def has(self, key: str, language: str = FALLBACK) -> bool:
        return key in self._sentences.get(language, {})

    def sentence(self, key: str, language: str = FALLBACK) -> Sentence | None:
        """The template as it stands in the file, in this language or in English."""
        ours = self._sentences.get(self.known(language), {})
        return ours.get(key, self._sentences[FALLBACK].get(key))

    def speaks(self, language: str) -> bool:
        """Whether there are sentences in it, or in another kind of it: `pt` for `pt-BR`."""
        return _family(self.known(language)) == _family(language)

    def known(self, language: str | None) -> str:
        """The language of ours that is nearest to what a person speaks: `pt-PT` → `pt-BR`."""
        wanted = (language or FALLBACK).replace("_", "-")
        for name in (wanted, _family(wanted)):
            if name in self._sentences:
                return name
        near = (n for n in self.languages if _family(n) == _family(wanted))
        return next(near, FALLBACK)

    def text(self, what: Say, language: str = FALLBACK, zone: str = "UTC") -> str:
        """Plain words, without any style."""
        return "".join(_plain(run) for run in self.runs(what, language, zone))

    def runs(self, what: Say, language: str = FALLBACK, zone: str = "UTC") -> tuple[Run, ...]:
        """The pieces of a sentence, in order."""
        return tuple(_joined(_Speaker(self, self.known(language), zone).say(what, "")))


@lru_cache(maxsize=1)
def _loaded() -> Catalog:
    return Catalog({path.stem: _read(path) for path in sorted(LOCALES.glob("*.toml"))})


def _plain(run: Run) -> str:
    return f"{run.text} ({run.href})" if run.href and run.href != run.text else run.text


def _joined(runs: Iterator[Run]) -> Iterator[Run]:
    """Neighbours with the same look become one."""
    held: Run | None = None
    for run in runs:
        if not run.text:
            continue
        plain = run.href is None and run.when is None
        if held and plain and held.href is None and held.when is None and held.style == run.style:
            held = Run(held.text + run.text, run.style)
            continue
        if held:
            yield held
        held = run
    if held:
        yield held


def _family(language: str) -> str:
    """`pt` of `pt-BR`."""
    return language.replace("_", "-").split("-")[0].lower()


def direction(language: str) -> Direction:
    """Which way a language is written."""
    return "rtl" if _locale(language).text_direction == "rtl" else "ltr"


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(FALLBACK)


def _set_apart(runs: Iterable[Run]) -> Iterator[Run]:
    yield Run(APART)
    yield from runs
    yield Run(END)


class _Speaker:
    """Says sentences in one language and zone."""

    def __init__(self, catalog: Catalog, language: str, zone: str) -> None:
        self._catalog = catalog
        self._language = language
        self._locale = _locale(language)
        self._rtl = direction(language) == "rtl"
        self._zone = zone

    def say(self, what: Say, style: Style) -> Iterator[Run]:
        template = self._template(what)
        alone = _ALONE.fullmatch(template) is not None
        for piece, look in _styled(template):
            runs = self._filled(piece, what, look or style, alone)
            # Around a command, never inside it: what is copied out of it must still be one.
            yield from _set_apart(runs) if look == "code" and self._rtl else runs

    def _template(self, what: Say) -> str:
        found = self._catalog.sentence(what.key, self._language)
        if found is None:
            log.error("i18n.no_such_sentence", key=what.key)
            return _readable(what)
        if isinstance(found, str):
            return found
        n = what.facts.get("n")
        amount = n if isinstance(n, int | float) and not isinstance(n, bool) else 0
        return found.get(self._locale.plural_form(amount)) or found["other"]

    def _filled(self, piece: str, what: Say, style: Style, alone: bool) -> Iterator[Run]:
        for text, name, _, _ in string.Formatter().parse(piece):
            if text:
                yield Run(text, style)
            if name is None:
                continue
            if name not in what.facts:
                log.error("i18n.fact_missing", key=what.key, fact=name)
                continue
            yield from self._fact(what.facts[name], style, alone)

    def _fact(self, fact: Fact, style: Style, alone: bool = False) -> Iterator[Run]:
        """`alone`: it is the whole sentence, so there is no order it could disturb."""
        match fact:
            case Say():
                yield from self.say(fact, style)
            case When(at, "", _):
                yield Run(moment_text(at, self._zone, self._locale), style, when=at)
            case When(at, zone, part):
                yield Run(moment_text(at, zone, self._locale, part), style)
            case Link(label, url):
                link = Run(label, style, href=url)
                apart = not alone and self._strays(label)
                yield from _set_apart([link]) if apart else [link]
            case tuple():
                yield from self._list(fact, style)
            case _:
                yield Run(self._word(fact) if alone else self._fitted(fact, style), style)

    def _fitted(self, fact: Fact, style: Style) -> str:
        word = self._word(fact)
        # A command is set apart as a whole; in an address, a chat takes every mark for part of it.
        if style == "code" or _ADDRESS.match(word) or not self._strays(fact):
            return word
        return f"{APART}{word}{END}"

    def _strays(self, fact: Fact) -> bool:
        """Whether it would disturb the order of the sentence, or be disturbed by it."""
        if isinstance(fact, int | float):
            return self._rtl and fact < 0
        if not isinstance(fact, str) or not fact:
            return False
        return self._rtl or any(unicodedata.bidirectional(c) in ("R", "AL") for c in fact)

    def _word(self, fact: Fact) -> str:
        match fact:
            case None:
                return ""
            case Seconds(s):
                return seconds_text(s, self._locale)
            case Place(s):
                return place_text(s, self._locale)
            case Bytes(b):
                return bytes_text(b, self._locale)
            case bool() | str():
                return str(fact)
            case int() | float():
                return str(format_decimal(fact, "#,##0.##", locale=self._locale))
        return str(fact)

    def _list(self, facts: tuple[Fact, ...], style: Style) -> Iterator[Run]:
        """ "a, b and c" in the language, each part with its own look."""
        if not facts:
            return
        drawn = [tuple(self._fact(fact, style)) for fact in facts]
        marks = [f"\x00{i}\x00" for i in range(len(facts))]
        written = format_list(marks, locale=self._locale)
        parts = re.split("\x00(\\d+)\x00", written)
        for i, part in enumerate(parts):
            if i % 2:
                yield from drawn[int(part)]
            elif part:
                ahead = drawn[int(parts[i + 1])] if i + 1 < len(parts) else ()
                yield Run(self._joint(part, ahead), style)

    def _joint(self, joint: str, ahead: tuple[Run, ...]) -> str:
        """Spanish has "e" instead of "y" before the sound of i, which CLDR's lists do not know:
        "TikTok e Instagram"."""
        if self._locale.language == "es" and joint == " y " and ahead:
            return " e " if _SOUND_OF_I.match(ahead[0].text) else joint
        return joint


def _readable(what: Say) -> str:
    """A key nobody knows, as words; braces of facts cannot occur in it."""
    return what.key.rsplit(".", 1)[-1].replace("_", " ").replace("{", "").replace("}", "")
