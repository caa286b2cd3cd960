"""Lengths of time and amounts of data, as people write them."""

from __future__ import annotations

from babel import Locale
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
    return str(format_unit(amount_b, "byte", "short", locale=locale))


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
