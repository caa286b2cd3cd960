"""Hints of many languages, what a word of content is, and which words are the same one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import regex
import snowballstemmer

# Not of `re`, whose \w parts Hindi, Thai and vowelled Arabic words at their vowel signs.
_WORD = regex.compile(r"[\w'’-]+")
# Written without spaces between words; a word of content may be two characters long.
_CLOSED_UP = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_STEMMERS = {
    **{"ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek"},
    **{"en": "english", "es": "spanish", "et": "estonian", "fi": "finnish", "fr": "french"},
    **{"hi": "hindi", "hu": "hungarian", "id": "indonesian", "it": "italian", "nl": "dutch"},
    **{"no": "norwegian", "nb": "norwegian", "pt": "portuguese", "ro": "romanian"},
    **{"ru": "russian", "sv": "swedish", "ta": "tamil", "tr": "turkish"},
}


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, frozenset[str]]]:
    raw = tomllib.loads(Path(__file__).with_name("lexicon.toml").read_text(encoding="utf-8"))
    return {
        language: {kind: frozenset(words) for kind, words in kinds.items()}
        for language, kinds in raw.items()
    }


def with_table() -> tuple[str, ...]:
    """The languages there are hints for."""
    return tuple(_tables())


def family(language: str | None) -> str:
    """`pt` of `pt-BR`; empty when it is not known."""
    return (language or "").replace("_", "-").split("-")[0].lower()


@lru_cache(maxsize=64)
def hints(kind: str, language: str | None) -> frozenset[str]:
    """The hints of one language; of all of them when it is not known."""
    tables = _tables()
    if (known := family(language)) in tables:
        return tables[known][kind]
    if language:  # a language we have no table for: hints of others would only mislead
        return frozenset()
    return frozenset().union(*(t[kind] for t in tables.values()))


def tokens(text: str) -> list[str]:
    """Lower-case words without punctuation."""
    found = (t.strip("'’-_") for t in _WORD.findall(text.lower().replace("’", "'")))
    return [t for t in found if t]


def carries_topic(token: str, language: str | None) -> bool:
    """No function word, no lone letter, no bare number."""
    if token.isdigit() or token in hints("stop", language):
        return False
    return len(token) > (1 if _CLOSED_UP.search(token) else 2)


def content_words(text: str, language: str | None) -> list[str]:
    """The words of a text that carry its topic."""
    return [t for t in tokens(text) if carries_topic(t, language)]


@lru_cache(maxsize=8)
def _stemmer(name: str) -> Any:
    return snowballstemmer.stemmer(name)


@lru_cache(maxsize=50_000)
def stem(token: str, language: str | None) -> str:
    """What `prices`, `pricing` and `price` have in common; the word itself where we know no rule.
    An unknown language is tried as English, whose rules hardly touch other words."""
    name = _STEMMERS.get(family(language), "" if language else "english")
    if not name:
        return token
    return str(_stemmer(name).stemWord(token.removesuffix("'s")))


def joined(words: Iterable[str]) -> str:
    """Words as they are written: with spaces, or closed up in scripts that have none."""
    text = ""
    for word in words:
        closed = bool(text and _CLOSED_UP.match(word[:1]) and not text[-1].isascii())
        text = f"{text}{word}" if closed or not text else f"{text} {word}"
    return text


def spaced(text: str) -> bool:
    """Written with spaces between words."""
    return not _CLOSED_UP.search(text)


def opens_with(head: Sequence[str], kind: str, language: str | None) -> str | None:
    """The same for words that are taken apart already."""
    known = hints(kind, language)
    found = (" ".join(head[:n]) for n in range(min(len(head), 4), 0, -1))
    return next((h for h in found if h in known), None)


def contains_any(text: str, kind: str, language: str | None) -> str | None:
    """The first hint of a kind that stands in a text, whole words only."""
    known, said = hints(kind, language), tokens(text)
    for i in range(len(said)):
        for n in (4, 3, 2, 1):
            if (phrase := " ".join(said[i : i + n])) in known:
                return phrase
    return None
