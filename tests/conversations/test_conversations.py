"""Conversations as people have them, the same on every face: from a video to a published link, a
link instead of a file, a change of mind, a restart in the middle."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.conversations.conftest import FACES, Running
from tests.conversations.face import Heard, Teller
from tests.doubles.newcomer import Newcomer

pytestmark = [pytest.mark.media, pytest.mark.timeout(280)]

LONG_S = 150
"""Two cores may be shared with other tests."""


def _newest(chat: Teller, holds: Callable[[Heard], bool]) -> Callable[[], Heard | None]:
    return lambda: next((m for m in reversed(chat.messages) if holds(m)), None)


async def _connect(chat: Teller, running: Running) -> None:
    """Both practice platforms, through their consent pages."""
    await chat.write("/connect")
    for platform in ("TikTok", "Instagram"):
        await chat.hears("Which account")
        seen = {u for m in chat.messages for u in m.urls}
        await chat.press(f"Connect practice {platform}")
        asked = await chat.sees(
            _newest(chat, lambda m, seen=seen: bool(set(m.urls) - seen)),  # type: ignore[misc]
            why=f"the sign-in of {platform}",
        )
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            address = next(u for u in asked.urls if u not in seen)
            await Newcomer(running.product.base, http).allow(address)
        await chat.hears(f"Practice {platform} is connected")


async def test_from_a_video_to_two_published_links(
    chat: Teller, running: Running, video: Path
) -> None:
    await chat.send("1 under 10s", video)
    begun = await chat.hears("Got it")
    assert "holiday.mp4" in begun.text
    await chat.hears("one clip is ready", LONG_S)
    (card,) = chat.cards
    assert {"Schedule", "Post now", "Caption", "Discard"} <= set(card.labels)
    assert card.alt and not card.quiet
    status = next(m for m in chat.messages if "one clip is ready" in m.text)
    assert status.labels == (), "the status still offers to cancel"
    await _connect(chat, running)
    await chat.press("Schedule")
    await chat.hears("go out?")
    await chat.write("tomorrow 9am")
    await chat.hears("09:00")
    await chat.write("/queue")
    await chat.hears("1 · ")
    await chat.press("Post now")
    await chat.sees(_newest(chat, lambda m: any("/reel/" in u for u in m.urls)), 60, "Instagram")
    await chat.sees(_newest(chat, lambda m: any("/video/" in u for u in m.urls)), 60, "TikTok")
    links = [u for m in chat.messages for u in m.urls if "/reel/" in u or "/video/" in u]
    async with aiohttp.ClientSession() as http:
        for link in links:
            async with http.get(link) as page:
                assert page.status == 200 and "<video" in await page.text()


@asynccontextmanager
async def _site(folder: Path) -> AsyncIterator[str]:
    """A web server that counts as the Internet (see LINK_ALLOW in conftest)."""
    app = web.Application()
    app.router.add_static("/files", folder)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    with socket.socket() as probe:
        probe.bind(("127.0.0.2", 0))
        port = probe.getsockname()[1]
    await web.TCPSite(runner, "127.0.0.2", port).start()
    yield f"http://127.0.0.2:{port}/files"
    await runner.cleanup()


async def test_a_link_is_as_good_as_the_file_unless_it_leads_inside(
    chat: Teller, running: Running, video: Path
) -> None:
    async with _site(video.parent) as site:
        await chat.write(f"/clip {site}/{video.name} 1 under 10s")
        await chat.hears("Got it")
        await chat.hears("one clip is ready", LONG_S)
        assert len(chat.cards) == 1
        await chat.write(f"{site}/no-such-file.mp4")
        await chat.hears("There is nothing at that address")
        await chat.write(f"http://127.0.0.1:{running.product.port}/media/secret.mp4")
        await chat.hears("is not on the public Internet")


async def test_cancel_while_it_is_cut_and_again_after_all(chat: Teller, video: Path) -> None:
    await chat.send("", video)
    await chat.hears("step 1 of 2", 60)
    await chat.press("Cancel")
    await chat.hears("stopped")
    await asyncio.sleep(0.5)
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
        await _connect(chat, running)
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
        await chat.hears("1 · ")
        await chat.press("Delete")
        await chat.hears("off the queue")


async def test_words_nobody_understands_and_commands_that_do_not_exist(chat: Teller) -> None:
    await chat.write("hello there")
    await chat.hears("I was not waiting for an answer")
    await chat.write("/queu")
    await chat.hears("Perhaps you meant /queue?")
    await chat.write("/help")
    assert "/clip" in (await chat.hears("What you can ask for")).text
