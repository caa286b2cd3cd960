"""Plain words to a moment: "tomorrow 9am", "fri 18", "in 2h", "freitag 18 uhr", "24 dec 8pm".

    moment = read_when("friday 18:00", now=now, zone="Europe/Berlin", language="en")

The hour and the day are read by our own rules, which know the short forms of seven languages and
never guess. What they do not know as a day is put to dateparser. Whatever could mean two things is
asked back, with a way to write it that means one.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.errors import Told
from core.when import words
from core.when.days import Day, Today, agree, read_day, take_number_date
from core.when.hours import Hour, bare_hour, take_hour, take_part
from core.when.moment import Moment
from core.when.place import describe, from_instant, place
from core.when.zones import take_zone

MAX_AHEAD = timedelta(days=366)
MAX_CHARS = 100
_SOON = timedelta(minutes=15)


def read_when(
    text: str, *, now: datetime, zone: str, language: str = "en", slots: Sequence[time] = ()
) -> Moment:
    """The moment that was meant. Raises Told with a suggestion when it is unclear, past, or more
    than a year away. `slots` are the usual posting times, for "next slot"."""
    said = words.plain(re.sub(r"،|,(?!\d)", " ", text)).strip(" .!?؟")
    if not said or len(said) > MAX_CHARS:
        raise Told("when.unclear", said=text[:MAX_CHARS])
    if said in words.NOW:
        return from_instant(now, zone)
    said, other_zone = take_zone(said)
    zone = other_zone or zone
    found = _relative(said, now, zone, language) or _slot(said, now, zone, slots)
    return _checked(found or _Reader(said, now, zone, language).moment(), now, text)


def _checked(moment: Moment, now: datetime, said: str) -> Moment:
    if moment.at <= now - timedelta(seconds=60):
        raise Told("when.past", said=said.strip(), at=describe(moment, now))
    if moment.at > now + MAX_AHEAD:
        raise Told("when.too_far", at=describe(moment, now))
    return moment


# ── from now on ─────────────────────────────────────────────────────────────────────────────────


def _any(table: set[str]) -> str:
    return "|".join(re.escape(w) for w in sorted(table, key=len, reverse=True))


_AMOUNT = rf"\d{{1,4}}(?:[.,]\d)?|{_any(words.ONE)}"
_UNIT = rf"{_any(words.MINUTES)}|{_any(words.HOURS)}"
_RELATIVE = re.compile(
    r"(?P<before>(?:in|dans|en|em|через|dentro de|daqui a|بعد|خلال|\+) ?)?"
    rf"(?P<n>{_AMOUNT}) ?(?P<u>{_UNIT})"
    rf"(?: ?(?:and |und |y |et |e |и |و ?)?(?P<n2>\d{{1,4}}) ?(?P<u2>{_UNIT}))?"
    r"(?P<after> from now| later)?"
)
_HALF_HOUR = re.compile(
    r"(?:in |dans |en |em |через |بعد |خلال )?(?:half an hour|einer halben stunde|une demi-heure"
    r"|media hora|meia hora|полчаса|نصف ساعة)"
)


def _ask_if_hour(said: str, number: str, language: str) -> None:
    """ "18h" is an hour of the day in half of Europe; elsewhere "2h" may be a length of time."""
    if language.split("-")[0] in ("en", "de") and number.isdecimal() and int(number) <= 12:
        raise Told("when.hour_or_hours", said=said, number=number)


def _relative(said: str, now: datetime, zone: str, language: str) -> Moment | None:
    """ "in 2h", "in 1 hour 30 min", "20 minutes"."""
    if _HALF_HOUR.fullmatch(said):
        return from_instant(now + timedelta(minutes=30), zone)
    found = _RELATIVE.fullmatch(said)
    if found is None:
        return None
    if not found["before"] and not found["after"] and found["u"] in ("h", "ч"):
        _ask_if_hour(said, found["n"], language)
        return None
    length_s = _seconds(found["n"], found["u"])
    if found["n2"]:
        length_s += _seconds(found["n2"], found["u2"])
    return from_instant(now + timedelta(seconds=length_s), zone)


def _seconds(number: str, unit: str) -> float:
    amount = float(number.replace(",", ".")) if number[0].isdecimal() else 1.0
    return amount * (3600 if unit in words.HOURS else 60)


def _slot(said: str, now: datetime, zone: str, slots: Sequence[time]) -> Moment | None:
    """ "next slot": the next of the usual posting times."""
    if said not in ("next slot", "slot", "the next slot"):
        return None
    if not slots:
        raise Told("when.no_slots")
    today = now.astimezone(ZoneInfo(zone)).date()
    moments = (
        place(datetime.combine(today + timedelta(days=d), at), zone)
        for d in (0, 1, 2)
        for at in slots
    )
    return min((m for m in moments if m.at > now), key=lambda m: m.at)


# ── a day and an hour ───────────────────────────────────────────────────────────────────────────


class _Reader:
    """One text, taken apart into an hour and a day."""

    def __init__(self, said: str, now: datetime, zone: str, language: str) -> None:
        self._said = said
        self._now = now
        self._zone = zone
        self._language = language
        self._local = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        self._today = Today(self._local.date(), language, zone)

    def moment(self) -> Moment:
        said = self._said
        if said in words.TONIGHT:
            return self._tonight()
        if re.fullmatch(r"\d{1,2}", said):
            raise Told("when.bare_number", said=said)
        for evening in sorted(words.TONIGHT, key=len, reverse=True):
            if said.startswith(evening + " ") or said.endswith(" " + evening):
                return self._this_evening(said.replace(evening, "").strip())
        day = take_number_date(said, self._today)
        hour, text = self._hour(day.rest if day else said, day)
        if day is None:
            day = self._day(text)
        elif left := _leftover(text):  # "fri 27.11. 18:00": the weekday has to agree
            agree(words.weekday(left, self._language), day.on, said, self._today)
        return self._at(day, hour)

    def _hour(self, text: str, day: Day | None) -> tuple[Hour | None, str]:
        """The hour, and the words left for the day."""
        hour = take_hour(text)
        if hour is not None:
            return _with_part(hour)
        first, *middle = text.split() or [""]
        for bare, rest in ((text[-2:].strip(), text[:-2]), (first, " ".join(middle))):
            at, rest = bare_hour(bare), rest.strip()
            if at is None or rest[-1:].isdecimal():
                continue
            if day is not None and (not _leftover(rest) or read_day(rest, self._today)):
                return Hour(at, ""), rest
            if rest and not read_day(text, self._today) and read_day(rest, self._today):
                return Hour(at, rest), rest
        return None, text

    def _day(self, text: str) -> Day:
        if not _leftover(text):
            return Day(self._today.on, said_year=False)
        found = read_day(text, self._today) or self._by_dateparser(text)
        if found is None:
            raise Told("when.unclear", said=self._said)
        return found

    def _by_dateparser(self, text: str) -> Day | None:
        """Whatever else a day may be called. It reads digits too freely to be given any."""
        if any(c.isdecimal() for c in text):
            return None
        from dateparser.date import DateDataParser

        settings = {"RELATIVE_BASE": self._local, "PREFER_DATES_FROM": "future"}
        family = self._language.split("-")[0]
        with warnings.catch_warnings():
            # dateparser warns of its own use of the standard library; nobody here can mend that.
            warnings.simplefilter("ignore")
            for language in dict.fromkeys((family, "en")):
                try:
                    parser = DateDataParser(languages=[language], settings=settings)
                except ValueError:  # a language it does not have
                    continue
                found = parser.get_date_data(text)
                if found.date_obj is not None and found.period == "day":
                    return Day(found.date_obj.date())
        return None

    def _at(self, day: Day, hour: Hour | None) -> Moment:
        if hour is None:
            raise Told("when.no_hour", day=self._today.fact(day.on), said=self._said)
        if hour.midnight and _leftover(hour.rest):
            raise Told("when.midnight", said=self._said)
        wall = datetime.combine(day.on, hour.at)
        if not day.said_year and place(wall, self._zone).at <= self._now:
            wall = self._next_such(day, wall)
        return place(wall, self._zone)

    def _next_such(self, day: Day, wall: datetime) -> datetime:
        """The same hour tomorrow, the same weekday next week, the same date next year."""
        if not _leftover(self._said) or day.on != self._today.on:
            return wall
        weekday = any(words.weekday(w, self._language) is not None for w in self._said.split())
        dated = any(words.month(w, self._language) is not None for w in self._said.split())
        if weekday:
            return wall + timedelta(days=7)
        if dated or take_number_date(self._said, self._today):
            return wall  # today's date was named, and the hour has passed
        return wall + timedelta(days=1)

    def _tonight(self) -> Moment:
        """Six in the evening, or a later round hour when that has passed."""
        for hour in (words.EVENING_H, 20, 22):
            found = place(datetime.combine(self._today.on, time(hour)), self._zone)
            if found.at >= self._now + _SOON:
                return found
        raise Told("when.no_hour", day=self._today.fact(self._today.on), said=self._said)

    def _this_evening(self, rest: str) -> Moment:
        """ "tonight 8": of the two eights the one in the evening."""
        hour = take_hour(rest) or (Hour(b, "") if (b := bare_hour(rest)) is not None else None)
        if hour is None or _leftover(hour.rest):
            raise Told("when.unclear", said=self._said)
        at = hour.at
        if 4 <= at.hour < 12 and "am" not in rest:
            at = at.replace(hour=at.hour + 12)
        return self._at(replace(Day(self._today.on)), Hour(at, ""))


def _leftover(text: str) -> str:
    """What is no mere filler."""
    return " ".join(w for w in text.split() if w.strip(".,") not in words.FILLERS)


def _with_part(hour: Hour) -> tuple[Hour, str]:
    """ "tomorrow evening 8:00", "friday evening 8": the part of the day settles which eight."""
    rest = hour.rest
    if (part := take_part(rest)) is not None:
        at = hour.at
        if part.at.hour >= 12 and 1 <= at.hour < 12:
            at = at.replace(hour=at.hour + 12)
        return Hour(at, part.rest), part.rest
    bare = bare_hour(rest.split()[-1]) if rest else None
    if bare is None or not hour.is_part:
        return hour, rest
    return _with_part(Hour(bare, f"{rest.rsplit(' ', 1)[0]} {hour.said}"))
