"""Somebody with a Discord client, in a direct conversation with the bot.

The Discord of the tests runs in a thread of its own, so that it stays there while the product is
stopped and started again.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.conversations.face import Heard, Teller
from tests.doubles.discord import Discord, running_discord
from tests.doubles.discord_people import links, plain
from tests.doubles.discord_rules import QUIET
from tests.doubles.discord_world import Message

T = TypeVar("T")


class DiscordThere:
    """The double, in its own loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, discord: Discord) -> None:
        self._loop, self.discord = loop, discord

    def call(self, what: Callable[[], None]) -> None:
        """Something that takes no time, in that loop."""
        self._loop.call_soon_threadsafe(what)

    async def do(self, what: Coroutine[Any, Any, T]) -> T:
        """Something in that loop, from another."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(what, self._loop))


@contextmanager
def discord_there() -> Iterator[tuple[object, dict[str, str]]]:
    """A Discord, and the settings that lead the product to it."""
    ready, over = threading.Event(), threading.Event()
    found: list[DiscordThere] = []

    async def live() -> None:
        async with running_discord() as discord:
            found.append(DiscordThere(asyncio.get_running_loop(), discord))
            ready.set()
            while not over.is_set():
                await asyncio.sleep(0.05)

    thread = threading.Thread(target=asyncio.run, args=(live(),))
    thread.start()
    assert ready.wait(10), "the Discord of the tests did not start"
    discord = found[0].discord
    env = {
        "DISCORD_TOKEN": discord.token,
        "DISCORD_API_ROOT": discord.api,
        "DISCORD_GATEWAY": discord.gateway,
    }
    try:
        yield found[0], env
    finally:
        over.set()
        thread.join(10)


class DiscordFace(Teller):
    """Writes and presses as a client does, and reads what the channel shows."""

    name = "discord"

    def __init__(self, there: DiscordThere) -> None:
        self._there = there
        self._ana = there.discord.person("Ana")
        self._sessions = 0

    async def come_in(self, code: str) -> None:
        await self.come_back()
        await self.write(code)
        await self.hears("You are in")
        await self.write("/timezone Berlin")  # Discord does not tell where somebody is
        await self.hears("Europe/Berlin")

    async def come_back(self) -> None:
        """A press is heard by whoever is there, or by nobody."""
        line, until = self._there.discord.line, time.monotonic() + 60
        while not line.connected or line.identified == self._sessions:
            assert time.monotonic() < until, "the bot never came to Discord"
            await asyncio.sleep(0.05)
        self._sessions = line.identified

    async def write(self, text: str) -> None:
        await self._there.do(self._ana.writes(self._ana.dm, text))

    async def send(self, text: str, *files: Path) -> None:
        await self._there.do(self._ana.writes(self._ana.dm, text, *files))

    async def press(self, label: str) -> None:
        heard = await self.sees(self.having(label), why=f"[{label}]")
        message = self._ana.dm.messages[int(heard.id)]
        pressed = await self._there.do(self._ana.presses(message, label))
        assert pressed.answered is not None, f"Discord showed: the press of {label!r} failed"

    @property
    def messages(self) -> list[Heard]:
        bot = self._there.discord.bot
        return [_heard(m) for m in self._ana.sees(self._ana.dm) if m.author is bot]


def _heard(m: Message) -> Heard:
    kinds = {"video/mp4": "video", "image/png": "picture", "image/jpeg": "picture"}
    file = m.files[0] if m.files else None
    return Heard(
        str(m.id),
        plain(m.text),
        tuple(b["label"] for b in m.buttons if b.get("custom_id")),
        (*(b["url"] for b in m.buttons if b.get("url")), *links(m.text)),
        kinds.get(file.kind, "file") if file else None,
        (file.description or "") if file else "",
        bool(m.flags & QUIET),
        str(m.reply_to.id) if m.reply_to else None,
    )
