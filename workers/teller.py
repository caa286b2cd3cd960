"""Passes on how far a job is: from any thread into the status message of its request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from core.cards import cut as card
from core.db import outbox, videos
from core.db.videos import Cut
from core.say import Say
from core.tell import Stage
from workers.run import Run

EVERY_S = 1.5
"""A status that changes more often is noise, and every change is a row."""


class Teller:
    """A `Tell` that keeps the newest state; a task writes it down now and then."""

    def __init__(self, run: Run, cut: Cut, at: card.Progress) -> None:
        self._run, self._cut, self._at = run, cut, at
        self._began = time.monotonic()
        self.notes: list[Say] = list(cut.notes)

    def __call__(self, stage: Stage, done: float, *, note: Say | None = None) -> None:
        done = min(1.0, max(0.0, done))
        if note is not None and note not in self.notes:
            self.notes.append(note)
        if stage in ("render", "check"):
            self._at = replace(self._at, clip_done=done)
        else:
            self._at = replace(self._at, stages={**self._at.stages, stage: done})
        self._run.progress = {"stage": stage, "done": round(done, 3)}

    def now(self) -> card.Progress:
        """The newest state with the time that is left."""
        share = self._at.clip_done if self._at.clips else card.analysis_share(self._at.stages)
        took = time.monotonic() - self._began
        if took < 3 or share < 0.03:  # too early to say
            return self._at
        left = took * (1 - share) / share
        if self._at.clips:  # the clips that follow will take about as long as this one
            left += (self._at.clips - self._at.clip) * took / share
        return replace(self._at, left_s=left)

    async def write(self) -> None:
        """Bring the status message up to date."""
        svc, cut = self._run.svc, self._cut
        slot = card.slot(cut.id)
        async with svc.db.write() as tx:
            if (await videos.cut(tx, cut.id)).state != "working":
                return  # cancelled: the message that says so must stay
            out = card.status(cut.id, self.now())
            await outbox.say(tx, cut.chat_id, out, key=slot, slot=slot, now=svc.clock.now())


@asynccontextmanager
async def telling(run: Run, cut: Cut, at: card.Progress) -> AsyncIterator[Teller]:
    """Keep the status message of a request fresh while the block works. A clip that is made before
    the others are known leaves it to the analysis."""
    teller = Teller(run, cut, at)
    if at.clip and not at.clips:
        yield teller
        return
    writing = asyncio.create_task(_keep_writing(teller.write, teller))
    try:
        yield teller
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)


async def _keep_writing(write: Callable[[], Any], teller: Teller) -> None:
    shown = None
    while True:
        state = teller.now()
        if state != shown:
            await write()
            shown = state
        await asyncio.sleep(EVERY_S)
