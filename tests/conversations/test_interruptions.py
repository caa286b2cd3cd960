"""Changes of mind in the middle of the work, the same on every face."""

from __future__ import annotations

import asyncio

import pytest

from tests.conversations.conftest import Another
from tests.conversations.face import Teller

pytestmark = [pytest.mark.media, pytest.mark.timeout(280)]


async def test_cancel_while_it_is_cut_and_again_after_all(
    chat: Teller, network: str, another: Another
) -> None:
    await chat.send("", another(network))
    await chat.hears("step 1 of 2", 60)
    await chat.press("Cancel")
    await chat.hears("stopped")
    await asyncio.sleep(2)  # by then it is over
    assert not any("Cancel" in m.labels for m in chat.messages)
    await chat.write("/status")
    await chat.hears("Nothing is being worked on")
