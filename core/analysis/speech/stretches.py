"""The stretches of a talk that are listened to one by one: a few sentences each, cut in pauses.

Whole stretches can be listened to side by side, and one that is done is never listened to again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from core.analysis.model import Spell
from core.analysis.sound import RATE_HZ

MOST_S = 60.0
"""Whisper hears 30 s at once; of two such windows the second begins with a sentence."""
GAP_S = 4.0
"""In a longer silence words are invented."""
_PAD = (0.3, 0.4)
"""Sound before and behind, where there is some that nobody speaks in."""
_QUIET_S, _BACK_S = 0.05, 6.0


def stretches(voice: Sequence[Spell], pcm: Path) -> list[Spell]:
    """In order and apart; everything that is spoken is in one of them. `pcm` is 16 kHz mono signed
    16-bit: where somebody speaks on without a pause it is cut where it is quietest."""
    parts = [part for spell in voice for part in _short(spell, pcm)]
    groups: list[list[Spell]] = []
    for part in parts:
        if not groups or part.start_s - groups[-1][-1].end_s >= GAP_S:
            groups.append([part])
        elif part.end_s - groups[-1][0].start_s <= MOST_S:
            groups[-1].append(part)
        else:
            at = _longest_pause(groups[-1])
            groups[-1], rest = groups[-1][:at], groups[-1][at:]
            if rest and part.end_s - rest[0].start_s > MOST_S:
                groups.append(rest)
                rest = []
            groups.append([*rest, part])
    return list(_padded([Spell(g[0].start_s, g[-1].end_s) for g in groups]))


def _longest_pause(group: Sequence[Spell]) -> int:
    """Where the rest begins: behind the longest pause of the second half."""
    half_s = (group[0].start_s + group[-1].end_s) / 2
    pauses = [b.start_s - a.end_s for a, b in pairwise(group)]
    late = [n for n in range(1, len(group)) if group[n].start_s >= half_s]
    return max(late, key=lambda n: pauses[n - 1], default=len(group))


def _short(spell: Spell, pcm: Path) -> Iterator[Spell]:
    at_s = spell.start_s
    while spell.end_s - at_s > MOST_S:
        cut_s = _quietest(pcm, at_s + MOST_S - _BACK_S, at_s + MOST_S)
        yield Spell(at_s, cut_s)
        at_s = cut_s
    yield Spell(at_s, spell.end_s)


def _quietest(pcm: Path, low_s: float, high_s: float) -> float:
    samples = np.memmap(pcm, np.int16, "r")[int(low_s * RATE_HZ) : int(high_s * RATE_HZ)]
    size = int(_QUIET_S * RATE_HZ)
    blocks = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
    if not len(blocks):
        return high_s
    return round(low_s + (int(np.argmin((blocks**2).mean(axis=1))) + 0.5) * _QUIET_S, 3)


def _padded(spells: Sequence[Spell]) -> Iterator[Spell]:
    for n, spell in enumerate(spells):
        before = spell.start_s - (spells[n - 1].end_s if n else 0.0)
        after = spells[n + 1].start_s - spell.end_s if n + 1 < len(spells) else 1.0
        start_s = spell.start_s - min(_PAD[0], before / 2)
        end_s = spell.end_s + min(_PAD[1], after / 2)
        yield Spell(round(start_s, 3), round(end_s, 3))
