"""Every fault the platform files name, at its step: what becomes of the post, and of the ledger."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from core.db import accounts as account_rows
from core.db.tables import ClipRow, RenderRow, TargetRow
from core.media.store import open_store
from core.settings import Settings
from tests.doubles.bench import Bench

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
"""For what depends on the platform and not on the database."""
DANGEROUS = ("init", "upload", "media_publish")
"""Calls that create something, and those after which it may be seen: on both databases."""


async def _post(bench: Bench, platform: str) -> None:
    await bench.connect(platform)
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")


@dataclass
class Case:
    """A fault and how often, and the states a post may end in."""

    fault: str
    times: int = 1
    ends: tuple[str, ...] = ("published",)
    posts: int = 1

    def __str__(self) -> str:
        return f"{self.fault}x{self.times}"


TIKTOK = {
    "creator_info": [
        Case("extra_fields"),
        Case("disabled"),
        Case("private_account", ends=("failed",), posts=0),
        Case("longest:3", ends=("failed",), posts=0),
        Case("code:spam_risk_user_banned_from_posting", ends=("failed",), posts=0),
        Case("code:reached_active_user_cap"),
        Case("code:spam_risk_too_many_posts"),
        Case("http_429"),
    ],
    "init": [Case("drop_after"), Case("http_429"), Case("http_500", 2), Case("http_500_after")],
    "upload": [
        Case("short_206"),
        Case("range_416"),
        Case("expired_403"),
        Case("gone_404"),
        Case("cut"),
        Case("http_500", 3),
        Case("http_500_after"),
        Case("drop_after"),
    ],
    "processing": [
        Case("fail:internal"),
        Case("fail:picture_size_check_failed"),  # encoded anew, and taken then
        Case("fail:picture_size_check_failed", -1, ends=("failed",), posts=0),
        Case("fail:duration_check_failed", ends=("failed",), posts=0),
        Case("fail:spam_risk", ends=("failed",), posts=0),
        Case("fail:auth_removed", ends=("held",), posts=0),
        Case("stuck", ends=("unconfirmed",), posts=0),
    ],
    "status": [
        Case("no_id", 3),
        Case("two_ids", -1),
        Case("id_as_string", -1),
        Case("no_bytes", -1),
        Case("http_429", 2),
        Case("token_expired"),
        Case("code:internal_error", 3),
        Case("code:invalid_publish_id", -1, ends=("unconfirmed",)),
        Case("extra_fields", -1),
    ],
    "video_query": [Case("http_500", 3)],
}
INSTAGRAM = {
    "limit": [
        Case("quota:1", ends=("published",)),
        Case("used:50", ends=("published",)),
        Case("http_500", 2),
        Case("http_429"),
    ],
    "media": [
        Case("drop_after"),
        Case("http_500", 2),
        Case("http_429"),
        Case("code:190/460", ends=("held",), posts=0),
    ],
    "upload": [
        Case("retriable", 2),
        Case("cut"),
        Case("drop_after"),
        Case("not_retriable", ends=("failed",), posts=0),
    ],
    "processing": [
        Case("fail:2207026"),
        Case("fail:2207026", -1, ends=("failed",), posts=0),
        Case("fail:2207053"),
        Case("stuck"),
        Case("stuck", -1, ends=("failed",), posts=0),
    ],
    "object": [
        Case("lost"),
        Case("lost", 5),
        Case("no_permalink", 2),
        Case("revoked", ends=("held",), posts=0),
        Case("http_500", 3),
    ],
    "media_publish": [
        Case("drop_after"),
        Case("drop_before"),
        Case("http_500"),
        Case("http_500_after"),
        Case("blocked_but_live"),
        Case("http_429"),
        Case("http_500", -1, ends=("failed",), posts=0),
        Case("code:25/2207050", ends=("failed",), posts=0),
    ],
}
YOUTUBE = {
    "insert": [
        Case("drop_after"),
        Case("http_500", 2),
        Case("http_429"),
        Case("extra_fields"),
        Case("code:invalidTitle", ends=("failed",), posts=0),
        Case("code:authenticatedUserAccountSuspended", ends=("failed",), posts=0),
        Case("locked", ends=("private",)),
        Case("token_expired"),
    ],
    "upload": [
        Case("short_308"),
        Case("no_range"),
        Case("cut"),
        Case("gone_404"),
        Case("forgotten"),
        Case("http_500", 3),
        Case("http_500_after", 2),
        Case("drop_after", 2),
        Case("drop_before", 3),
    ],
    "processing": [
        Case("fail:codec"),
        Case("fail:tooSmall", ends=("failed",), posts=0),
        Case("fail:uploadAborted"),
        Case("reject:duplicate", ends=("failed",), posts=0),
        Case("reject:uploaderAccountSuspended", ends=("failed",), posts=0),
        Case("stuck", -1),
    ],
    "videos": [
        Case("missing", 2),
        Case("missing", -1, ends=("unconfirmed",)),
        Case("http_500", 3),
        Case("token_expired"),
    ],
}
EVERY = [
    pytest.param(database, platform, call, case, id=f"{platform}-{call}-{case}-{database}")
    for platform, calls in (("tiktok", TIKTOK), ("instagram", INSTAGRAM), ("youtube", YOUTUBE))
    for call, cases in calls.items()
    for case in cases
    for database in ("sqlite", "postgresql")
    if database == "sqlite" or (call in DANGEROUS and case is cases[0])
]


@pytest.mark.parametrize(("db", "platform", "call", "case"), EVERY, indirect=["db"])
async def test_a_named_fault_ends_as_it_should(
    bench: Bench, platform: str, call: str, case: Case
) -> None:
    await bench.connect(platform)
    await bench.fault(platform, call, case.fault, case.times)
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until(*case.ends, hurry_s=20) == [case.ends[0]]
    assert len(await bench.ledger()) == case.posts
    texts = await bench.texts()
    assert all("{" not in t for t in texts), texts


async def test_a_person_posting_by_hand_meanwhile_is_never_taken_for_ours(bench: Bench) -> None:
    await bench.connect("instagram")
    await bench.fault("instagram", "media_publish", "manual_post")
    await bench.fault("instagram", "media_publish", "drop_after")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    await bench.run_until("published", hurry_s=20)
    (post,) = await bench.posting.posts_of_clip(bench.clip_id)
    ours = next(p for p in await bench.ledger() if p["caption"] == post.caption)
    assert post.targets[0].url is not None and ours["remote_id"] in post.targets[0].url


async def test_a_token_that_ends_in_the_middle_of_an_upload_costs_time_only(bench: Bench) -> None:
    await bench.connect("tiktok")
    await bench.fault("tiktok", "upload", "drop_after")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    for target in await bench.targets():
        await bench.posting.advance(target)
    await bench.act("tiktok", "expire")
    assert await bench.run_until("published") == ["published"]
    assert len(await bench.ledger()) == 1


async def test_a_lost_answer_to_a_refresh_is_said_honestly_and_nothing_is_lost(
    bench: Bench,
) -> None:
    """The pair was rotated and never arrived: only a person can sign in again."""
    await bench.connect("tiktok")
    bench.clock.hurry(2 * 3600)
    await bench.fault("tiktok", "token", "drop_after")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("held") == ["held"]
    bench.clock.hurry(3 * 24 * 3600)  # however long it takes
    await bench.connect("tiktok")
    assert await bench.run_until("published") == ["published"]


@on_sqlite
async def test_a_network_fault_at_a_refresh_disconnects_nobody(bench: Bench) -> None:
    account = await bench.connect("tiktok")
    bench.clock.hurry(2 * 3600)
    await bench.fault("tiktok", "token", "drop_before", times=3)
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    await bench.run_until("published")
    async with bench.db.read() as tx:
        assert (await account_rows.account(tx, account)).state == "ok"


@on_sqlite
async def test_a_partial_consent_is_known_before_a_post_is_planned(bench: Bench) -> None:
    await bench.fault("tiktok", "token", "scope:user.info.basic,video.upload")
    account = await bench.connect("tiktok")
    with pytest.raises(Exception, match="refused_before"):
        await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    async with bench.db.write() as tx:
        await account_rows.set_account(tx, account, rules={"mode": "inbox"})
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k2")
    assert await bench.run_until("inbox") == ["inbox"]
    assert await bench.ledger() == []  # nothing is public


@on_sqlite
async def test_the_flat_token_answer_of_instagram_is_read_too(bench: Bench) -> None:
    await bench.fault("instagram", "token", "flat")
    account = await bench.connect("instagram")
    async with bench.db.read() as tx:
        found = await account_rows.account(tx, account)
    assert found.scopes == (
        "instagram_business_basic",
        "instagram_business_content_publish",
        "instagram_business_manage_insights",
    )


@pytest.fixture
async def long_clip(bench: Bench, settings: Settings, clip_file: Path, tmp_path: Path) -> Bench:
    """The same clip with padding: 71 MB, so that it goes in seven chunks."""
    padded = tmp_path / "long.mp4"
    data = clip_file.read_bytes()
    free = 71_000_003 - len(data)
    padded.write_bytes(data + free.to_bytes(4, "big") + b"free" + bytes(free - 8))
    store = open_store(settings)
    await store.put(padded, "clips/long.mp4")
    async with bench.db.write() as tx:
        clip = await tx.get_one(ClipRow, bench.clip_id)
        await tx.execute(
            update(RenderRow).where(RenderRow.clip_id == clip.id).values(media_key="clips/long.mp4")
        )
    return bench


@on_sqlite
@pytest.mark.parametrize(
    "faults",
    [
        [],
        [("short_206", 2)],
        [("cut", 1), ("range_416", 3)],
        [("drop_after", 6)],
        [("expired_403", 4)],
    ],
    ids=str,
)
async def test_a_file_in_chunks_goes_on_where_it_broke_off(
    long_clip: Bench, faults: list[tuple[str, int]]
) -> None:
    bench = long_clip
    await bench.connect("tiktok")
    for fault, after in faults:
        await bench.fault("tiktok", "upload", fault, after=after)
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("published", hurry_s=10) == ["published"]
    (entry,) = await bench.ledger()
    assert entry["size_b"] == 71_000_003
    post = (await bench.posting.posts_of_clip(bench.clip_id))[0]
    sent = [a for a in await bench.posting.story(post.id, bench.by) if a.call == "upload"]
    if not faults:
        assert [a.http for a in sent] == [206] * 6 + [201]
        assert sent[-1].note == "bytes 60000000-71000002/71000003"


async def test_a_worker_that_was_frozen_past_its_lease_sends_nothing_more(
    long_clip: Bench,
) -> None:
    """Its clock jumps in the middle of the upload: it finds out before the next byte."""
    bench = long_clip
    await bench.connect("tiktok")
    await bench.fault("tiktok", "upload", "delay:200", after=3)
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    (target,) = await bench.targets()
    await bench.posting.advance(target)  # the clock jumps past the lease at the fourth part
    async with bench.db.read() as tx:
        row = await tx.get_one(TargetRow, target)
    assert row.state == "preparing"
    before = await _uploads(bench)
    assert len(before) == 4, "nothing was sent after the lease had run out"
    assert await bench.run_until("published") == ["published"]
    assert len(await bench.ledger()) == 1


async def _uploads(bench: Bench) -> list[Any]:
    post = (await bench.posting.posts_of_clip(bench.clip_id))[0]
    return [a for a in await bench.posting.story(post.id, bench.by) if a.call == "upload"]


@on_sqlite
async def test_the_posts_of_an_account_go_out_in_their_order(bench: Bench) -> None:
    await bench.connect("tiktok")
    await bench.connect("instagram")
    made = [
        await bench.posting.schedule(bench.clip_id, None, bench.by, key=f"k{n}") for n in range(5)
    ]
    for n, post in enumerate(made):
        await bench.posting.edit_caption(post.id, f"number {n}", bench.by)
    targets = await bench.targets()
    while not all(s == "published" for s in await bench.states()):
        await asyncio.gather(*(bench.posting.advance(t) for t in reversed(targets)))
        bench.clock.hurry(3)
    for platform in ("tiktok", "instagram"):
        order = [p["caption"] for p in await bench.ledger() if p["platform"] == platform]
        assert order == [f"number {n}" for n in range(5)]


@on_sqlite
async def test_the_seventh_post_in_a_minute_waits_and_the_sixteenth_a_day(bench: Bench) -> None:
    await bench.connect("tiktok")
    for n in range(16):
        await bench.posting.schedule(bench.clip_id, None, bench.by, key=f"k{n}")
    began = bench.clock.now()
    await bench.run_until(
        "published", "deferred", hurry_s=5, within_s=90, at_least=("published", 15)
    )
    states = await bench.states()
    assert states.count("published") == 15 and states[-1] == "deferred"
    assert (bench.clock.now() - began).total_seconds() > 120  # 6 + 6 + 3
    assert any("about 15 posts in 24 hours" in t for t in await bench.texts())
    bench.clock.hurry(24 * 3600)
    assert (await bench.run_until("published"))[-1] == "published"


async def test_a_banned_account_stops_its_line_and_a_person_can_try_again(bench: Bench) -> None:
    account = await bench.connect("tiktok")
    await bench.fault("tiktok", "creator_info", "code:spam_risk_user_banned_from_posting")
    for n in range(3):
        await bench.posting.schedule(bench.clip_id, None, bench.by, key=f"k{n}")
    await bench.run_until("failed", "deferred")
    states = await bench.states()
    assert states == ["failed", "deferred", "deferred"]
    view = (await bench.posting.accounts(bench.by.workspace_id))[0]
    (stopped,) = await bench.posting.stopped(view)
    assert stopped.why.key == "tiktok.stop_banned"
    bench.clock.hurry(60)
    await bench.posting.try_now(account, bench.by)
    assert await bench.run_until("failed", "published", hurry_s=30) == [
        "failed",
        "published",
        "published",
    ]
    assert await bench.posting.stopped(view) == ()


@on_sqlite
async def test_a_platform_with_faults_is_left_in_peace_and_then_tried_by_one(bench: Bench) -> None:
    await bench.connect("tiktok", "ana.makes")
    await bench.connect("tiktok", "studio.nine")
    for call in ("creator_info", "status", "init"):
        await bench.fault("tiktok", call, "http_500", times=-1)
    for n in range(4):
        await bench.posting.schedule(bench.clip_id, None, bench.by, key=f"k{n}")
    view = (await bench.posting.accounts(bench.by.workspace_id))[0]
    for _ in range(40):
        for target in await bench.targets():
            await bench.posting.advance(target)
        if await bench.posting.stopped(view):
            break
        bench.clock.hurry(10)
    assert (await bench.posting.stopped(view))[0].why.key == "rule.faults"
    async with bench.http.delete(f"{bench.practice}/faults"):
        pass
    assert await bench.run_until("published", hurry_s=20) == ["published"] * 8
    assert len(await bench.ledger()) == 8
