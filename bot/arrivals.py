"""Brings what people send on the networks into the media store, and then hands it in.

    arrivals = Arrivals(svc, registry, chats)
    await arrivals.run()         # until cancelled

A row says what is wanted; this takes it by lease, so that a killed process costs time only. Links
are brought by a worker (workers/light.py). What either has brought goes through the front door
again.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import structlog

from bot.courier import Courier, backoff_s
from core.arriving import LEASE_S, Bringing, Learn, give_up
from core.chat.chat import Chat
from core.chat.message import InFile
from core.chat.registry import Registry
from core.db import arrivals
from core.db.arrivals import Arrival
from core.db.nudges import TOPIC_ARRIVALS
from core.errors import Cancelled, Later, Told
from core.say import say
from core.services import Services
from handlers import _front_door

log = structlog.get_logger()


POLL_S = 5.0
"""How often to look without being woken."""
AT_ONCE = 6
TRIES = 6
"""Of one arrival: with the waits between them about two minutes of an outage."""
LONGEST_S = 4 * 3600.0


class Arrivals:
    """Files on their way in."""

    def __init__(
        self, svc: Services, registry: Registry, chats: Mapping[str, Chat], courier: Courier
    ) -> None:
        self._svc = svc
        self._registry = registry
        self._chats = chats
        self._courier = courier
        self._news = asyncio.Event()
        self._folder = svc.settings.data_dir / "arriving"
        self._free = AT_ONCE

    def wake(self) -> None:
        """There may be something to bring."""
        self._news.set()

    async def run(self) -> None:
        """Until cancelled; what is under way is begun again by the next start."""
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        async with self._svc.db.write() as tx:  # one process speaks to a network at a time
            await arrivals.let_go(tx, tuple(self._chats))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hear())
            while True:
                self._news.clear()
                for arrival in await self._take():
                    self._free -= 1
                    tasks.create_task(self._one(arrival))
                try:
                    async with asyncio.timeout(POLL_S):
                        await self._news.wait()
                except TimeoutError:
                    continue

    async def _hear(self) -> None:
        async for _ in self._svc.jobs.bell.listen(TOPIC_ARRIVALS):
            self.wake()

    async def _take(self) -> tuple[Arrival, ...]:
        ways, now = tuple(self._chats), self._svc.clock.now()
        try:
            async with self._svc.db.read() as tx:
                due = self._free > 0 and await arrivals.anything_due(tx, now, ways)
            if not due:
                return ()
            async with self._svc.db.write() as tx:
                return await arrivals.take(tx, now, ways, lease_s=LEASE_S, limit=self._free)
        except Exception:  # a database that is away for a moment must not end this
            log.exception("arrivals.cannot_look")
            return ()

    async def _one(self, arrival: Arrival) -> None:
        """Bring or hand in one of them. Nothing it meets may stop the others."""
        with structlog.contextvars.bound_contextvars(arrival=arrival.id):
            try:
                if arrival.state == "here":
                    await self._hand_in(arrival)
                else:
                    await self._settle(arrival)
            except Exception:  # the row comes back when its lease runs out
                log.exception("arrivals.cannot_write")
            finally:
                self._free += 1
                self.wake()

    # ── bringing ────────────────────────────────────────────────────────────────────────────────

    async def _settle(self, arrival: Arrival) -> None:
        try:
            async with asyncio.timeout(LONGEST_S):
                await Bringing(self._svc, arrival, self._bring, self._folder).all()
        except Cancelled:
            log.info("arrival.cancelled")
        except Told as told:
            await give_up(self._svc, arrival, told.say)
        except Exception as wrong:
            log.warning("arrival.failed", tries=arrival.tries, error=repr(wrong))
            if arrival.tries >= TRIES:
                await give_up(self._svc, arrival, say("arrival.unreachable"))
            else:
                after_s = wrong.after_s if isinstance(wrong, Later) else backoff_s(arrival.tries)
                await self._again(arrival, after_s)

    async def _bring(self, file: InFile, into: Path, _: Learn) -> Path:
        """By the network it came from."""
        return await self._chats[file.scheme].bring(file, into)

    async def _again(self, arrival: Arrival, after_s: float) -> None:
        async with self._svc.db.write() as tx:
            at = self._svc.clock.now() + timedelta(seconds=after_s)
            await arrivals.again(tx, arrival.id, at)

    # ── handing in ──────────────────────────────────────────────────────────────────────────────

    async def _hand_in(self, arrival: Arrival) -> None:
        """The update once more, now that its files are here. Killed after this line and before the
        next, it is handed in again, and the front door knows it."""
        inn = replace(arrival.inn, key=f"{arrival.inn.key}:here", slot=arrivals.slot(arrival.id))
        await _front_door.receive(inn, self._svc, self._registry)
        async with self._svc.db.write() as tx:
            await arrivals.end(tx, arrival.id, "done", self._svc.clock.now())
        self._courier.wake()
