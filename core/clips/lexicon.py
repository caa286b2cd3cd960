"""Hints of many languages, and what a content word is."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path

_WORD = re.compile(r"[\w'’-]+")


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, frozenset[str]]]:
    raw = tomllib.loads(Path(__file__).with_name("lexicon.toml").read_text(encoding="utf-8"))
    return {
        language: {kind: frozenset(words) for kind, words in kinds.items()}
        for language, kinds in raw.items()
    }


@lru_cache(maxsize=64)
def hints(kind: str, language: str | None) -> frozenset[str]:
    """The hints of one language; of all of them when it is not known."""
    tables = _tables()
    family = (language or "").split("-")[0]
    if family in tables:
        return tables[family][kind]
    if language:  # a language we have no table for: hints of others would only mislead
        return frozenset()
    return frozenset().union(*(t[kind] for t in tables.values()))


def tokens(text: str) -> list[str]:
    """Lower-case words without punctuation."""
    return [t.strip("'’-") for t in _WORD.findall(text.lower()) if t.strip("'’-")]


def content_words(text: str, language: str | None) -> list[str]:
    """Words that carry a topic: no function words, no single letters, no bare numbers."""
    stop = hints("stop", language)
    return [t for t in tokens(text) if len(t) > 2 and t not in stop and not t.isdigit()]


def starts_with_any(text: str, kind: str, language: str | None) -> str | None:
    """The hint a text opens with, whole words only."""
    head = " ".join(tokens(text)[:6])
    found = (h for h in hints(kind, language) if head == h or head.startswith(h + " "))
    return next(found, None)


def contains_any(text: str, kind: str, language: str | None) -> str | None:
    padded = f" {' '.join(tokens(text))} "
    return next((h for h in sorted(hints(kind, language)) if f" {h} " in padded), None)
