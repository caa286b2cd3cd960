"""Changes of mind and restarts in the middle, the same on every face."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.conversations.conftest import FACES, Running
from tests.conversations.face import Teller
from tests.conversations.steps import LONG_S, connect

pytestmark = [pytest.mark.media, pytest.mark.timeout(280)]


async def test_cancel_while_it_is_cut_and_again_after_all(chat: Teller, video: Path) -> None:
    await chat.send("", video)
    await chat.hears("step 1 of 2", 60)
    await chat.press("Cancel")
    await chat.hears("stopped")
    await asyncio.sleep(5)  # by then it is over
    assert not any("Cancel" in m.labels for m in chat.messages)
    await chat.write("/status")
    await chat.hears("Nothing is being worked on")


def _restart(running: Running) -> None:
    running.product.stop()
    running.code = running.product.start()


async def test_a_restart_at_any_step_of_a_conversation_forgets_nothing(
    network: str, running: Running, video: Path
) -> None:
    async with FACES[network](running) as chat:
        await chat.send("1 under 10s", video)
        await chat.hears("Got it")
    _restart(running)  # in the middle of the work
    async with FACES[network](running) as chat:
        await chat.hears("one clip is ready", LONG_S)
        assert len(chat.cards) == 1
        await connect(chat, running)
        await chat.press("Schedule")
        await chat.hears("go out?")
    _restart(running)  # between a question and its answer
    async with FACES[network](running) as chat:
        await chat.write("tomorrow 9am")
        await chat.hears("09:00")
    _restart(running)  # between an answer and the button under it
    async with FACES[network](running) as chat:
        await chat.press("Change time")
        await chat.hears("go out instead")
        await chat.write("tomorrow 10am")
        await chat.hears("10:00")
        await chat.write("/queue")
        await chat.hears("1 · Holiday")
        await chat.press("Delete")
        await chat.hears("off the queue")
