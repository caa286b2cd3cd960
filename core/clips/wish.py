"""What people write with a video, read: "3 under 40s about pricing, from the second half".

What is understood becomes a number or a span; the rest stays as words and steers the choice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from core.analysis.model import Spell
from core.clips.base import Wish
from core.errors import Told

MAX_COUNT = 20
SHORTEST_S, LONGEST_S = 3.0, 180.0
"""Instagram refuses reels under 3 s; three minutes is what the platforms show as a short."""

_NUMBERS = {
    **{"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7},
    **{"eight": 8, "nine": 9, "ten": 10, "couple of": 2},
}
_N = rf"(\d+(?:[.,]\d+)?|{'|'.join(_NUMBERS)})"
_UNIT = r"\s*(seconds?|secs?|s|minutes?|mins?|m)\b"
_CLOCK = r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})(?:[.,](\d{1,3}))?"
_FORMATS = {
    "1:1": r"\b1:1\b|\bsquare\b",
    "16:9": r"\b16:9\b|\b(?:horizontal|landscape|wide)\b",
    "9:16": r"\b9:16\b|\b(?:vertical|portrait)\b",
}


def _number(text: str) -> float:
    return float(_NUMBERS.get(text.lower(), 0) or text.replace(",", "."))


def _seconds(amount: str, unit: str | None) -> float:
    n = _number(amount)
    return n * 60 if (unit or "s").lower().startswith("m") else n


@dataclass(slots=True)
class _Reading:
    """The text that is left, and what was understood so far."""

    left: str
    duration_s: float | None
    found: dict[str, Any] = field(default_factory=dict)

    def take(self, pattern: str, understand: Callable[[re.Match[str]], None]) -> None:
        """Hand every match over and remove it from what is left."""

        def taken(match: re.Match[str]) -> str:
            understand(match)
            return " "

        self.left = re.sub(pattern, taken, self.left, flags=re.IGNORECASE)


def read_wish(text: str, *, duration_s: float | None = None) -> Wish:
    """Raises Told for a wish that contradicts itself."""
    reading = _Reading(" ".join(text.split()), duration_s)
    for step in (_format, _captions, _spans, _places, _lengths, _count):
        step(reading)
    rest = re.sub(r"^[\s,;.&+]+|[\s,;&+]+$", "", reading.left)
    rest = re.sub(r"^(?:clips?|please|and|with|of|the|from)\b\s*", "", rest, flags=re.IGNORECASE)
    return checked(Wish(text=" ".join(rest.split()), **reading.found))


def checked(wish: Wish) -> Wish:
    """Bounds held; raises Told where nothing sensible can be meant."""
    if wish.count is not None and wish.count < 1:
        raise Told("wish.no_clips")
    low, high = wish.min_s, wish.max_s
    if low is not None and high is not None and low > high:
        raise Told("wish.min_over_max", low=low, high=high)
    if high is not None and high < SHORTEST_S:
        raise Told("wish.too_short", least=SHORTEST_S)
    return replace(
        wish,
        count=min(wish.count, MAX_COUNT) if wish.count else None,
        min_s=max(SHORTEST_S, min(low, LONGEST_S)) if low is not None else None,
        max_s=min(high, LONGEST_S) if high is not None else None,
    )


def _format(reading: _Reading) -> None:
    for name, pattern in _FORMATS.items():
        reading.take(pattern, lambda _, name=name: reading.found.update(format=name))  # type: ignore[misc]


def _captions(reading: _Reading) -> None:
    reading.take(
        r"\b(?:no|without) (?:captions|subtitles)\b",
        lambda _: reading.found.update(captions=False),
    )


def _spans(reading: _Reading) -> None:
    spans: list[Spell] = []

    def understand(match: re.Match[str]) -> None:
        start, end = _clock(match.groups()[:4]), _clock(match.groups()[4:8])
        if end <= start:
            raise Told("wish.span_backwards", span=match[0].strip())
        spans.append(Spell(start, end))

    reading.take(rf"\b{_CLOCK}\s*(?:-|–|—|to|until)\s*{_CLOCK}\b", understand)
    if spans:
        reading.found["spans"] = tuple(spans)


def _clock(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    return (
        int(hours or 0) * 3600
        + int(minutes or 0) * 60
        + int(seconds or 0)
        + float(f"0.{fraction or 0}")
    )


def _places(reading: _Reading) -> None:
    whole = reading.duration_s

    def half(match: re.Match[str]) -> None:
        if whole:
            first = match[1].lower() == "first"
            reading.found["within"] = Spell(0, whole / 2) if first else Spell(whole / 2, whole)

    def stretch(match: re.Match[str]) -> None:
        length = _seconds(match[2], match[3])
        if match[1].lower() == "first":
            reading.found["within"] = Spell(0, length)
        elif whole:
            reading.found["within"] = Spell(max(0.0, whole - length), whole)

    reading.take(r"\b(?:from |in |of )?(?:the )?(first|second|last) half\b", half)
    reading.take(rf"\b(?:from |in |of )?(?:the )?(first|last) {_N}{_UNIT}", stretch)


def _lengths(reading: _Reading) -> None:
    found = reading.found

    def between(match: re.Match[str]) -> None:
        unit = match[3]
        found["min_s"], found["max_s"] = _seconds(match[1], unit), _seconds(match[2], unit)

    def at_most(match: re.Match[str]) -> None:
        found["max_s"] = _seconds(match[1], match[2])

    def at_least(match: re.Match[str]) -> None:
        found["min_s"] = _seconds(match[1], match[2])

    def about(match: re.Match[str]) -> None:
        length = _seconds(match[1], match[2])
        found.setdefault("min_s", length * 0.75)
        found.setdefault("max_s", length * 1.25)

    reading.take(rf"\b(?:of |between )?{_N}\s*(?:-|–|to|and)\s*{_N}{_UNIT}", between)
    most = r"(?:under|below|at most|max(?:imum)?|up to|less than|shorter than|no longer than|<)"
    reading.take(rf"{most}\s*{_N}{_UNIT}(?:\s*each)?", at_most)
    least = r"(?:over|above|at least|min(?:imum)?|longer than|more than|>)"
    reading.take(rf"{least}\s*{_N}{_UNIT}(?:\s*each)?", at_least)
    reading.take(rf"\b(?:of |about |around |~)?{_N}{_UNIT}(?:\s*(?:each|long))?", about)


def _count(reading: _Reading) -> None:
    def understand(match: re.Match[str]) -> None:
        reading.found.setdefault("count", int(_number(match[1])))

    reading.take(
        rf"\b{_N}\s*(?:x\b|(?:short |best |good |great )?(?:clips?|shorts|reels))", understand
    )
    reading.take(rf"^\s*{_N}(?=\s|$|,)", understand)
