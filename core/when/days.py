"""The day in a piece of text: "tomorrow", "next mon", "24 dec", "2026-12-24", "in 3 days"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.errors import Told
from core.say import When
from core.when import words
from core.when.hours import take_hour

_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?:t(?=\d)|(?!\d))")
_DOTTED = re.compile(r"(?<!\d)(\d{1,2})\. ?(\d{1,2})\.(?: ?(\d{4})(?![\d:])|(\d{2})(?![\d:.]))?")
_LOOSE = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})(?![\d.])")
"""`10.12`: a date only beside an hour, for alone it is one."""
_SLASHED = re.compile(r"(?<!\d)(\d{1,2})[/-](\d{1,2})(?:[/-](\d{4}|\d{2}))?(?!\d)")


@dataclass(frozen=True, slots=True)
class Day:
    """A day that was found, and the text without it."""

    on: date
    rest: str = ""
    said_year: bool = True
    """False: the next such day was taken."""


@dataclass(frozen=True, slots=True)
class Today:
    """What a day is counted from."""

    on: date
    language: str
    zone: str = "UTC"

    def fact(self, on: date) -> When:
        """A day for a sentence."""
        noon = datetime.combine(on, time(12), ZoneInfo(self.zone))
        return When(noon.astimezone(UTC), self.zone, "day")


def take_number_date(text: str, today: Today) -> Day | None:
    """A date in digits. Raises Told for one that does not exist, or could be two."""
    if found := _ISO.search(text):
        year, month, day = (int(g) for g in found.groups())
        return Day(_date(year, month, day, found[0]), _without(text, found))
    if found := _DOTTED.search(text):  # always the day first
        day, month = int(found[1]), int(found[2])
        return _day_and_month(text, found, day, month, found[3] or found[4], today)
    if (found := _LOOSE.search(text)) and take_hour(_without(text, found)):
        return _day_and_month(text, found, int(found[1]), int(found[2]), None, today)
    if found := _SLASHED.search(text):
        a, b = int(found[1]), int(found[2])
        if a <= 12 and b <= 12 and a != b:
            raise Told("when.two_dates", said=found[0], **_both_ways(a, b))
        day, month = (a, b) if a > 12 else (b, a)
        return _day_and_month(text, found, day, month, found[3], today)
    return None


def _both_ways(a: int, b: int) -> dict[str, str]:
    """The two readings, as they can be written without any doubt."""
    names = {number: name for name, number in words.months("en").items() if len(name) == 3}
    return {"one": f"{a} {names[b]}", "other": f"{b} {names[a]}"}


def _day_and_month(
    text: str, found: re.Match[str], day: int, month: int, year: str | None, today: Today
) -> Day:
    rest = _without(text, found)
    if year is None:
        return Day(_next_date(month, day, today.on, found[0]), rest, said_year=False)
    full = int(year) + (2000 if len(year) == 2 else 0)
    return Day(_date(full, month, day, found[0]), rest)


def _date(year: int, month: int, day: int, said: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Told("when.no_such_day", said=said.strip()) from None


def _next_date(month: int, day: int, today: date, said: str) -> date:
    """The next such day; 29 February may be some years away."""
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        raise Told("when.no_such_day", said=said.strip())
    for year in range(today.year, today.year + 9):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    raise Told("when.no_such_day", said=said.strip())


def read_day(text: str, today: Today) -> Day | None:
    """A day said in words; the whole text has to be it. None when it is nothing we know."""
    for rule in _RULES:
        if (found := rule(text, today)) is not None:
            return found
    stripped = " ".join(w for w in text.split() if w.strip(".,") not in words.FILLERS)
    if stripped != text and stripped:
        return read_day(stripped, today)
    return None


def _named(text: str, today: Today) -> Day | None:
    tables = (
        (words.TODAY, 0),
        (words.TOMORROW, 1),
        (words.AFTER_TOMORROW, 2),
        (words.YESTERDAY, -1),
    )
    bare = text.removeprefix("the ")
    for table, days in tables:
        if bare in table:
            return Day(today.on + timedelta(days=days))
    return None


def _weekday(text: str, today: Today) -> Day | None:
    *before, name = text.replace("-feira", "").split() or [""]
    if before and name in words.NEXT | words.THIS:  # "viernes próximo", "الجمعة القادمة"
        before, name = [name], " ".join(before)
    day = words.weekday(name, today.language)
    if day is None or len(before) > 1:
        return None
    ahead = (day - today.on.weekday()) % 7
    if not before:
        return Day(today.on + timedelta(days=ahead), said_year=False)
    monday = today.on - timedelta(days=today.on.weekday())
    if before[0] in words.THIS:
        return Day(monday + timedelta(days=day))
    if before[0] not in words.NEXT:
        return None
    if ahead and day > today.on.weekday():  # the coming one, or the one of next week?
        this, following = (monday + timedelta(days=day + d) for d in (0, 7))
        raise Told("when.which_week", said=text, one=today.fact(this), other=today.fact(following))
    return Day(monday + timedelta(days=7 + day))


_ORDINAL = r"(\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?"
_DAY_MONTH = re.compile(
    rf"{_ORDINAL} (?:of |de |del |do )?([^\W\d]+)\.?(?: (?:de |del )?(\d{{4}}))?"
)
_MONTH_DAY = re.compile(rf"([^\W\d]+)\.? {_ORDINAL}(?:,? (\d{{4}}))?")
_OF_MONTH = re.compile(r"(?:the )?(\d{1,2})(?:st|nd|rd|th)")


def _day_month(text: str, today: Today) -> Day | None:
    if found := _DAY_MONTH.fullmatch(text):
        day, name, year = found.groups()
    elif found := _MONTH_DAY.fullmatch(text):
        name, day, year = found.groups()
        if name in words.weekdays(today.language.split("-")[0]):
            return None  # "mar 18" is a Tuesday at six in Spanish
    else:
        return None
    month = words.month(name, today.language)
    if month is None:
        return None
    if year:
        return Day(_date(int(year), month, int(day), text))
    return Day(_next_date(month, int(day), today.on, text), said_year=False)


def _of_month(text: str, today: Today) -> Day | None:
    """ "the 5th": of this month or the next one that has it."""
    found = _OF_MONTH.fullmatch(text)
    if found is None:
        return None
    wanted = int(found[1])
    for ahead in range(62):
        day = today.on + timedelta(days=ahead)
        if day.day == wanted:
            return Day(day)
    raise Told("when.no_such_day", said=text)


def _any(table: set[str]) -> str:
    return "|".join(re.escape(w) for w in sorted(table, key=len, reverse=True))


_IN_DAYS = re.compile(
    rf"(?:in|dans|en|em|через|dentro de|daqui a|بعد|خلال) (?P<n>\d{{1,3}}|{_any(words.ONE)}) "
    rf"(?P<unit>{_any(words.DAYS)}|{_any(words.WEEKS)}|{_any(words.MONTHS)})"
    rf"|(?P<n2>\d{{1,3}}|{_any(words.ONE)}) "
    rf"(?P<unit2>{_any(words.DAYS)}|{_any(words.WEEKS)}|{_any(words.MONTHS)}) from now"
)
_NEXT_WEEK = re.compile(
    rf"(?:{_any(words.NEXT)}) (?:{_any(words.WEEKS)})"
    rf"|(?:{_any(words.WEEKS)}) (?:{_any(words.NEXT)}|que viene|que vem)"
)


def _in_days(text: str, today: Today) -> Day | None:
    found = _IN_DAYS.fullmatch(text)
    if found is None:
        return None
    number, unit = found["n"] or found["n2"], found["unit"] or found["unit2"]
    n = int(number) if number.isdecimal() else 1
    if unit in words.MONTHS:
        return Day(_months_on(today.on, n))
    return Day(today.on + timedelta(days=n * (7 if unit in words.WEEKS else 1)))


def _months_on(start: date, n: int) -> date:
    """The same day n months on, or the last one of a shorter month."""
    month = start.month - 1 + n
    first = date(start.year + month // 12, month % 12 + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(start.day, last.day))


def _week_on(text: str, today: Today) -> Day | None:
    """ "next week": the same weekday."""
    return Day(today.on + timedelta(days=7)) if _NEXT_WEEK.fullmatch(text) else None


def _weekday_and_date(text: str, today: Today) -> Day | None:
    """ "Friday 27 November", as our own echo has it. Raises Told when the two disagree."""
    name, _, rest = text.partition(" ")
    weekday = words.weekday(name, today.language)
    found = _day_month(rest, today) or _of_month(rest, today) if weekday is not None else None
    if found is not None:
        agree(weekday, found.on, text, today)
    return found


def agree(weekday: int | None, on: date, said: str, today: Today) -> None:
    """Raises Told when a date is not the weekday that was said beside it."""
    if weekday != on.weekday():
        raise Told("when.days_disagree", said=said, day=today.fact(on))


_RULES: tuple[Callable[[str, Today], Day | None], ...] = (
    _named,
    _weekday,
    _weekday_and_date,
    _day_month,
    _of_month,
    _in_days,
    _week_on,
)


def _without(text: str, found: re.Match[str]) -> str:
    return " ".join((text[: found.start()] + " " + text[found.end() :]).split())
