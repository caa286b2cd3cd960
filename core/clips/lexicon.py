"""Hints of many languages, what a word of content is, and which words are the same one."""

from __future__ import annotations

import re
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
_LONGEST_CLOSED_UP = 4
"""Characters of a word; longer ones are phrases that nobody parted."""
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


def is_filler(text: str, language: str | None) -> bool:
    """A sound of the list `um` and nothing else, however long it is drawn ("ummm"); as a question
    or a cry it says something. Where the language is not known, none that is a word in another:
    "um" is one in German, "em" in Portuguese."""
    if text.rstrip("\"'”’»)]").endswith(("?", "？", "؟", "!", "！")):
        return False
    known = {_short(h) for h in hints("um", language)}
    if not language:
        known -= hints("stop", None)
    said = tokens(text)
    return bool(said) and all(_short(t) in known for t in said)


def _short(token: str) -> str:
    return re.sub(r"(.)\1+", r"\1", token)


def tokens(text: str) -> list[str]:
    """Lower-case words without punctuation."""
    found = (t.strip("'’-_") for t in _WORD.findall(text.lower().replace("’", "'")))
    return [t for t in found if t]


def pairs(token: str) -> list[str]:
    """A long run of a script without spaces as its overlapping pairs: most words have two
    characters, and subtitles give a whole line as one."""
    if len(token) <= _LONGEST_CLOSED_UP or not _CLOSED_UP.search(token):
        return [token]
    return [token[i : i + 2] for i in range(len(token) - 1)]


def extent(text: str) -> float:
    """How many words a text has; two characters are one where there are no spaces."""
    closed = len(_CLOSED_UP.findall(text))
    return closed / 2 if closed else len(text.split())


def carries_topic(token: str, language: str | None) -> bool:
    """No function word, no lone letter, no bare number."""
    stop = hints("stop", language)
    if token.isdigit() or token in stop:
        return False
    if _CLOSED_UP.search(token) and any(ch in stop for ch in token):
        return False
    return len(token) > (1 if _CLOSED_UP.search(token) else 2)


def content_words(text: str, language: str | None) -> list[str]:
    """The words of a text that carry its topic."""
    parted = (pair for t in tokens(text) for pair in pairs(t))
    return [t for t in parted if carries_topic(t, language)]


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
    """The hint of a kind a passage begins with, of its first words."""
    known = hints(kind, language)
    if _CLOSED_UP.match("".join(head[:1])):
        said = joined(head)
        return max((h for h in known if said.startswith(h)), key=len, default=None)
    found = (" ".join(head[:n]) for n in range(min(len(head), 4), 0, -1))
    return next((h for h in found if h in known), None)


def contains_any(text: str, kind: str, language: str | None) -> str | None:
    """The first hint of a kind that stands in a text; whole words only, where there are spaces."""
    known, said = hints(kind, language), tokens(text)
    if not spaced(text):
        at = {h: text.find(h) for h in known if _CLOSED_UP.match(h) and h in text}
        return min(at, key=lambda h: at[h], default=None)
    for i in range(len(said)):
        for n in (4, 3, 2, 1):
            if (phrase := " ".join(said[i : i + n])) in known:
                return phrase
    return None
