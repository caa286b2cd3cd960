"""A clip that is begun before the others are known is one of them in the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.analysis.model import Analysis
from core.clips.base import Picked, Span, Wish
from core.db import chats, jobs, people, videos
from core.db.videos import Cut
from core.services import Services
from tests.core.framing.scenes import scene
from tests.handlers.conftest import member
from workers.proposing import close_if_all_are_done, propose, propose_first
from workers.run import Run


def span(start_s: float, end_s: float, score: float = 70) -> Span:
    return Span(start_s, end_s, score, (), f"From {start_s}", "It.", ())


@pytest.fixture
async def cut(svc: Services, tmp_path: Path) -> Cut:
    chat = await member(svc, "owner", "ana", zone="Europe/Berlin")
    await chat.write("/start")
    now = svc.clock.now()
    async with svc.db.write() as tx:
        by, where = (
            await people.find_member(tx, "web", "ana"),
            await chats.find_chat(tx, chat.where),
        )
        assert by and where
        source = await videos.add_source(
            tx, by.workspace_id, by.id, sha256="0" * 64, size_b=1, name="Talk.mp4",
            media_key="in/it", now=now,
        )  # fmt: skip
        return await videos.add_cut(tx, source.id, where.id, by.id, Wish(), now)


def run_of(svc: Services, cut: Cut) -> Run:
    return Run(svc, 1, {"cut": cut.id}, 1, False, cut.id)


@pytest.fixture
def head() -> Analysis:
    return replace(scene(length_s=100.0), words=())


async def test_it_keeps_its_place_and_shares_no_time_with_the_others(
    svc: Services, cut: Cut, head: Analysis
) -> None:
    run, first = run_of(svc, cut), span(10, 40)
    for _ in range(2):  # the job was killed, and did it again
        await propose_first(run, cut, head, first)
    whole = replace(head, duration_s=300.0)
    picked = Picked((span(200, 230, 90), span(12, 45, 80), span(120, 150, 60), span(250, 280, 50)))
    for _ in range(2):
        await propose(run, cut, whole, picked, ())
    async with svc.db.read() as tx:
        clips = await videos.clips_of(tx, cut.id)
        due = await jobs.open_jobs(tx)
        assert (await videos.cut(tx, cut.id)).planned == 4
    starts = [(c.rank, c.span.start_s) for c in clips]
    assert starts == [(1, 10), (2, 200), (3, 120), (4, 250)]
    assert len([j for j in due if j.kind == "render"]) == 4


async def test_while_others_may_come_the_request_is_not_done(
    svc: Services, cut: Cut, head: Analysis
) -> None:
    run = run_of(svc, cut)
    await propose_first(run, cut, head, span(10, 40))
    async with svc.db.write() as tx:
        (clip,) = await videos.clips_of(tx, cut.id)
        await videos.edit_clip(tx, clip.id, state="ready")
        await close_if_all_are_done(tx, run, cut.id)
        assert (await videos.cut(tx, cut.id)).state == "working"
    await propose(run, cut, head, Picked((span(10, 41),)), ())
    async with svc.db.read() as tx:
        assert (await videos.cut(tx, cut.id)).state == "done"


async def test_nothing_is_begun_for_a_request_that_was_cancelled(
    svc: Services, cut: Cut, head: Analysis
) -> None:
    async with svc.db.write() as tx:
        await videos.set_cut(tx, cut.id, state="cancelled")
    await propose_first(run_of(svc, cut), cut, head, span(10, 40))
    async with svc.db.read() as tx:
        assert await videos.clips_of(tx, cut.id) == ()
        assert await videos.stored_analysis(tx, cut.source_id, videos.HEAD) is None
