"""Lengths of time, amounts of data and moments, as people write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, format_skeleton
from babel.numbers import format_decimal
from babel.units import format_unit

_SIZES = (10**12, 10**9, 10**6, 10**3)
_UNITS: Mapping[str, tuple[str, ...]] = {
    "": ("TB", "GB", "MB", "kB", "h", "min", "s"),
    "fr": ("To", "Go", "Mo", "ko", "h", "min", "s"),
    "ru": ("ТБ", "ГБ", "МБ", "кБ", "ч", "мин", "с"),
    "ar": ("تيرابايت", "غيغابايت", "ميغابايت", "كيلوبايت", "س", "د", "ث"),
}
"""Short forms, alike for every number. From CLDR, but not through Babel: its short units lack the
singular of many languages and fall back to "1 horas", "1 Mbyte"."""


def _units(locale: Locale) -> tuple[str, ...]:
    return _UNITS.get(locale.language, _UNITS[""])


def bytes_text(amount_b: int, locale: Locale) -> str:
    """`3.4 MB`. Decimal units, as disks and platforms count."""
    for place, size in enumerate(_SIZES):
        if amount_b >= size:
            shown = amount_b / size
            pattern = "#,##0.#" if shown < 100 else "#,##0"
            return f"{format_decimal(shown, pattern, locale=locale)} {_units(locale)[place]}"
    return str(format_unit(amount_b, "byte", "long", locale=locale))


def seconds_text(length_s: float, locale: Locale) -> str:
    """`0.5 s`, `42 s`, `3 min 5 s`, `1 h 20 min`: no more than two units."""
    h, min_, s = _units(locale)[len(_SIZES) :]
    if length_s < 9.95 and round(length_s, 1) != round(length_s):
        return f"{format_decimal(round(length_s, 1), '0.0', locale=locale)} {s}"
    whole = round(length_s)
    hours, rest = divmod(whole, 3600)
    minutes, seconds = divmod(rest, 60)
    if hours:
        return f"{hours} {h} {minutes} {min_}" if minutes else f"{hours} {h}"
    if minutes:
        return f"{minutes} {min_} {seconds} {s}" if seconds else f"{minutes} {min_}"
    return f"{seconds} {s}"


def place_text(at_s: float, locale: Locale) -> str:
    """`0:42`, `1:02:03`; `0:07.6` where it is not a whole second, as people may write it back."""
    tenths = round(10 * max(0.0, at_s))
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    pattern = "00.0" if rest % 10 else "00"
    seconds = format_decimal(rest / 10, pattern, locale=locale)
    return f"{hours}:{minutes:02}:{seconds}" if hours else f"{minutes}:{seconds}"


_YEAR = re.compile(r"[,،\s]*(?:'[^']*')?\s*y.*$")


def moment_text(at: datetime, zone: str, locale: Locale, part: str = "") -> str:
    """`Friday 27 November, 18:00 (Europe/Berlin)`, with the year, or a part of it."""
    local = at.astimezone(UTC if zone == "UTC" else ZoneInfo(zone))
    day = _day_text(local, locale, with_year=part == "year")
    hour = str(format_datetime(local, "HH:mm", locale=locale))
    if part == "day":
        return day
    comma = "،" if locale.language == "ar" else ","
    return hour if part == "hour" else f"{day}{comma} {hour} ({zone_text(zone)})"


def _day_text(local: datetime, locale: Locale, *, with_year: bool) -> str:
    """Weekday, day and month in full."""
    if locale.language == "en":
        # "Friday 27 November" rather than "Friday, November 27": read alike on both sides of the
        # Atlantic, and never with a number that could be a day or a month.
        skeleton = "yMMMMEEEEd" if with_year else "MMMMEEEEd"
        return str(format_skeleton(skeleton, local, locale=Locale("en", "GB"))).replace(",", "")
    full = str(locale.date_formats["full"].pattern)
    pattern = full if with_year else _YEAR.sub("", full)
    if "EEEE" in pattern and "d" in pattern:
        return str(format_datetime(local, pattern, locale=locale))
    return str(format_skeleton("MMMMEEEEd", local, locale=locale))  # the year stands first


def zone_text(zone: str) -> str:
    """`Europe/Berlin`, and `UTC+2` for `Etc/GMT-2`, whose sign is the other way round."""
    if not zone.startswith("Etc/GMT") or zone == "Etc/GMT":
        return zone.replace("_", " ")
    sign = "+" if zone[7] == "-" else "-"
    return f"UTC{sign}{zone[8:]}"
