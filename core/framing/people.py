"""The people of one shot: face boxes of single samples, linked over time.

A detector sees boxes, not people. Boxes are linked where they overlap or lie close together, pieces
that never show at the same time but lie in the same place are joined, and what shows too rarely to
be a person (a false alarm in a curtain) is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median, pstdev

from core.analysis.model import Face, FaceSample
from core.framing.window import Box

GAP_S = 1.6
"""A person may turn away or be missed this long and is still the same one."""
REACH = 0.9
"""A face moves at most this many of its widths between neighbouring sightings."""
SEAT = 1.4
"""Whoever is back so near to where somebody was missed is the same: two who sit side by side are
further from each other."""
LEAP, LEAP_S = 2.5, 1.3
"""Whoever stands up is that far away so soon: a face that goes while another comes, of its size and
no further off, is the same."""
ALIKE = 1.5
"""Times the size of the other one, at most."""
MIN_SIGHTINGS = 3
"""Fewer sightings are a false alarm, unless the shot itself holds hardly more samples."""

BRIDGE_S = 3.0
"""Missed for this long and back in the same place: it was there all the time."""
STILL = 0.008
STILL_SIGHTINGS = 10
"""Living faces were seen to sway 1.7 % of their width and more within 5 s; paintings 0.6 %."""
MUTE = 0.02
"""Mouths of living faces change more between two looks (0.05 and more); those in a picture do not,
so that a few sightings are enough to tell."""


@dataclass(slots=True)
class Person:
    """One face through a shot: sample number → box."""

    seen: dict[int, Face] = field(default_factory=dict)
    there: set[int] = field(default_factory=set)
    """Sample numbers of `seen`, and of short gaps after which the face is where it was."""

    @property
    def first(self) -> int:
        return min(self.seen)

    @property
    def last(self) -> int:
        return max(self.seen)

    @property
    def width(self) -> float:
        return median(f.w for f in self.seen.values())

    @property
    def height(self) -> float:
        return median(f.h for f in self.seen.values())

    @property
    def center(self) -> tuple[float, float]:
        """Median centre over the shot."""
        faces = self.seen.values()
        return median(f.x + f.w / 2 for f in faces), median(f.y + f.h / 2 for f in faces)

    @property
    def reach(self) -> Box:
        """The box that holds the face through the shot, but for its wildest tenth."""
        faces = list(self.seen.values())

        def part(values: list[float], share: float) -> float:
            return sorted(values)[min(len(values) - 1, int(len(values) * share))]

        x = part([f.x for f in faces], 0.1)
        y = part([f.y for f in faces], 0.1)
        right = part([f.x + f.w for f in faces], 0.9)
        return Box(x, y, right - x, part([f.y + f.h for f in faces], 0.9) - y)

    @property
    def weight(self) -> float:
        """How much the shot is about this person: size times sightings times sureness."""
        return sum(f.w * f.h * f.score for f in self.seen.values())

    @property
    def still(self) -> bool:
        """A portrait on a wall or in a slide, or a false alarm: no living face holds this still."""
        faces = self.seen.values()
        mute = len(faces) >= MIN_SIGHTINGS and max(f.mouth for f in faces) < MUTE
        if len(faces) < STILL_SIGHTINGS and not mute:
            return False
        x, y = pstdev(f.x + f.w / 2 for f in faces), pstdev(f.y + f.h / 2 for f in faces)
        return max(x, y) < STILL * self.width

    def share(self, samples: int) -> float:
        """Part of the shot's samples in which the face is seen, 0…1."""
        return len(self.there) / samples if samples else 0.0

    def together(self, other: Person, samples: int) -> float:
        """Part of the samples that show both, 0…1."""
        return len(self.there & other.there) / samples if samples else 0.0


def people(samples: Sequence[FaceSample]) -> list[Person]:
    """Everyone of a shot worth framing, weightiest first."""
    found: list[Person] = []
    for number, sample in enumerate(samples):
        _link(found, number, sample, samples)
    joined = _join(found, samples)
    need = min(MIN_SIGHTINGS, max(1, (len(samples) + 1) // 2))
    kept = [p for p in joined if len(p.seen) >= need]
    for person in kept:
        person.there = _bridged(person, samples)
    living = [p for p in kept if not p.still] or kept
    return sorted(living, key=lambda p: p.weight, reverse=True)


def _bridged(person: Person, samples: Sequence[FaceSample]) -> set[int]:
    """Where the face is seen, and the short gaps between."""
    numbers = sorted(person.seen)
    there = set(numbers)
    for a, b in pairwise(numbers):
        near = _apart(person.seen[a], person.seen[b]) <= REACH
        if near and samples[b].t_s - samples[a].t_s <= BRIDGE_S:
            there.update(range(a, b))
    return there


def _link(found: list[Person], number: int, sample: FaceSample, all_: Sequence[FaceSample]) -> None:
    """Give each face of one sample to the nearest person who may be it, or to a new one."""
    open_ = [p for p in found if sample.t_s - all_[p.last].t_s <= GAP_S]
    pairs = sorted(
        (_apart(person.seen[person.last], face), i, j)
        for i, person in enumerate(open_)
        for j, face in enumerate(sample.faces)
    )
    persons_done: set[int] = set()
    faces_done: set[int] = set()
    for apart, i, j in pairs:
        if apart > REACH or i in persons_done or j in faces_done:
            continue
        open_[i].seen[number] = sample.faces[j]
        persons_done.add(i)
        faces_done.add(j)
    for j, face in enumerate(sample.faces):
        if j not in faces_done:
            found.append(Person({number: face}))


def _apart(a: Face, b: Face) -> float:
    """Distance of two boxes in face widths; infinite when their sizes cannot be one face."""
    if not 0.45 < a.h / b.h < 2.2:
        return float("inf")
    size = (a.w + b.w) / 2
    dx = a.x + a.w / 2 - b.x - b.w / 2
    dy = a.y + a.h / 2 - b.y - b.h / 2
    return float((dx * dx + dy * dy) ** 0.5 / size)


def _join(found: list[Person], samples: Sequence[FaceSample]) -> list[Person]:
    """Join pieces of one person that a long turn away, or standing up, had torn apart."""
    whole: list[Person] = []
    for piece in sorted(found, key=lambda p: p.first):
        near = [(d, n) for n, p in enumerate(whole) if (d := _away(p, piece, samples)) is not None]
        if near:
            whole[min(near)[1]].seen.update(piece.seen)
        else:
            whole.append(piece)
    return whole


def _away(person: Person, piece: Person, samples: Sequence[FaceSample]) -> float | None:
    """How far a later piece begins from where a person was seen last; None if it is another's."""
    if person.last >= piece.first:
        return None
    a, b = person.seen[person.last], piece.seen[piece.first]
    apart = _apart(a, b)
    soon = samples[piece.first].t_s - samples[person.last].t_s <= LEAP_S
    leapt = soon and apart <= LEAP and 1 / ALIKE < a.h / b.h < ALIKE
    return apart if apart <= SEAT or leapt else None
