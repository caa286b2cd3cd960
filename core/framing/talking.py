"""Who of several talks, told by their mouths while somebody is heard: a hint that must be clear."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby

from core.analysis.model import Face, FaceSample, Spell
from core.framing.people import Person

SPEAKS_S = 1.2
"""Voice this long, and one mouth moving clearly more, before one of several is followed alone."""
SPEAKS_MORE, LEAST = 1.6, 0.01
TURN_S, AROUND_S = 2.0, 0.6
"""A turn lasts so long at least; a mouth is judged by what it does so long before and after."""
CLEAR = 0.6
"""Where all talk alike on the whole, turns must be clear in this part of the speech to say who."""


def heard(
    who: Sequence[Person], samples: Sequence[FaceSample], voice: Sequence[Spell]
) -> list[Person]:
    """Whoever must be seen: those who talk most, and everybody else who takes a turn; nobody as
    long as that is not clear."""
    loud = talking(who, samples, voice)
    turned, part = _turns(who, samples, _spoken(samples, voice))
    if not loud and part < CLEAR:
        return []
    return [p for p in who if any(p is one for one in (*loud, *turned))]


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


def takes_part(
    guest: Person,
    host: Person,
    samples: Sequence[FaceSample],
    voice: Sequence[Spell],
    there: Collection[int],
) -> bool:
    """Whether somebody speaks while they are there: their mouth moves, and not clearly less than
    the one of whoever is there all the time."""
    spoken = [n for n in _spoken(samples, voice) if n in there]
    least = max(LEAST, _mouth(host, spoken) / SPEAKS_MORE)
    return bool(spoken) and _mouth(guest, spoken) >= least


def _turns(
    who: Sequence[Person], samples: Sequence[FaceSample], spoken: Sequence[int]
) -> tuple[list[Person], float]:
    """Whoever is clearly the one who talks for a while, and which part of the speech is clear."""
    leads = [(n, _leads(who, samples, spoken, n)) for n in spoken]
    found, clear = [], 0
    for one, run in groupby(leads, key=lambda lead: lead[1]):
        numbers = [n for n, _ in run]
        if one is not None and samples[numbers[-1]].t_s - samples[numbers[0]].t_s >= TURN_S:
            found.append(one)
            clear += len(numbers)
    return [p for k, p in enumerate(who) if k in found], clear / max(1, len(spoken))


def _leads(
    who: Sequence[Person], samples: Sequence[FaceSample], spoken: Sequence[int], n: int
) -> int | None:
    """Whose mouth clearly moves more than all others around one sample."""
    near = [k for k in spoken if abs(samples[k].t_s - samples[n].t_s) <= AROUND_S]
    moves = sorted(((_mouth(p, near), k) for k, p in enumerate(who)), reverse=True)
    next_ = moves[1][0] if len(moves) > 1 else 0.0
    return moves[0][1] if moves[0][0] >= max(LEAST, SPEAKS_MORE * next_) else None


def _spoken(samples: Sequence[FaceSample], voice: Sequence[Spell]) -> list[int]:
    """The samples during which somebody speaks."""
    return [n for n, s in enumerate(samples) if any(v.start_s <= s.t_s <= v.end_s for v in voice)]


def length_s(samples: Sequence[FaceSample]) -> float:
    """How long the shot is, told by its samples."""
    return samples[-1].t_s - samples[0].t_s + 0.2


def _mouth(person: Person, numbers: Sequence[int]) -> float:
    faces: list[Face] = [person.seen[n] for n in numbers if n in person.seen]
    return sum(f.lips for f in faces) / len(faces) if faces else 0.0
