"""People talk to the bot on Discord, through the real library and a strict Discord on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from core.chat.message import Out
from core.db import people
from core.services import Services, open_services
from core.settings import Settings
from tests.bot.discord_room import Room, face_of, room_of, running_face, words
from tests.doubles.discord import Discord, Fault, running_discord
from tests.doubles.discord_people import plain
from tests.doubles.discord_rules import QUIET
from tests.doubles.discord_world import FILES, VIEW, Channel, File, Message, Server


@pytest.fixture
async def discord() -> AsyncIterator[Discord]:
    async with running_discord(pace=(500, 5.0)) as made:
        yield made


@pytest.fixture
async def running(settings: Settings, sqlite: object) -> AsyncIterator[Services]:
    """Services with the clock of this machine, as Discord's ids are made of time."""
    async with open_services(settings) as svc:
        yield svc


@pytest.fixture
async def room(running: Services, discord: Discord) -> AsyncIterator[Room]:
    made = await room_of(running, discord)
    async with running_face(running, made.face):
        await discord.until(lambda: discord.line.connected and discord.commands, "it signs in")
        yield made


def bots(room: Room, channel: Channel) -> list[Message]:
    """What the bot shows there to everybody."""
    return [m for m in room.discord.shown(channel) if m.author is room.discord.bot]


async def card(room: Room, channel: Channel) -> Message:
    """A message with buttons, in that channel."""
    await room.ana.runs(channel, "echo", text="buttons")
    return await room.ana.hears(channel, "echo buttons")


# ── direct messages ─────────────────────────────────────────────────────────────────────────────


async def test_a_direct_message_is_answered(room: Room) -> None:
    await room.ana.writes(room.ana.dm, "/echo hello there")
    said = await room.ana.hears(room.ana.dm, "echo hello there")
    assert [b["label"] for b in said.buttons] == ["Press", "Ask", "Refuse", "Owners"]


async def test_the_same_message_twice_is_answered_once(room: Room) -> None:
    said = await room.ana.writes(room.ana.dm, "/echo once")
    await room.ana.hears(room.ana.dm, "echo once")
    await room.discord.line.message_created(said)
    await room.ana.writes(room.ana.dm, "/echo after")
    await room.ana.hears(room.ana.dm, "echo after")
    assert [plain(m.text) for m in bots(room, room.ana.dm)] == ["echo once", "echo after"]


async def test_a_stranger_hears_once_that_this_is_private(room: Room) -> None:
    for _ in range(3):
        await room.eve.writes(room.eve.dm, "/echo hello")
    await room.eve.hears(room.eve.dm, "This Clipdesk is private")
    await room.ana.writes(room.ana.dm, "/echo later")
    await room.ana.hears(room.ana.dm, "echo later")
    assert len(bots(room, room.eve.dm)) == 1


async def test_a_video_sent_directly_is_fetched_from_discord_and_handled(room: Room) -> None:
    film = File("talk.mp4", b"film" * 1000, "video/mp4")
    await room.ana.writes(room.ana.dm, "3 under 40s", film)
    await room.ana.hears(room.ana.dm, "got talk.mp4 4000 in/; 3 under 40s")
    assert len(bots(room, room.ana.dm)) == 1, "the message that said fetching became the answer"


async def test_over_a_bad_line_everything_is_said_once(room: Room) -> None:
    room.discord.faults += [
        Fault("lost", "/messages$", "POST", times=2),
        Fault("429", "/messages", times=2),
        Fault("cut", "/messages", times=2),
    ]
    film = File("talk.mp4", b"film" * 1000, "video/mp4")
    await room.ana.writes(room.ana.dm, "3 under 40s", film)
    await room.ana.hears(room.ana.dm, "got talk.mp4 4000 in/; 3 under 40s", 50)
    assert len(bots(room, room.ana.dm)) == 1
    assert [f.times for f in room.discord.faults] == [0, 0, 0]


async def test_a_video_whose_address_ran_out_is_told_in_words(room: Room) -> None:
    film = File("talk.mp4", b"film", "video/mp4", gone=True)
    await room.ana.writes(room.ana.dm, "", film)
    await room.ana.hears(room.ana.dm, "does not give out talk.mp4 any more")


async def test_plain_words_answer_a_question_in_a_direct_conversation(room: Room) -> None:
    said = await card(room, room.ana.dm)
    await room.ana.presses(said, "Ask")
    await room.ana.hears(room.ana.dm, "What shall it be?")
    await room.ana.writes(room.ana.dm, "friday 18:00")
    await room.ana.hears(room.ana.dm, "you wrote friday 18:00")


# ── commands ────────────────────────────────────────────────────────────────────────────────────


async def test_the_answer_takes_the_place_of_is_thinking(room: Room) -> None:
    asked = await room.ana.runs(room.clips, "echo", text="hello")
    assert asked.answered == 5
    await room.ana.hears(room.clips, "echo hello")
    assert asked.response is not None and not asked.response.thinking
    assert plain(asked.response.text) == "echo hello"
    assert asked.response.edits == 0, "what is filled in is not shown as edited"
    assert len(bots(room, room.clips)) == 1


async def test_more_than_one_answer_goes_on_below(room: Room) -> None:
    await room.ana.runs(room.clips, "many")
    await room.ana.hears(room.clips, "part 3")
    first, second, third = bots(room, room.clips)
    assert [plain(m.text) for m in (first, second, third)] == ["part 1", "part 2", "part 3"]
    assert second.reply_to is first and third.reply_to is first
    assert second.rings == third.rings == [], "whoever asked sees the answers already"


async def test_a_command_that_says_nothing_does_not_think_for_ever(room: Room) -> None:
    asked = await room.ana.runs(room.clips, "silent")
    await room.ana.hears(room.clips, "I am on it", 15)
    assert asked.response is not None and not asked.response.thinking


async def test_a_refusal_of_a_command_is_its_answer(room: Room) -> None:
    asked = await room.ana.runs(room.clips, "refuse")
    said = await room.ana.hears(room.clips, "too old for me to understand")
    assert said is asked.response


async def test_options_are_typed_and_chosen(room: Room) -> None:
    await room.ana.runs(room.ana.dm, "pick", number=12)
    await room.ana.hears(room.ana.dm, "picked {'number': '12'}")
    await room.ana.runs(room.ana.dm, "role", role="viewer")
    await room.ana.hears(room.ana.dm, "picked {'role': 'viewer'}")
    offered = {c["name"]: c for c in room.discord.commands}
    assert (
        offered["pick"]["options"][0] | {"autocomplete": True, "required": True}
        == (offered["pick"]["options"][0])
    )
    assert offered["pick"]["options"][0]["type"] == 4


async def test_numbers_are_offered_while_somebody_writes(room: Room) -> None:
    offered = await room.ana.types(room.ana.dm, "pick", "number", number="1")
    assert offered[0] == {"name": "1 of Ana", "value": 1} and len(offered) == 11
    everything = await room.ana.types(room.ana.dm, "pick", "number", number="")
    assert len(everything) == 25, "Discord takes no more"
    assert await room.eve.types(room.eve.dm, "pick", "number", number="1") == []


async def test_a_video_comes_along_with_the_command(room: Room) -> None:
    film = File("talk.mp4", b"film" * 1000, "video/mp4")
    asked = await room.ana.runs(room.clips, "clip", video=film, wish="3 under 40s")
    said = await room.ana.hears(room.clips, "got talk.mp4 4000 in/; 3 under 40s")
    assert said is asked.response, "fetching and result are one message, the answer itself"


async def test_a_stranger_is_told_where_nobody_else_sees_it(room: Room) -> None:
    asked = await room.eve.runs(room.clips, "echo", text="hello")
    said = await room.eve.hears(room.clips, "This Clipdesk is private")
    assert said is asked.response and said.ephemeral
    again = await room.eve.runs(room.clips, "echo", text="hello")
    await room.discord.until(lambda: again.response and not again.response.thinking)
    assert bots(room, room.clips) == []


async def test_too_low_a_role_is_told_where_nobody_else_sees_it(room: Room) -> None:
    asked = await room.vic.runs(room.clips, "owners")
    said = await room.vic.hears(room.clips, "viewer")
    assert said is asked.response and said.ephemeral
    assert bots(room, room.clips) == []


async def test_a_code_lets_somebody_in_from_a_server(room: Room) -> None:
    now = room.svc.clock.now()
    async with room.svc.db.write() as tx:
        home = await people.first_workspace(tx)
        assert home is not None
        life = timedelta(hours=1)
        code = await people.make_invite(
            tx, room.svc.vault, home, "editor", by=None, now=now, life=life
        )
    wrong = await room.eve.runs(room.clips, "start", code="AAAA-BBBB")
    await room.eve.hears(room.clips, "unknown, too old, or was used already")
    assert wrong.response is not None and wrong.response.ephemeral
    await room.eve.runs(room.clips, "start", code=code)
    await room.eve.hears(room.clips, "You are in, as editor")
    await room.eve.runs(room.clips, "echo", text="now I may")
    await room.eve.hears(room.clips, "echo now I may")


async def test_make_clips_in_the_menu_of_a_message_takes_its_video(room: Room) -> None:
    film = File("talk.mp4", b"film" * 1000, "video/mp4")
    posted = await room.eve.writes(room.clips, "look at this", film)
    asked = await room.ana.menu("Make clips", posted)
    said = await room.ana.hears(room.clips, "got talk.mp4 4000 in/")
    assert said is asked.response


async def test_make_clips_on_a_message_without_a_video_says_so(room: Room) -> None:
    posted = await room.eve.writes(room.clips, "only words")
    asked = await room.ana.menu("Make clips", posted)
    said = await room.ana.hears(room.clips, "no video and no link")
    assert said is asked.response


async def test_an_answer_that_comes_too_late_does_nothing(room: Room) -> None:
    room.discord.answer_s = 0.0
    asked = await room.ana.runs(room.clips, "echo", text="late")
    assert asked.answered is None and asked.refused == [10062]
    room.discord.answer_s = 3.0
    await room.ana.runs(room.clips, "echo", text="in time")
    await room.ana.hears(room.clips, "echo in time")
    assert [plain(m.text) for m in bots(room, room.clips)] == ["echo in time"]


async def test_after_fifteen_minutes_the_answer_is_still_changed(room: Room) -> None:
    said = await card(room, room.clips)
    room.discord.token_life_s = 0.0
    said.channel.messages[said.id] = said
    pressed = await room.ana.presses(said, "Press")
    await room.ana.hears(room.clips, "pressed (7,) by Ana")
    assert pressed.answered == 6 and said.edits == 1


# ── buttons ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_press_changes_the_message_it_was_on(room: Room) -> None:
    said = await card(room, room.clips)
    pressed = await room.ana.presses(said, "Press")
    assert pressed.answered == 6, "acknowledged without a new message"
    await room.ana.hears(room.clips, "pressed (7,) by Ana")
    assert plain(said.text) == "pressed (7,) by Ana" and len(bots(room, room.clips)) == 1


async def test_buttons_outlive_a_restart(running: Services, discord: Discord) -> None:
    room = await room_of(running, discord)
    async with running_face(running, room.face):
        await discord.until(lambda: discord.line.connected and discord.commands)
        said = await card(room, room.clips)
        await room.ana.presses(said, "Ask")
        question = await room.ana.hears(room.clips, "What shall it be?")
    async with running_face(running, face_of(running, discord)):
        await discord.until(lambda: discord.line.identified == 2 and discord.line.connected)
        form = await room.ana.presses(question, "Answer…")
        await room.ana.fills_in(form, "after the restart")
        await room.ana.hears(room.clips, "you wrote after the restart")
        await room.ana.presses(said, "Press")
        await room.ana.hears(room.clips, "pressed (7,) by Ana")


async def test_a_stranger_who_presses_is_told_unseen_and_nothing_happens(room: Room) -> None:
    said = await card(room, room.clips)
    pressed = await room.eve.presses(said, "Press")
    told = await room.eve.hears(room.clips, "This Clipdesk is private")
    assert told.ephemeral and told in pressed.followups
    assert plain(said.text) == "echo buttons" and len(bots(room, room.clips)) == 1


async def test_a_presser_without_the_role_is_told_unseen(room: Room) -> None:
    said = await card(room, room.clips)
    pressed = await room.vic.presses(said, "Owners")
    told = await room.vic.hears(room.clips, "viewer")
    assert told.ephemeral and told in pressed.followups
    assert len(bots(room, room.clips)) == 1


async def test_what_a_press_cannot_do_is_told_to_the_presser_alone(room: Room) -> None:
    said = await card(room, room.clips)
    await room.ana.presses(said, "Refuse")
    told = await room.ana.hears(room.clips, "too old for me to understand")
    assert told.ephemeral and len(bots(room, room.clips)) == 1


@pytest.mark.parametrize(
    "tampered",
    ["test.press:zz", "../../etc", "test.press:7:7:" + "f" * 60, "nobody.knows:1", "x" * 100],
)
async def test_a_tampered_button_is_refused_politely(room: Room, tampered: str) -> None:
    said = await card(room, room.clips)
    said.rows[0]["components"].append(
        {"type": 2, "style": 2, "label": "Bad", "custom_id": tampered}
    )
    pressed = await room.ana.presses(said, custom_id=tampered)
    assert pressed.answered in (4, 6)
    told = await room.ana.hears(room.clips, "too old for me to understand")
    assert told.ephemeral and plain(said.text) == "echo buttons"


async def test_five_presses_at_once_are_each_acknowledged(room: Room) -> None:
    said = await card(room, room.clips)
    pressed = await asyncio.gather(*(room.ana.presses(said, "Press") for _ in range(5)))
    assert [p.answered for p in pressed] == [6] * 5
    await room.ana.hears(room.clips, "pressed (7,) by Ana")


# ── servers ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_question_in_a_server_is_answered_in_a_form(room: Room) -> None:
    said = await card(room, room.clips)
    await room.ana.presses(said, "Ask")
    question = await room.ana.hears(room.clips, "What shall it be?")
    assert "other messages in a server are hidden from me" in question.text
    form = await room.ana.presses(question, "Answer…")
    assert form.modal is not None
    filled = await room.ana.fills_in(form, "friday 18:00")
    assert filled.answered == 6
    await room.ana.hears(room.clips, "you wrote friday 18:00")


async def test_somebody_elses_answer_is_not_taken(room: Room) -> None:
    said = await card(room, room.clips)
    await room.ana.presses(said, "Ask")
    question = await room.ana.hears(room.clips, "What shall it be?")
    form = await room.vic.presses(question, "Answer…")
    await room.vic.fills_in(form, "never")
    told = await room.vic.hears(room.clips, "I was not waiting for an answer")
    assert "you wrote" not in room.discord.transcript()
    assert told.ephemeral


async def test_a_reply_with_its_mention_answers_a_question(room: Room) -> None:
    said = await card(room, room.clips)
    await room.ana.presses(said, "Ask")
    question = await room.ana.hears(room.clips, "What shall it be?")
    await room.ana.writes(room.clips, "friday 18:00", reply_to=question)
    await room.ana.hears(room.clips, "you wrote friday 18:00")


async def test_people_talking_to_each_other_are_left_alone(room: Room) -> None:
    await room.ana.writes(room.clips, "/echo not for you", File("talk.mp4", b"film"))
    await room.ana.writes(room.clips, "@Clipdesk /echo for you")
    said = await room.ana.hears(room.clips, "echo for you")
    assert bots(room, room.clips) == [said]


async def test_a_mention_with_a_video_is_taken_and_answered_as_a_reply(room: Room) -> None:
    film = File("talk.mp4", b"film" * 1000, "video/mp4")
    asked = await room.ana.writes(room.clips, "@Clipdesk 3 under 40s", film)
    said = await room.ana.hears(room.clips, "got talk.mp4 4000 in/; 3 under 40s")
    assert said.reply_to is asked


async def test_a_mention_in_answer_to_somebody_elses_video_takes_that_video(room: Room) -> None:
    room.discord.line.sees_content = True  # an app that may see what people write
    film = await room.vic.writes(room.clips, "look", File("talk.mp4", b"f" * 4000, "video/mp4"))
    asked = await room.ana.writes(room.clips, "@Clipdesk 3 under 40s", reply_to=film)
    said = await room.ana.hears(room.clips, "got talk.mp4 4000 in/; 3 under 40s")
    assert said.reply_to is asked


async def test_a_video_that_is_hidden_from_the_bot_is_told_with_the_way_out(room: Room) -> None:
    film = await room.vic.writes(room.clips, "look", File("talk.mp4", b"f" * 4000, "video/mp4"))
    asked = await room.ana.writes(room.clips, "@Clipdesk 3 under 40s", reply_to=film)
    said = await room.ana.hears(room.clips, "I cannot see what is in the message you answered")
    assert said.reply_to is asked and "Make clips" in said.text
    await room.ana.writes(room.clips, "@Clipdesk /echo never mind", reply_to=film)
    await room.ana.hears(room.clips, "echo never mind")
    fetched = [c for c in room.discord.calls if c.path.endswith(f"/messages/{film.id}")]
    await room.eve.writes(room.clips, "@Clipdesk this one", reply_to=film)
    await room.ana.writes(room.clips, "@Clipdesk /echo the end")
    await room.ana.hears(room.clips, "echo the end")
    again = [c for c in room.discord.calls if c.path.endswith(f"/messages/{film.id}")]
    assert len(fetched) == 1 and again == fetched, "strangers cost no call"


async def test_answers_in_a_thread_stay_there(room: Room) -> None:
    thread = room.discord.thread(room.clips, "friday's talk")
    await room.discord.line.dispatch("THREAD_CREATE", thread.wire())
    await room.ana.runs(thread, "many")
    await room.ana.hears(thread, "part 3")
    await room.ana.writes(thread, "@Clipdesk /echo in the thread")
    await room.ana.hears(thread, "echo in the thread")
    assert len(bots(room, thread)) == 4 and bots(room, room.clips) == []


async def test_where_the_bot_may_not_write_the_answer_comes_directly(room: Room) -> None:
    room.clips.bot_may = VIEW | FILES
    asked = await room.ana.runs(room.clips, "echo", text="quietly")
    await room.ana.hears(room.ana.dm, "echo quietly")
    told = await room.ana.hears(room.clips, "may not write in this channel")
    assert told is asked.response and told.ephemeral and bots(room, room.clips) == []


async def test_an_app_somebody_brought_along_answers_directly(room: Room) -> None:
    elsewhere = Server("Not ours")
    channel = Channel("lounge", server=elsewhere)
    room.discord.channels[channel.id] = channel
    await room.ana.runs(channel, "echo", text="from far away")
    await room.ana.hears(room.ana.dm, "echo from far away")


async def test_what_was_asked_where_we_may_no_longer_write_comes_directly(room: Room) -> None:
    asked = await room.ana.runs(room.clips, "echo", text="begin")
    await room.ana.hears(room.clips, "echo begin")
    assert asked.response is not None
    room.clips.bot_may = VIEW
    ref = f"{asked.response.id}/{room.ana.user.id}"
    await room.tell(room.clips, Out.of(words("the result")), "result:1", reply_to=ref)
    await room.ana.hears(room.ana.dm, "I could not write where you asked")
    await room.ana.hears(room.ana.dm, "the result")


async def test_a_result_rings_whoever_asked_and_progress_rings_nobody(room: Room) -> None:
    asked = await room.ana.runs(room.clips, "echo", text="begin")
    await room.ana.hears(room.clips, "echo begin")
    assert asked.response is not None
    ref = f"{asked.response.id}/{room.ana.user.id}"
    await room.tell(room.clips, Out.of(words("working"), quiet=True), "work:1", reply_to=ref)
    await room.tell(room.clips, Out.of(words("the result")), "result:1", reply_to=ref)
    result = await room.ana.hears(room.clips, "the result")
    working = await room.ana.hears(room.clips, "working")
    assert result.rings == [room.ana.user] and result.reply_to is asked.response
    assert working.rings == [] and working.flags == QUIET


async def test_a_result_of_a_plain_message_rings_as_a_reply_to_it(room: Room) -> None:
    asked = await room.ana.writes(room.clips, "@Clipdesk /echo begin")
    await room.ana.hears(room.clips, "echo begin")
    await room.tell(room.clips, Out.of(words("the result")), "result:1", reply_to=str(asked.id))
    result = await room.ana.hears(room.clips, "the result")
    assert result.rings == [room.ana.user] and "<@" not in result.content


async def test_news_of_a_post_call_whom_they_concern_and_nobody_else(room: Room) -> None:
    await room.vic.writes(room.clips, "@Clipdesk /echo begin")
    await room.vic.hears(room.clips, "echo begin")
    about = f"<@{room.vic.user.id}> is in the caption"
    out = Out((words(about),), calls=str(room.ana.user.id))
    await room.tell(room.clips, out, "target:1:published:1")
    said = await room.ana.hears(room.clips, "is in the caption")
    assert said.rings == [room.ana.user]


async def test_a_person_who_takes_no_messages_gets_them_when_they_come_back(room: Room) -> None:
    await room.ana.writes(room.ana.dm, "/echo hello")
    await room.ana.hears(room.ana.dm, "echo hello")
    room.ana.user.closed = True
    await room.tell(room.ana.dm, Out.of(words("the result")), "result:1")
    await room.dead(room.ana.dm)
    room.ana.user.closed = False
    await room.ana.writes(room.ana.dm, "/echo I am back")
    await room.ana.hears(room.ana.dm, "echo I am back")
    await room.ana.hears(room.ana.dm, "the result")
