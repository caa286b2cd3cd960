"""Sentences in the reader's language.

    catalog = Catalog.load()
    catalog.text(say("queue.empty"), language="en")       # plain words: terminals, tests
    catalog.runs(say("clip.ready", title=t), language="de")   # styled pieces: chats

One TOML file in `locales/` per language. A sentence may hold `{facts}`, `*bold*`, `` `code` ``;
facts are never read as markup. `{one = "…", other = "…"}` is chosen by the fact `n`, with the
plural rules of the language. What a language lacks is said in English; a key nobody knows is said
readably and logged: a chat never breaks because a sentence is missing.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

import structlog
from babel import Locale, UnknownLocaleError
from babel.lists import format_list
from babel.numbers import format_decimal

from core.i18n.measures import bytes_text, moment_text, seconds_text
from core.say import Bytes, Fact, Link, Say, Seconds, When

FALLBACK = "en"
LOCALES = Path(__file__).with_name("locales")

Style = Literal["", "bold", "code"]
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


_MARKUP = re.compile(r"\*([^*\n]+)\*|`([^`\n]+)`")


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

    def known(self, language: str | None) -> str:
        """The language of ours that is nearest to what a person speaks: `pt-PT` → `pt`."""
        wanted = (language or FALLBACK).replace("_", "-")
        for name in (wanted, wanted.split("-")[0]):
            if name in self._sentences:
                return name
        family = wanted.split("-")[0]
        return next((n for n in self.languages if n.split("-")[0] == family), FALLBACK)

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


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(FALLBACK)


class _Speaker:
    """Says sentences in one language and zone."""

    def __init__(self, catalog: Catalog, language: str, zone: str) -> None:
        self._catalog = catalog
        self._language = language
        self._locale = _locale(language)
        self._zone = zone

    def say(self, what: Say, style: Style) -> Iterator[Run]:
        template = self._template(what)
        for piece, look in _styled(template):
            yield from self._filled(piece, what, look or style)

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

    def _filled(self, piece: str, what: Say, style: Style) -> Iterator[Run]:
        for text, name, _, _ in string.Formatter().parse(piece):
            if text:
                yield Run(text, style)
            if name is None:
                continue
            if name not in what.facts:
                log.error("i18n.fact_missing", key=what.key, fact=name)
                continue
            yield from self._fact(what.facts[name], style)

    def _fact(self, fact: Fact, style: Style) -> Iterator[Run]:
        match fact:
            case Say():
                yield from self.say(fact, style)
            case When(at, "", _):
                yield Run(moment_text(at, self._zone, self._locale), style, when=at)
            case When(at, zone, part):
                yield Run(moment_text(at, zone, self._locale, part), style)
            case Link(label, url):
                yield Run(label, style, href=url)
            case tuple():
                yield from self._list(fact, style)
            case _:
                yield Run(self._word(fact), style)

    def _word(self, fact: Fact) -> str:
        match fact:
            case None:
                return ""
            case Seconds(s):
                return seconds_text(s, self._locale)
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
        marks = [f"\x00{i}\x00" for i in range(len(facts))]
        written = format_list(marks, locale=self._locale)
        for i, part in enumerate(re.split("\x00(\\d+)\x00", written)):
            if i % 2:
                yield from self._fact(facts[int(part)], style)
            elif part:
                yield Run(part, style)


def _readable(what: Say) -> str:
    """A key nobody knows, as words; braces of facts cannot occur in it."""
    return what.key.rsplit(".", 1)[-1].replace("_", " ").replace("{", "").replace("}", "")
