"""What takes every core waits for its turn, so that the small things beside it fill the gaps.

    async with in_line("picture"):      # takes a place: whoever comes later is behind us
        ...                             # whatever has to be done before
        async with my_turn("picture"):
            ...

One picture is encoded at a time in a process; the sound of the next clip and the checks of the one
before go on meanwhile. Two encoders at once would only make both clips late. Places are kept in the
order in which they were taken, and not in the order in which the work before the turn is done: the
best clip is shown first.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Literal
from weakref import WeakKeyDictionary

What = Literal["analysis", "picture", "logo"]
Place = asyncio.Event
"""Set when it is given up."""

_lines: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, list[Place]]] = WeakKeyDictionary()
_ours: ContextVar[dict[str, Place]] = ContextVar("places", default={})  # noqa: B039  (never changed)


def _line(what: What) -> list[Place]:
    lines = _lines.setdefault(asyncio.get_running_loop(), defaultdict(list))
    return lines[what]


@asynccontextmanager
async def in_line(what: What) -> AsyncIterator[None]:
    """Take a place now, for the first `my_turn` of this task or of one it starts. It is given up
    after that turn, or at the end of the block."""
    line, place = _line(what), Place()
    line.append(place)
    token = _ours.set({**_ours.get(), what: place})
    try:
        yield
    finally:
        _ours.reset(token)
        _leave(line, place)


@asynccontextmanager
async def my_turn(what: What) -> AsyncIterator[None]:
    """Wait until everybody who came before has had their turn or left; within one loop."""
    line, place = _line(what), _ours.get().get(what)
    if place is None or place.is_set():
        place = Place()
        line.append(place)
    try:
        for before in line[: line.index(place)]:
            await before.wait()
        yield
    finally:
        _leave(line, place)


def _leave(line: list[Place], place: Place) -> None:
    if not place.is_set():
        line.remove(place)
        place.set()
