"""Where the subject is at every sample, also while the detector misses it."""

from __future__ import annotations

from collections.abc import Sequence

from core.analysis.model import Face
from core.framing.people import Person
from core.framing.window import Box, box, union

GONE = 4
"""Samples: whoever is not there for this long has left, and another one is looked for."""


def subjects(main: Person, others: Sequence[Person], samples: int) -> list[Person]:
    """Who is followed at each sample: the main one, and somebody else who is there when the main
    one is not. Nobody who stays is left for another."""
    now, who = main, []
    for n in range(samples):
        ahead = set(range(n, min(n + GONE, samples)))
        if not ahead & now.there:
            here = [p for p in (main, *others) if len(ahead & p.there) >= min(3, len(ahead))]
            now = here[0] if here else now
        who.append(now)
    return who


def boxes(who: Sequence[Person]) -> list[Box]:
    """The box of the followed one at each sample; where it is missed, where it was seen last (or
    will be seen first)."""
    return [box(_nearest(person, n)) for n, person in enumerate(who)]


def group(who: Sequence[Person], samples: int) -> list[Box]:
    """The box around all of them at each sample."""
    return [union([box(_nearest(p, n)) for p in who]) for n in range(samples)]


def _nearest(person: Person, n: int) -> Face:
    """The last sighting up to sample `n`, or the first one."""
    if n in person.seen:
        return person.seen[n]
    before = [k for k in person.seen if k < n]
    return person.seen[max(before) if before else person.first]
