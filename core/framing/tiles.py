"""Two tiles above each other: two who talk, or a screen and the head of who explains it."""

from __future__ import annotations

from collections.abc import Sequence

from core.framing.aim import boxes
from core.framing.choice import Choice
from core.framing.choose import tile_limit
from core.framing.inset import MOST_GROWTH, head_ratio, head_room
from core.framing.people import Person
from core.framing.plan import Layout, Window, turns, window_at
from core.framing.shot import Shot, closer
from core.framing.window import Box, biggest

FACE_IN_TILE = 0.26
"""A small face is brought closer until it has this part of the tile's height."""
FACE_IN_INSET, FACE_IN_STRIP, STRIP = 0.36, 0.55, 0.3
"""… and the first of the tile under a screen, the second where that is lower than this part of the
picture."""
BIGGER = 1.4
"""A head that comes out no more times as big as on the screen above needs no tile."""
HEAD = 1.9
"""Around a head without a frame of its own: so many heights of the face."""
WIDER, TURNS_A_S = (1.0, 1.25, 1.6, 2.0, 3.0), 0.1
"""Around two who rise and bend the tiles grow, until they turn back no more often than this; not
when a face would be lost by it."""
WHOLE = 0.97
"""A face is kept when so many of its looks are whole sideways and upright, on average."""

_Size = tuple[float, float]


def split(shot: Shot, choice: Choice) -> Layout:
    """The left one of two above the other."""
    rooms = choice.rooms or _sides(shot, choice.who)
    tiles = [_tile(shot, p, room) for p, room in zip(choice.who, rooms, strict=True)]
    if max(t[0] for t in tiles) < 1.35 * min(t[0] for t in tiles):
        tiles = [min(tiles)] * 2  # heads of one size, unless that would cut one
    allowed = TURNS_A_S * (shot.end_s - shot.start_s)

    def paths(more: float) -> list[tuple[Window, ...]]:
        return _paths(shot, choice.who, tiles, rooms, more)

    def unrest(more: float) -> tuple[bool, float, float]:
        tried = paths(more)
        whole = min(_whole(shot, p, w) for p, w in zip(choice.who, tried, strict=True))
        return whole < WHOLE, max(0.0, sum(map(turns, tried)) - allowed), more

    upper, lower = paths(min(map(unrest, WIDER))[2])
    return Layout(shot.start_s, shot.end_s, "split", upper, lower)


def inset(shot: Shot, choice: Choice) -> Layout:
    """The whole picture above, the head in it enlarged below."""
    who = choice.who[0]
    aim = boxes([who] * len(shot.samples))
    room = choice.rooms[0] if choice.rooms else _around(shot, who)
    size = (shot.width, shot.height)
    most = head_room(size, shot.fmt)
    assert most is not None
    part = FACE_IN_INSET if most[1] > STRIP * shot.fmt.height else FACE_IN_STRIP
    w, h = biggest(room.w, room.h, head_ratio(most, (room.w, room.h)))
    w, h = closer(w, h, who.height, part, most[1], MOST_GROWTH)
    screen = (Window(shot.start_s, 0.0, 0.0, *size),)
    grown = min(most[0] / w, most[1] / h, MOST_GROWTH) / (shot.fmt.width / shot.width)
    if grown < BIGGER:
        return Layout(shot.start_s, shot.end_s, "fit", screen)
    return Layout(shot.start_s, shot.end_s, "inset", screen, shot.path(aim, w, h, room, axes=2))


def _around(shot: Shot, who: Person) -> Box:
    """What belongs to a head that was laid over a picture without a frame."""
    side = min(HEAD * who.height, shot.height, shot.width)
    x, y = who.center
    x = min(max(x - side / 2, 0.0), shot.width - side)
    return Box(x, min(max(y - side / 2, 0.0), shot.height - side), side, side)


def _sides(shot: Shot, who: Sequence[Person]) -> tuple[Box, Box]:
    limit = tile_limit(*who) or shot.width / 2
    return (
        Box(0.0, 0.0, limit, shot.height),
        Box(limit, 0.0, shot.width - limit, shot.height),
    )


def _paths(
    shot: Shot, who: Sequence[Person], tiles: Sequence[_Size], rooms: Sequence[Box], more: float
) -> list[tuple[Window, ...]]:
    return [
        shot.path(boxes([p] * len(shot.samples)), *_wider(t, room, more), room, axes=4)
        for p, t, room in zip(who, tiles, rooms, strict=True)
    ]


def _whole(shot: Shot, person: Person, path: Sequence[Window]) -> float:
    """How often a window shows the whole face, 0…1."""
    shown = 0
    for n, face in person.seen.items():
        w = window_at(path, shot.samples[n].t_s)
        shown += w.x <= face.x and face.x + face.w <= w.x + w.w
        shown += w.y <= face.y and face.y + face.h <= w.y + w.h
    return shown / 2 / len(person.seen)


def _wider(tile: _Size, room: Box, more: float) -> _Size:
    """The same shape, as much bigger as there is room."""
    return min((tile[0] * more, tile[1] * more), biggest(room.w, room.h, tile[0] / tile[1]))


def _tile(shot: Shot, person: Person, room: Box) -> _Size:
    """Size of the window of one of two: close, but whole, and in the middle if it can be."""
    out_h = shot.fmt.height / 2
    ratio = shot.fmt.width / out_h
    w, h = biggest(room.w, room.h, ratio)
    middle = 2 * min(person.center[0] - room.x, room.x + room.w - person.center[0])
    centred = max(middle, 2.2 * person.width, 1.6 * person.height * ratio)
    w, h = (w, h) if w <= centred else (centred, centred / ratio)
    return closer(w, h, person.height, FACE_IN_TILE, out_h)
