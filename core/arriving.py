"""From a row that says what is wanted to files in the media store, for whoever brings them: the bot
from the networks, a worker from the addresses people write.

Each file is written down as soon as it is stored: killed at any line, what is missing is brought
again and nothing else.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import structlog

from core.cards import arrival as card
from core.chat.message import InFile
from core.db import arrivals
from core.db.arrivals import Arrival
from core.errors import Cancelled
from core.media.receive import sha256_of
from core.say import Say
from core.services import Services

log = structlog.get_logger()

LEASE_S = 30.0
LOOK_S = 1.0
"""How often a download looks whether it is still wanted, and says how far it is."""

Learn = Callable[[str, int | None], None]
"""Told name and size as soon as they are known better than before."""
Bring = Callable[[InFile, Path, Learn], Awaitable[Path]]
"""Brings one file to the path, or gives where it lies already."""


class Bringing:
    """One arrival on its way."""

    def __init__(self, svc: Services, arrival: Arrival, bring: Bring, folder: Path) -> None:
        self._svc = svc
        self._arrival = arrival
        self._bring = bring
        self._folder = folder
        self._files = arrival.inn.files
        """As far as they are known now."""

    async def all(self) -> None:
        """Every file that is not here yet. Raises Cancelled when nobody wants it any more, and
        whatever the bringer raises."""
        inn = self._arrival.inn
        for place, file in enumerate(inn.files):
            if file.is_here:
                continue
            stored = await self._one(place, file)
            self._put(place, stored)
            inn = replace(inn, files=self._files)
            whole = all(f.is_here for f in inn.files)
            async with self._svc.db.write() as tx:
                if not await arrivals.brought(tx, self._arrival.id, inn, whole=whole):
                    raise Cancelled

    def _put(self, place: int, file: InFile) -> None:
        self._files = (*self._files[:place], file, *self._files[place + 1 :])

    async def _one(self, place: int, file: InFile) -> InFile:
        """Stream one file to the disk, and let the store take it over."""

        def learn(name: str, size_b: int | None) -> None:
            self._put(place, replace(file, name=name, size_b=size_b))

        mark = f"{self._arrival.id}:{file.handle}".encode()
        into = self._folder / hashlib.sha256(mark).hexdigest()[:16]
        bringing = asyncio.ensure_future(self._bring(file, into, learn))
        try:
            await self._watch(into, bringing)
            path = bringing.result()
            sha256, size_b = await sha256_of(path), path.stat().st_size
            key = f"in/{sha256}"
            await self._adopt(path, key)
        finally:
            bringing.cancel()
            await asyncio.gather(bringing, return_exceptions=True)
            await asyncio.to_thread(into.unlink, True)
        log.info("arrival.brought", size_b=size_b)
        return replace(self._files[place], size_b=size_b, handle=key)

    async def _adopt(self, path: Path, key: str) -> None:
        """A file of another program may be ours to read and not to move."""
        try:
            await self._svc.store.adopt(path, key)
        except PermissionError:
            await self._svc.store.put(path, key)

    async def _watch(self, into: Path, bringing: asyncio.Future[Path]) -> None:
        """Until it is brought: keep the claim, tell how far it is, end it when nobody wants it."""
        loop = asyncio.get_running_loop()
        held, shown = loop.time(), (self._files, 0)
        while True:
            await asyncio.wait({bringing}, timeout=LOOK_S)
            if bringing.done():
                return
            async with self._svc.db.read() as tx:
                if not await arrivals.is_wanted(tx, self._arrival.id):
                    raise Cancelled
            done = card.percent(self._files, into.stat().st_size if into.exists() else 0)
            news = self._files != shown[0] or (done or 0) >= shown[1] + card.STEP
            if news or loop.time() - held > LEASE_S / 3:
                held, shown = loop.time(), (self._files, done or 0)
                await self._tell(done)

    async def _tell(self, done: int | None) -> None:
        svc, now, arrival = self._svc, self._svc.clock.now(), self._arrival
        async with svc.db.write() as tx:
            if await arrivals.hold(tx, arrival.id, now + timedelta(seconds=LEASE_S)):
                out = card.fetching(arrival.id, self._files, done)
                await card.say_in_slot(tx, arrival, out, now)


async def give_up(svc: Services, arrival: Arrival, why: Say) -> None:
    """It will not come: say so, once."""
    now = svc.clock.now()
    async with svc.db.write() as tx:
        if await arrivals.end(tx, arrival.id, "failed", now, why):
            await card.say_failed(tx, arrival, why, now)
