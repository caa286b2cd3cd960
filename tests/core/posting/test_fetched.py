"""Where Instagram takes no uploads from a sign-in, it fetches the file from our signed address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from yarl import URL

from bot.media_links import MediaLinks
from core.clock import SystemClock
from core.db.session import Database
from core.media.store import open_store
from core.publish.instagram import Instagram
from core.secrets import Vault
from core.settings import Settings
from tests.doubles.bench import Bench, HurryingClock, open_bench

on_sqlite = pytest.mark.parametrize("db", [pytest.param("sqlite", id="sqlite")], indirect=True)


@pytest.fixture
async def fetched(settings: Settings) -> AsyncIterator[list[URL]]:
    """The media links of our gateway, at the address the settings name; what was asked of them."""
    asked: list[URL] = []
    links = MediaLinks(Vault(settings), SystemClock(), open_store(settings))

    async def serve(request: web.Request) -> web.StreamResponse:
        asked.append(request.url)
        return await links.serve(request)

    app = web.Application()
    app.router.add_get("/media/{key:.+}", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server = site._server
    assert server is not None
    settings.public_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined]
    yield asked
    await runner.cleanup()


@pytest.fixture
async def bench(
    settings: Settings, db: Database, clip_file: Path, fetched: list[URL]
) -> AsyncIterator[Bench]:
    async with open_bench(settings, db, HurryingClock(), clip_file) as made:
        yield made


@on_sqlite
async def test_a_refused_upload_is_fetched_from_a_signed_address_instead(
    bench: Bench, fetched: list[URL]
) -> None:
    await bench.connect("instagram")
    await bench.fault("instagram", "upload", "refused", -1)
    await bench.fault("instagram", "media", "lost_video_url")  # once
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("published", hurry_s=20) == ["published"]
    (entry,) = await bench.ledger()
    (link,) = fetched
    assert "sig" in link.query and entry["sha256"] in link.path


@on_sqlite
async def test_a_file_that_cannot_be_fetched_is_told_as_such(
    bench: Bench, fetched: list[URL]
) -> None:
    await bench.connect("instagram")
    await bench.fault("instagram", "upload", "refused", -1)
    await bench.fault("instagram", "media", "lost_video_url", -1)
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("failed", hurry_s=60) == ["failed"]
    assert "could not fetch the video" in (await bench.texts())[-1] and not fetched


async def test_the_real_one_fetches_only_from_https(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSTAGRAM_APP_ID", "1")
    real = Instagram(settings)
    assert real.fetches_from("https://clips.example.org")
    assert not real.fetches_from("http://127.0.0.1:8080")
