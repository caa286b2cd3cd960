"""What is sent, and what is not: after an outage, and when the file is gone."""

from __future__ import annotations

from sqlalchemy import select

from core.db.tables import RenderRow
from core.media.store import open_store
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
