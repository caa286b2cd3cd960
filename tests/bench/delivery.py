"""A thousand chats in work at once on one bot of one network: how long results wait.

The courier, the outbox and the database are the real ones, and so is the time. The network is in
memory and as strict as the narrowest real one: Telegram takes about 30 messages and edits a second
in all and one a second in a chat, answers after a while, and says "wait" to whoever is faster
(core.telegram.org/bots/faq).
"""

from __future__ import annotations

import asyncio
import random
import statistics
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.courier import Courier
from core.chat.chat import Capabilities, Slower
from core.chat.message import ChatRef, InFile, MessageRef, Out
from core.db import chats, outbox, people
from core.db.migrate import migrate
from core.say import say
from core.servers.redis import command, find_redis
from core.services import Services, open_services
from core.settings import Settings

CHATS = 1000
CLIPS = 6
LASTS_S = 90.0
PROGRESS_EVERY_S = 4.0
"""A status changes more often; nobody writes it down more often than that under such a load."""
RESULTS_PER_S = CHATS * CLIPS / 500
"""Every chat gets its clips within eight minutes."""
BURST = 300
"""Results that come due in one moment in the middle of it all, as after an outage."""
TAKES_PER_S = 30
ANSWERS_AFTER_S = (0.08, 0.3)

CAN = Capabilities("telegram", 50_000_000, 20 << 20, 3, 4096, 3.0, 1.0, TAKES_PER_S)


@dataclass
class Network:
    """Counts, waits, and refuses what is too fast."""

    can: Capabilities = CAN
    results: dict[str, float] = field(default_factory=dict)
    """When each result was delivered."""
    shown_at: dict[str, float] = field(default_factory=dict)
    """When a status was last brought up to date."""
    calls: deque[float] = field(default_factory=deque)
    busiest: int = 0
    edits: int = 0
    refused: int = 0
    last: dict[str, float] = field(default_factory=dict)

    async def _meet(self, chat: str) -> None:
        await asyncio.sleep(random.uniform(*ANSWERS_AFTER_S))
        now = time.monotonic()
        while self.calls and now - self.calls[0] > 1:
            self.calls.popleft()
        if len(self.calls) >= 2 * TAKES_PER_S:  # short bursts are let through
            self.refused += 1
            raise Slower(3)
        self.calls.append(now)
        self.busiest = max(self.busiest, len(self.calls))

    async def say(
        self,
        to: ChatRef,
        out: Out,
        *,
        key: str,
        language: str,
        reply_to: MessageRef | None = None,
    ) -> MessageRef:
        await self._meet(to.chat)
        if key.startswith("result:"):
            self.results[key] = time.monotonic()
        return MessageRef(to, key)

    async def change(self, at: MessageRef, out: Out, *, language: str) -> None:
        await self._meet(at.chat.chat)
        self.edits += 1
        self.shown_at[at.chat.chat] = time.monotonic()

    async def remove(self, at: MessageRef) -> bool:
        return False

    async def bring(self, file: InFile, into: Path) -> Path:
        return into


@dataclass(frozen=True)
class Delivered:
    """What came of it; seconds."""

    results: int
    lost: int
    oldest_s: float
    median_s: float
    after_burst_s: float
    calls_per_s: int
    edits_per_s: float
    status_age_s: float
    refused: int


class Work:
    """What a thousand jobs write into the outbox."""

    def __init__(self, svc: Services, courier: Courier) -> None:
        self._svc = svc
        self._courier = courier
        self._ids: list[int] = []
        self.due: dict[str, float] = {}
        self.burst: set[str] = set()
        self._n = 0

    async def open(self) -> None:
        now = self._svc.clock.now()
        async with self._svc.db.write() as tx:
            home = await people.make_workspace(tx, "Bench", now)
            for number in range(CHATS):
                where = ChatRef("telegram", str(number))
                chat = await chats.open_chat(tx, home, where, now)
                self._ids.append(chat.id)

    async def progress(self, lasts_s: float) -> None:
        """Every chat's status, one after the other, round after round."""
        step = 25
        pause_s = PROGRESS_EVERY_S * step / CHATS
        end, at, percent = time.monotonic() + lasts_s, 0, 0
        while time.monotonic() < end:
            began = time.monotonic()
            async with self._svc.db.write() as tx:
                for chat_id in self._ids[at : at + step]:
                    text = say("test.progress", percent=percent)
                    slot, now = f"cut:{chat_id}", self._svc.clock.now()
                    out = Out.of(text, quiet=True)
                    await outbox.say(tx, chat_id, out, key=slot, slot=slot, now=now)
            at = (at + step) % CHATS
            percent += at == 0
            await asyncio.sleep(max(0.0, pause_s - (time.monotonic() - began)))

    async def results(self, lasts_s: float) -> None:
        began, made = time.monotonic(), 0
        while (past_s := time.monotonic() - began) < lasts_s:
            due = int(past_s * RESULTS_PER_S) - made
            if due > 0:
                await self._results(due)
                made += due
            await asyncio.sleep(random.uniform(0.05, 0.6))

    async def all_at_once(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        before = set(self.due)
        await self._results(BURST)
        self.burst = set(self.due) - before

    async def _results(self, n: int) -> None:
        async with self._svc.db.write() as tx:
            for _ in range(n):
                self._n += 1
                key = f"result:{self._n}"
                out, now = Out.of(say("test.result")), self._svc.clock.now()
                chat_id = random.choice(self._ids)
                await outbox.say(tx, chat_id, out, key=key, now=now, urgent=True)
                self.due[key] = time.monotonic()


@asynccontextmanager
async def _services(folder: Path) -> AsyncIterator[Services]:
    socket = f"/tmp/clipdesk-bench-{folder.name[-8:]}.sock"
    server = subprocess.Popen(
        command(find_redis(), socket, folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not Path(socket).exists():
            assert server.poll() is None
            await asyncio.sleep(0.05)
        settings = Settings(
            data_dir=folder,
            redis_url=f"unix://{socket}",
            _env_file=None,  # type: ignore[call-arg]
        )
        await migrate(settings)
        async with open_services(settings) as svc:
            yield svc
    finally:
        server.terminate()
        server.wait(10)
        Path(socket).unlink(missing_ok=True)


async def deliver(lasts_s: float = LASTS_S) -> Delivered:
    """Run it, wait until every result is there, and give the figures."""
    with tempfile.TemporaryDirectory() as made:
        async with _services(Path(made)) as svc:
            network = Network()
            courier = Courier(svc, {"telegram": network})
            work = Work(svc, courier)
            await work.open()
            running = asyncio.create_task(courier.run())
            try:
                await asyncio.gather(
                    work.progress(lasts_s), work.results(lasts_s), work.all_at_once(lasts_s / 2)
                )
                now = time.monotonic()
                ages = [
                    min(lasts_s, now - network.shown_at.get(str(n), now - lasts_s))
                    for n in range(CHATS)
                ]
                end = now + 60
                while len(network.results) < len(work.due) and time.monotonic() < end:
                    await asyncio.sleep(0.1)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
    waits = {k: network.results[k] - at for k, at in work.due.items() if k in network.results}
    return Delivered(
        len(work.due),
        len(work.due) - len(waits),
        max(waits.values()),
        statistics.median(waits.values()),
        max(waits[k] for k in work.burst),
        network.busiest,
        network.edits / lasts_s,
        statistics.median(ages),
        network.refused,
    )
