"""Updates between Telegram and us: safe in the database before they are confirmed, handled in the
order of each chat, albums as one.

    inbox = Inbox(svc, bot, handle)
    await inbox.keep(updates)       # afterwards they may be confirmed
    await inbox.run()               # until cancelled; begins with what an earlier process left
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog
from telegram import Bot, Update

from bot.telegram_files import owner
from bot.telegram_updates import group_of
from core.db import updates
from core.db.updates import Waiting
from core.services import Services

log = structlog.get_logger()

Handle = Callable[[list[Update]], Awaitable[None]]

ALBUM_S = 1.5
"""Silence after which an album counts as complete. There is no end mark (tdlib/telegram-bot-api
#643), and siblings of slow uploads come seconds later: those are handled as they come."""
ALBUM_MOST = 10
AT_ONCE = 32
TRIES = 5
AGAIN_S = (0.5, 2.0, 5.0, 15.0)
FORGET_S = 600.0


@dataclass(slots=True)
class _Queue:
    """What waits in one chat."""

    waiting: deque[tuple[Waiting, Update]] = field(default_factory=deque)
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Inbox:
    """Takes updates in and hands them on."""

    def __init__(self, svc: Services, bot: Bot, handle: Handle) -> None:
        self._svc = svc
        self._bot = bot
        self._owner = owner(bot)
        self._handle = handle
        self._queues: dict[str, _Queue] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._places = asyncio.Semaphore(AT_ONCE)
        self._in_order = asyncio.Lock()
        """Between what is read at the start and what comes meanwhile nothing may slip through."""

    async def keep(self, fetched: Sequence[Update]) -> None:
        """Write them down, and those that are new begin to be handled."""
        bodies = {u.update_id: u.to_dict() for u in fetched}
        async with self._in_order:
            async with self._svc.db.write() as tx:
                new = await updates.keep(tx, self._owner, bodies, self._svc.clock.now())
            if self._tasks is not None:  # else `run` finds them in the database
                for waiting in new:
                    self._enqueue(waiting)

    async def run(self) -> None:
        """Handle what waits and what comes."""
        async with asyncio.TaskGroup() as tasks:
            async with self._in_order:
                async with self._svc.db.read() as tx:
                    left = await updates.waiting(tx, self._owner)
                self._tasks = tasks
                for waiting in left:
                    self._enqueue(waiting)
            try:
                while True:
                    async with self._svc.db.write() as tx:
                        await updates.forget(tx, self._owner, self._svc.clock.now())
                    await asyncio.sleep(FORGET_S)
            finally:
                self._tasks = None

    def _enqueue(self, waiting: Waiting) -> None:
        assert self._tasks is not None
        update = Update.de_json(waiting.body, self._bot)
        chat = str(update.effective_chat.id) if update.effective_chat else ""
        queue = self._queues.get(chat)
        if queue is None:
            queue = self._queues[chat] = _Queue()
            self._tasks.create_task(self._work(chat, queue))
        queue.waiting.append((waiting, update))
        queue.news.set()

    async def _work(self, chat: str, queue: _Queue) -> None:
        """One chat, in order, until nothing waits there."""
        while queue.waiting:
            parts = await self._next(queue)
            async with self._places:
                await self._settle(parts)
        del self._queues[chat]

    async def _next(self, queue: _Queue) -> list[tuple[Waiting, Update]]:
        """The next update, or an album once it seems complete."""
        parts = [queue.waiting.popleft()]
        group = group_of(parts[0][1])
        if group is None:
            return parts
        clock = asyncio.get_running_loop()
        until = clock.time() + ALBUM_S
        while True:
            queue.news.clear()
            came = [w for w in queue.waiting if group_of(w[1]) == group]
            if came:
                parts += came
                queue.waiting = deque(w for w in queue.waiting if group_of(w[1]) != group)
                until = clock.time() + ALBUM_S
            if len(parts) >= ALBUM_MOST:
                return parts
            try:
                async with asyncio.timeout_at(until):
                    await queue.news.wait()
            except TimeoutError:
                return parts

    async def _settle(self, parts: list[tuple[Waiting, Update]]) -> None:
        """Handle them and write down that it is done. What fails for a reason of ours is tried a
        few times and then let go with a line in the log: it must not block its chat for ever."""
        ids = [waiting.id for waiting, _ in parts]
        handled = False
        for tries in range(TRIES):
            try:
                if not handled:
                    await self._handle([update for _, update in parts])
                    handled = True
                async with self._svc.db.write() as tx:
                    await updates.handled(tx, ids, self._svc.clock.now())
                return
            except Exception:
                log.exception("telegram.not_handled", update=parts[0][0].number, tries=tries + 1)
            await asyncio.sleep(AGAIN_S[min(tries, len(AGAIN_S) - 1)])
