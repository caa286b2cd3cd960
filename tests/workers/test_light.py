"""A link becomes a file in the store, is handed in once, and says so when it cannot be had."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from sqlalchemy import text

import handlers
from core.chat.message import ChatRef, In, MessageRef, Who
from core.chat.registry import discover
from core.db import arrivals, people
from core.db.arrivals import Arrival
from core.services import Services
from handlers._front_door import receive
from tests.conftest import HeldClock
from workers import light
from workers.run import run_job

VIDEO = bytes.fromhex("00000018667479706d703432") + bytes(range(256)) * 400
ANA = Who("telegram", "7", "Ana", "en")
HERE = ChatRef("telegram", "7")


@pytest.fixture
def clock() -> HeldClock:
    """Heartbeats and leases are real here."""
    from core.clock import SystemClock

    return SystemClock()  # type: ignore[return-value]


class Site:
    """A server that counts as the Internet."""

    def __init__(self) -> None:
        self.base = ""
        self.visits = 0
        self.gate = asyncio.Event()
        self.status = 200

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.visits += 1
        if self.status != 200:
            raise web.HTTPServiceUnavailable
        if request.path == "/none.mp4":
            raise web.HTTPNotFound
        answer = web.StreamResponse(headers={"Content-Length": str(len(VIDEO))})
        await answer.prepare(request)
        await answer.write(VIDEO[:50_000])
        if request.path == "/slow.mp4":
            await self.gate.wait()
        await answer.write(VIDEO[50_000:])
        return answer


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setenv("LINK_ALLOW", "127.0.0.2/32")
    made = Site()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    with socket.socket() as probe:
        probe.bind(("127.0.0.2", 0))
        port = probe.getsockname()[1]
    await web.TCPSite(runner, "127.0.0.2", port).start()
    made.base = f"http://127.0.0.2:{port}"
    yield made
    made.gate.set()
    await runner.cleanup()


class Desk:
    """Ana, who writes addresses, and the worker."""

    def __init__(self, svc: Services) -> None:
        self.svc = svc
        self._n = 0

    async def writes(self, words: str = "", act: str | None = None) -> None:
        self._n += 1
        key = f"k{self._n}"
        inn = In(key, HERE, ANA, words, act=act, said=MessageRef(HERE, key))
        await receive(inn, self.svc, discover(handlers))

    async def works(self) -> None:
        """Every job that waits, once."""
        for job_id in await self._column("select id from job where state = 'waiting'"):
            await run_job(self.svc, int(job_id))

    async def arrival(self) -> Arrival:
        async with self.svc.db.read() as tx:
            found = await arrivals.find(tx, 1)
        assert found is not None
        return found

    async def said(self) -> str:
        return "\n".join(await self._column("select body_json from outbox order by id"))

    async def _column(self, query: str) -> list[str]:
        async with self.svc.db.read() as tx:
            return [str(v) for v in (await tx.execute(text(query))).scalars()]


@pytest.fixture
async def desk(svc: Services) -> Desk:
    now = svc.clock.now()
    async with svc.db.write() as tx:
        home = await people.make_workspace(tx, "Home", now)
        code = await people.make_invite(
            tx, svc.vault, home, "editor", by=None, now=now, life=timedelta(days=1)
        )
        await people.use_invite(tx, svc.vault, code, ANA, now)
    return Desk(svc)


def _left(svc: Services) -> list[Path]:
    folder = svc.settings.data_dir / "scratch" / "links"
    return list(folder.iterdir()) if folder.exists() else []


async def test_a_link_becomes_a_file_of_the_store(desk: Desk, site: Site, svc: Services) -> None:
    await desk.writes(f"3 under 40s {site.base}/talk.mp4")
    await desk.works()
    arrival = await desk.arrival()
    assert arrival.state == "here" and arrival.inn.text == "3 under 40s"
    (file,) = arrival.inn.files
    stored = svc.store.local_path(file.handle)
    assert stored and stored.read_bytes() == VIDEO
    assert (file.name, file.size_b) == ("talk.mp4", len(VIDEO))
    assert _left(svc) == []


async def test_two_links_are_both_brought_and_what_is_here_is_not_fetched_again(
    desk: Desk, site: Site
) -> None:
    await desk.writes(f"{site.base}/one.mp4 {site.base}/slow.mp4")
    working = asyncio.create_task(desk.works())
    while site.visits < 2:
        await asyncio.sleep(0.02)
    working.cancel()  # the worker stops, and hands the job on
    await asyncio.gather(working, return_exceptions=True)
    assert (await desk.arrival()).state == "wanted"
    site.gate.set()
    await desk.works()
    assert (await desk.arrival()).state == "here"
    assert site.visits == 3


async def test_what_is_not_there_is_told_once(desk: Desk, site: Site, svc: Services) -> None:
    await desk.writes(f"{site.base}/none.mp4")
    await desk.works()
    await desk.works()
    assert (await desk.arrival()).state == "failed"
    said = await desk.said()
    assert said.count("link.gone") == 1 and "arrival.not_fetched" in said
    assert "arrival.cancel" not in said, "nothing is left to cancel"
    assert _left(svc) == []


async def test_a_server_that_is_away_is_asked_a_few_times(desk: Desk, site: Site) -> None:
    site.status = 503
    await desk.writes(f"{site.base}/talk.mp4")
    for _ in range(8):
        async with desk.svc.db.write() as tx:  # as if the waits were over
            await tx.execute(text("update job set run_at = created_at where state = 'waiting'"))
        await desk.works()
    assert site.visits == light.TRIES
    assert (await desk.arrival()).state == "failed"
    assert "link.unreachable" in await desk.said()


async def test_cancel_ends_it_and_leaves_nothing(desk: Desk, site: Site, svc: Services) -> None:
    await desk.writes(f"{site.base}/slow.mp4")
    working = asyncio.create_task(desk.works())
    while not site.visits:
        await asyncio.sleep(0.02)
    await desk.writes(act="arrival.cancel:1")
    async with asyncio.timeout(5):
        await working
    assert (await desk.arrival()).state == "cancelled"
    assert "arrival.stopped" in await desk.said()
    assert _left(svc) == []


async def test_an_address_inside_is_refused_by_the_worker(desk: Desk, site: Site) -> None:
    await desk.writes(site.base.replace("127.0.0.2", "127.0.0.1") + "/talk.mp4")
    await desk.works()
    assert "link.not_public" in await desk.said() and site.visits == 0
