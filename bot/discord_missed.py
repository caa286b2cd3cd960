"""What was written while nobody listened.

Discord repeats nothing of it to a new session, so it is read up: in the conversations we know, and
in the direct ones of everybody who is in. What was handled already is known by its key.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp
import discord
import structlog

from core.chat.message import ChatRef
from core.db import chat_places, kept, people
from core.services import Services

log = structlog.get_logger()

HEARD: Final = "discord.heard"
MISSED: Final = timedelta(hours=20)
"""How far back it is looked for; `seen` forgets after a few days, and what was handled once must
not be handled again."""
OVERLAP: Final = timedelta(minutes=5)
"""A line may have been dead for a while before anybody noticed."""
MOST: Final = 2000
"""Messages of one place: a busy channel must not keep us from all others."""
AGAIN_S: Final = (1.0, 3.0, 9.0, 27.0)

Hear = Callable[[discord.Message], Awaitable[None]]


class Missed:
    """Reads up for one connection."""

    def __init__(self, svc: Services, client: discord.Client, hear: Hear) -> None:
        self._svc = svc
        self._client = client
        self._hear = hear
        self._caught_up = False

    async def read_up(self) -> None:
        """Once a session is new. Until it is through, nothing counts as heard."""
        async with self._svc.db.read() as tx:
            heard = await kept.read(tx, HEARD)
        self._caught_up = heard is None or await self._since(datetime.fromisoformat(heard))
        await self.mark_heard()

    async def mark_heard(self) -> None:
        """Everything until now was heard."""
        if self._caught_up:
            async with self._svc.db.write() as tx:
                await kept.write(tx, HEARD, self._svc.clock.now().isoformat())

    async def _since(self, heard: datetime) -> bool:
        """False when some place could not be asked: the next session begins where this one did."""
        at = max(heard - OVERLAP, self._svc.clock.now() - MISSED)
        after = discord.Object(discord.utils.time_snowflake(at))
        read = [await self._patiently(where, after) async for where in self._places()]
        return all(read)

    async def _places(self) -> AsyncIterator[discord.abc.Messageable]:
        async with self._svc.db.read() as tx:
            known = await chat_places.alive(tx, "discord")
            members = await people.known_on(tx, "discord")
        for where in known:
            if (channel := await self._asked(self._channel(where))) is not None:
                yield channel
        there = {where.chat for where in known}
        for user_id in members:  # also of those who never wrote to us alone
            direct = await self._asked(self._client.create_dm(discord.Object(int(user_id))))
            if isinstance(direct, discord.DMChannel) and str(direct.id) not in there:
                yield direct

    async def _channel(self, where: ChatRef) -> discord.abc.Messageable | None:
        number = int(where.thread or where.chat)
        found: Any = self._client.get_channel(number) or await self._client.fetch_channel(number)
        return found if isinstance(found, discord.abc.Messageable) else None

    async def _asked(self, place: Awaitable[Any]) -> discord.abc.Messageable | None:
        try:
            return await place  # type: ignore[no-any-return]
        except (discord.HTTPException, discord.InvalidData) as wrong:  # gone, or not ours to read
            log.info("discord.no_such_place", error=str(wrong)[:100])
            return None

    async def _patiently(self, place: discord.abc.Messageable, after: discord.Object) -> bool:
        for wait_s in (*AGAIN_S, None):
            try:
                await self._read(place, after)
                return True
            except (discord.DiscordServerError, aiohttp.ClientError, OSError) as wrong:
                log.info("discord.not_read_up", error=repr(wrong)[:100])
            except discord.HTTPException as wrong:  # not ours to read
                log.info("discord.cannot_read_up", error=str(wrong)[:100])
                return True
            if wait_s is not None:
                await asyncio.sleep(wait_s)
        return False

    async def _read(self, place: discord.abc.Messageable, after: discord.Object) -> None:
        async for message in place.history(after=after, limit=MOST, oldest_first=True):
            await self._hear(message)
