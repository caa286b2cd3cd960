"""Drains the outbox into the chats: in order, paced, once.

    courier = Courier(svc, {"web": web_chat})
    await courier.run()          # until cancelled
    courier.wake()               # there may be something new

Each chat has at most one message on the way. What one chat has to wait for, another does not.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from datetime import timedelta

import structlog

from bot.pace import Pace
from core.chat.chat import Chat, ChatGone, ChatMoved, Slower
from core.chat.message import MessageRef
from core.db import chat_places, outbox, outbox_timing
from core.db.nudges import TOPIC_OUTBOX
from core.errors import Told, Unsure
from core.services import Services

log = structlog.get_logger()

POLL_S = 1.5
"""How often to look without being woken: a lost ring costs no more than this."""
LEASE_S = 20.0
"""How long a delivery survives its courier; a long one renews it."""
LAST_MOMENT_S = 0.7
"""What a delivery under way may still take when the process stops."""
MAX_WAIT_S = 120.0
OUTAGE = "not reached"
"""The fault of what could not be brought to its network."""
MAX_TRIES = 200
"""About six hours at the longest wait; nobody wants older news."""
UNSURE_WAIT_S = 15.0
"""Before a message that may have arrived is said once more, and only once: if its answer is lost
again, it is taken as said. While nobody is there at all nothing is in doubt."""


def backoff_s(tries: int) -> float:
    """1, 2, 4 … 120 seconds, each ± half: many chats must not come back at the same moment."""
    return min(MAX_WAIT_S, float(2 ** min(tries - 1, 8)) * random.uniform(0.5, 1.5))


class Courier:
    """Delivers what `core/db/outbox.py` holds."""

    def __init__(self, svc: Services, chats: Mapping[str, Chat]) -> None:
        self._svc = svc
        self._chats = dict(chats)
        self._news = asyncio.Event()
        self._paces = {name: Pace(chat.can) for name, chat in chats.items()}
        self._look_again_s = POLL_S
        self._rung = True
        self._away: set[str] = set()
        """Networks that could not be reached when something was last said there."""

    def wake(self) -> None:
        """There may be something to deliver."""
        self._news.set()

    async def heard(self, network: str) -> None:
        """A network gives signs of life. What waits there for longer and longer tries need not
        wait on."""
        if network in self._away:
            self._away.discard(network)
            async with self._svc.db.write() as tx:
                await outbox_timing.hurry(tx, network, self._svc.clock.now(), OUTAGE)
        self.wake()

    def leave_out(self, network: str) -> None:
        """Nobody lets us in there: what is to be said waits in its rows for another start."""
        self._chats.pop(network, None)
        self._paces.pop(network, None)

    async def run(self) -> None:
        """Until cancelled. Deliveries under way get a moment to finish."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hear())
            under_way: set[asyncio.Task[None]] = set()
            try:
                while True:
                    self._news.clear()
                    parcels = await self._take()
                    for parcel in parcels:
                        carrying = tasks.create_task(self._carry(parcel))
                        under_way.add(carrying)
                        carrying.add_done_callback(under_way.discard)
                    if self._rung and not parcels:
                        self._rung = False  # look once more, this time for when it will be due
                    else:
                        await self._wait()
            finally:
                if under_way:
                    await asyncio.wait(under_way, timeout=LAST_MOMENT_S)

    async def _take(self) -> tuple[outbox.Parcel, ...]:
        """What can go now. Nothing is claimed when nobody rang and nothing is due: claiming locks
        out those who write."""
        try:
            if not self._rung and not await self._anything_due():
                return ()
            taken: list[outbox.Parcel] = []
            async with self._svc.db.write() as tx:
                now = self._svc.clock.now()  # a lease must not grow old in the queue of writers
                for name, pace in list(self._paces.items()):
                    if pace.free > 0:
                        taken += await outbox.take(
                            tx, now, network=name, lease_s=LEASE_S, limit=pace.free
                        )
            return tuple(taken)
        except Exception:  # a database that is away for a moment must not end the courier
            log.exception("courier.cannot_look")
            return ()

    async def _anything_due(self) -> bool:
        now = self._svc.clock.now()
        async with self._svc.db.read() as tx:
            due, later = await outbox_timing.outlook(tx, now, self._chats.keys())
        self._look_again_s = POLL_S
        if later is not None:
            self._look_again_s = min(POLL_S, (later - now).total_seconds() + 0.005)
        return due

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._look_again_s):
                self._rung = await self._news.wait()
        except TimeoutError:
            self._rung = False

    async def _hear(self) -> None:
        async for _ in self._svc.jobs.bell.listen(TOPIC_OUTBOX):
            self.wake()

    async def _carry(self, parcel: outbox.Parcel) -> None:
        """Deliver one parcel and write down how it went. Nothing it meets may stop the courier."""
        pace = self._paces.get(parcel.where.network)
        if pace is None:  # left out a moment ago; the lease runs out by itself
            return
        pace.under_way += 1
        try:
            await self._settle(parcel)
        except Exception:  # the row keeps its lease and comes back when that runs out
            log.exception("courier.cannot_write", parcel=parcel.id)
        finally:
            pace.under_way -= 1
            self.wake()

    async def _settle(self, parcel: outbox.Parcel) -> None:
        try:
            at = await self._deliver(parcel)
        except Slower as slower:
            await self._put_off(parcel, slower.after_s, "asked to wait")
        except ChatGone as gone:
            log.info("courier.chat_gone", chat=parcel.chat_id)
            async with self._svc.db.write() as tx:
                now = self._svc.clock.now()
                await chat_places.fall_silent(tx, parcel.chat_id, gone.why, now)
        except ChatMoved as moved:
            log.info("courier.chat_moved", chat=parcel.chat_id)
            async with self._svc.db.write() as tx:
                await chat_places.move(tx, parcel.chat_id, moved.to, self._svc.clock.now())
        except Unsure as unsure:
            log.warning("courier.unsure", parcel=parcel.id, times=parcel.unsure + 1, why=unsure.why)
            await self._perhaps_sent(parcel)
        except (Told, ValueError, TypeError, KeyError) as wrong:
            # A message this network can never take must not stand in the way of the next one.
            log.exception("courier.undeliverable", parcel=parcel.id)
            await self._give_up(parcel, type(wrong).__name__)
        except Exception as wrong:
            log.warning("courier.failed", parcel=parcel.id, tries=parcel.tries, error=repr(wrong))
            self._away.add(parcel.where.network)
            await self._again(parcel, OUTAGE)
        else:
            await self._delivered(parcel, at)

    async def _deliver(self, parcel: outbox.Parcel) -> MessageRef:
        chat = self._chats[parcel.where.network]
        holding = asyncio.create_task(self._hold(parcel))
        try:
            await self._paces[parcel.where.network].turn(parcel.where, parcel.shared)
            if parcel.at is None:
                return await chat.say(
                    parcel.where,
                    parcel.out,
                    key=parcel.key,
                    language=parcel.language,
                    reply_to=parcel.reply_to,
                )
            moved = await chat.change(parcel.at, parcel.out, language=parcel.language)
            return moved or parcel.at
        finally:
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)

    async def _hold(self, parcel: outbox.Parcel) -> None:
        """Renew the lease for as long as the delivery takes."""
        while True:
            await asyncio.sleep(LEASE_S / 3)
            async with self._svc.db.write() as tx:
                until = self._svc.clock.now() + timedelta(seconds=LEASE_S)
                await outbox_timing.hold(tx, parcel.id, until)

    async def _delivered(self, parcel: outbox.Parcel, at: MessageRef) -> None:
        now = self._svc.clock.now()
        gap = timedelta(seconds=self._paces[parcel.where.network].gap_s(parcel.shared))
        async with self._svc.db.write() as tx:
            await outbox.delivered(tx, parcel.id, parcel.version, at, now)
            if parcel.slot is not None:
                await outbox_timing.rest(tx, parcel.id, now + gap)
        await self.heard(parcel.where.network)

    async def _put_off(self, parcel: outbox.Parcel, after_s: float, fault: str) -> None:
        async with self._svc.db.write() as tx:
            until = self._svc.clock.now() + timedelta(seconds=after_s)
            await outbox.put_off(tx, parcel.id, until, fault)

    async def _perhaps_sent(self, parcel: outbox.Parcel) -> None:
        """It may come twice, but no more than that. A change can be made as often as one
        likes."""
        now = self._svc.clock.now()
        if parcel.at is not None:
            await self._again(parcel, "unsure")
            return
        async with self._svc.db.write() as tx:
            if parcel.unsure:
                await outbox.taken_as_sent(tx, parcel, now)
            else:
                until = now + timedelta(seconds=UNSURE_WAIT_S)
                await outbox.perhaps_sent(tx, parcel.id, until)

    async def _again(self, parcel: outbox.Parcel, fault: str) -> None:
        if parcel.tries >= MAX_TRIES:
            await self._give_up(parcel, fault)
        else:
            await self._put_off(parcel, backoff_s(parcel.tries), fault)

    async def _give_up(self, parcel: outbox.Parcel, fault: str) -> None:
        async with self._svc.db.write() as tx:
            await outbox.dead(tx, parcel.id, fault)
