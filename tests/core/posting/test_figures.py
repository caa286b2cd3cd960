"""Readings are due at a few ages, come in as few calls as there can be, and survive every fault."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from core.db.tables import JobRow, PostRow, TargetRow
from core.errors import Later
from tests.doubles.bench import Bench


@pytest.fixture
async def out(bench: Bench) -> Bench:
    """A post that is an hour and a half old."""
    await bench.connect("youtube")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    await bench.run_until("published")
    bench.clock.hurry(1.3 * 3600)
    return bench


async def jobs(bench: Bench) -> list[str]:
    async with bench.db.read() as tx:
        rows = await tx.scalars(select(JobRow.key).where(JobRow.kind == "figures"))
        return list(rows)


async def test_one_job_for_all_that_is_due_and_none_where_nothing_is(out: Bench) -> None:
    await out.posting.sweep_figures()
    assert len(await jobs(out)) == 1
    out.clock.hurry(15 * 60)
    await out.posting.sweep_figures()
    assert len(await jobs(out)) == 1, "the first one is on its way"


async def test_many_posts_are_one_call(out: Bench) -> None:
    async with out.db.write() as tx:
        target, post = await tx.scalar(select(TargetRow)), await tx.scalar(select(PostRow))
        for n in range(30):  # posts of the same age that the platform does not know any more
            tx.add(again := _like(post, key=f"like{n}"))
            await tx.flush()
            tx.add(_like(target, post_id=again.id, remote_id=f"gone{n}"))
    await out.fault("youtube", "videos", "http_500", after=1)
    await out.posting.read_figures(out.accounts[0])
    read = await out.readings()
    assert len(read) == 31 and sum(r.views is not None for r in read) == 1


def _like(row: Any, **other: object) -> Any:
    same = {c.name: getattr(row, c.name) for c in row.__table__.columns}
    return type(row)(**{**same, "id": None, **other})


@pytest.mark.parametrize("fault", ["http_500", "http_429", "code:quotaExceeded"])
async def test_what_is_not_told_now_is_asked_later(out: Bench, fault: str) -> None:
    await out.fault("youtube", "videos", fault)
    with pytest.raises(Later) as later:
        await out.posting.read_figures(out.accounts[0])
    assert later.value.after_s >= 60 and await out.readings() == []
    await out.posting.read_figures(out.accounts[0])
    (read,) = await out.readings()
    assert read.views is not None


async def test_an_access_token_that_ended_is_renewed(out: Bench) -> None:
    await out.fault("youtube", "videos", "token_expired")
    await out.posting.read_figures(out.accounts[0])
    assert (await out.readings())[0].views is not None


async def test_what_came_too_late_for_an_age_is_left_out(out: Bench) -> None:
    """A machine that slept for two days compares nothing with what others had after one hour."""
    out.clock.hurry(48 * 3600)
    await out.posting.read_figures(out.accounts[0])
    assert await out.readings() == []
    out.clock.hurry(24 * 3600)
    await out.posting.read_figures(out.accounts[0])
    assert [r.age_h for r in await out.readings()] == [72]


async def test_an_account_that_signed_out_is_not_asked(out: Bench) -> None:
    await out.act("youtube", "revoke")
    await out.posting.read_figures(out.accounts[0])
    assert await out.readings() == []
    assert [a.state for a in await out.posting.accounts(out.by.workspace_id)] == ["signed_out"]
