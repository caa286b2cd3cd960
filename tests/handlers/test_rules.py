"""What was learnt is said in words, can be forgotten, undone and switched off, and stays here."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.clips.fares import MOST
from core.clips.taste import FEWEST, Taste
from core.db import people, tastes
from core.db.tables import FigureRow, TargetRow
from core.services import Services
from tests.conftest import HeldClock
from tests.handlers.conftest import Connect, MakeClip, member
from tests.handlers.talk import Talk

N, POSTS = FEWEST + 1, 6


@pytest.fixture
async def judged(chat: Talk, make_clip: MakeClip, connect: Connect) -> Talk:
    """Short clips with strong openings were scheduled, long ones without put away."""
    await connect("tiktok")
    for i in range(N):
        await make_clip(chat, f"Kept {i}", start_s=0.0, end_s=18.0, parts={"hook": 0.9})
        await chat.press("Schedule")
        await chat.write(f"friday {10 + i}:00")
    for i in range(N):
        await make_clip(chat, f"Left {i}", start_s=0.0, end_s=50.0, parts={"hook": 0.1})
        await chat.press("Discard")
    return chat


async def taste(chat: Talk) -> Taste:
    svc = chat.svc
    async with svc.db.read() as tx:
        workspace = await people.first_workspace(tx)
        assert workspace is not None
        return await tastes.taste_of(tx, workspace, svc.clock.now())


async def test_at_first_it_says_how_much_is_missing(chat: Talk) -> None:
    await chat.write("/rules")
    assert chat.last.says("from 4 of each on") and chat.last.says("0 and 0")
    assert chat.last.labels == ["Do not learn"]


async def test_what_was_learnt_is_said_in_words(judged: Talk) -> None:
    await judged.write("/rules")
    assert judged.last.says("5 clips you kept and 5 you did not")
    assert judged.last.says("You keep shorter clips: about ")
    assert judged.last.says("a strong opening counts")
    assert judged.last.says("TikTok takes about 15 posts in 24 hours")
    assert (await taste(judged)).weights["hook"] > 1.1


async def test_forgetting_begins_anew_and_undo_brings_it_back(judged: Talk) -> None:
    before = await taste(judged)
    await judged.write("/rules")
    judged.svc.clock.forward(seconds=5)  # type: ignore[attr-defined]
    await judged.press("Forget it")
    assert judged.last.says("From now on I learn anew")
    assert not await taste(judged)
    await judged.press("Undo")
    assert judged.last.says("You keep shorter clips")
    assert await taste(judged) == before


async def test_it_can_be_switched_off_and_on(judged: Talk) -> None:
    await judged.write("/rules")
    await judged.press("Do not learn")
    assert judged.last.says("learning from your choices is off")
    assert not await taste(judged)
    await judged.press("Learn from our choices")
    assert judged.last.says("You keep shorter clips")


async def test_a_clip_taken_off_the_queue_was_not_kept(judged: Talk) -> None:
    await judged.press("Undo", on=next(m for m in judged.messages if m.says("Kept 0 goes out")))
    assert (await taste(judged)).kept == N - 1


async def test_what_lies_beside_a_kept_clip_for_days_says_a_little(
    judged: Talk, make_clip: MakeClip, clock: HeldClock
) -> None:
    """Alone it says nothing: nobody may have looked yet."""
    await make_clip(judged, "Lies alone", parts={"hook": 0.1})
    clock.forward(hours=30)
    assert (await taste(judged)).dropped == N


async def test_only_who_approves_may_change_what_is_learnt(judged: Talk, svc: Services) -> None:
    await judged.write("/rules")
    editor = await member(svc, "editor", "ben", zone="Europe/Berlin")
    await editor.write("/rules")
    assert editor.last.says("You keep shorter clips")
    await editor.press("Do not learn")
    assert editor.last.says("approver")
    assert await taste(judged)


@pytest.fixture
async def posted(chat: Talk, make_clip: MakeClip, connect: Connect) -> Talk:
    """Posts with strong openings were seen twice as often as the others, at the same age."""
    await connect("tiktok", practice=False)
    now = chat.svc.clock.now()
    for i in range(2 * POSTS):
        strong = i % 2 == 0
        await make_clip(chat, f"Post {i}", parts={"hook": 0.9 if strong else 0.5, "density": 0.6})
        await chat.press("Schedule")
        await chat.write(f"friday {8 + i}:00")
    async with chat.svc.db.write() as tx:
        for i, target in enumerate(await tx.scalars(select(TargetRow).order_by(TargetRow.id))):
            target.state, target.published_at, target.remote_id = "published", now, str(i)
            views = (200 if i % 2 == 0 else 100) + 7 * i
            tx.add(FigureRow(target_id=target.id, age_h=24, views=views, likes=3, at=now))
    return chat


async def test_how_posts_fare_counts_too_and_is_said_in_words(posted: Talk) -> None:
    await posted.write("/rules")
    assert posted.last.says("How 12 posts fared")
    assert posted.last.says(
        "Posts with more of this did 1.7 times as well: a strong opening (6 posts"
    )
    assert "hook" not in (await taste(posted)).weights, "nobody put anything away"
    assert 1.05 < (await taste(posted)).times("hook") <= MOST
    assert (await taste(posted)).times("density") == 1


async def test_how_posts_fare_can_be_left_out_and_counted_again(posted: Talk) -> None:
    await posted.write("/rules")
    await posted.press("Leave out how posts fare")
    assert posted.last.says("How posts fare is left out")
    assert (await taste(posted)).times("hook") == 1
    await posted.press("Count how posts fare")
    assert posted.last.says("a strong opening (6 posts")
    posted.svc.clock.forward(seconds=5)  # type: ignore[attr-defined]
    await posted.press("Forget it")
    assert not await taste(posted)


async def test_posts_never_outweigh_what_people_put_away(posted: Talk, make_clip: MakeClip) -> None:
    for i in range(3 * N):
        await make_clip(posted, f"Left {i}", parts={"hook": 1.0})
        await posted.press("Discard")
    assert (await taste(posted)).times("hook") < 1
    await posted.write("/rules")
    assert posted.last.says("a strong opening counts") and not posted.last.says("times as well")


async def test_an_account_that_tells_no_figures_is_named_once(chat: Talk, connect: Connect) -> None:
    await connect("instagram", practice=False)
    await chat.write("/rules")
    assert chat.last.says("Instagram @ana: only likes and comments are told to this sign-in")
