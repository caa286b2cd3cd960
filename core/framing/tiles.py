"""Tiles: one for each of those who talk, or a screen and the head of who explains it."""

from __future__ import annotations

from collections.abc import Sequence

from core.framing.aim import boxes
from core.framing.choice import Choice
from core.framing.grid import cells, strips, tile, whole_in
from core.framing.inset import MOST_GROWTH, head_ratio, head_room
from core.framing.people import Person
from core.framing.plan import Layout, Window, turns, window_at
from core.framing.shot import Shot, closer
from core.framing.window import Box, biggest

FACE_IN_INSET, FACE_IN_STRIP, STRIP = 0.36, 0.55, 0.3
"""A head is brought closer until the face has the first part of the tile under a screen, the second
where that is lower than this part of the picture."""
BIGGER = 1.4
"""A head that comes out no more times as big as on the screen above needs no tile."""
HEAD = 1.9
"""Around a head without a frame of its own: so many heights of the face."""
WIDER, TURNS_A_S = (1.0, 1.25, 1.6, 2.0, 3.0), 0.1
"""Around people who rise and bend the tiles grow, until they turn back no more often than this; not
when a face would be lost by it."""
ONE_SIZE = 1.35
"""Windows that differ less in height are made one."""
WHOLE = 0.97
"""A face is kept when so many of its looks are whole sideways and upright, on average."""

_Size = tuple[float, float]


def split(shot: Shot, choice: Choice) -> Layout:
    """A tile for each of `who`, in reading order."""
    rooms = choice.rooms or strips(choice.who, choice.beside, shot.whole)
    tiles = _sizes(shot, choice.who, rooms)
    allowed = TURNS_A_S * (shot.end_s - shot.start_s)

    def paths(more: float) -> list[tuple[Window, ...]]:
        return _paths(shot, choice.who, tiles, rooms, more)

    def unrest(more: float) -> tuple[float, float, float]:
        tried = paths(more)
        whole = min(_whole(shot, p, w) for p, w in zip(choice.who, tried, strict=True))
        lost = round(max(0.0, WHOLE - whole), 2)
        return lost, max(0.0, sum(map(turns, tried)) - allowed), more

    made = paths(min(map(unrest, WIDER))[2])
    return Layout(shot.start_s, shot.end_s, "split", made[0]).with_paths(made)


def _sizes(shot: Shot, who: Sequence[Person], rooms: Sequence[Box]) -> list[_Size]:
    """Of the window of each; with heads of one size, unless that would cut one."""
    places = cells(len(who), shot.fmt)
    sizes = [tile(p, room, at) for p, room, at in zip(who, rooms, places, strict=True)]
    high = min(h for _, h in sizes)
    alike = [(high * at.w / at.h, high) for at in places]
    if max(h for _, h in sizes) >= ONE_SIZE * high or not all(map(whole_in, who, alike)):
        return sizes
    return alike


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


def _paths(
    shot: Shot, who: Sequence[Person], tiles: Sequence[_Size], rooms: Sequence[Box], more: float
) -> list[tuple[Window, ...]]:
    return [
        shot.path(boxes([p] * len(shot.samples)), *_wider(t, room, more), room, axes=2 * len(who))
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
