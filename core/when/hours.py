"""The hour in a piece of text: "9am", "18:30", "18h30", "um 9", "noon", "9 in the evening"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

from core.errors import Told
from core.when.words import AFTER_NOON, BEFORE_NOON, MIDNIGHT, PARTS


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour that was found, and the text without it."""

    at: time
    rest: str
    midnight: bool = False
    """Said as a word: whether it begins or ends a day has to be asked."""
    is_part: bool = False
    """Said as a part of the day, such as "evening"."""
    said: str = ""


def _any(words: object) -> str:
    """An alternation, longest first, of whole words."""
    assert isinstance(words, set | frozenset | dict)
    return "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))


_AR = "(?:(?:في|على|عند) )?الساعة ?"
_HALF = rf"(?P<half>{_any(BEFORE_NOON)}|{_any(AFTER_NOON)})"
_PATTERNS = tuple(
    re.compile(rf"(?<![\w.:/-]){p}(?![\w:/-])")
    for p in (
        # 18:30, 18:30:00, 6:30 pm, 18:30 uhr
        rf"(?:at |um |@ ?|{_AR}|)(?P<h>\d{{1,2}}):(?P<m>\d{{2}})(?::\d{{2}})?"
        + rf"(?: ?{_HALF}| ?uhr| ?[hч])?",
        # 18h30, 18 h 30
        r"(?:à |a las |às )?(?P<h>\d{1,2}) ?h ?(?P<m>\d{2})",
        # 9am, 9 pm, 9 de la mañana, 9 abends, 9 مساء
        rf"(?:at |um |@ ?|a las |às |à |в |{_AR}|)(?P<h>\d{{1,2}})"
        + rf"(?: ?uhr| ?h| ?heures?)? ?{_HALF}",
        # 18 uhr, 18h, 18 heures
        r"(?:um |à |a las |às |в )?(?P<h>\d{1,2}) ?(?:uhr|h|hrs|heures?|horas|часов|часа|ч)",
        # 18.30, as written in German; dates with two dots were taken before
        r"(?:um |at )?(?P<h>\d{1,2})\.(?P<m>\d{2})(?: ?uhr)?",
        # at 9, um 9, a las 9, à 9, às 9, в 9, الساعة 9
        rf"(?:at|um|@|a las|a la|à|às|as|в|{_AR}) ?(?P<h>\d{{1,2}})",
    )
)
_PART = re.compile(rf"(?<!\w)(?P<part>{_any(PARTS)}|{_any(MIDNIGHT)})(?!\w)")


def take_hour(text: str) -> Hour | None:
    """The hour and what is left; None when the text has none. Raises Told for 25:00."""
    for pattern in _PATTERNS:
        if found := pattern.search(text):
            got = found.groupdict()
            hour = _half(int(got["h"]), got.get("half"))
            return Hour(_time(hour, int(got.get("m") or 0), found[0]), _without(text, found))
    return take_part(text)


def take_part(text: str) -> Hour | None:
    """A part of the day, as the hour it stands for."""
    found = _PART.search(text)
    if found is None:
        return None
    word = found["part"]
    at = time(PARTS.get(word, 0))
    return Hour(at, _without(text, found), word in MIDNIGHT, is_part=True, said=word)


def _half(hour: int, half: str | None) -> int:
    """12-hour clock to 24; "18 pm" stays 18, people do write it."""
    if half in AFTER_NOON and hour < 12:
        return hour + 12
    if half in BEFORE_NOON and hour == 12:
        return 0
    return hour


def _time(hour: int, minute: int, said: str) -> time:
    if hour > 23 or minute > 59:
        raise Told("when.no_such_hour", said=said.strip())
    return time(hour, minute)


def _without(text: str, found: re.Match[str]) -> str:
    return " ".join((text[: found.start()] + " " + text[found.end() :]).split())


def bare_hour(word: str) -> time | None:
    """`18` behind a day: "fri 18"."""
    return time(int(word)) if re.fullmatch(r"\d{1,2}", word) and int(word) < 24 else None
