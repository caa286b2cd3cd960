"""Where a word that is too long for a cue is parted, with a hyphen: as its language does."""

from __future__ import annotations

from functools import cache
from typing import Any

import regex

_LETTERS = regex.compile(r"^(\P{L}*)([\p{Latin}\p{Cyrillic}\p{Greek}]+)(\P{L}*)$")
"""Scripts with hyphens."""
_VOWEL = regex.compile(r"[aeiouyäöüáéíóúâêôãõàèøåæœаеёиоуыэюя]", regex.IGNORECASE)
_EDGE = 4
"""Letters that stay on either side; fewer look like a mistake."""
_USUAL = {"en": "en_US", "pt": "pt_BR", "no": "nb_NO", "de": "de_DE"}


def parted(word: str, language: str | None, most: float) -> list[str]:
    """The parts, each with its hyphen and at most `most` letters; none when it is no plain word or
    cannot be parted well."""
    if "-" in word[1:-1]:
        return _at_its_hyphens(word, language, most)
    found = _LETTERS.match(word)
    if found is None:
        return []
    head, letters, tail = found.groups()
    room = int(most) - 1 - max(len(head), len(tail))
    parts = [letters]
    while len(parts[-1]) > room:
        rest = parts.pop()
        count = -(-len(rest) // room)
        at = _nearest(_places(rest, language), len(rest) / count, room)
        parts += [rest[:at], rest[at:]]
    parts[0], parts[-1] = head + parts[0], parts[-1] + tail
    return [*(f"{p}-" for p in parts[:-1]), parts[-1]]


def _at_its_hyphens(word: str, language: str | None, most: float) -> list[str]:
    made: list[str] = []
    chunks = regex.split(r"(?<=\w-)(?=\w)", word)
    for chunk in chunks if len(chunks) > 1 else ():
        parts = parted(chunk, language, most) if len(chunk) > most else [chunk]
        if not parts:
            return []
        if made and len(made[-1]) + len(parts[0]) <= most:
            parts[0] = made.pop() + parts[0]
        made += parts
    return made


def _nearest(places: list[int], wished: float, room: int) -> int:
    legal = [p for p in places if p <= room]
    return min(legal, key=lambda p: abs(p - wished), default=min(room, round(wished)))


def _places(letters: str, language: str | None) -> list[int]:
    """By the patterns of the language; without any, before a consonant that a vowel follows."""
    book = _book((language or "").replace("_", "-").split("-")[0].lower())
    found = book.positions(letters) if book else _by_ear(letters)
    return [p for p in found if _EDGE <= p <= len(letters) - _EDGE]


def _by_ear(letters: str) -> list[int]:
    vowels = [bool(_VOWEL.match(c)) for c in letters]
    return [
        k for k in range(1, len(letters) - 1) if not vowels[k] and vowels[k + 1] and any(vowels[:k])
    ]


@cache
def _book(language: str) -> Any:
    import pyphen

    name = pyphen.language_fallback(_USUAL.get(language, language)) if language else None
    return pyphen.Pyphen(lang=name) if name else None
