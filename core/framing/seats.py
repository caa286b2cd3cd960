"""Camera pictures inside the picture and who sits in them: a webcam over a screen, a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.analysis.model import FaceSample, Spell
from core.framing.choice import PEER, STEADY, Choice, Scene
from core.framing.grid import arranged
from core.framing.inset import head_room
from core.framing.people import Person
from core.framing.talking import heard
from core.framing.window import Box, union
from core.media.facts import Format

IN_PICTURE = 0.16
"""A camera picture is inside another up to this part of it; bigger ones are tiles of a call."""
LEAST_HEAD = 0.04
"""Of the picture's height: a smaller head in a box is not worth a tile."""
INSET, STAYS = 0.22, 2.0
"""Whoever is no higher than this part of the picture, and moves over no more than so many widths of
the face, may be a camera picture in a corner."""
BIG_INSET = 0.3
"""… or than this, where the rest is known to be a screen or a game."""
RIM = 0.1
"""Of a tile: two may share so much, for their frames are found to a few pixels."""
LINE = 0.012
"""Of the height of a tile: so far from where its frame was found, at most, it may really be."""
AIR = 1.4
"""Times the height of a face: less of a camera picture would be all face."""
TILE = 0.08
"""Of the picture: a box this big is a tile of a call, and the others lie mirrored to it."""
SAME, TOO_WIDE = 1.08, 1.3
"""Times the width of the narrowest: up to the first a tile is as wide, up to the second it was
meant to be."""
CALL = 3
"""So many camera pictures at once are a call."""


def inset_of(found: Sequence[Person], samples: int, scene: Scene, fmt: Format) -> Choice | None:
    """A screen with the head of who explains it: alone in a small camera picture, or laid over
    something that no camera took."""
    if not found or head_room(scene.picture, fmt) is None:
        return None
    width, height = scene.picture
    seated = _seated(found, samples, scene.boxes)
    if len(seated) == 1:
        ((person, box),) = seated
        if person.height >= LEAST_HEAD * height and box.w * box.h <= IN_PICTURE * width * height:
            return Choice("inset", (person,), rooms=(box,))
    main = found[0]
    bare = not seated and scene.drawn and main.share(samples) >= STEADY
    corner = in_a_corner(found, samples, scene.picture, BIG_INSET)
    if bare and main.height >= LEAST_HEAD * height and corner:
        return Choice("inset", (main,))
    return None


def _seated(
    found: Sequence[Person], samples: int, boxes: Sequence[Box]
) -> list[tuple[Person, Box]]:
    """Who sits in which camera picture; nobody else does."""
    steady = [p for p in found if p.share(samples) >= STEADY and not p.still]
    pairs = ((p, b) for b in boxes for p in steady if _holds(b, p.center))
    seated: dict[Box, Person] = {}
    for person, box in pairs:
        seated.setdefault(box, person)  # of two in one box the weightier
    return [(p, b) for b, p in seated.items()]


def _holds(box: Box, point: tuple[float, float]) -> bool:
    return box.x <= point[0] <= box.x + box.w and box.y <= point[1] <= box.y + box.h


def call_of(
    found: Sequence[Person],
    samples: Sequence[FaceSample],
    voice: Sequence[Spell],
    scene: Scene,
    fmt: Format,
) -> Choice | None:
    """A call of three and more, each in a tile: the tiles of those who talk, or of all as long as
    that is not clear; the whole of it where that makes nobody bigger."""
    boxes = _tiles(found, len(samples), scene)
    seats = tuple((p, _inner(box, scene)) for p, box in _seated(found, len(samples), boxes))
    if len(seats) < CALL:
        return None
    inside = [p for p, _ in seats]
    without = [p for p in found if p.share(len(samples)) >= STEADY and not p.still
               and p.height >= PEER * min(q.height for q in inside)
               and all(p is not q for q in inside)]  # fmt: skip
    loud = heard([*inside, *without], samples, voice)
    shown = [seat for seat in seats if any(seat[0] is p for p in loud)] or list(seats)
    if any(p is q for p in loud or without for q in without):  # their tile was not found
        return Choice("fit", rooms=(), seats=seats)
    if len(shown) == 1 and shown[0][0].height * 1.15 <= shown[0][1].h:
        return Choice("track", (shown[0][0],), rooms=(shown[0][1],), seats=seats)
    whole = _around(scene, boxes)
    two = tuple(sorted(shown, key=lambda seat: (seat[1].x, seat[1].y))) if len(shown) == 2 else None
    tiles = two or arranged(shown, whole, fmt)
    if tiles is None:
        return Choice("fit", rooms=(whole,), seats=seats)
    who, rooms = tuple(p for p, _ in tiles), tuple(b for _, b in tiles)
    return Choice("split", who, rooms=rooms, seats=seats)


def _tiles(found: Sequence[Person], samples: int, scene: Scene) -> tuple[Box, ...]:
    """The camera pictures, and those whose frame was not to be seen, on a wall as dark as what is
    behind it, but in which somebody sits just where a tile must be."""
    width, height = scene.picture
    known = _of_one_size([b for b in scene.boxes if b.w * b.h >= TILE * width * height])
    big, known = known, [*known, *(b for b in scene.boxes if b.w * b.h < TILE * width * height)]
    for box in big:
        far_x, far_y = width - box.x - box.w, height - box.y - box.h
        for x, y in ((far_x, box.y), (box.x, far_y), (far_x, far_y)):
            twin = Box(x, y, box.w, box.h)
            apart = all(_apart(twin, other) for other in known)
            if apart and len(_seated(found, samples, [twin])) == 1:
                known.append(twin)
    return tuple(known)


def _of_one_size(boxes: Sequence[Box]) -> list[Box]:
    """Tiles as they lie below each other: one whose edge was found in the next tile is as wide as
    the others."""
    narrow = min((b.w for b in boxes), default=0.0)
    made = []
    for box in boxes:
        others = [b for b in boxes if b is not box and b.w < SAME * narrow]
        wide = SAME * narrow < box.w < TOO_WIDE * narrow
        if wide and any(abs(b.x - box.x) < RIM * narrow for b in others):
            box = replace(box, w=narrow)
        elif wide and any(abs(b.x + b.w - box.x - box.w) < RIM * narrow for b in others):
            box = replace(box, x=box.x + box.w - narrow, w=narrow)
        made.append(box)
    return made


def two_rooms(
    who: Sequence[Person], found: Sequence[Person], samples: int, scene: Scene
) -> tuple[Box, ...]:
    """The camera pictures of two who are shown in a tile each; nothing when one of them has none,
    or none that leaves room around the head."""
    seated = _seated(found, samples, _tiles(found, samples, scene))
    inner = [(p, _inner(box, scene)) for p, box in seated]
    rooms = [b for w in who for p, b in inner if p is w and b.h >= AIR * w.height]
    return tuple(rooms) if len(rooms) == len(who) else ()


def _inner(box: Box, scene: Scene) -> Box:
    """A tile without its own rim, which would be a line beside the next one."""
    rim = LINE * box.h
    x, y = max(0.0, box.x) + rim, max(0.0, box.y) + rim
    right = min(scene.picture[0], box.x + box.w) - rim
    return Box(x, y, right - x, min(scene.picture[1], box.y + box.h) - rim - y)


def _apart(a: Box, b: Box) -> bool:
    w = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    h = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    return min(w, h) <= RIM * min(a.w, a.h)


def _around(scene: Scene, boxes: Sequence[Box]) -> Box:
    """All tiles, without the empty rim around them."""
    tiles = union(list(boxes))
    rim = 0.01 * scene.picture[0]
    x, y = max(0.0, tiles.x - rim), max(0.0, tiles.y - rim)
    right = min(scene.picture[0], tiles.x + tiles.w + rim)
    return Box(x, y, right - x, min(scene.picture[1], tiles.y + tiles.h + rim) - y)


def other_seat(choice: Choice, other: int) -> Choice:
    """In a call: one alone in their tile, beginning behind whoever it would be on alone."""
    alone = len(choice.who) == 1
    rest = [p for p, _ in choice.seats if not any(p is w for w in choice.who)]
    turns = [*choice.who, *rest]
    one = turns[(other - (not alone)) % len(turns)]
    room = next(b for p, b in choice.seats if p is one)
    return Choice("track", (one,), rooms=(room,), seats=choice.seats)


def in_a_corner(
    found: Sequence[Person], samples: int, picture: tuple[float, float], most: float = INSET
) -> bool:
    """Whether the only one is somebody small who keeps to a corner: a camera picture over a screen
    or a game. The content beside it is what the shot is about."""
    main = found[0]
    peers = [p for p in found[1:] if p.height >= PEER * main.height and p.share(samples) >= STEADY]
    across, down = main.center[0] / picture[0], main.center[1] / picture[1]
    corner = not 0.2 < across < 0.8 and not 0.3 < down < 0.7
    stays = main.reach.w <= STAYS * main.width
    return not peers and corner and stays and main.height < most * picture[1]
