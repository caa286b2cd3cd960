"""From the words that are said to the words that are written: corrected, and masked on wish."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import regex

from core.analysis.model import Word
from core.captions.look import Fix, Look

_TAIL = regex.compile(r"[\p{P}\p{S}]+$")
_HEAD = regex.compile(r"^[\p{P}\p{S}]+")
_HARAKAT = regex.compile(r"[\u0640\u064b-\u065f\u0670]")
"""Vowel signs and the stroke that lengthens: Arabic is written with and without them."""


def written(words: Sequence[Word], look: Look) -> tuple[Word, ...]:
    """The words of the captions."""
    found = tuple(words)
    for fix in look.fixes:
        found = corrected(found, fix)
    return tuple(replace(w, text=masked(w.text)) for w in found) if look.masked else found


def plain(text: str) -> str:
    """A word as it is compared: without the signs around it, in small letters."""
    bare: str = _HARAKAT.sub("", _HEAD.sub("", _TAIL.sub("", text)))
    return bare.casefold().replace("ё", "е")


def says(words: Sequence[Word], said: str) -> bool:
    """Whether these words follow each other somewhere."""
    return next(_places(words, said), None) is not None


def corrected(words: Sequence[Word], fix: Fix) -> tuple[Word, ...]:
    """Every place that says `old` says `new`, in the same time and with the same signs around."""
    made: list[Word] = []
    at = 0
    for first, last in _places(words, fix.old):
        made += words[at:first]
        instead = _instead(words[first : last + 1], fix.new)
        tail = _TAIL.search(words[last].text)
        if not instead and tail and made and not _TAIL.search(made[-1].text):
            made[-1] = replace(made[-1], text=made[-1].text + tail[0])  # the sentence still ends
        made += instead
        at = last + 1
    return (*made, *words[at:])


def _places(words: Sequence[Word], said: str) -> Iterator[tuple[int, int]]:
    """First and last word of each place; places do not overlap."""
    wanted = [p for p in map(plain, said.split()) if p]
    here = [plain(w.text) for w in words]
    k = 0
    while wanted and k <= len(here) - len(wanted):
        if here[k : k + len(wanted)] == wanted:
            yield k, k + len(wanted) - 1
            k += len(wanted)
        else:
            k += 1


def _instead(old: Sequence[Word], new: str) -> list[Word]:
    texts = new.split()
    if not texts:
        return []
    if old[0].text[:1].isupper() and texts[0].islower() and not old[0].text.isupper():
        texts[0] = texts[0][:1].upper() + texts[0][1:]
    head, tail = _HEAD.search(old[0].text), _TAIL.search(old[-1].text)
    if head and not _HEAD.search(texts[0]):
        texts[0] = head[0] + texts[0]
    if tail and not _TAIL.search(texts[-1]):
        texts[-1] += tail[0]
    start_s, length_s = old[0].start_s, old[-1].end_s - old[0].start_s
    total, at, made = sum(map(len, texts)), 0, []
    for text in texts:
        begin_s = start_s + length_s * at / total
        at += len(text)
        # Whoever corrects a word has looked at it.
        made.append(Word(text, begin_s, start_s + length_s * at / total, 1.0))
    return made


# ── rude words ──────────────────────────────────────────────────────────────────────────────────


def masked(text: str) -> str:
    """A rude word keeps its first letter; the signs around it stay."""
    return _rude().sub(lambda m: m[0][:1] + "*" * (len(m[0]) - 1), text)


@cache
def _rude() -> re.Pattern[str]:
    """All languages at once: in one conversation people swear in several."""
    raw = tomllib.loads(Path(__file__).with_name("rude.toml").read_text(encoding="utf-8"))
    whole = {w for words in raw["words"].values() for w in words}
    stems = {w for words in raw["stems"].values() for w in words}
    options = [*(rf"{re.escape(w)}(?!\w)" for w in sorted(whole, key=len, reverse=True)),
               *(rf"{re.escape(w)}\w*" for w in sorted(stems, key=len, reverse=True))]  # fmt: skip
    return re.compile(rf"(?<!\w)(?:{'|'.join(options)})", re.IGNORECASE)
