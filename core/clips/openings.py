"""How a sentence would work as the first or the last one of a clip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.clips.lexicon import contains_any, hints, opens_with, spaced
from core.clips.sentences import Sentence

_OPENING_WORDS = 12
_NUMBER = re.compile(r"[$€£]?\d[\d.,]*\s?[%$€£]?")
_COMMA = re.compile(r"[,،，、]\s*")
_TRAILING = (",", ":", ";", "-", "–", "—", "...", "…", "，", "、")


@dataclass(frozen=True, slots=True)
class Opening:
    """How a sentence would work as the first one."""

    asks: bool
    asking: float
    """How much of a question it is, 0…1: "What broke first?" is one, "Nice, right?" hardly."""
    number: str | None
    """As it was said, near the beginning."""
    contrast: str | None
    strong: str | None
    dangling: bool
    answers: bool
    """It answers, or asks on, what was asked before it, and does not say what that was."""
    meta: bool
    pause_s: float
    fresh: bool
    """What came before was finished."""


@dataclass(frozen=True, slots=True)
class Closing:
    """How a sentence would work as the last one."""

    ended: bool
    asks: bool
    open: bool
    """More must follow: a list has begun, or the last word hangs in the air."""
    pause_s: float
    falls: bool
    """The voice goes down at its end."""


def opening_of(
    s: Sentence,
    before: Sentence | None,
    said: Sequence[str],
    language: str | None,
    *,
    content: int,
    alone: bool,
) -> Opening:
    """`said` are its words, `content` how many of them carry its topic; `alone`: it names again
    what the sentence before it spoke of."""
    head = " ".join(said[:_OPENING_WORDS])
    number = _NUMBER.search(" ".join(s.text.split()[:8]))
    paused = before is not None and s.pause_before_s > 0.5 and not _goes_on(s, before)
    fresh = before is None or before.ended or paused
    small = s.text[:1].islower() and not fresh
    return Opening(
        asks=s.asks,
        asking=_asking(s, content, said, language),
        number=number[0].strip(" .,") if number and fresh else None,
        contrast=contains_any(head, "contrast", language),
        strong=contains_any(head, "strong", language),
        dangling=opens_with(said[:4], "dangling", language) is not None or small,
        answers=before is not None and before.asks and not alone,
        meta=contains_any(s.text, "meta", language) is not None,
        pause_s=s.pause_before_s,
        fresh=fresh,
    )


def _goes_on(s: Sentence, before: Sentence) -> bool:
    """It is written small where sentences begin with a capital: somebody paused to think."""
    return s.text[:1].islower() and any(c.isupper() for c in before.text)


def closing_of(s: Sentence, said: Sequence[str], language: str | None, *, falls: bool) -> Closing:
    """`falls`: the voice goes down at its end."""
    hanging = bool(said) and not s.ended and opens_with(said[-1:], "hanging", language)
    begins_list = opens_with(said[:4], "listing", language) is not None
    is_open = bool(hanging) or begins_list or s.text.endswith(_TRAILING)
    return Closing(s.ended, s.asks, is_open, s.pause_after_s, falls)


def _asking(s: Sentence, content: int, said: Sequence[str], language: str | None) -> float:
    """A tag behind a comma ("…, right?") asks nothing, nor do two words; a question about
    something names it instead of pointing ("Will it start?")."""
    if not s.asks:
        return 0.0
    tail = _COMMA.split(s.text)[-1]
    if tail != s.text and (len(tail.split()) <= 2 if spaced(tail) else len(tail) <= 4):
        return 0.2
    if len(said) < 4 and spaced(s.text):
        return 0.3
    points = bool(set(said[1:3]) & hints("pointing", language))
    return (0.4, 0.8, 1.0)[min(2, content)] * (0.5 if points else 1)
