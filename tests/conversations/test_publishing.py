"""From a video to a published link, the same on every face."""

from __future__ import annotations

import re

import aiohttp
import pytest

from tests.conversations.conftest import Another, Running
from tests.conversations.face import Teller
from tests.conversations.steps import LONG_S, connect, newest

pytestmark = [pytest.mark.media, pytest.mark.timeout(280)]


async def test_from_a_video_to_two_published_links(
    chat: Teller, network: str, running: Running, another: Another
) -> None:
    await chat.send("1 under 6s", another(network))
    begun = await chat.hears("Got it")
    assert "holiday.mp4" in begun.text
    await chat.hears("one clip is ready", LONG_S)
    (card,) = chat.cards
    assert {"Schedule", "Post now", "Caption", "Discard"} <= set(card.labels)
    assert card.alt and not card.quiet
    status = next(m for m in chat.messages if "one clip is ready" in m.text)
    assert status.labels == (), "the status still offers to cancel"
    await connect(chat, running)
    await chat.press("Schedule")
    await chat.hears("go out?")
    await chat.write("tomorrow 9am")
    await chat.hears("09:00")
    await chat.write("/queue")
    await chat.hears("One post waits")
    queued = newest(chat, lambda m: re.match(r"\d+ · Holiday · ", m.text) is not None)
    assert (await chat.sees(queued, why="the post")).labels[-1] == "Delete"
    await chat.press("Post now")
    await chat.sees(newest(chat, lambda m: any("/reel/" in u for u in m.urls)), 60, "Instagram")
    await chat.sees(newest(chat, lambda m: any("/video/" in u for u in m.urls)), 60, "TikTok")
    links = [u for m in chat.messages for u in m.urls if "/reel/" in u or "/video/" in u]
    async with aiohttp.ClientSession() as http:
        for link in links:
            async with http.get(link) as page:
                assert page.status == 200 and "<video" in await page.text()


async def test_words_nobody_understands_and_commands_that_do_not_exist(chat: Teller) -> None:
    await chat.write("hello there")
    await chat.hears("I was not waiting for an answer")
    await chat.write("/queu")
    await chat.hears("Perhaps you meant /queue?")
    await chat.write("/help")
    assert "/clip" in (await chat.hears("What you can ask for")).text
