"""What people say of the text on a cover, in a wish and of a finished clip: "put the title on the
cover", "cover with text 'I quit'", "cover without text"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TypeVar

from core.clips.base import Wish
from core.clips.wish_words import tables

MOST_CHARS = 80
"""What three lines hold in letters one can read on a phone."""
_OPEN, _CLOSE = "\"'“”„‘’«‹「", "\"'“”’»›」"
_QUOTED = rf"[{_OPEN}]([^{_OPEN}{_CLOSE}]+)[{_CLOSE}]"
_TO_THE_END = rf"(?:{_QUOTED}|([^,;{_OPEN}]+?)(?=\s*(?:$|[,;])))"
T = TypeVar("T")
Take = Callable[[str, Callable[[re.Match[str]], T]], None]
"""Hands every match of a pattern over and removes it."""


def cover_text(wish: Wish, title: str) -> str:
    """What is to be on the cover of a clip with this title."""
    return "" if wish.cover is None else (wish.cover or title)[:MOST_CHARS]


@cache
def _patterns(name: str) -> tuple[str, ...]:
    told = tables()["cover"][name]
    return tuple(p.replace("{quoted}", _QUOTED).replace("{text}", _TO_THE_END) for p in told)


def take_cover(take: Take[T], understand: Callable[[re.Match[str], str | None], T]) -> None:
    """Hand over what is said of the cover: with the text, "" for the title, None for no text."""
    for name, wanted in _every():

        def taken(match: re.Match[str], name: str = name) -> T:
            if name == "text":
                return understand(match, " ".join(next(filter(None, match.groups())).split()))
            return understand(match, "" if name == "title" else None)

        take(rf"(?<!\w){wanted}(?!\w)", taken)


def _every() -> Iterator[tuple[str, str]]:
    for name in ("off", "title", "text"):
        for wanted in _patterns(name):
            yield name, wanted
