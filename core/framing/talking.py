"""Who of several talks, told by their mouths while somebody is heard: a hint that must be clear."""

from __future__ import annotations

from collections.abc import Sequence

from core.analysis.model import Face, FaceSample, Spell
from core.framing.people import Person

SPEAKS_S = 1.2
"""Voice this long, and one mouth moving clearly more, before one of several is followed alone."""
SPEAKS_MORE, LEAST = 1.6, 0.01


def talking(
    who: Sequence[Person], samples: Sequence[FaceSample], voice: Sequence[Spell]
) -> list[Person]:
    """The one or the two whose mouths clearly move more than all others while somebody speaks."""
    spoken = _spoken(samples, voice)
    if len(spoken) * length_s(samples) < SPEAKS_S * len(samples):
        return []
    moves = sorted(((_mouth(p, spoken), n) for n, p in enumerate(who)), reverse=True)
    for most in (1, 2):
        least, next_ = moves[most - 1][0], moves[most][0] if len(moves) > most else 0.0
        if least >= SPEAKS_MORE * next_ and least >= LEAST:
            return [who[n] for _, n in moves[:most]]
    return []


def _spoken(samples: Sequence[FaceSample], voice: Sequence[Spell]) -> list[int]:
    """The samples during which somebody speaks."""
    return [n for n, s in enumerate(samples) if any(v.start_s <= s.t_s <= v.end_s for v in voice)]


def length_s(samples: Sequence[FaceSample]) -> float:
    """How long the shot is, told by its samples."""
    return samples[-1].t_s - samples[0].t_s + 0.2


def _mouth(person: Person, numbers: Sequence[int]) -> float:
    faces: list[Face] = [person.seen[n] for n in numbers if n in person.seen]
    return sum(f.lips for f in faces) / len(faces) if faces else 0.0
