"""A conversation on Discord over a bad line: answers get lost, the wall pushes back, the gateway
falls. Everything is said, and nothing twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from tests.conversations.conftest import FACES, Running
from tests.conversations.discord_face import DiscordThere
from tests.conversations.steps import LONG_S
from tests.doubles.discord import Fault

pytestmark = [pytest.mark.media, pytest.mark.timeout(280)]


@pytest.mark.parametrize("network", ["discord"])
async def test_over_a_bad_line_everything_is_said_once(
    network: str, running: Running, video: Path
) -> None:
    there = running.doubles[network]
    assert isinstance(there, DiscordThere)
    resumed = there.discord.line.resumed
    async with FACES[network](running, next(running.codes)) as chat:
        faults = there.discord.faults
        faults.append(Fault("lost", "/messages$", "POST", times=2))
        faults.append(Fault("429", "/messages", retry_after=1.0, times=2))
        faults.append(Fault("cut", "/messages", times=2))
        await chat.send("1 under 6s", video)
        await chat.hears("Got it", 60)
        there.discord.line.cut()
        await chat.write("/status")
        await chat.hears("of disk space", 60)
        await there.do(there.discord.line.ask_to_reconnect())
        faults.append(Fault("lost", "/messages$", "POST", times=2))
        await chat.hears("one clip is ready", LONG_S)
        await asyncio.sleep(2)
        # The last one meets whatever is still to be said; on a fast machine nothing is.
        assert [f.times for f in faults[:3]] == [0, 0, 0], "not every fault was met"
        assert len(chat.cards) == 1
        said = Counter(m.text for m in chat.messages)
        assert set(said.values()) == {1}, said
        del faults[:]
    assert there.discord.line.resumed > resumed
