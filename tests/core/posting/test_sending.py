"""What is sent, and what is not: after an outage, and when the file is gone."""

from __future__ import annotations

from sqlalchemy import select

from core.db import jobs as rows
from core.db import targets
from core.db.tables import RenderRow
from core.media.store import open_store
from core.posting.wake import wake
from core.settings import Settings
from tests.doubles.bench import Bench


async def _step(bench: Bench, n: int = 1) -> None:
    for _ in range(n):
        for target in await bench.targets():
            await bench.posting.advance(target)
        bench.clock.hurry(2)


async def test_a_post_that_was_begun_before_an_outage_is_asked_about_when_it_is_late(
    bench: Bench,
) -> None:
    await bench.connect("instagram")
    await bench.fault("instagram", "processing", "stuck")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    await _step(bench, 3)
    assert await bench.states() == ["preparing"]
    bench.clock.hurry(5 * 3600)
    await _step(bench)
    assert await bench.states() == ["missed"] and await bench.ledger() == []
    (target,) = await bench.targets()
    await bench.posting.answer_missed(target, "now", bench.by)
    assert await bench.run_until("published", hurry_s=20) == ["published"]
    assert len(await bench.ledger()) == 1


async def _lose_file(bench: Bench, settings: Settings) -> None:
    async with bench.db.read() as tx:
        key = await tx.scalar(select(RenderRow.media_key))
    assert key and await open_store(settings).remove(key)


async def test_a_file_that_is_gone_is_said_and_nothing_is_sent(
    bench: Bench, settings: Settings
) -> None:
    await bench.connect("tiktok")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    await _lose_file(bench, settings)
    assert await bench.run_until("failed") == ["failed"]
    assert await bench.ledger() == []
    assert any("The file of this clip is gone" in t for t in await bench.texts())


async def test_a_file_that_is_lost_after_the_post_was_sent_does_not_make_it_a_failure(
    bench: Bench, settings: Settings
) -> None:
    await bench.connect("tiktok")
    await bench.fault("tiktok", "upload", "drop_after")
    await bench.fault("tiktok", "status", "http_500", times=2)
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    await _step(bench)
    assert await bench.states() == ["committing"]
    await _lose_file(bench, settings)
    assert await bench.run_until("published") == ["published"]
    assert len(await bench.ledger()) == 1


async def _deliver(bench: Bench) -> int:
    """What a worker does with every job that is due; how many there were."""
    now = bench.clock.now()
    async with bench.db.read() as tx:
        due = [j for j in await rows.open_jobs(tx) if j.kind == "publish"]
    for job in due:
        async with bench.db.write() as tx:
            assert await rows.claim(tx, job.id, "worker", now, 45)
        await bench.posting.advance(job.args["target"])
        async with bench.db.write() as tx:
            await rows.finish(tx, job.id, "worker", now, "done")
    return len(due)


async def test_a_job_that_comes_while_a_dead_worker_holds_the_post_is_not_the_last(
    bench: Bench,
) -> None:
    await bench.connect("tiktok")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    (target,) = await bench.targets()
    now = bench.clock.now()
    async with bench.db.write() as tx:
        claim = await targets.claim(tx, target, now, 60)  # and dies here
        assert claim is not None and claim.due_at is not None
        await wake(bench.jobs, tx, target, claim.fence, claim.due_at, now)
    assert await _deliver(bench) > 0 and await bench.states() == ["scheduled"]
    await bench.posting.sweep()
    assert await _deliver(bench) == 0, "nobody else takes what somebody may still hold"
    bench.clock.hurry(120)
    for _ in range(2):  # however often it comes, it is one job
        await bench.posting.sweep()
    assert await _deliver(bench) == 1 and await bench.states() != ["scheduled"]


async def test_a_heartbeat_that_comes_late_does_not_hold_what_was_given_back(bench: Bench) -> None:
    await bench.connect("tiktok")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    (target,) = await bench.targets()
    now = bench.clock.now()
    async with bench.db.write() as tx:
        claim = await targets.claim(tx, target, now, 60)
        assert claim is not None
        assert await targets.step(tx, claim, ("scheduled",), "deferred", now, due_at=now)
        assert await targets.beat(tx, claim, now, 60), "it is still nobody else's"
        assert await targets.claim(tx, target, now, 60) is not None
        assert not await targets.beat(tx, claim, now, 60)
