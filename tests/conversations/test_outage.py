"""Both networks go away and come back: nobody's message is lost or answered twice."""

from __future__ import annotations

import pytest

from tests.conversations.conftest import DOUBLES, FACES, Running
from tests.conversations.outage import outage

pytestmark = [pytest.mark.timeout(600)]


async def test_an_outage_of_the_networks_loses_no_message_to_or_from_a_person(
    running: Running,
) -> None:
    async with (
        FACES["telegram"](running, next(running.codes)) as telegram,
        FACES["discord"](running, next(running.codes)) as discord,
    ):
        chats = [telegram, discord]
        found = await outage(chats, running.doubles, lasts_s=8, every_s=2)
    assert {f.network for f in found} == set(DOUBLES)
    for f in found:
        assert (f.answered, f.told) == (f.written, 1), f
