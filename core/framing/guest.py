"""Who is a guest: there for a part of a shot only, but not just passing by."""

from __future__ import annotations

from collections.abc import Sequence

from core.analysis.model import FaceSample, Spell
from core.framing.choice import ALIKE
from core.framing.people import Person
from core.framing.talking import takes_part

ALONE_S = 3.0
"""Where one comes in so much later than the shot begins, or leaves so much before it ends, the
others are shown without until then, and from then on; and nobody who stays for less is a guest."""


def is_guest(
    person: Person, host: Person, samples: Sequence[FaceSample], voice: Sequence[Spell]
) -> bool:
    """Whether somebody stays for a while, as close to the camera as the one the shot is about, and
    speaks."""
    first, last = stay(person, samples)
    stays = samples[last].t_s - samples[first].t_s >= ALONE_S
    alike = person.height >= ALIKE * host.height
    there = range(first, last + 1)
    return stays and alike and takes_part(person, host, samples, voice, there)


def stay(person: Person, samples: Sequence[FaceSample]) -> tuple[int, int]:
    """The first and the last sample of the longest time they are there without a gap."""
    runs: list[tuple[int, int]] = []
    for n in sorted(person.there):
        if runs and n == runs[-1][1] + 1:
            runs[-1] = runs[-1][0], n
        else:
            runs.append((n, n))
    return max(runs, key=lambda run: samples[run[1]].t_s - samples[run[0]].t_s)
