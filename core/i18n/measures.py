"""Lengths of time, amounts of data and moments, as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, format_skeleton
from babel.numbers import format_decimal
from babel.units import format_unit

_STEPS = (("terabyte", 10**12), ("gigabyte", 10**9), ("megabyte", 10**6), ("kilobyte", 10**3))


def bytes_text(amount_b: int, locale: Locale) -> str:
    """`3.4 MB`. Decimal units, as disks and platforms count."""
    for unit, size in _STEPS:
        if amount_b >= size:
            shown = amount_b / size
            pattern = "#,##0.#" if shown < 100 else "#,##0"
            return str(format_unit(shown, unit, "short", format=pattern, locale=locale))
    return str(format_unit(amount_b, "byte", "long", locale=locale))


def seconds_text(length_s: float, locale: Locale) -> str:
    """`0.5 s`, `42 s`, `3 min 5 s`, `1 h 20 min`: no more than two units."""
    if length_s < 9.95 and round(length_s, 1) != round(length_s):
        return f"{format_decimal(round(length_s, 1), '0.0', locale=locale)} s"
    whole = round(length_s)
    hours, rest = divmod(whole, 3600)
    minutes, seconds = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    return f"{seconds} s"


def moment_text(at: datetime, zone: str, locale: Locale, part: str = "") -> str:
    """`Friday 27 November, 18:00 (Europe/Berlin)`, with the year, or a part of it."""
    local = at.astimezone(UTC if zone == "UTC" else ZoneInfo(zone))
    # "Friday 27 November" rather than "Friday, November 27": read alike on both sides of the
    # Atlantic, and never with a number that could be a day or a month.
    own = Locale("en", "GB") if locale.language == "en" else locale
    skeleton = "yMMMMEEEEd" if part == "year" else "MMMMEEEEd"
    day = str(format_skeleton(skeleton, local, locale=own))
    if locale.language == "en":
        day = day.replace(",", "")  # as without the year
    hour = str(format_datetime(local, "HH:mm", locale=locale))
    if part == "day":
        return day
    return hour if part == "hour" else f"{day}, {hour} ({zone_text(zone)})"


def zone_text(zone: str) -> str:
    """`Europe/Berlin`, and `UTC+2` for `Etc/GMT-2`, whose sign is the other way round."""
    if not zone.startswith("Etc/GMT") or zone == "Etc/GMT":
        return zone.replace("_", " ")
    sign = "+" if zone[7] == "-" else "-"
    return f"UTC{sign}{zone[8:]}"
