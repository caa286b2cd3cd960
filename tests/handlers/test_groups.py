"""Where others read along, and who knocks at the door: groups, topics, strangers in numbers,
updates that come twice or in the wrong order, and one person on several networks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, text

import handlers
from core.chat.chat import Capabilities
from core.chat.message import ChatRef, In, InFile, MessageRef, Who
from core.chat.registry import discover
from core.db import outbox, people
from core.say import Say
from core.services import Services
from handlers._front_door import receive
from tests.conftest import HeldClock
from tests.handlers.conftest import Connect, MakeClip, member
from tests.handlers.talk import Talk

GROUP = ChatRef("telegram", "-100", "17")
CAN = Capabilities("telegram", 50_000_000, 20 << 20, 3, 4096, 3, 1, whispers=True)


class Group:
    """A topic of a group: what somebody does there, and what is said there."""

    def __init__(self, svc: Services) -> None:
        self.svc = svc
        self._n = 0

    async def does(
        self, who: Who, text: str = "", *files: InFile, key: str = "", **what: object
    ) -> Say | None:
        self._n += 1
        inn = In(
            key or f"group:{self._n}",
            GROUP,
            who,
            text,
            files,
            said=MessageRef(GROUP, f"m{self._n}"),
            chat_title="The studio",
        )
        inn = replace(inn, **what)  # type: ignore[arg-type]
        return await receive(inn, self.svc, discover(handlers), CAN)

    async def hears(self) -> list[outbox.Parcel]:
        """Everything that waits, delivered."""
        found: list[outbox.Parcel] = []
        while True:
            async with self.svc.db.write() as tx:
                parcels = await outbox.take(tx, self.svc.clock.now())
                for p in parcels:
                    at = MessageRef(p.where, p.at.id if p.at else f"b{p.id}")
                    await outbox.delivered(tx, p.id, p.version, at, self.svc.clock.now())
            if not parcels:
                return found
            found += parcels


ANA = Who("telegram", "7", "Ana", "en")
VI = Who("telegram", "8", "Vi", "en")
EVE = Who("telegram", "99", "Eve", "en")
VIDEO = InFile("talk.mp4", 1000, None, "telegram:abc")


@pytest.fixture
async def group(svc: Services, chat: Talk) -> Group:
    """The owner and a viewer are in it; so is Eve, who is nobody here."""
    now = svc.clock.now()
    async with svc.db.write() as tx:
        home = await people.first_workspace(tx)
        assert home is not None
        for who, role in ((ANA, "owner"), (VI, "viewer")):
            code = await people.make_invite(
                tx, svc.vault, home, role, by=None, now=now, life=timedelta(days=1)
            )
            await people.use_invite(tx, svc.vault, code, who, now)
    return Group(svc)


# ── groups ──────────────────────────────────────────────────────────────────────────────────────


async def test_answers_stay_in_the_topic_and_reply_to_who_asked(group: Group) -> None:
    await group.does(ANA, "/queue")
    (said,) = await group.hears()
    assert said.where == GROUP
    assert said.reply_to == MessageRef(GROUP, "m1")


async def test_only_what_is_meant_for_us_is_read(group: Group, svc: Services) -> None:
    await group.does(ANA, "look at this one", VIDEO)
    await group.does(ANA, "https://host.test/talk.mp4")
    await group.does(ANA, "lunch?")
    assert await group.hears() == []
    await group.does(ANA, "", VIDEO, addressed=True)
    await group.does(ANA, "/clip 3 under 40s", VIDEO)
    await group.does(ANA, "https://host.test/talk.mp4", addressed=True)
    said = await group.hears()
    assert [p.out.text[0].key.split("_")[0] for p in said] == ["arrival.fetching"] * 3


async def test_a_question_in_a_group_is_answered_by_a_reply_of_who_was_asked(
    group: Group, make_clip: MakeClip, chat: Talk, connect: Connect, practice: None
) -> None:
    clip = await make_clip(chat)
    await connect()
    await group.does(ANA, "/timezone Berlin")
    await group.hears()
    await group.does(ANA, act=f"clip.schedule:{clip.id:x}")
    (asked,) = await group.hears()
    assert asked.out.text[-1].key == "door.reply_here"
    assert asked.out.text[-1].facts["name"] == "Ana"
    await group.does(ANA, "friday 18:00 is when we eat")
    await group.does(VI, "friday 18:00", addressed=True)
    said = await group.hears()
    assert [p.out.text[0].key for p in said] == ["door.no_words"]
    await group.does(ANA, "friday 18:00", addressed=True)
    (planned,) = await group.hears()
    assert planned.out.text[0].key.startswith("schedule.")


async def test_the_button_of_somebody_else_is_refused_to_the_presser_alone(
    group: Group, make_clip: MakeClip, chat: Talk
) -> None:
    clip = await make_clip(chat)
    whisper = await group.does(VI, act=f"clip.discard:{clip.id:x}")
    assert whisper and whisper.key == "role.too_low"
    for packed in ("nothing.such:1", "clip.discard:zz", "", "x" * 90, "clip.discard:ffff"):
        whisper = await group.does(VI, act=packed)
        assert whisper is not None, packed
    whisper = await group.does(EVE, act=f"clip.discard:{clip.id:x}")
    assert whisper and whisper.key == "door.stranger"
    assert await group.hears() == []
    assert await group.does(ANA, act=f"clip.discard:{clip.id:x}") is None
    assert len(await group.hears()) == 1


async def test_a_group_hears_once_that_this_is_private(group: Group) -> None:
    for n in range(5):
        await group.does(Who("telegram", f"s{n}", "Eve"), "/queue")
    assert len(await group.hears()) == 1


# ── strangers in numbers ────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def _statements(svc: Services) -> AsyncIterator[list[str]]:
    """What the database is asked meanwhile."""
    seen: list[str] = []

    def note(_1: object, _2: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(svc.db.engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(svc.db.engine.sync_engine, "before_cursor_execute", note)


async def test_a_flood_of_one_stranger_costs_one_answer_and_hardly_any_work(
    group: Group, svc: Services
) -> None:
    async with _statements(svc) as asked:
        await asyncio.gather(
            *(
                group.does(EVE, f"hello {n}", chat_title="", where=ChatRef("telegram", "99"))
                for n in range(500)
            )
        )
    assert len(asked) < 60, len(asked)
    assert len(await group.hears()) == 1


async def test_a_flood_of_many_strangers_is_written_down_up_to_a_bound(
    group: Group, svc: Services, clock: HeldClock
) -> None:
    async def knocks(n: int) -> None:
        where = ChatRef("telegram", f"s{n}")
        await group.does(Who("telegram", f"s{n}", "Eve"), "/start", where=where, chat_title="")

    for n in range(200):
        await knocks(n)
    assert len(await group.hears()) == 40
    async with svc.db.read() as tx:
        assert await tx.scalar(text("select count(*) from seen")) < 100
    clock.forward(seconds=20)
    await knocks(1000)
    assert len(await group.hears()) == 1


async def test_codes_that_are_used_up_cost_nothing_more(group: Group, svc: Services) -> None:
    async def tries(n: int) -> None:
        await group.does(EVE, f"AAAA-BB{n % 8 + 2}B", chat_title="", where=ChatRef("telegram", "9"))

    for n in range(11):
        await tries(n)
    async with _statements(svc) as asked:
        for n in range(100):
            await tries(n)
    assert asked == []
    assert len(await group.hears()) == 10


# ── updates twice, and in the wrong order ───────────────────────────────────────────────────────


async def test_an_update_that_comes_many_times_at_once_is_done_once(
    group: Group, svc: Services
) -> None:
    await asyncio.gather(*(group.does(ANA, "/invite editor", key="same") for _ in range(20)))
    assert len(await group.hears()) == 1
    async with svc.db.read() as tx:
        assert await tx.scalar(text("select count(*) from invite where made_by is not null")) == 1


async def test_an_answer_that_overtakes_its_question_is_no_answer(
    group: Group, make_clip: MakeClip, chat: Talk, svc: Services
) -> None:
    clip = await make_clip(chat)
    await group.does(ANA, "A new caption", addressed=True)
    await group.does(ANA, act=f"clip.caption:{clip.id:x}")
    said = await group.hears()
    assert [p.out.text[0].key for p in said] == ["door.no_words", "caption.ask"]
    await group.does(ANA, "A new caption", addressed=True)
    said = await group.hears()
    assert said[0].out.text[0].key == "caption.kept"


async def test_a_file_that_was_long_on_its_way_closes_no_question(
    group: Group, make_clip: MakeClip, chat: Talk, svc: Services
) -> None:
    clip = await make_clip(chat)
    await group.does(ANA, act=f"clip.caption:{clip.id:x}")
    here = InFile("talk.mp4", 1000, None, f"in/{'cd' * 32}")
    await group.does(ANA, "", here, addressed=True, slot="arrival:1")
    await group.hears()
    await group.does(ANA, "A new caption", addressed=True)
    said = await group.hears()
    assert said[0].out.text[0].key == "caption.kept"


async def test_a_press_that_comes_after_what_it_was_about_is_gone(
    group: Group, make_clip: MakeClip, chat: Talk
) -> None:
    clip = await make_clip(chat)
    packed = f"{clip.id:x}"
    await group.does(ANA, act=f"clip.discard:{packed}")
    await group.hears()
    whisper = await group.does(ANA, act=f"clip.schedule:{packed}")
    assert whisper is not None or await group.hears()


# ── one person on several networks ──────────────────────────────────────────────────────────────

_CODE = re.compile(r"[A-Z2-9]{4}-[A-Z2-9]{4}")


def _code(chat: Talk) -> str:
    found = _CODE.search(chat.last.text)
    assert found
    return found[0]


async def test_somebody_who_came_in_twice_becomes_one_with_a_code(
    chat: Talk, svc: Services
) -> None:
    bo = await member(svc, "viewer", "bo", zone="UTC")
    phone = Talk(svc, bo.who, bo.where, zone="UTC")
    await chat.write("/login")
    await phone.write(f"/start {_code(chat)}")
    assert phone.last.says("Welcome, Ana. You are in, as owner")
    async with svc.db.read() as tx:
        here = await people.find_member(tx, "web", "bo")
    assert here and here.name == "Ana"
    await phone.write("/invite editor")
    assert phone.last.says("lets one person in, as editor")


async def test_a_login_code_of_ones_own_and_one_that_is_spent_change_nothing(
    chat: Talk, svc: Services
) -> None:
    await chat.write("/login")
    code = _code(chat)
    await chat.write(code)
    assert chat.last.says("You are Ana here already")
    await chat.write(code)
    assert chat.last.says("was used already. Nothing was changed")


async def test_an_invitation_is_not_used_up_by_somebody_who_is_in(
    chat: Talk, svc: Services
) -> None:
    await chat.write("/invite editor")
    code = _code(chat)
    await chat.write(code)
    assert chat.last.says("You are in already, so the code was not used")
    bo = Talk(svc, Who("discord", "5", "Bo"), ChatRef("discord", "55"))
    await bo.write(code)
    assert bo.last.says("Welcome, Bo. You are in, as editor")


async def test_words_that_look_like_a_code_are_an_answer_when_one_is_awaited(
    chat: Talk, make_clip: MakeClip
) -> None:
    await make_clip(chat)
    await chat.press("Caption")
    await chat.write("ABCD-EFGH")
    assert chat.last.says("now says")


async def test_an_invitation_shows_every_door_there_is(chat: Talk, svc: Services) -> None:
    svc.doors["telegram"] = "https://t.me/ourbot?start={code}"
    await chat.write("/invite editor")
    code = _code(chat)
    assert chat.last.says(f"https://t.me/ourbot?start={code}")
    bo = Talk(svc, Who("telegram", "5", "Bo"), ChatRef("telegram", "5"))
    await bo.write(f"/start {code}")
    assert bo.last.says("Welcome, Bo")


async def test_the_language_of_the_client_is_kept_for_strangers_too(svc: Services) -> None:
    await member(svc, "owner", "ana", zone=None)
    eve = Talk(svc, Who("telegram", "9", "Eva", "de-AT"), ChatRef("telegram", "9"))
    await eve.write("hallo")
    async with svc.db.read() as tx:
        assert await tx.scalar(text("select language from chat where chat = '9'")) == "de-AT"
