"""What only YouTube does: a day that ends in California, channels, locked videos, forgotten
uploads."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from core.db.tables import ClipRow
from core.errors import Told
from core.publish.quotas import pacific_midnight
from core.when.moment import Moment
from tests.doubles.bench import Bench

ONE = [pytest.param("sqlite", id="sqlite")]
pytestmark = pytest.mark.parametrize("db", ONE, indirect=True)


async def _due(bench: Bench) -> timedelta:
    (post,) = await bench.posting.posts_of_clip(bench.clip_id)
    due_at = post.targets[0].due_at
    assert due_at is not None
    return due_at - bench.clock.now()


async def test_a_used_up_day_waits_for_midnight_in_california(bench: Bench) -> None:
    await bench.connect("youtube")
    await bench.fault("youtube", "insert", "code:quotaExceeded")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    await bench.run_until("deferred")
    now = bench.clock.now()
    assert abs(await _due(bench) - (pacific_midnight(now) - now)) < timedelta(seconds=5)
    assert any("midnight in California" in t for t in await bench.texts())
    bench.clock.hurry(25 * 3600)
    assert await bench.run_until("published") == ["published"]


async def test_a_full_channel_waits_a_day(bench: Bench) -> None:
    await bench.connect("youtube")
    await bench.fault("youtube", "insert", "channel_full")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    await bench.run_until("deferred")
    assert abs(await _due(bench) - timedelta(days=1)) < timedelta(minutes=1)
    assert any("no more videos from this channel today" in t for t in await bench.texts())


async def test_a_locked_video_is_told_as_private_with_what_can_be_done(bench: Bench) -> None:
    await bench.connect("youtube")
    await bench.fault("youtube", "insert", "locked")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("private") == ["private"]
    text = (await bench.texts())[-1]
    assert "visible only to that account" in text and "has not audited" in text
    assert [p["visible"] for p in await bench.ledger()] == ["private"]


async def test_a_google_account_without_a_channel_is_not_connected(bench: Bench) -> None:
    await bench.fault("youtube", "channels", "none")
    with pytest.raises(Told) as told:
        await bench.connect("youtube")
    assert told.value.say.facts["why"].key == "youtube.no_channel"


async def test_a_box_left_unticked_is_known_before_a_post_is_planned(bench: Bench) -> None:
    only = "https://www.googleapis.com/auth/youtube.readonly"
    await bench.fault("youtube", "token", f"scope:{only}")
    await bench.connect("youtube")
    with pytest.raises(Told) as told:
        await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert told.value.say.facts["why"].key == "youtube.scope"


async def test_a_title_too_long_for_youtube_is_told_before_it_is_planned(bench: Bench) -> None:
    await bench.connect("youtube")
    async with bench.db.write() as tx:
        await tx.execute(update(ClipRow).values(title="x" * 101))
    with pytest.raises(Told) as told:
        await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert told.value.say.facts["why"].key == "youtube.title_long"


async def test_a_planned_video_is_there_before_its_time_and_public_at_it(bench: Bench) -> None:
    await bench.connect("youtube")
    at = bench.clock.now() + timedelta(hours=1)
    moment = Moment(at=at, wall=at.replace(tzinfo=None), zone="UTC")
    await bench.posting.schedule(bench.clip_id, moment, bench.by, key="k")
    bench.clock.hurry(51 * 60)
    assert await bench.run_until("confirming") == ["confirming"]
    assert await bench.ledger() == [], "nobody sees it before its time"
    assert await bench.run_until("published", hurry_s=20) == ["published"]
    (entry,) = await bench.ledger()
    assert entry["visible"] == "public"
    assert timedelta(0) <= bench.clock.now() - at < timedelta(minutes=2)


async def test_an_upload_forgotten_after_its_last_byte_is_found_on_the_channel(
    bench: Bench,
) -> None:
    """Also when an older video there has the same words: only a newer one can be ours."""
    await bench.connect("youtube")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="before")
    await bench.run_until("published")
    bench.clock.hurry(3600)
    await bench.fault("youtube", "upload", "forgotten")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("published", hurry_s=20) == ["published", "published"]
    ids = {p["remote_id"] for p in await bench.ledger()}
    posts = await bench.posting.posts_of_clip(bench.clip_id)
    assert {str(p.targets[0].url).rsplit("/", 1)[1] for p in posts} == ids and len(ids) == 2
