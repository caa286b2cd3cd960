"""A sentence that has no language yet: a key of the catalogue and the facts that fill it.

    Say("clip.ready", n=3, title="On pricing", at=When(post_at))

Errors, reasons of a score and everything a worker writes to the outbox are kept this way, so that
each reader gets them in their own language. `core/i18n` turns them into text. User text only ever
enters as a fact, so it can never be read as markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

WhenPart = Literal["", "day", "hour", "year"]


@dataclass(frozen=True, slots=True)
class When:
    """An instant, drawn by each chat in the reader's own zone. `at` is aware. With `zone` (IANA
    name) it is drawn in that one and names it: the echo of what a person said. Of a `day` only
    weekday and date are drawn, of an `hour` only that; with its `year` it is drawn whole."""

    at: datetime
    zone: str = ""
    part: WhenPart = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A label that leads to an address."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Seconds:
    """A length of time, in seconds: written as `0:42` or `1 h 5 min`."""

    s: float


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a video, in seconds from its start: written as players do, `0:42` or `1:02:03`."""

    s: float


@dataclass(frozen=True, slots=True)
class Bytes:
    """An amount of data, in bytes: written as `3.4 MB`."""

    b: int


@dataclass(frozen=True, slots=True)
class Say:
    """One sentence by its key. Facts may be sentences themselves."""

    key: str
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.key, tuple(sorted((k, repr(v)) for k, v in self.facts.items()))))


Fact = (
    str
    | int
    | float
    | bool
    | None
    | When
    | Link
    | Seconds
    | Place
    | Bytes
    | Say
    | tuple["Fact", ...]
)
"""A tuple is a list in the reader's language: "a, b and c"."""


def say(key: str, **facts: Fact) -> Say:
    """`say("queue.empty")`, the short form."""
    return Say(key, facts)


def fact_to_json(fact: Fact) -> Any:
    """Plain JSON for a database row; `fact_from_json` reads it back."""
    match fact:
        case When(at, zone, part):
            instant = at.astimezone(UTC).isoformat()
            return {"$when": [instant, zone, part] if zone else instant}
        case Link(label, url):
            return {"$link": [label, url]}
        case Seconds(s):
            return {"$s": s}
        case Place(s):
            return {"$place": s}
        case Bytes(b):
            return {"$b": b}
        case Say():
            return {"$say": say_to_json(fact)}
        case tuple():
            return [fact_to_json(f) for f in fact]
        case _:
            return fact


def fact_from_json(raw: Any) -> Fact:
    """The reverse of `fact_to_json`. Raises ValueError for a shape it does not know."""
    if isinstance(raw, list):
        return tuple(fact_from_json(r) for r in raw)
    if not isinstance(raw, dict):
        return raw  # type: ignore[no-any-return]
    ((tag, value),) = raw.items()
    match tag:
        case "$when":
            at, zone, part = value if isinstance(value, list) else (value, "", "")
            return When(datetime.fromisoformat(at), zone, _part(part))
        case "$link":
            return Link(*value)
        case "$s":
            return Seconds(value)
        case "$place":
            return Place(value)
        case "$b":
            return Bytes(value)
        case "$say":
            return say_from_json(value)
    raise ValueError(f"unknown fact {tag!r}")


def _part(part: str) -> WhenPart:
    parts: tuple[WhenPart, ...] = get_args(WhenPart)
    return next((p for p in parts if p == part), "")


def say_to_json(s: Say) -> dict[str, Any]:
    return {"key": s.key, "facts": {k: fact_to_json(v) for k, v in s.facts.items()}}


def say_from_json(raw: Mapping[str, Any]) -> Say:
    return Say(raw["key"], {k: fact_from_json(v) for k, v in raw["facts"].items()})
