"""Stored files behind signed addresses that expire."""

from __future__ import annotations

from pathlib import Path

import pytest
from yarl import URL

from bot.media_links import MediaLinks
from tests.bot.conftest import Site
from tests.conftest import HeldClock

CONTENT = bytes(range(256)) * 64


@pytest.fixture
async def links(site: Site, tmp_path: Path) -> MediaLinks:
    file = tmp_path / "clip"
    file.write_bytes(CONTENT)
    for key in ("clips/1.mp4", "in/page", "in/" + "a" * 64):
        await site.svc.store.put(file, key)
    return MediaLinks(site.svc.vault, site.svc.clock, site.svc.store)


def _url(site: Site, link: str) -> URL:
    return site.url.join(URL(link))


async def test_a_link_gives_the_file_with_its_type(site: Site, links: MediaLinks) -> None:
    async with site.http.get(_url(site, links.link("clips/1.mp4"))) as answer:
        assert answer.status == 200
        assert answer.content_type == "video/mp4"
        assert answer.headers["Content-Disposition"].startswith("inline")
        assert await answer.read() == CONTENT


async def test_a_player_may_ask_for_a_part(site: Site, links: MediaLinks) -> None:
    url = _url(site, links.link("clips/1.mp4"))
    async with site.http.get(url, headers={"Range": "bytes=100-199"}) as answer:
        assert answer.status == 206
        assert answer.headers["Content-Range"] == f"bytes 100-199/{len(CONTENT)}"
        assert await answer.read() == CONTENT[100:200]
    async with site.http.get(url, headers={"Range": "bytes=999999-"}) as answer:
        assert answer.status == 416


async def test_a_download_has_the_name_people_know(site: Site, links: MediaLinks) -> None:
    link = links.link("clips/1.mp4", name='Über "Preise" 🎬\n.mp4', download=True)
    async with site.http.get(_url(site, link)) as answer:
        how = answer.headers["Content-Disposition"]
        assert how.startswith("attachment; filename*=UTF-8''%C3%9Cber%20%22Preise%22")
        assert "\n" not in how


async def test_a_changed_link_opens_nothing(site: Site, links: MediaLinks) -> None:
    good = _url(site, links.link("clips/1.mp4", name="a.mp4"))
    changed = (
        good.update_query(until="9999999999"),
        good.update_query(name="a.html"),
        good.update_query(download="1"),
        good.with_path("/media/in/page").with_query(good.query),
        good.without_query_params("sig"),
    )
    for url in changed:
        async with site.http.get(url) as answer:
            assert answer.status == 403, url


async def test_a_link_expires(site: Site, links: MediaLinks, clock: HeldClock) -> None:
    url = _url(site, links.link("clips/1.mp4"))
    clock.forward(hours=24)
    async with site.http.get(url) as answer:
        assert answer.status == 200
    clock.forward(hours=24)
    async with site.http.get(url) as answer:
        assert answer.status == 410
        assert "too old" in await answer.text()


async def test_nothing_outside_the_store_is_served(site: Site, links: MediaLinks) -> None:
    for key in ("../clipdesk.db", "clips/../../secret.key", "/etc/passwd", ".hidden", "clips//1"):
        link = links.link(key)  # signed by us, and still refused
        async with site.http.get(URL(f"{site.url}".rstrip("/") + link, encoded=True)) as answer:
            assert answer.status in (403, 404), key


async def test_what_somebody_sent_never_runs_as_a_page_of_ours(
    site: Site, links: MediaLinks
) -> None:
    for name in ("evil.html", "evil.svg", "evil", "evil.xhtml", "evil.mp4.js"):
        async with site.http.get(_url(site, links.link("in/page", name=name))) as answer:
            assert answer.content_type == "application/octet-stream"
            assert answer.headers["Content-Disposition"].startswith("attachment")
            assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


async def test_a_file_that_went_is_told_in_words(site: Site, links: MediaLinks) -> None:
    async with site.http.get(_url(site, links.link("clips/2.mp4"))) as answer:
        assert answer.status == 404
        assert "no longer here" in await answer.text()


async def test_the_same_clip_has_the_same_link_all_day(links: MediaLinks, clock: HeldClock) -> None:
    first = links.link("clips/1.mp4")
    clock.forward(hours=5)
    assert links.link("clips/1.mp4") == first
