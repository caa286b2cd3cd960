"""The words wishes are made of, out of `wish.toml`, as pieces of patterns."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache(maxsize=1)
def tables() -> Mapping[str, Any]:
    """The file as it is written."""
    return tomllib.loads(Path(__file__).with_name("wish.toml").read_text(encoding="utf-8"))


def any_of(phrases: Iterable[str]) -> str:
    """A pattern for one of the phrases, the longest first, whole words only."""
    longest_first = sorted(set(phrases), key=lambda p: (-len(p), p))
    return "(?:" + "|".join(_whole(p) for p in longest_first) + ")"


def _whole(phrase: str) -> str:
    before = r"(?<!\w)" if phrase[0].isalnum() else ""
    after = r"(?!\w)" if phrase[-1].isalpha() else ""
    return before + r"\s+".join(re.escape(part) for part in phrase.split()) + after


@lru_cache(maxsize=256)
def words(section: str, name: str) -> str:
    """A pattern for one list of the file."""
    return any_of(tables()[section][name])


@lru_cache(maxsize=1)
def _numbers() -> dict[str, int]:
    return {w: int(value) for value, said in tables()["number"].items() for w in said}


@lru_cache(maxsize=1)
def _units() -> dict[str, int]:
    worth = {"s": 1, "min": 60, "h": 3600}
    return {w: worth[unit] for unit, said in tables()["unit"].items() for w in said}


@lru_cache(maxsize=1)
def number() -> str:
    """A group that holds a number, in digits or in words."""
    return rf"((?<![\w:.,])\d+(?:[.,]\d+)?|{any_of(_numbers())})"


@lru_cache(maxsize=1)
def unit() -> str:
    """A group that holds a unit of time, right behind its number or after a space."""
    longest_first = sorted(_units(), key=lambda u: (-len(u), u))
    return rf"\s*-?({'|'.join(re.escape(u) for u in longest_first)})(?!\w)"


def value(said: str) -> float:
    """The number that was said."""
    plain = " ".join(said.lower().split())
    return float(_numbers().get(plain, 0) or plain.replace(",", "."))


def seconds(said: str, unit_said: str | None) -> float:
    """A length as it was said; without a unit it is in seconds."""
    return value(said) * _units().get((unit_said or "s").lower(), 1)
