"""A clip goes to TikTok and Instagram: once, seen, with its link, whatever happens on the way."""

from __future__ import annotations

import asyncio
import random
import sys
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.db import accounts, chats
from core.db.tables import AccountRow, OutboxRow
from core.errors import Told
from core.settings import Settings
from core.when.moment import Moment
from tests.doubles.bench import Bench


async def _both(bench: Bench) -> None:
    await bench.connect("tiktok")
    await bench.connect("instagram")


async def test_a_post_is_published_on_both_and_the_links_open_pages_that_play_it(
    bench: Bench,
) -> None:
    await _both(bench)
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("published") == ["published", "published"]
    bench.clock.hurry(20)
    for target in await bench.targets():
        await bench.posting.advance(target)  # TikTok's link comes a little later
    (post,) = await bench.posting.posts_of_clip(bench.clip_id)
    for target in post.targets:
        assert target.url is not None
        async with bench.http.get(target.url) as page:
            assert page.status == 200 and "<video" in await page.text()
    ledger = await bench.ledger()
    assert sorted(p["platform"] for p in ledger) == ["instagram", "tiktok"]
    async with bench.http.get(
        f"{bench.practice}/file/{ledger[0]['remote_id']}.mp4", headers={"Range": "bytes=0-99"}
    ) as part:
        assert part.status == 206 and len(await part.read()) == 100
    said = await bench.said()
    assert said.count("account.connected_practice") == 2
    assert "post.published" in said


async def test_where_others_read_along_news_call_whoever_planned_the_post(bench: Bench) -> None:
    async with bench.db.write() as tx:
        await chats.set_chat(tx, bench.by.chat_id, title="The Studio")
    await bench.connect("instagram")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    await bench.run_until("published")
    async with bench.db.read() as tx:
        bodies = list(await tx.scalars(select(OutboxRow.body_json)))
    (news,) = (b for b in bodies if b["text"][0]["key"] == "post.published")
    assert news["calls"] == "1", "the number of whoever planned it, on the network of the chat"


async def test_five_presses_of_post_now_are_one_post(bench: Bench) -> None:
    await bench.connect("instagram")
    made = await asyncio.gather(
        *(bench.posting.schedule(bench.clip_id, None, bench.by, key="press") for _ in range(5))
    )
    assert len({p.id for p in made}) == 1
    await asyncio.gather(*(bench.posting.advance(t) for t in await bench.targets() * 5))
    await bench.run_until("published")
    with pytest.raises(Told, match="on_its_way"):
        await bench.posting.post_now(made[0].id, bench.by, "again")
    assert len(await bench.ledger()) == 1


@pytest.mark.parametrize(
    ("platform", "call"), [("tiktok", "upload"), ("instagram", "media_publish")]
)
async def test_a_dropped_answer_to_the_dangerous_call_is_looked_up_not_repeated(
    bench: Bench, platform: str, call: str
) -> None:
    await bench.connect(platform)
    await bench.fault(platform, call, "drop_after")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("published") == ["published"]
    assert len(await bench.ledger()) == 1


@pytest.mark.parametrize(
    ("platform", "call"),
    [
        ("tiktok", "init"),
        ("tiktok", "upload"),
        ("tiktok", "status"),
        ("tiktok", "creator_info"),
        ("instagram", "media"),
        ("instagram", "upload"),
        ("instagram", "object"),
        ("instagram", "media_publish"),
    ],
)
@pytest.mark.parametrize("fault", ["drop_before", "http_500", "token_expired"])
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
async def test_one_fault_at_any_call_costs_time_only(
    bench: Bench, platform: str, call: str, fault: str
) -> None:
    await bench.connect(platform)
    if fault == "token_expired" and (platform == "instagram" or call == "upload"):
        pytest.skip("uploads carry their own credential; Instagram's tokens only a person renews")
    await bench.fault(platform, call, fault)
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("published") == ["published"]
    assert len(await bench.ledger()) == 1


@pytest.mark.parametrize("platform", ["tiktok", "instagram"])
async def test_a_worker_killed_again_and_again_leaves_one_post(
    bench: Bench, platform: str, settings: Settings
) -> None:
    await bench.connect(platform)
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    (target,) = await bench.targets()
    rng = random.Random(7)
    for _ in range(12):
        worker = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.core.posting.poster", str(target), str(bench.clock.ahead_s)),
            *(str(settings.data_dir), str(settings.redis_url), settings.database_url or ""),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert worker.stdout is not None
        await worker.stdout.readline()  # it is ready, and begins
        await asyncio.sleep(rng.uniform(0.0, 0.5))
        if worker.returncode is None:
            worker.kill()
        await worker.wait()
        bench.clock.hurry(65)  # until its lease has run out
        if await bench.states() == ["published"]:
            break
    assert await bench.run_until("published") == ["published"]
    assert len(await bench.ledger()) == 1


async def test_a_lost_answer_that_nothing_settles_is_asked_about_and_never_repeated(
    bench: Bench,
) -> None:
    await bench.connect("instagram")
    await bench.fault("instagram", "media_publish", "drop_after")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    for _ in range(8):  # up to the dangerous call
        for target in await bench.targets():
            await bench.posting.advance(target)
        if (await bench.states())[0] == "committing":
            break
        bench.clock.hurry(1)
    await bench.fault("instagram", "object", "http_500", times=-1)
    for _ in range(40):
        bench.clock.hurry(60)
        for target in await bench.targets():
            await bench.posting.advance(target)
    assert await bench.states() in (["unconfirmed"], ["published"])
    if await bench.states() == ["unconfirmed"]:
        with pytest.raises(Told):
            (post,) = await bench.posting.posts_of_clip(bench.clip_id)
            await bench.posting.post_now(post.id, bench.by, "k2")
        (target,) = await bench.targets()
        await bench.posting.settle(target, True, bench.by)
        assert await bench.states() == ["published"]
    assert len(await bench.ledger()) == 1


async def test_a_post_past_its_window_is_missed_and_offered_again(bench: Bench) -> None:
    await _both(bench)
    soon = bench.clock.now() + timedelta(minutes=5)
    zone = ZoneInfo("Europe/Berlin")
    moment = Moment(soon, soon.astimezone(zone).replace(tzinfo=None), "Europe/Berlin")
    await bench.posting.schedule(bench.clip_id, moment, bench.by, key="k")
    bench.clock.hurry(3 * 3600)
    for target in await bench.targets():
        await bench.posting.advance(target)
    assert await bench.states() == ["missed", "missed"]
    assert await bench.ledger() == []
    first, second = await bench.targets()
    await bench.posting.answer_missed(first, "now", bench.by)
    await bench.posting.answer_missed(second, "drop", bench.by)
    await bench.run_until("published", "cancelled")
    assert len(await bench.ledger()) == 1


async def test_undo_within_a_minute_takes_it_off_and_later_says_so(bench: Bench) -> None:
    await bench.connect("tiktok")
    at = bench.clock.now() + timedelta(hours=5)
    moment = Moment(at, at.replace(tzinfo=None), "UTC")
    post = await bench.posting.schedule(bench.clip_id, moment, bench.by, key="k")
    bench.clock.hurry(50)
    await bench.posting.undo(post.id, bench.by)
    assert await bench.states() == ["cancelled"]
    other = await bench.posting.schedule(bench.clip_id, moment, bench.by, key="k2")
    bench.clock.hurry(61)
    with pytest.raises(Told, match="undo_over"):
        await bench.posting.undo(other.id, bench.by)


async def test_a_lost_sign_in_holds_the_post_until_the_account_is_back(bench: Bench) -> None:
    await bench.connect("instagram")
    await bench.fault("instagram", "limit", "token_expired", times=-1)
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    await bench.run_until("held")
    async with bench.http.delete(f"{bench.practice}/faults"):
        pass
    await bench.connect("instagram")
    assert await bench.run_until("published") == ["published"]
    assert len(bench.accounts) == 2 and len(set(bench.accounts)) == 1


async def test_a_refused_video_is_told_and_can_be_tried_again(bench: Bench) -> None:
    await bench.connect("tiktok")
    # Refused as it is, and refused once more after it was mended.
    await bench.fault("tiktok", "processing", "fail:frame_rate_check_failed", times=2)
    post = await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    await bench.run_until("failed")
    assert "post.failed" in await bench.said()
    await bench.posting.post_now(post.id, bench.by, "again")
    await bench.run_until("published")
    assert len(await bench.ledger()) == 1
    story = await bench.posting.story(post.id, bench.by)
    assert {"post/publish/video/init", "upload"} <= {a.call for a in story}
    assert all(a.log_id for a in story if a.call.startswith("post/") and a.http)


async def test_the_state_of_a_sign_in_works_once_and_is_ours(bench: Bench) -> None:
    address = await bench.posting.connect_link("tiktok", bench.by)
    state = dict(_query(address))["state"]
    with pytest.raises(Told, match="refused"):
        await bench.posting.finish_sign_in({"state": state, "error": "access_denied"}, "tiktok")
    with pytest.raises(Told, match="bad_state"):
        await bench.posting.finish_sign_in({"state": state, "code": "x"}, "tiktok")
    with pytest.raises(Told, match="bad_state"):
        await bench.posting.finish_sign_in({"state": "made up", "code": "x"}, "tiktok")


def _query(address: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(address).query)


async def test_tokens_are_never_readable_in_the_database(bench: Bench) -> None:
    account = await bench.connect("tiktok")
    async with bench.db.read() as tx:
        row = await tx.get_one(AccountRow, account)
        assert "act." not in row.grant_sealed and "rft." not in row.grant_sealed


async def test_two_refreshes_at_once_rotate_once(bench: Bench) -> None:
    account = await bench.connect("tiktok")
    bench.clock.hurry(2 * 3600)
    await asyncio.gather(*(bench.posting.renew(account) for _ in range(4)))
    async with bench.db.read() as tx:
        assert (await accounts.grant(tx, account)).version == 2
    assert (await bench.posting.accounts(bench.by.workspace_id))[0].state == "ok"
