"""Who comes in, what is understood, and what happens when something breaks."""

from __future__ import annotations

from structlog.testing import capture_logs

import handlers
from core.chat import acts
from core.chat.message import MAX_ACT_B, Act, ChatRef, In, MessageRef, Who
from core.chat.registry import Ask, Entry, Registry, discover
from core.db import chats, jobs, people
from core.errors import Told
from core.services import Services
from handlers._front_door import receive
from tests.handlers.conftest import MakeClip, member
from tests.handlers.talk import Talk

BIGGEST = 2**63 - 1


def test_every_act_has_a_handler_and_fits_into_a_button() -> None:
    registry = discover(handlers)
    assert set(acts.EVERY) == set(registry.acts)
    for name in acts.EVERY:
        packed = Act.of(name, BIGGEST, 999, 999).pack()
        assert len(packed.encode()) <= MAX_ACT_B
        assert Act.unpack(packed) == Act(name, (BIGGEST, 999, 999))


def test_every_command_explains_itself() -> None:
    for entry in discover(handlers).commands.values():
        assert 10 < len(entry.help) <= 100, f"/{entry.name}: {entry.help!r}"
        assert entry.help.rstrip("…").strip()[0].isupper()
        assert len(entry.name) <= 32


async def test_a_stranger_hears_once_that_this_is_private(chat: Talk, svc: Services) -> None:
    stranger = Talk(svc, Who("telegram", "99", "Eve"), ChatRef("telegram", "99"))
    await stranger.write("hello")
    assert stranger.last.says("This Clipdesk is private, so nothing was done")
    for text in ("hello?", "/queue", "/status"):
        assert await stranger.write(text) == []
    assert await stranger.press_act("clip.discard:1") == []


async def test_a_code_lets_somebody_in_once(chat: Talk, svc: Services) -> None:
    await chat.write("/invite editor")
    code = chat.last.text.split()[0]
    assert chat.last.says("lets one person in, as editor")
    bo = Talk(svc, Who("telegram", "7", "Bo"), ChatRef("telegram", "7"))
    await bo.write(f"/start {code.lower().replace('-', '')}")
    assert bo.last.says("Welcome, Bo. You are in, as editor.")
    await bo.write("/members")
    assert bo.last.says("Ana, owner\nBo, editor (you)")
    assert bo.last.labels == []
    eve = Talk(svc, Who("telegram", "8", "Eve"), ChatRef("telegram", "8"))
    await eve.write(code)
    assert eve.last.says("That code is unknown, too old, or was used already")


async def test_codes_cannot_be_tried_for_ever(chat: Talk, svc: Services) -> None:
    eve = Talk(svc, Who("telegram", "8", "Eve"), ChatRef("telegram", "8"))
    answers = [await eve.write("AAAA-BBBB") for _ in range(12)]
    assert [bool(a) for a in answers] == [True] * 10 + [False] * 2


async def test_a_role_that_does_not_reach_is_told(
    chat: Talk, svc: Services, make_clip: MakeClip
) -> None:
    await make_clip(chat)
    viewer = await member(svc, "viewer", "vi", zone="Europe/Berlin")
    await viewer.write("/queue")
    assert viewer.last.says("Nothing waits")
    for act in ("clip.schedule:1", "clip.discard:1", "post.now:1", "member.remove:1"):
        await viewer.press_act(act)
        assert viewer.last.says("you are viewer here, so nothing was done"), act
    await viewer.write("/invite owner")
    assert viewer.last.says("That takes the role owner")


async def test_a_removed_member_is_a_stranger_and_undo_brings_them_back(
    chat: Talk, svc: Services
) -> None:
    bo = await member(svc, "editor", "bo", zone=None)
    await bo.write("/status")
    await chat.write("/members")
    await chat.press("Remove Bo")
    assert await bo.write("/status") != []
    assert bo.last.says("private")
    assert await bo.write("/status") == []
    await chat.press("Undo")
    await bo.write("/status")
    assert bo.last.says("Nothing is being worked on")


async def test_things_of_another_workspace_do_not_exist(
    chat: Talk, svc: Services, make_clip: MakeClip
) -> None:
    await make_clip(chat)
    now = svc.clock.now()
    who = Who("web", "other", "Other")
    async with svc.db.write() as tx:
        from datetime import timedelta

        workspace = await people.make_workspace(tx, "Other", now)
        code = await people.make_invite(
            tx, svc.vault, workspace, "owner", by=None, now=now, life=timedelta(days=1)
        )
        await people.use_invite(tx, svc.vault, code, who, now)
    other = Talk(svc, who, ChatRef("web", "other"))
    for act in ("clip.discard:1", "clip.schedule:1", "source.clips:1", "cut.cancel:1"):
        await other.press_act(act)
        assert other.last.says("no longer here"), act
    await other.press_act("post.delete:1")
    assert other.last.says("There is no such post here")


NEVER_DRAWN = (
    *("nothing.such:1", "clip.discard", "clip.discard:zz", "clip.discard:ffffffffffffffffff"),
    *("", ":", "post.at:1:ff", "zone.is:ffff", "language.is:99", "target.set:1:9"),
    *("account.connect:ff", "post.undo", "post.move", "target.yes", "account.off"),
    *("member.remove", "x" * 200),
)


async def test_a_button_nobody_drew_is_answered_politely(chat: Talk) -> None:
    with capture_logs() as logs:
        for packed in NEVER_DRAWN:
            await chat.press_act(packed)
            strange = chat.last.says("too old for me to understand")
            assert strange or chat.last.says("There is no such post here"), packed
    assert not [entry for entry in logs if entry["event"] == "door.fault"]


async def test_a_button_of_something_that_is_gone_is_answered_politely(chat: Talk) -> None:
    with capture_logs() as logs:
        for name in acts.EVERY:
            assert await chat.press_act(Act.of(name, 4711, 0).pack()), name
    assert not [entry for entry in logs if entry["event"] == "door.fault"], logs


async def test_unknown_words_and_commands_are_answered_with_a_way_on(chat: Talk) -> None:
    await chat.write("hello there")
    assert chat.last.says("Send me a video to cut, or write /help")
    await chat.write("/queu")
    assert chat.last.says("Perhaps you meant /queue?")
    await chat.write("/xyzzyx")
    assert chat.last.says("I do not know /xyzzyx")
    await chat.write("/post")
    assert chat.last.says("/post number")
    await chat.write("/post abc")
    assert chat.last.says("/post number")
    await chat.write("/post 99")
    assert chat.last.says("There is no such post here, so nothing was done")
    await chat.write("/invite king")
    assert chat.last.says('"king" is none of the choices')


async def test_small_talk_in_a_group_is_none_of_our_business(chat: Talk, svc: Services) -> None:
    group = ChatRef("telegram", "-100")
    who = Who("telegram", "99", "Eve")
    stranger = Talk(svc, who, group, title="The studio")
    assert await stranger.write("lunch?") == []
    await stranger.write("/queue")
    assert stranger.last.says("private")
    ours = Talk(svc, chat.who, group, title="The studio")
    assert await ours.write("at one") == []
    assert len(await ours.write("/queue")) == 1


async def test_help_shows_what_the_role_may_do(chat: Talk, svc: Services) -> None:
    await chat.write("/help")
    assert chat.last.says("/clip [wish] Cut the video you send along")
    assert chat.last.says("/invite [role]")
    viewer = await member(svc, "viewer", "vi", zone=None)
    await viewer.write("/help")
    assert viewer.last.says("/queue")
    assert not viewer.last.says("/invite")


async def test_never_mind_closes_a_question(chat: Talk, make_clip: MakeClip) -> None:
    await make_clip(chat)
    await chat.press("Caption")
    await chat.write("never mind")
    assert chat.last.says("not waiting for an answer any more")
    await chat.write("some words")
    assert chat.last.says("I was not waiting for an answer")


async def test_a_bug_of_ours_is_logged_under_the_code_the_person_gets(
    chat: Talk, svc: Services
) -> None:
    async def breaks(ask: Ask, _: Services) -> None:
        raise RuntimeError("no such thing")

    registry = Registry()
    registry.commands["break"] = Entry("break", breaks, "viewer")
    inn = In("k1", chat.where, chat.who, "/break")
    with capture_logs() as logs:
        await receive(inn, svc, registry)
    (said,) = await chat.read()
    fault = next(entry for entry in logs if entry["event"] == "door.fault")
    assert said.says(f"under the code {fault['code']}")


async def test_a_handler_that_wrote_and_failed_to_answer_is_not_run_twice(
    chat: Talk, svc: Services
) -> None:
    runs = []

    async def tells(ask: Ask, _: Services) -> None:
        runs.append(ask.key)
        raise Told("queue.empty")

    registry = Registry()
    registry.commands["once"] = Entry("once", tells, "viewer")
    for _ in range(3):
        await receive(In("k2", chat.where, chat.who, "/once"), svc, registry)
    assert runs == ["k2"]


async def test_a_very_long_key_of_a_network_is_fine(chat: Talk, svc: Services) -> None:
    inn = In("k" * 500, chat.where, chat.who, "/status")
    assert len(await chat.again(inn)) == 1
    assert await chat.again(inn) == []


async def test_a_press_on_a_message_nobody_delivered_is_answered_anew(
    chat: Talk, svc: Services, make_clip: MakeClip
) -> None:
    await make_clip(chat)
    on = MessageRef(chat.where, "4711")
    inn = In("k3", chat.where, chat.who, act="clip.discard:1", on=on)
    (said,) = await chat.again(inn)
    assert said.says("On pricing is discarded")


async def test_what_the_network_tells_of_zone_and_language_is_kept(
    svc: Services,
) -> None:
    chat = await member(svc, "owner", "ana", zone="Asia/Kolkata")
    await chat.write("/timezone")
    assert chat.last.says("Your times are in Asia/Kolkata, where it is 17:30 now")
    chat.zone = "Europe/Atlantis"
    await chat.write("/status")
    async with svc.db.read() as tx:
        found = await chats.find_chat(tx, chat.where)
    assert found
    assert (found.zone, found.language) == ("Asia/Kolkata", "en")


async def test_status_says_how_things_stand(chat: Talk, svc: Services) -> None:
    await chat.write("/status")
    assert chat.last.says("Nothing is being worked on.\nNo post waits to go out.")
    assert chat.last.says("of disk space is free")
    await chat.write("/sample")
    svc.clock.forward(seconds=90)  # type: ignore[attr-defined]
    await chat.write("/status")
    assert chat.last.says("One piece of work waits in line")
    assert chat.last.says("nobody takes it")
    async with svc.db.write() as tx:
        (job,) = await jobs.open_jobs(tx)
        await jobs.claim(tx, job.id, "lease", svc.clock.now(), 45)
    await chat.write("/status")
    assert chat.last.says("Making a sample video, 0 %")
