"""The phrases of `edits.toml` as pieces of patterns, with the numbers and units of wishes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from core.clips.wish_words import any_of
from core.clips.wish_words import tables as wishes

GAP = r"[^\d;\n]{0,24}?"
"""Between the words that matter: "start *it please* 2 s *a bit* earlier"."""
CLOCK = r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})(?:[.,](\d{1,3}))?"
_WORTH_S = {"s": 1, "min": 60, "h": 3600}


@cache
def tables() -> Mapping[str, Any]:
    raw = Path(__file__).with_name("edits.toml").read_text(encoding="utf-8")
    return tomllib.loads(raw)


@cache
def words(section: str, name: str) -> str:
    """A pattern for one list of the file."""
    return any_of(tables()[section][name])


@cache
def _numbers() -> dict[str, float]:
    both = [*wishes()["number"].items(), *tables()["number"].items()]
    return {w: float(n) for n, said in both for w in said}


@cache
def _units() -> dict[str, int]:
    both = [*wishes()["unit"].items(), *tables()["unit"].items()]
    return {w: _WORTH_S[unit] for unit, said in both for w in said}


@cache
def number() -> str:
    """A group that holds a number, in digits or in words."""
    return rf"((?<![\w:.,])\d+(?:[.,]\d+)?|{any_of(_numbers())})"


@cache
def length() -> str:
    """Two groups: a number and its unit. Arabic has one word for two seconds."""
    units = "|".join(re.escape(u) for u in sorted(_units(), key=len, reverse=True))
    return rf"(?:{number()}\s*-?\s*|(?<!\w))({units})(?!\w)"


def value(said: str) -> float:
    plain = said.lower()
    return _numbers().get(plain) or float(plain.replace(",", "."))


def seconds(said: str | None, unit: str) -> float:
    """A length as it was said; a unit alone is one of it, or two where the word says so."""
    alone = 2.0 if unit.endswith("تين") or unit.endswith("تان") else 1.0
    return (value(said) if said else alone) * _units()[unit.lower()]


def clock(parts: tuple[str | None, ...]) -> float:
    hours, minutes, secs, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(secs or 0)
    return whole + float(f"0.{fraction or 0}")
