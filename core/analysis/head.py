"""The first part of a long talk, known while the rest of its words is still being recognised.

Words take longer than everything else. Once the whole picture is known and enough is understood of
the beginning, somebody may already choose from it.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from core.analysis.model import Analysis, Spell
from core.analysis.speech.base import Heard

LEAST, MOST = 0.4, 0.8
"""Share of the speech that must be understood; of what is nearly done the rest is waited for."""

OnHead = Callable[[Analysis], Awaitable[None]]
"""Gets what is known of the first part, at most once; its `duration_s` says how far that goes."""


class Head:
    """Where a recogniser says how far it is."""

    def __init__(self) -> None:
        self.heard: Callable[[], Heard] | None = None
        self._until_s = 0.0
        self._news = asyncio.Event()
        self._over = False

    def so_far(self, heard: Callable[[], Heard], until_s: float) -> None:
        """Everything said before `until_s` is in what `heard` gives."""
        self.heard, self._until_s = heard, until_s
        self._news.set()

    def over(self) -> None:
        """Nothing more will be told."""
        self._over = True
        self._news.set()

    async def end_s(self, voice: Sequence[Spell]) -> float | None:
        """Waits until enough is understood; the end of the part, in a pause. None when the words
        were all there, or nearly, before that."""
        total_s = sum(v.length_s for v in voice)
        while not self._over:
            ends_s = [v.end_s for v in voice if v.end_s <= self._until_s]
            done_s = sum(v.length_s for v in voice[: len(ends_s)])
            if ends_s and done_s >= LEAST * total_s:
                return ends_s[-1] if done_s <= MOST * total_s else None
            self._news.clear()
            await self._news.wait()
        return None


def head_of(found: Analysis, end_s: float) -> Analysis:
    """The analysis as it would be if the video ended there."""

    def until(spells: Sequence[Spell]) -> tuple[Spell, ...]:
        return tuple(replace(s, end_s=min(s.end_s, end_s)) for s in spells if s.start_s < end_s)

    tenths = round(10 * end_s)
    return replace(
        found,
        duration_s=end_s,
        shots_s=found.shots_s[: bisect_left(found.shots_s, end_s)],
        joins_s=found.joins_s[: bisect_left(found.joins_s, end_s)],
        samples=tuple(s for s in found.samples if s.t_s < end_s),
        motion=found.motion[:tenths],
        energy_db=found.energy_db[:tenths],
        words=tuple(w for w in found.words if w.end_s <= end_s),
        black=until(found.black),
        frozen=until(found.frozen),
        voice=until(found.voice),
        burnt=until(found.burnt),
        screens=until(found.screens),
    )
