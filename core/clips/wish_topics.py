"""What a clip must begin with, what it must not be about, and "short ones"."""

from __future__ import annotations

import re

from core.clips.wish_reading import ASIDE, Reading, tidy
from core.clips.wish_words import any_of, words

SHORT_MOST_S = 30.0
LONG_LEAST_S, LONG_MOST_S = 45.0, 90.0
_TO_COMMA = rf"\s+([^,;،{ASIDE}]+)"
_VERY = any_of(("very", "really", "muy", "sehr", "muito", "très", "очень"))


def opening(reading: Reading) -> None:
    """ "start at the joke", "begin with the question about money"."""

    def understand(match: re.Match[str]) -> None:
        reading.found["opening"] = tidy(match[1])

    reading.take(rf"{words('topic', 'opening')}{_TO_COMMA}", understand)


def without(reading: Reading) -> None:
    """ "not about politics", "ohne Werbung"."""

    def understand(match: re.Match[str]) -> None:
        before = reading.found.get("without", "")
        reading.found["without"] = f"{before} {tidy(match[1])}".strip()

    reading.take(rf"{words('topic', 'not')}{_TO_COMMA}", understand)


def size(reading: Reading) -> None:
    """ "short ones", "3 longer clips", "shorter"; a number says it better."""
    if {"min_s", "max_s"} & reading.found.keys():
        return
    thing = words("size", "thing")
    for name in ("short", "long"):
        adjective = words("size", name)

        def understand(_: re.Match[str], name: str = name) -> None:
            limits = {"max_s": SHORT_MOST_S}
            if name == "long":
                limits = {"min_s": LONG_LEAST_S, "max_s": LONG_MOST_S}
            for field, value in limits.items():
                reading.found.setdefault(field, value)

        # The noun stays: it tells what the number in front of it counts.
        reading.take(rf"{adjective}(?=\s+{thing})", understand)
        reading.take(rf"(?:{_VERY}\s+)?{adjective}(?=\s*(?:$|[,;،]))", understand)
        # "clipes curtos": behind its noun, where the number alone tells the count as well.
        reading.take(rf"{thing}\s+{adjective}", understand)
