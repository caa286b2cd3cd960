"""The connection to Discord: signed in, resumed, made anew; what came meanwhile is heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psutil
import pytest
from sqlalchemy import text

from bot.discord_client import Ears
from core.chat.message import Out
from core.chat.registry import Ask, Entry
from core.db.session import Database
from core.services import Services, open_services
from core.settings import Settings
from tests.bot.discord_room import Room, face_of, room_of, running_face, words
from tests.doubles.discord import Discord, Fault, running_discord


@pytest.fixture
async def discord() -> AsyncIterator[Discord]:
    async with running_discord(pace=(500, 5.0)) as made:
        yield made


@pytest.fixture
async def running(settings: Settings, sqlite: object) -> AsyncIterator[Services]:
    async with open_services(settings) as svc:
        yield svc


@pytest.fixture
async def room(running: Services, discord: Discord) -> Room:
    return await room_of(running, discord)


async def connected(discord: Discord, times: int = 1) -> None:
    await discord.until(
        lambda: discord.line.connected and discord.line.identified >= times, "it connects", 20
    )


async def test_commands_are_sent_once_and_not_again_after_a_restart(room: Room) -> None:
    for start in (1, 2):
        async with running_face(room.svc, face_of(room.svc, room.discord)):
            await connected(room.discord, start)
    assert room.discord.syncs == 1
    names = {c["name"] for c in room.discord.commands}
    assert {"echo", "pick", "clip", "start", "Make clips"} <= names


async def test_asked_to_reconnect_it_resumes_and_misses_nothing(room: Room) -> None:
    async with running_face(room.svc, room.face):
        await connected(room.discord)
        await room.discord.line.ask_to_reconnect()
        await room.ana.writes(room.ana.dm, "/echo while you were away")
        await room.ana.hears(room.ana.dm, "echo while you were away", 20)
        assert room.discord.line.resumed == 1 and room.discord.line.identified == 1


async def test_a_line_that_is_cut_is_resumed(room: Room) -> None:
    async with running_face(room.svc, room.face):
        await connected(room.discord)
        room.discord.line.cut()
        await room.ana.writes(room.ana.dm, "/echo are you there")
        await room.ana.hears(room.ana.dm, "echo are you there", 20)
        assert room.discord.line.resumed == 1


async def test_a_session_that_is_over_is_begun_anew_and_what_came_meanwhile_is_read_up(
    room: Room,
) -> None:
    async with running_face(room.svc, room.face):
        await connected(room.discord)
        await room.ana.writes(room.ana.dm, "/echo before")
        await room.ana.hears(room.ana.dm, "echo before")
        await room.heard_until_now()
        room.discord.line.refuses = True
        room.discord.line.cut()
        room.discord.line.forget()
        for _ in range(120):  # more than Discord gives at once
            await room.ana.writes(room.ana.dm, "/silent")
        await room.ana.writes(room.ana.dm, "/echo in the outage")
        await room.vic.writes(room.vic.dm, "/echo never wrote to the bot alone")
        await room.vic.writes(room.clips, "@Clipdesk /echo nobody spoke here before")
        await asyncio.sleep(0.5)
        room.discord.line.refuses = False
        await room.ana.hears(room.ana.dm, "echo in the outage", 30)
        await room.vic.hears(room.vic.dm, "echo never wrote to the bot alone", 30)
    said = [m.text for m in room.discord.shown(room.ana.dm)]
    assert said.count("echo before") == 1, "what was answered is not answered again"


async def test_what_was_written_while_the_program_was_down_is_answered_at_its_start(
    room: Room,
) -> None:
    async with running_face(room.svc, room.face):
        await connected(room.discord)
        await room.ana.writes(room.ana.dm, "/echo before")
        await room.ana.hears(room.ana.dm, "echo before")
        await room.heard_until_now()
    await room.ana.writes(room.ana.dm, "/echo while it was down")
    async with running_face(room.svc, face_of(room.svc, room.discord)):
        await room.ana.hears(room.ana.dm, "echo while it was down", 20)


async def test_what_is_being_handled_at_the_end_is_handled_and_leaves_nothing_open(
    settings: Settings, sqlite: Database, discord: Discord
) -> None:
    begun, ends = asyncio.Event(), asyncio.Event()

    async def slow(ask: Ask, _: Services) -> Out:
        """Take a moment."""
        begun.set()
        await ends.wait()
        return Out.of(words("slow at last"))

    async with open_services(settings) as svc:
        room = await room_of(svc, discord)
        room.face.hall.registry.commands["slow"] = Entry("slow", slow, "viewer")
        async with running_face(svc, room.face):
            await connected(discord)
            await room.ana.writes(room.ana.dm, "/slow")
            await begun.wait()
            asyncio.get_running_loop().call_later(0.4, ends.set)
    await ends.wait()
    await asyncio.sleep(0.1)
    async with sqlite.read() as tx:
        found = await tx.scalars(text("select body_json from outbox"))
    assert any("slow at last" in body for body in found)
    await sqlite.close()
    file = settings.data_dir / "clipdesk.db"
    assert not [f for f in psutil.Process().open_files() if f.path == str(file)]


async def test_an_outage_of_the_api_is_waited_out(room: Room) -> None:
    room.discord.faults.append(Fault("cut", times=2))
    async with running_face(room.svc, room.face):
        await connected(room.discord)
        await room.ana.writes(room.ana.dm, "/echo at last")
        await room.ana.hears(room.ana.dm, "echo at last", 20)


async def test_a_wrong_token_is_one_line_and_ends_this_face_only(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    face = face_of(room.svc, room.discord, token="wrong")
    async with running_face(room.svc, face):
        await asyncio.sleep(3.0)
    lines = [x for x in capsys.readouterr().out.splitlines() if x.startswith("clipdesk: ")]
    assert len(lines) == 1 and "DISCORD_TOKEN" in lines[0] and "wrong" not in lines[0]
    assert sum(c.status == 401 for c in room.discord.calls) == 1, "it was asked again and again"


async def test_a_token_that_is_revoked_ends_this_face_only(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_face(room.svc, room.face):
        await connected(room.discord)
        room.discord.token = "another"
        await room.discord.line.revoke()
        await asyncio.sleep(1.0)
    assert "clipdesk: Discord refuses the token" in capsys.readouterr().out


async def test_nothing_is_asked_for_that_needs_a_review(room: Room) -> None:
    async with running_face(room.svc, room.face):
        await connected(room.discord)
        (session,) = room.discord.line.live
    assert session.intents == 1 << 0 | 1 << 9 | 1 << 12
    assert not Ears.__dict__.get("on_presence_update")
