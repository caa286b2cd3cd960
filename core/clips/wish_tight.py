"""What people write to have pauses and fillers out of a clip, or back in: "without the ums",
"ohne Pausen und Ähs", "keep the pauses", and just "tight"."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from core.clips.wish_words import any_of, tables, words

What = Literal["pauses", "fillers", "both"]
Take = Callable[[str, Callable[[re.Match[str]], None]], None]
"""Finds a pattern in what is left of a text, hands every match over and removes it."""


def tightness(take: Take, understand: Callable[[What, bool, int], None]) -> None:
    """Hand over what is named, whether it is to go, and where that stands."""

    def told(out: bool) -> Callable[[re.Match[str]], None]:
        return lambda match: understand(_what(match[0]), out, match.start())

    def both(match: re.Match[str]) -> None:
        understand("both", True, match.start())

    named, either = _named(), words("tight", "either")
    out, out_after = words("tight", "out"), words("tight", "out_after")
    keep, keep_after = words("tight", "keep"), words("tight", "keep_after")
    # "leave the pauses out" before "leave the pauses", which means the opposite.
    take(rf"(?:(?:{out}|{either})\s+)?{named}\s+{out_after}", told(True))
    take(rf"(?:(?:{keep}|{either})\s+)?{named}\s+{keep_after}", told(False))
    take(rf"{keep}\s+{named}", told(False))
    take(rf"{out}\s+{named}", told(True))
    take(rf"(?:^|(?<=[,;.،]))\s*{words('tight', 'alone')}\s*(?=$|[,;.!،])", both)


@lru_cache(maxsize=1)
def _named() -> str:
    """ "the long pauses and fillers"."""
    noun = any_of([*tables()["tight"]["pauses"], *tables()["tight"]["fillers"]])
    one = rf"(?:{words('tight', 'article')}\s+)*{noun}"
    again = rf"(?:\s*{words('tight', 'and')}\s*|\s+)(?:{words('tight', 'out')}\s+)?"
    return rf"{one}(?:{again}{one})*"


def _what(said: str) -> What:
    pauses, fillers = (
        re.search(words("tight", name), said, re.IGNORECASE) for name in ("pauses", "fillers")
    )
    return "both" if pauses and fillers else "fillers" if fillers else "pauses"
