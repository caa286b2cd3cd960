"""Which layout a shot gets, and whom it follows.

When unsure the whole picture is shown: a clip that shows everything small is dull, one that shows a
wall is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.analysis.model import Face, FaceSample, Spell
from core.framing.people import Person, people
from core.framing.plan import Kind
from core.framing.window import Box, biggest
from core.media.facts import Format

SAME_RATIO = 0.06
"""A source this close to the wished ratio is only scaled; less than 6 % of it is cut away."""
SEEN = 0.25
"""A face must show in this part of a shot's samples before the crop follows it."""
STEADY = 0.35
"""Who shows in this part of the samples belongs to the scene."""
TOGETHER = 0.5
"""Two must show at once in this part of the samples before the picture is split …"""
ALIKE = 0.66
"""… be of this size to each other (else one is the background of the other) …"""
SPLIT_S = 2.0
"""… and the shot must last this long: a shorter one is over before both are found."""
PEER = 0.5
"""A face of this part of the biggest one's height counts beside it."""
TINY = 0.055
"""A face lower than this part of the picture is a figure in a wide shot."""
PICTURED = 0.25
"""A face that holds still like a picture is one, and worth a window only from this part of the
picture's height on: a photograph is shown, a thumbnail on a screen is not."""
INSET, STAYS = 0.22, 2.0
"""Whoever is no higher than this part of the picture, and moves over no more than so many widths of
the face, may be a camera picture in a corner."""
CROWD = 4
CROWD_SHARE = 0.75
"""Among so many, somebody who only passes by is not who the shot is about."""
ROOM = 0.9
"""A group must fit into this part of the window."""
SPEAKS_S = 1.2
"""Voice this long, and one mouth moving clearly more, before one of two is followed alone."""
SPEAKS_MORE = 1.6


@dataclass(frozen=True, slots=True)
class Choice:
    """The layout of a shot; `who` is followed together by one window, or by one each in `split`
    (left one first)."""

    kind: Kind
    who: tuple[Person, ...] = ()
    others: tuple[Person, ...] = ()
    """Who may take the place of the one that is followed, when that one leaves."""
    plain: bool = False
    """The source has the wished ratio already: the biggest window, held still."""


def choose(
    samples: Sequence[FaceSample],
    voice: Sequence[Spell],
    picture: tuple[float, float],
    fmt: Format,
) -> Choice:
    """Look at one shot."""
    width, height = picture
    ratio = fmt.width / fmt.height
    found = people(samples)
    if abs(width / height / ratio - 1) <= SAME_RATIO:
        return Choice("track", tuple(found[:1]), tuple(found[1:]), plain=True)
    if not found or not _worth_following(found, len(samples), picture):
        return Choice("fit")
    window = biggest(width, height, ratio)
    steady = [p for p in found if p is found[0] or p.share(len(samples)) >= STEADY]
    peers = tuple(p for p in steady if p.height >= PEER * found[0].height)
    if len(steady) >= CROWD and found[0].share(len(samples)) < CROWD_SHARE:
        return Choice("fit")
    if len(peers) == 1:
        return _alone(found[0], found, window)
    if _fits_together(peers, window):
        return Choice("track", peers)
    if len(peers) > 2:
        return Choice("fit")
    return _two(peers, found, samples, voice, picture, fmt)


def somebody_else(choice: Choice, samples: int, other: int) -> Choice:
    """The same shot on another of the people in it: the `other`-th after the one it would be on.
    Where two are shown together, one of them; where there is nobody else, it stays as it is."""
    main = choice.who[:1]
    if not other or not main:
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
    return not _in_a_corner(found, samples, picture)


def _in_a_corner(found: Sequence[Person], samples: int, picture: tuple[float, float]) -> bool:
    """Whether the only one is somebody small who keeps to a corner: a camera picture over a screen
    or a game. The content beside it is what the shot is about."""
    main = found[0]
    peers = [p for p in found[1:] if p.height >= PEER * main.height and p.share(samples) >= STEADY]
    across, down = main.center[0] / picture[0], main.center[1] / picture[1]
    corner = not 0.2 < across < 0.8 and not 0.3 < down < 0.7
    stays = _reach(main).w <= STAYS * main.width
    return not peers and corner and stays and main.height < INSET * picture[1]


def _alone(main: Person, found: Sequence[Person], window: tuple[float, float]) -> Choice:
    """One to follow, with whoever takes their place when they leave; if the head fits."""
    if main.height * 1.15 > window[1]:
        return Choice("fit")
    return Choice("track", (main,), tuple(p for p in found if p is not main))


def _fits_together(peers: Sequence[Person], window: tuple[float, float]) -> bool:
    """All of them whole in one window, wherever they are during the shot."""
    boxes = [_reach(p) for p in peers]
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
    alike = peers[1].height >= ALIKE * peers[0].height and _length_s(samples) >= SPLIT_S
    both = alike and a.together(b, len(samples)) >= TOGETHER
    if both and _tile_sizes_ok(a, b, picture, fmt):
        return Choice("split", (a, b))
    speaker = _speaker(a, b, samples, voice)
    window = biggest(picture[0], picture[1], fmt.width / fmt.height)
    return _alone(speaker or found[0], found, window)


def _reach(person: Person) -> Box:
    """The box that holds a face through the shot, but for its wildest tenth."""
    faces = list(person.seen.values())

    def part(values: list[float], share: float) -> float:
        return sorted(values)[min(len(values) - 1, int(len(values) * share))]

    x = part([f.x for f in faces], 0.1)
    y = part([f.y for f in faces], 0.1)
    right = part([f.x + f.w for f in faces], 0.9)
    return Box(x, y, right - x, part([f.y + f.h for f in faces], 0.9) - y)


def tile_limit(left: Person, right: Person) -> float | None:
    """The x between two people that neither crosses; None when they come too close."""
    a, b = _reach(left), _reach(right)
    gap = b.x - (a.x + a.w)
    return a.x + a.w + gap / 2 if gap > 0.3 * max(left.width, right.width) else None


def _tile_sizes_ok(left: Person, right: Person, picture: tuple[float, float], fmt: Format) -> bool:
    """Both tiles can hold a head with some air while staying disjoint."""
    limit = tile_limit(left, right)
    if limit is None:
        return False
    ratio = fmt.width / (fmt.height / 2)
    for person, room in ((left, limit), (right, picture[0] - limit)):
        w, h = biggest(room, picture[1], ratio)
        if person.width * 1.5 > w or person.height * 1.5 > h:
            return False
    return True


def _speaker(
    a: Person, b: Person, samples: Sequence[FaceSample], voice: Sequence[Spell]
) -> Person | None:
    """The one of two whose mouth clearly moves more while somebody speaks."""
    spoken = [n for n, s in enumerate(samples) if any(v.start_s <= s.t_s <= v.end_s for v in voice)]
    if len(spoken) * _length_s(samples) < SPEAKS_S * len(samples):
        return None
    moves = [_mouth(p, spoken) for p in (a, b)]
    if max(moves) < SPEAKS_MORE * min(moves) or max(moves) < 0.01:
        return None
    return a if moves[0] > moves[1] else b


def _length_s(samples: Sequence[FaceSample]) -> float:
    """How long the shot is, told by its samples."""
    return samples[-1].t_s - samples[0].t_s + 0.2


def _mouth(person: Person, numbers: Sequence[int]) -> float:
    faces: list[Face] = [person.seen[n] for n in numbers if n in person.seen]
    return sum(f.mouth for f in faces) / len(faces) if faces else 0.0
