"""What TikTok and YouTube want a person to settle before something goes out."""

from __future__ import annotations

import pytest

from core.db import accounts
from core.services import Services
from tests.handlers.conftest import Connect, MakeClip
from tests.handlers.talk import Said, Talk

pytestmark = pytest.mark.usefixtures("practice")


async def _plan(chat: Talk) -> tuple[Said, Said]:
    """The echo and the panel below it."""
    await chat.press("Schedule")
    echo, panel = await chat.write("tomorrow 18:00")
    return echo, panel


async def _state(svc: Services, clip_id: int) -> str:
    (post,) = await svc.posting.posts_of_clip(clip_id)
    return post.targets[0].state


async def test_tiktok_has_no_audience_and_no_box_ticked_beforehand(
    chat: Talk, svc: Services, make_clip: MakeClip, connect: Connect
) -> None:
    clip = await make_clip(chat)
    await connect("tiktok", practice=False)
    echo, panel = await _plan(chat)
    assert echo.says("something is still to be chosen below")
    assert panel.says("TikTok did not say what it offers this account now")
    assert panel.says("Who may see it?") and "✓" not in " ".join(panel.labels)
    assert "Post it like this" not in panel.labels, "nothing can be sent like this"
    assert await _state(svc, clip.id) == "draft"
    (panel,) = await chat.press("Everyone", on=panel)
    assert "✓ Everyone" in panel.labels and "✓ Comments" not in panel.labels
    assert panel.says("By posting, you agree to TikTok's Music Usage Confirmation")
    (panel,) = await chat.press("Comments", on=panel)
    (done,) = await chat.press("Post it like this", on=panel)
    assert done.says("Everyone and Comments") and await _state(svc, clip.id) == "scheduled"
    story = (await chat.write("/post 1"))[-1]
    assert story.says("Approved by") and story.says("TikTok @ana: Everyone and Comments.")


async def test_a_paid_partnership_is_labelled_agreed_to_and_never_private(
    chat: Talk, svc: Services, make_clip: MakeClip, connect: Connect
) -> None:
    clip = await make_clip(chat)
    await connect("tiktok", practice=False)
    _, panel = await _plan(chat)
    (panel,) = await chat.press("Only me", on=panel)
    (panel,) = await chat.press("Paid partnership", on=panel)
    assert panel.says("label it Paid partnership") and panel.says("Branded Content Policy")
    assert panel.says("cannot be posted for yourself alone")
    assert "Post it like this" not in panel.labels
    (panel,) = await chat.press("Everyone", on=panel)
    assert "Post it like this" in panel.labels
    (panel,) = await chat.press("✓ Paid partnership", on=panel)
    (panel,) = await chat.press("Promotes my brand", on=panel)
    assert panel.says("Promotional content") and not panel.says("Branded Content Policy")
    assert await _state(svc, clip.id) == "draft"


async def test_the_choices_of_last_time_are_one_tap_and_never_taken_over_silently(
    chat: Talk, svc: Services, make_clip: MakeClip, connect: Connect
) -> None:
    clip = await make_clip(chat)
    account = await connect("tiktok", practice=False)
    _, panel = await _plan(chat)
    assert "Like last time" not in panel.labels
    for label in ("Friends", "Duet", "Made with AI", "Promotes my brand", "Post it like this"):
        (panel,) = await chat.press(label, on=panel)
    second = await make_clip(chat, "On hiring")
    _, panel = await _plan(chat)
    assert panel.says("Last time it was Friends and Duet."), (
        "what concerns this video is asked anew"
    )
    assert not panel.says("Chosen:") and await _state(svc, second.id) == "draft"
    (panel,) = await chat.press("Like last time", on=panel)
    assert panel.says("Chosen: Friends and Duet.")
    await chat.press("Post it like this", on=panel)
    assert await _state(svc, second.id) == "scheduled" == await _state(svc, clip.id)
    async with svc.db.read() as tx:
        rules = (await accounts.account(tx, account)).rules
    assert "privacy" not in rules, "TikTok allows no audience as a rule"


async def test_a_draft_for_the_inbox_leaves_the_rest_to_the_app_and_is_remembered(
    chat: Talk, svc: Services, make_clip: MakeClip, connect: Connect
) -> None:
    await make_clip(chat)
    await connect("tiktok", practice=False)
    _, panel = await _plan(chat)
    (panel,) = await chat.press("My inbox there", on=panel)
    assert panel.says("as a draft") and "Comments" not in panel.labels
    await chat.press("Post it like this", on=panel)
    second = await make_clip(chat, "On hiring")
    await chat.press("Schedule")
    (echo,) = await chat.write("tomorrow 19:00")
    assert echo.says("My inbox there") and await _state(svc, second.id) == "scheduled"
    (panel,) = await chat.press("Options", on=echo)
    (panel,) = await chat.press("Everyone", on=panel)
    assert "✓ My inbox there" not in panel.labels and "✓ Everyone" in panel.labels


async def test_youtube_asks_once_whether_it_is_for_kids(
    chat: Talk, svc: Services, make_clip: MakeClip, connect: Connect
) -> None:
    clip = await make_clip(chat)
    await connect("youtube", practice=False)
    _, panel = await _plan(chat)
    (panel,) = await chat.press("Everyone", on=panel)
    assert panel.says("Is it made for kids?") and "Post it like this" not in panel.labels
    (panel,) = await chat.press("Not made for kids", on=panel)
    (panel,) = await chat.press("Altered or made with AI", on=panel)
    assert panel.says("altered or synthetic content")
    await chat.press("Post it like this", on=panel)
    assert await _state(svc, clip.id) == "scheduled"
    second = await make_clip(chat, "On hiring")
    await chat.press("Schedule")
    (echo,) = await chat.write("tomorrow 19:00")
    assert echo.says("Everyone and Not made for kids"), "no word of AI: that is about the video"
    assert await _state(svc, second.id) == "scheduled"


async def test_instagram_asks_nothing_and_can_be_told(
    chat: Talk, svc: Services, make_clip: MakeClip, connect: Connect
) -> None:
    clip = await make_clip(chat)
    await connect("instagram", practice=False)
    await chat.press("Schedule")
    (echo,) = await chat.write("tomorrow 18:00")
    assert await _state(svc, clip.id) == "scheduled"
    (panel,) = await chat.press("Options", on=echo)
    (panel,) = await chat.press("Made with AI", on=panel)
    assert panel.says("Instagram will label it")
    (post,) = await svc.posting.posts_of_clip(clip.id)
    assert next(iter(post.settings.values()))["ai"] is True
