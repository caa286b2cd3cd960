"""Hundreds of strangers knock at once, one of them without end, while the owner works: the networks
keep their documented rates, the owner is answered, and strangers cost next to nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import text

from bot.app import talking
from bot.faces import ADAPTERS
from bot.gateway_session import owner_code
from core.chat.registry import Registry
from core.services import Services, open_services
from core.settings import Settings
from handlers._doorstep import NEW_AT_ONCE, NEW_PER_S
from tests.bot.discord_room import Room, room_of, running_face
from tests.doubles.discord import Discord, running_discord
from tests.doubles.telegram import Telegram

STRANGERS = 150
NOISE = 150
ASKED = 8


@pytest.fixture
async def really(settings: Settings, sqlite: object) -> AsyncIterator[Services]:
    """By a clock that runs: floods are a matter of time."""
    async with open_services(settings) as svc:
        yield svc


async def _chats(svc: Services) -> int:
    """Conversations that were written down."""
    async with svc.db.read() as tx:
        return int(await tx.scalar(text("select count(*) from chat")) or 0)


def _bound(began: float) -> int:
    """Of strangers that may have been written down since then."""
    return NEW_AT_ONCE + round(NEW_PER_S * (time.monotonic() - began)) + 1


async def _until(holds: Callable[[], object], why: str, within_s: float = 60) -> None:
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until, why
        await asyncio.sleep(0.02)


async def test_a_flood_on_telegram_leaves_the_owner_alone(
    really: Services, registry: Registry, tg: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", tg.token)
    monkeypatch.setenv("TELEGRAM_API_ROOT", tg.root)
    tg.strict_pace = True
    ana, loud = tg.person("Ana"), tg.person("Loud")
    room = tg.private(ana)
    async with talking(really, registry, [a for a in ADAPTERS if a.network == "telegram"]):
        tg.write(ana, f"/start {await owner_code(really)}")
        await _until(lambda: room.shown, "the owner came in")
        began, welcome = time.monotonic(), room.shown[0]
        eves = [tg.person(f"Eve {n}") for n in range(STRANGERS)]
        for asked in range(ASKED):
            for n in range(asked, STRANGERS, ASKED):
                tg.write(eves[n], f"/start AAAA-{n:04}" if n % 3 else "hello")
            for n in range(NOISE // ASKED):
                tg.write(loud, f"let me in {n}")
            tg.press(loud, welcome, "", data="test.press:7")
            tg.write(ana, f"/echo {asked}")
            await _until(lambda: len(room.shown) == asked + 2, "the owner was not answered")  # noqa: B023
        await _until(lambda: tg.pending == 0, "everything is fetched")
        await asyncio.sleep(1)
    told = [len(tg.private(e).shown) for e in (*eves, loud)]
    assert max(told) == 1 and sum(told) <= _bound(began)
    assert await _chats(really) <= _bound(began) + 1


@pytest.fixture
async def room(really: Services) -> AsyncIterator[Room]:
    async with running_discord() as discord:  # with its pace: 5 messages in 5 s in a channel
        yield await room_of(really, discord)


async def test_a_flood_on_discord_leaves_the_owner_alone(room: Room) -> None:
    discord: Discord = room.discord
    async with running_face(room.svc, room.face):
        await discord.until(lambda: discord.line.connected, "it connects", 20)
        await room.ana.writes(room.clips, "@Clipdesk /echo card")
        card = await room.ana.hears(room.clips, "echo card")
        began = time.monotonic()
        eves = [discord.person(f"Eve {n}") for n in range(STRANGERS)]
        for asked in range(ASKED):
            for n in range(asked, STRANGERS, ASKED):
                await eves[n].writes(eves[n].dm, "let me in")
            for n in range(NOISE // ASKED):
                await room.eve.writes(room.eve.dm, f"let me in {n}")
            await asyncio.gather(*(e.presses(card, "Press") for e in eves[asked::ASKED][:4]))
            await room.ana.writes(room.ana.dm, f"/echo number {asked}")
            await room.ana.hears(room.ana.dm, f"echo number {asked}", 60)
        refused = [c for c in discord.calls if c.status == 429]
    told = [sum(m.author is discord.bot for m in discord.shown(e.dm)) for e in (*eves, room.eve)]
    assert not refused
    assert max(told) == 1 and sum(told) <= _bound(began)
    assert await _chats(room.svc) <= _bound(began) + 2
    assert "pressed" not in discord.transcript()
