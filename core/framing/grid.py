"""The tiles of a split: where they lie in the finished picture, and what of the source each shows.

Two lie one above the other. More lie in rows of two, which gives portraits their shape; of an odd
number the first one has a row of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from core.framing.people import Person
from core.framing.shot import closer
from core.framing.window import Box, biggest
from core.media.facts import Format

MOST = 6
"""People; with more tiles nobody is bigger than in the whole picture."""
FACE_IN_TILE = 0.26
"""A small face is brought closer until it has this part of the tile's height."""
BESIDE, ABOVE = 1.25, 1.5
"""A head with its ears and hair takes so much more than the box of its face, across and down."""
BIGGER = 1.2
"""Faces that come out no more times as big as in the whole picture need no tiles."""
FREE = 0.3
"""In widths of a face: two between whom there is less cannot be told apart by a line."""

Size = tuple[float, float]
Seat = tuple[Person, Box]
"""Somebody, and what they may be shown with."""


def rows(count: int) -> list[int]:
    """How many tiles lie beside each other, from the top."""
    return [1, 1] if count == 2 else [1] * (count % 2) + [2] * (count // 2)


def cells(count: int, fmt: Format) -> tuple[Box, ...]:
    """Where the tiles lie, in pixels of the finished picture, all even."""
    lines = rows(count)
    edges = [fmt.height * k // len(lines) // 2 * 2 for k in range(len(lines) + 1)]
    return tuple(
        Box(float(fmt.width // beside * n), float(y), float(fmt.width // beside), float(end - y))
        for (y, end), beside in zip(pairwise(edges), lines, strict=True)
        for n in range(beside)
    )


def seams(count: int, fmt: Format) -> list[float]:
    """Where the rows meet, the lowest first."""
    return sorted({at.y for at in cells(count, fmt)} - {0.0}, reverse=True)


def tile(person: Person, room: Box, at: Box) -> Size:
    """Size of the window of one tile: close, but whole, and in the middle if it can be."""
    ratio = at.w / at.h
    w, h = biggest(room.w, room.h, ratio)
    middle = 2 * min(person.center[0] - room.x, room.x + room.w - person.center[0])
    centred = max(middle, 2.2 * person.width, 1.6 * person.height * ratio)
    w, h = (w, h) if w <= centred else (centred, centred / ratio)
    return closer(w, h, person.height, FACE_IN_TILE, at.h)


def whole_in(person: Person, size: Size) -> bool:
    """Whether a window of this size holds a head with some air."""
    return BESIDE * person.width <= size[0] and ABOVE * person.height <= size[1]


def arranged(seats: Sequence[Seat], shown: Box, fmt: Format) -> tuple[Seat, ...] | None:
    """More than two in the order of their tiles, so that the smallest face is as big as it can be;
    None where a head would not be whole, or not much bigger than in a picture of all of `shown`."""
    if not 2 < len(seats) <= MOST:
        return None
    read = sorted(seats, key=lambda s: (round(2 * s[1].cy / s[1].h), s[1].cx))
    turned = [[one, *(s for s in read if s is not one)] for one in read]
    tried = turned if len(read) % 2 else [read]
    grow = min(fmt.width / shown.w, fmt.height / shown.h)
    best = max(tried, key=lambda order: _smallest(order, grow, fmt))
    return tuple(best) if _smallest(best, grow, fmt)[0] >= BIGGER else None


def _smallest(order: Sequence[Seat], grow: float, fmt: Format) -> Size:
    """How much bigger than in the whole picture the faces come out at least, and the height of the
    lowest; nothing where one is not whole."""
    found = []
    for (person, room), at in zip(order, cells(len(order), fmt), strict=True):
        size = tile(person, room, at)
        if not whole_in(person, size):
            return 0.0, 0.0
        found.append((at.h / size[1] / grow, at.h / size[1] * person.height))
    return min(f[0] for f in found), min(f[1] for f in found)


def limit(left: Person, right: Person) -> float | None:
    """The x between two people that neither crosses; None when they come too close."""
    a, b = left.reach, right.reach
    gap = b.x - (a.x + a.w)
    return a.x + a.w + gap / 2 if gap > FREE * max(left.width, right.width) else None


def strips(who: Sequence[Person], beside: Sequence[Person], whole: Box) -> tuple[Box, ...]:
    """What of one room each of `who` may be shown with: from the middle between them and whoever
    sits left to the middle between them and whoever sits right, of those `beside` them too."""
    row = sorted((*who, *beside), key=lambda p: p.center[0])
    between = [
        x if (x := limit(a, b)) is not None else (a.center[0] + b.center[0]) / 2
        for a, b in pairwise(row)
    ]
    edges = [whole.x, *between, whole.x + whole.w]
    rooms = {id(p): Box(a, whole.y, b - a, whole.h)
             for p, (a, b) in zip(row, pairwise(edges), strict=True)}  # fmt: skip
    return tuple(rooms[id(p)] for p in who)
