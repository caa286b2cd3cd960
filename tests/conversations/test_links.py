"""An address instead of a file, the same on every face."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from tests.conversations.conftest import Running
from tests.conversations.face import Teller
from tests.conversations.steps import LONG_S

pytestmark = [pytest.mark.media, pytest.mark.timeout(280)]


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
        await chat.write(f"/clip {site}/{video.name} 1 under 6s")
        await chat.hears("Got it")
        await chat.hears("one clip is ready", LONG_S)
        assert len(chat.cards) == 1
        await chat.write(f"{site}/no-such-file.mp4")
        await chat.hears("There is nothing at that address")
        await chat.write(f"http://127.0.0.1:{running.product.port}/media/secret.mp4")
        await chat.hears("is not on the public Internet")
