"""Which layout a shot gets, and whom it follows.

When unsure the whole picture is shown: a clip that shows everything small is dull, one that shows a
wall is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from core.analysis.model import FaceSample, Spell
from core.framing.choice import ALIKE, PEER, STEADY, Choice, Scene
from core.framing.grid import arranged, limit, strips
from core.framing.guest import is_guest
from core.framing.people import Person, people
from core.framing.seats import call_of, in_a_corner, inset_of, other_seat, two_rooms
from core.framing.talking import heard, length_s, talking
from core.framing.window import Box, biggest
from core.media.facts import Format

SAME_RATIO = 0.06
"""A source this close to the wished ratio is only scaled; less than 6 % of it is cut away."""
SEEN = 0.25
"""A face must show in this part of a shot's samples before the crop follows it."""
TOGETHER = 0.5
"""Two must show at once in this part of the samples before the picture is split …"""
SPLIT_S = 2.0
"""… and the shot must last this long: a shorter one is over before both are found."""
TINY = 0.055
"""A face lower than this part of the picture is a figure in a wide shot."""
PICTURED = 0.25
"""A face that holds still like a picture is one, and worth a window only from this part of the
picture's height on: a photograph is shown, a thumbnail on a screen is not."""
CROWD = 4
CROWD_SHARE = 0.75
"""Among so many, somebody who only passes by is not who the shot is about."""
ROOM = 0.9
"""A group must fit into this part of the window."""


def choose(
    samples: Sequence[FaceSample],
    voice: Sequence[Spell],
    scene: Scene,
    fmt: Format,
) -> Choice:
    """Look at one shot."""
    picture = width, height = scene.picture
    ratio = fmt.width / fmt.height
    found = people(samples)
    if abs(width / height / ratio - 1) <= SAME_RATIO:
        return Choice("track", tuple(found[:1]), tuple(found[1:]), plain=True)
    if (head := inset_of(found, len(samples), scene, fmt)) is not None:
        return head
    if (call := call_of(found, samples, voice, scene, fmt)) is not None:
        return call
    if not found or not _worth_following(found, len(samples), picture):
        return Choice("fit")
    window = biggest(width, height, ratio)
    steady = [p for p in found if p is found[0] or p.share(len(samples)) >= STEADY]
    peers = tuple(p for p in steady if p.height >= PEER * found[0].height)
    if len(steady) >= CROWD and found[0].share(len(samples)) < CROWD_SHARE:
        return Choice("fit")
    if len(peers) == 1:
        # The window cannot jump inside a shot: it is from the start where a guest will be, too.
        guests = (p for p in found[1:] if is_guest(p, found[0], samples, voice))
        both = (found[0], *(p for p in guests if _fits_together((found[0], p), window)))
        if len(both) > 1 and _fits_together(both, window):
            return Choice("track", both)
        return _alone(found[0], found, window)
    if _fits_together(peers, window):
        return Choice("track", peers)
    if len(peers) > 2:
        return _several(peers, found, samples, voice, scene, fmt)
    two = _two(peers, found, samples, voice, picture, fmt)
    if two.kind == "split":
        return replace(two, rooms=two_rooms(two.who, found, len(samples), scene))
    return two


def somebody_else(choice: Choice, samples: int, other: int) -> Choice:
    """The same shot on another of the people in it: the `other`-th after the one it would be on.
    Where two are shown together, one of them; where there is nobody else, it stays as it is."""
    main = choice.who[:1]
    if other and choice.seats:
        return other_seat(choice, other)
    if not other or not main or choice.kind == "inset":
        return choice
    near = tuple(
        p for p in choice.others if p.height >= PEER * main[0].height and p.share(samples) >= SEEN
    )
    several = len(choice.who) > 1
    turns = choice.who if several else (*main, *near)
    one = turns[(other - several) % len(turns)]
    return Choice("track", (one,), tuple(p for p in turns if p is not one), plain=choice.plain)


def _worth_following(found: Sequence[Person], samples: int, picture: tuple[float, float]) -> bool:
    """Enough face, often enough, and not the small inset of a screen recording."""
    main = found[0]
    shown = len({n for p in found for n in p.seen})
    if main.height < TINY * picture[1] or shown < SEEN * samples:
        return False
    if main.still and main.height < PICTURED * picture[1]:
        return False
    return not in_a_corner(found, samples, picture)


def _alone(main: Person, found: Sequence[Person], window: tuple[float, float]) -> Choice:
    """One to follow, with whoever takes their place when they leave; if the head fits."""
    if main.height * 1.15 > window[1]:
        return Choice("fit")
    return Choice("track", (main,), tuple(p for p in found if p is not main))


def _fits_together(peers: Sequence[Person], window: tuple[float, float]) -> bool:
    """All of them whole in one window, wherever they are during the shot."""
    boxes = [p.reach for p in peers]
    w = max(b.x + b.w for b in boxes) - min(b.x for b in boxes)
    h = max(b.y + b.h for b in boxes) - min(b.y for b in boxes)
    return w <= ROOM * window[0] and h <= ROOM * window[1]


def _two(
    peers: Sequence[Person],
    found: Sequence[Person],
    samples: Sequence[FaceSample],
    voice: Sequence[Spell],
    picture: tuple[float, float],
    fmt: Format,
) -> Choice:
    a, b = sorted(peers, key=lambda p: p.center[0])
    alike = peers[1].height >= ALIKE * peers[0].height and length_s(samples) >= SPLIT_S
    both = alike and a.together(b, len(samples)) >= TOGETHER
    if both and _tiles_hold((a, b), (), picture, fmt):
        return Choice("split", (a, b))
    one = talking((a, b), samples, voice)
    speaker = one[0] if len(one) == 1 else None
    window = biggest(picture[0], picture[1], fmt.width / fmt.height)
    return _alone(speaker or found[0], found, window)


def _tiles_hold(
    who: Sequence[Person], beside: Sequence[Person], picture: tuple[float, float], fmt: Format
) -> bool:
    """The tiles of two can hold a head with some air while nobody else reaches into them."""
    if not _told_apart((*who, *beside)):
        return False
    ratio = fmt.width / (fmt.height / 2)
    for person, room in zip(who, strips(who, beside, Box(0.0, 0.0, *picture)), strict=True):
        w, h = biggest(room.w, room.h, ratio)
        if person.width * 1.5 > w or person.height * 1.5 > h:
            return False
    return True


def _told_apart(everybody: Sequence[Person]) -> bool:
    """Whether a line goes between each and the next."""
    row = sorted(everybody, key=lambda p: p.center[0])
    return all(limit(a, b) is not None for a, b in pairwise(row))


def _several(
    peers: Sequence[Person],
    found: Sequence[Person],
    samples: Sequence[FaceSample],
    voice: Sequence[Spell],
    scene: Scene,
    fmt: Format,
) -> Choice:
    """Three and more who sit beside each other: whoever speaks, else all; each in a tile where the
    next one does not reach into it, else the whole picture."""
    whole = Box(0.0, 0.0, *scene.picture)
    row = tuple(sorted(peers, key=lambda p: p.center[0]))
    there = all(p.share(len(samples)) >= TOGETHER for p in row) and length_s(samples) >= SPLIT_S
    if not there or not _told_apart(row):
        return Choice("fit")
    seats = tuple(zip(row, strips(row, (), whole), strict=True))
    loud = heard(row, samples, voice)
    shown = [seat for seat in seats if any(seat[0] is p for p in loud)] or list(seats)
    if len(shown) == 1:
        ((one, room),) = shown
        alone = _alone(one, [], biggest(room.w, room.h, fmt.width / fmt.height))
        return replace(alone, rooms=(room,), seats=seats) if alone.who else alone
    who = tuple(p for p, _ in shown)
    beside = tuple(p for p in row if not any(p is one for one in who))
    if len(who) == 2:
        held = _tiles_hold(who, beside, scene.picture, fmt)
    else:
        tiles = arranged(shown, whole, fmt)
        who, held = tuple(p for p, _ in tiles or ()), tiles is not None
    return Choice("split", who, beside=beside, seats=seats) if held else Choice("fit", seats=seats)
