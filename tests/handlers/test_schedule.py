"""From a finished clip to a place in the queue, and back."""

from __future__ import annotations

import pytest

from core.db.tables import TargetRow
from tests.conftest import HeldClock
from tests.handlers.conftest import Connect, MakeClip, member
from tests.handlers.talk import Talk


@pytest.fixture
async def ready(chat: Talk, make_clip: MakeClip, connect: Connect) -> Talk:
    """A clip on the table and two accounts to post to."""
    await connect("tiktok")
    await connect("instagram")
    await make_clip(chat)
    return chat


async def test_a_time_in_plain_words_is_echoed_in_full(ready: Talk) -> None:
    await ready.press("Schedule")
    assert ready.last.says("When should On pricing go out?")
    assert ready.last.labels == ["In 1 hour", "Tonight 18:00", "Tomorrow 9:00"]
    await ready.write("friday 18:00")
    assert ready.last.text == (
        "On pricing goes out on Friday 27 November, 18:00 (Europe/Berlin)"
        ", to practice TikTok @ana and practice Instagram @ana.\n"
        "On practice TikTok @ana: Everyone."
    )
    assert ready.last.labels == ["Undo", "Change time", "Change zone", "Options"]


async def test_undo_within_a_minute_takes_the_post_off_the_queue(
    ready: Talk, clock: HeldClock
) -> None:
    await ready.press("Schedule")
    await ready.write("friday 18:00")
    clock.forward(seconds=50)
    await ready.press("Undo")
    assert ready.last.says("Taken off the queue")
    await ready.write("/queue")
    assert ready.last.says("Nothing waits to go out")


async def test_undo_after_the_minute_says_where_to_do_it(ready: Talk, clock: HeldClock) -> None:
    await ready.press("Schedule")
    await ready.write("friday 18:00")
    clock.forward(seconds=70)
    await ready.press("Undo")
    assert ready.last.says("/queue")
    await ready.write("/queue")
    assert ready.last.says("On pricing")


async def test_a_time_that_cannot_be_read_leaves_the_question_open(ready: Talk) -> None:
    await ready.press("Schedule")
    await ready.write("some day")
    assert ready.last.says('I cannot read "some day" as a time')
    await ready.write("5")
    assert ready.last.says("could be an hour or a day")
    await ready.write("tomorrow 9am")
    assert ready.last.says("Wednesday 25 November, 09:00 (Europe/Berlin)")


async def test_a_quick_answer_needs_no_words(ready: Talk) -> None:
    await ready.press("Schedule")
    await ready.press("Tomorrow 9:00")
    assert ready.last.says("Wednesday 25 November, 09:00")


async def test_one_tap_changes_the_time_and_another_the_zone(ready: Talk) -> None:
    await ready.press("Schedule")
    await ready.write("friday 18:00")
    await ready.press("Change time")
    assert ready.last.says("Now it is planned for Friday 27 November, 18:00")
    await ready.write("sat 10:00")
    assert ready.last.says("now goes out on Saturday 28 November, 10:00 (Europe/Berlin)")
    await ready.press("Change zone")
    await ready.write("new york")
    assert ready.last.says("Saturday 28 November, 10:00 (America/New York)")
    await ready.press("Change zone")
    await ready.press("Europe/London")
    assert ready.last.says("Saturday 28 November, 10:00 (Europe/London)")


async def test_a_night_when_clocks_change_is_announced(ready: Talk) -> None:
    await ready.press("Schedule")
    await ready.write("28 mar 2027 2:30")
    assert ready.last.says("Sunday 28 March 2027, 03:30 (Europe/Berlin)")
    assert ready.last.says("there is no 02:30, so it becomes 03:30")


async def test_the_queue_lists_each_post_with_what_can_be_done(ready: Talk) -> None:
    await ready.press("Schedule")
    await ready.write("friday 18:00")
    await ready.press_act("clip.more:1")
    await ready.write("tomorrow 9am")
    news = await ready.write("/queue")
    assert [m.text.splitlines()[0] for m in news] == [
        "2 posts wait to go out.",
        "2 · On pricing · Wednesday 25 November, 09:00 (Europe/Berlin)"
        ", to practice TikTok @ana and practice Instagram @ana",
        "1 · On pricing · Friday 27 November, 18:00 (Europe/Berlin)"
        ", to practice TikTok @ana and practice Instagram @ana",
    ]
    assert news[1].labels == ["Move", "Edit caption", "Post now", "Options", "Delete"]
    await ready.press("Delete", on=news[1])
    assert next(m for m in ready.messages if m.id == news[1].id).says("Taken off the queue")
    await ready.press("Post now", on=news[2])
    assert ready.last.says("is on its way to practice TikTok @ana")


async def test_the_caption_of_a_waiting_post_can_be_edited(ready: Talk) -> None:
    await ready.press("Schedule")
    await ready.write("friday 18:00")
    await ready.write("/queue")
    await ready.press("Edit caption")
    await ready.write("Better words #new")
    assert ready.last.says("The post On pricing now says:\nBetter words #new")
    assert ready.last.says("TikTok 17 of 2,200 and Instagram 17 of 2,200")
    await ready.write("/queue")
    assert ready.last.says("Better words #new")


async def test_the_week_in_words(ready: Talk) -> None:
    await ready.write("/calendar")
    assert ready.last.says("Nothing goes out in the next seven days")
    await ready.press("Schedule")
    await ready.write("friday 18:00")
    await ready.write("/calendar")
    assert ready.last.says("Friday 27 November: 18:00 On pricing")


async def test_post_now_goes_at_once(ready: Talk) -> None:
    await ready.press("Post now")
    assert ready.last.says("is on its way to practice TikTok @ana and practice Instagram @ana")


async def test_the_same_press_twice_plans_one_post(ready: Talk) -> None:
    await ready.press("Schedule")
    await ready.write("friday 18:00", key="once")
    assert await ready.write("friday 18:00", key="once") == []
    await ready.write("/queue")
    assert any(m.says("One post waits to go out") for m in ready.messages)


async def test_without_a_platform_it_is_said_what_is_missing(
    chat: Talk, make_clip: MakeClip
) -> None:
    await make_clip(chat)
    await chat.press("Schedule")
    assert chat.last.says("TikTok cannot be connected yet: the practice platforms are not running")
    assert chat.last.labels == []


async def test_without_an_account_the_way_to_one_is_offered(
    chat: Talk, make_clip: MakeClip, practice: None
) -> None:
    await make_clip(chat)
    await chat.press("Schedule")
    assert chat.last.says("nowhere to go yet, so nothing was planned or posted")
    assert "Connect practice TikTok" in chat.last.labels


async def test_rough_captions_must_be_looked_at_before_anything_goes_out(
    chat: Talk, make_clip: MakeClip, connect: Connect
) -> None:
    await connect("tiktok")
    await make_clip(chat, rough=True)
    card = next(m for m in chat.messages if m.key == "clip:1")
    assert card.says("The captions are rough guesses")
    assert [b.style for row in card.out.buttons for b in row].count("main") == 1
    await chat.press("Schedule", on=card)
    assert chat.last.says("so it was not planned") and chat.last.says("Schedule again")
    await chat.press("Post now", on=card)
    assert chat.last.says("so it was not posted") and chat.last.says("Post now again")
    await chat.press("Captions are fine", on=card)
    card = next(m for m in chat.messages if m.key == "clip:1")
    assert "Captions are fine" not in card.labels
    await chat.press("Schedule", on=card)
    await chat.write("friday 18:00")
    assert chat.last.says("goes out on Friday")


async def test_where_nobody_told_the_zone_it_is_asked_once(
    svc: object, make_clip: MakeClip, connect: Connect
) -> None:
    chat = await member(svc, "owner", "bo", zone=None)  # type: ignore[arg-type]
    await connect("tiktok")
    await make_clip(chat)
    await chat.press("Schedule")
    assert chat.last.says("Where are you?")
    news = await chat.write("Munich")
    assert news[0].says("Times are in Europe/Berlin from now on. It is 13:00 there now.")
    assert news[1].says("When should On pricing go out?")
    await chat.write("friday 18:00")
    assert chat.last.says("Friday 27 November, 18:00 (Europe/Berlin)")
    await chat.press("Change time")
    assert chat.last.says("Times are in Europe/Berlin")


async def test_five_taps_on_post_now_are_one_post(ready: Talk) -> None:
    card = next(m for m in ready.messages if m.key == "clip:1")
    for _ in range(5):
        await ready.press("Post now", on=card)
    assert ready.last.says("on its way to practice TikTok @ana and practice Instagram @ana already")
    await ready.write("/post 2")
    assert ready.last.says("There is no such post here")


async def test_an_old_quick_answer_does_not_plan_a_second_post(ready: Talk) -> None:
    await ready.press("Schedule")
    question = ready.last
    await ready.write("friday 18:00")
    await ready.press("Tomorrow 9:00", on=question)
    assert ready.last.says("is planned already, for Friday 27 November, 18:00 (Europe/Berlin)")
    assert ready.last.labels == ["Change time", "Plan it once more"]
    await ready.press("Plan it once more")
    question = ready.last
    await ready.press("Tomorrow 9:00", on=question)
    assert ready.last.says("goes out on Wednesday 25 November, 09:00")
    await ready.press("In 1 hour", on=question)
    assert ready.last.says("Nothing was planned twice")


async def test_a_post_that_was_taken_off_cannot_be_taken_off_again(ready: Talk) -> None:
    await ready.press("Schedule")
    await ready.write("friday 18:00")
    await ready.press("Undo")
    for act in ("post.undo:1", "post.delete:1", "post.move:1"):
        await ready.press_act(act)
        assert ready.last.says("was taken off the queue already"), act
    await ready.press("Schedule")
    assert ready.last.says("When should On pricing go out?")


async def test_a_year_is_named_when_it_is_not_this_one(ready: Talk) -> None:
    await ready.press("Schedule")
    await ready.write("24 nov 2027 9am")
    assert ready.last.says("goes out on Wednesday 24 November 2027, 09:00 (Europe/Berlin)")
    await ready.press("Change time")
    assert ready.last.says("planned for Wednesday 24 November 2027, 09:00")
    await ready.write("1 jan 2025 9am")
    assert ready.last.says("Wednesday 1 January 2025, 09:00 (Europe/Berlin) has passed")
    await ready.write("friday 18:00")
    assert ready.last.says("Friday 27 November, 18:00")


async def test_undo_of_a_post_that_is_on_its_way_says_so(ready: Talk) -> None:
    await ready.press("Schedule")
    planned = (await ready.write("tomorrow 9am"))[-1]
    await ready.write("/queue")
    await ready.press("Post now")
    async with ready.svc.db.write() as tx:
        for target_id in (1, 2):
            (await tx.get_one(TargetRow, target_id)).state = "preparing"
    await ready.press("Undo", on=planned)
    assert ready.last.says("on its way or out already, so it cannot be taken back")
