"""Whoever comes later than a shot begins, or leaves before it ends: where its layout changes.

The moment at which somebody comes in, or is gone, is an edge like a cut is one. A tile for them
would show an empty chair before and after.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.analysis.model import FaceSample, Spell
from core.framing.choice import Choice, Scene
from core.framing.choose import choose
from core.framing.guest import ALONE_S, is_guest, stay
from core.framing.people import Person, people
from core.media.facts import Format


def alone_s(choice: Choice, samples: Sequence[FaceSample]) -> list[float]:
    """When the last of the tiles begins to be of use, and when the first ends to be."""
    if choice.kind != "split" or choice.rooms:
        return []
    first, last = max(min(p.there) for p in choice.who), min(max(p.there) for p in choice.who)
    return _edges(first, last, samples) if first <= last else []


def guest_s(
    choice: Choice,
    samples: Sequence[FaceSample],
    voice: Sequence[Spell],
    scene: Scene,
    fmt: Format,
) -> list[float]:
    """When somebody comes and goes who is not there for long enough to be shown all the time, but
    speaks, and has a tile while they are there."""
    if choice.kind not in ("track", "split") or choice.rooms or choice.plain:
        return []
    host = max(choice.who, key=lambda p: p.height)
    others = (p for p in people(samples) if all(p.seen != w.seen for w in choice.who))
    for guest in others:
        first, last = stay(guest, samples)
        edges = _edges(first, last, samples)
        if not edges or not is_guest(guest, host, samples, voice):
            continue
        inside = [s for n, s in enumerate(samples) if _between(n, first, last, edges, samples)]
        if _shown(guest, choose(inside, voice, scene, fmt)):
            return edges
    return []


def _edges(first: int, last: int, samples: Sequence[FaceSample]) -> list[float]:
    """The edges of a time inside a shot, as far as there is enough before and behind them."""
    found = []
    if samples[first].t_s - samples[0].t_s >= ALONE_S:
        found.append((samples[first - 1].t_s + samples[first].t_s) / 2)
    if samples[-1].t_s - samples[last].t_s >= ALONE_S:
        found.append((samples[last].t_s + samples[last + 1].t_s) / 2)
    return found


def _between(
    n: int, first: int, last: int, edges: Sequence[float], samples: Sequence[FaceSample]
) -> bool:
    """Whether a sample lies in the piece of the shot, cut at these edges, that has the time."""

    def piece(k: int) -> int:
        return sum(samples[k].t_s > edge for edge in edges)

    return piece(n) == piece((first + last) // 2)


def _shown(guest: Person, choice: Choice) -> bool:
    """Whether a choice has a tile for them."""
    near = (abs(p.center[0] - guest.center[0]) <= guest.width for p in choice.who)
    return choice.kind == "split" and any(near)
