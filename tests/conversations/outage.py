"""The networks are away for a while: what people write meanwhile is kept there or can be read up,
and what the product has to say waits until it is heard."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from aiohttp import web

from tests.conversations.discord_face import DiscordThere
from tests.conversations.face import Teller
from tests.conversations.telegram_face import Server
from tests.doubles.discord import Fault

WRITTEN = "hello"
ANSWER = "I was not waiting for an answer"
TOLD = "There is nothing at that address"
BACK_S = 240.0
"""How long is waited for everything; what it took is told."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one network's messages."""

    network: str
    lasted_s: float
    written: int
    """By a person while the network was away."""
    answered: int
    told: int
    """How often the message to a person that came up meanwhile was said: it should be once."""
    first_s: float
    """From the end of the outage to the first word."""
    all_s: float
    """The same to the last one."""


@contextmanager
def _away(double: object) -> Iterator[Callable[[], None]]:
    """Nobody gets through to a network. What is yielded makes it forget its sessions."""
    if isinstance(double, Server):
        double.tg.away = True
        yield lambda: None
        double.tg.away = False
        return
    assert isinstance(double, DiscordThere)
    discord, fault = double.discord, Fault("cut", times=1 << 30)
    discord.faults.append(fault)
    discord.line.refuses = True
    double.call(discord.line.cut)
    yield discord.line.forget
    discord.faults.remove(fault)
    discord.line.refuses = False


async def outage(
    chats: list[Teller], doubles: dict[str, object], *, lasts_s: float, every_s: float
) -> list[Outcome]:
    """Everybody writes now and then while all networks are away at once, and everybody has asked
    for something before whose answer comes up meanwhile."""
    async with _slow_site() as (address, answer):
        before = {}
        for chat in chats:
            await chat.write(address)
            await chat.hears("Fetching")
            before[chat.name] = (_count(chat, ANSWER), _count(chat, TOLD))
        written = 0
        with contextlib.ExitStack() as stack:
            began = time.monotonic()
            forget = [stack.enter_context(_away(doubles[chat.name])) for chat in chats]
            answer.set()
            while (past_s := time.monotonic() - began) < lasts_s:
                if past_s > lasts_s / 2:
                    for sessions_end in forget:
                        sessions_end()
                for chat in chats:
                    await chat.write(WRITTEN)
                written += 1
                await asyncio.sleep(every_s)
        lasted_s = time.monotonic() - began
        back = [_back(chat, before[chat.name], written, lasted_s) for chat in chats]
        return list(await asyncio.gather(*back))


async def _back(chat: Teller, before: tuple[int, int], written: int, lasted_s: float) -> Outcome:
    """Wait for everything, and a little longer for what is too much."""
    began, first_s, all_s = time.monotonic(), 0.0, 0.0
    answered = told = 0
    while (past_s := time.monotonic() - began) < BACK_S and (not all_s or past_s < all_s + 3):
        answered, told = _count(chat, ANSWER) - before[0], _count(chat, TOLD) - before[1]
        if (answered or told) and not first_s:
            first_s = past_s
        if answered >= written and told >= 1 and not all_s:
            all_s = past_s
        await asyncio.sleep(0.1)
    return Outcome(chat.name, lasted_s, written, answered, told, first_s, all_s)


def _count(chat: Teller, words: str) -> int:
    return sum(words in m.text for m in chat.messages)


@asynccontextmanager
async def _slow_site() -> AsyncIterator[tuple[str, asyncio.Event]]:
    """An address that says that there is nothing, once it is told to. Counts as the Internet (see
    LINK_ALLOW in conftest)."""
    go = asyncio.Event()

    async def nothing(_: web.Request) -> web.Response:
        await go.wait()
        return web.Response(status=404)

    app = web.Application()
    app.router.add_route("*", "/{name}", nothing)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    with socket.socket() as probe:
        probe.bind(("127.0.0.2", 0))
        port = probe.getsockname()[1]
    await web.TCPSite(runner, "127.0.0.2", port).start()
    try:
        yield f"http://127.0.0.2:{port}/talk.mp4", go
    finally:
        go.set()
        await runner.cleanup()
