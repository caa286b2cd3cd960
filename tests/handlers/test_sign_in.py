"""Codes for other browsers and chats, the browsers one is signed in with, and who did what."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from pathlib import Path

from core.chat.message import ChatRef, Who
from core.db import people
from core.services import Services
from tests.conftest import HeldClock
from tests.handlers.conftest import Connect, MakeClip, member
from tests.handlers.talk import Talk

ROOT = Path(__file__).parents[2]


async def test_a_code_makes_another_network_the_same_person(chat: Talk, svc: Services) -> None:
    await chat.write("/login")
    code = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}", chat.messages[-1].text)
    assert code and chat.last.says("signs you in once")
    elsewhere = Talk(svc, Who("discord", "77", "ana on discord"), ChatRef("discord", "5"))
    await elsewhere.write(code[0])
    assert elsewhere.last.says("Ana")
    async with svc.db.read() as tx:
        here = await people.find_member(tx, "web", "ana")
        there = await people.find_member(tx, "discord", "77")
    assert here and there and here.id == there.id
    thief = Talk(svc, Who("telegram", "9", "eve"), ChatRef("telegram", "9"))
    await thief.write(code[0])
    assert thief.last.says("code") and not thief.last.says("Ana")


async def test_a_code_is_not_shown_to_a_group(chat: Talk, svc: Services) -> None:
    group = Talk(svc, chat.who, ChatRef("web", "group"), title="The team")
    await group.write("/login")
    assert group.last.says("Others would read the code")


async def test_a_browser_is_signed_out_by_its_owner_only(
    chat: Talk, svc: Services, clock: HeldClock
) -> None:
    eve = await member(svc, "viewer", "eve", zone="UTC")
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    async with svc.db.write() as tx:
        ana = await people.find_member(tx, "web", "ana")
        assert ana
        token = await people.open_session(
            tx, svc.vault, ana.id, agent, clock.now(), timedelta(days=1)
        )
    await chat.write("/sessions")
    assert chat.last.says("Firefox on Linux")
    await eve.press_act("session.end:1")
    assert eve.last.says("signed out already")
    await chat.press("Sign out 1")
    assert chat.last.says("Signed out: Firefox on Linux")
    async with svc.db.read() as tx:
        assert await people.session_member(tx, svc.vault, token, clock.now()) is None


async def test_the_record_is_in_words_and_for_owners(
    chat: Talk, svc: Services, make_clip: MakeClip, connect: Connect, practice: None
) -> None:
    await make_clip(chat)
    await connect()
    await chat.write("/schedule 1 tomorrow 9am")
    assert chat.last.says("09:00 (Europe/Berlin)")
    await chat.write("/audit")
    assert chat.last.says("Ana: planned post 1")
    eve = await member(svc, "viewer", "eve", zone="UTC")
    await eve.write("/audit")
    assert eve.last.says("owner")


def test_everything_that_is_recorded_has_a_sentence(svc: Services) -> None:
    kinds = set()
    for path in ROOT.glob("*/**/*.py"):
        if path.parts[len(ROOT.parts)] not in ("bot", "handlers", "core", "workers"):
            continue
        for call in ast.walk(ast.parse(path.read_text())):
            name = getattr(
                getattr(call, "func", None), "attr", getattr(getattr(call, "func", None), "id", "")
            )
            if isinstance(call, ast.Call) and name in ("record", "_note", "_record", "_switch"):
                strings = [a.value for a in call.args if isinstance(a, ast.Constant)]
                kinds |= {s for s in strings if isinstance(s, str) and re.fullmatch(r"\w+\.\w+", s)}
    assert len(kinds) > 15
    known = svc.catalog.sentences("en")
    assert not {k for k in kinds if f"audit.{k.replace('.', '_')}" not in known}


async def test_a_clip_is_planned_by_its_number(
    chat: Talk, make_clip: MakeClip, connect: Connect, practice: None
) -> None:
    await make_clip(chat)
    await connect()
    await chat.write("/schedule 7 friday 18:00")
    assert chat.last.says("no finished clip 7")
    await chat.write("/schedule 1")
    assert chat.last.says("go out?")
    await chat.write("friday 18:00")
    assert chat.last.says("18:00 (Europe/Berlin)")
    await chat.write("/schedule 1 friday 19:00")
    assert chat.last.says("planned already")
