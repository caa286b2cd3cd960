"""What a network cannot take whole goes as a preview that it can, with a link to the whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.deliverable import Deliverable
from bot.media_links import MediaLinks
from core.chat.message import MediaOut
from core.media.ffmpeg import find, run
from core.media.inputs import file_arg
from core.media.probe import probe
from core.services import Services

pytestmark = pytest.mark.media


@pytest.fixture
async def media(svc: Services, tmp_path: Path) -> MediaOut:
    """Ten upright seconds that are hard to pack: about 10 MB."""
    path = tmp_path / "clip.mp4"
    noise = "testsrc2=s=540x960:r=25,noise=alls=40:allf=t"
    args = ["-f", "lavfi", "-t", "10", "-i", noise, "-f", "lavfi", "-t", "10", "-i", "sine=300"]
    args += ["-c:v", "libx264", "-preset", "ultrafast", "-b:v", "8M", "-pix_fmt", "yuv420p"]
    await run([*args, "-c:a", "aac", file_arg(path)], exe=find(svc.settings), timeout_s=60)
    cover = tmp_path / "cover.jpg"
    cover.write_bytes(b"cover")
    await svc.store.put(path, "clips/ab.mp4")
    await svc.store.put(cover, "clips/ab.jpg")
    size_b = path.stat().st_size
    return MediaOut("video", "clips/ab.mp4", "On.mp4", size_b, 540, 960, 10.0, "clips/ab.jpg")


@pytest.fixture
def deliverable(svc: Services) -> Deliverable:
    return Deliverable(svc, MediaLinks(svc.vault, svc.clock, svc.store))


@pytest.fixture
async def page(svc: Services) -> AsyncIterator[Callable[[str], str]]:
    """The route of signed links; turns an address of ours into one of this server."""
    app = web.Application()
    links = MediaLinks(svc.vault, svc.clock, svc.store)
    app.router.add_get("/media/{key:.+}", links.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield lambda address: address.replace(svc.settings.address, base)
    await runner.cleanup()


async def test_what_fits_goes_as_it_is(
    svc: Services, deliverable: Deliverable, media: MediaOut
) -> None:
    async with deliverable.fit(media, media.size_b) as fitted:
        assert fitted.path == svc.store.local_path("clips/ab.mp4")
        assert fitted.cover_path and fitted.cover_path.read_bytes() == b"cover"
        assert (fitted.width, fitted.height, fitted.duration_s) == (540, 960, 10.0)
        assert fitted.full_link is None


async def test_what_does_not_fit_goes_as_a_preview_made_once_with_a_link_to_the_whole(
    svc: Services,
    deliverable: Deliverable,
    media: MediaOut,
    page: Callable[[str], str],
) -> None:
    limit_b = 1_000_000
    assert media.size_b > 5 * limit_b

    async def one() -> tuple[Path, str]:
        async with deliverable.fit(media, limit_b) as fitted:
            assert fitted.path and fitted.path.stat().st_size == fitted.size_b <= limit_b
            facts = await probe(fitted.path)
            assert (facts.width, facts.height) == (fitted.width, fitted.height)
            assert facts.duration_s == pytest.approx(10, abs=0.2)
            assert fitted.width * 16 == pytest.approx(fitted.height * 9, rel=0.02)
            assert fitted.full_link
            return fitted.path, fitted.full_link

    (path, link), (again, _) = await asyncio.gather(one(), one())
    assert path == again == svc.store.local_path(f"previews/ab-{limit_b}.mp4")
    async with aiohttp.ClientSession() as http, http.get(page(link)) as whole:
        assert whole.status == 200 and whole.content_length == media.size_b
        assert "attachment" in whole.headers["Content-Disposition"]
    scratch = svc.settings.data_dir / "scratch" / "bot"
    assert list(scratch.iterdir()) == []


async def test_what_cannot_be_made_small_enough_is_a_link(
    deliverable: Deliverable, media: MediaOut
) -> None:
    for unfit in (media, replace(media, kind="file")):
        async with deliverable.fit(unfit, 60_000) as fitted:
            assert fitted.path is None and fitted.full_link
