"""Faces fall for themselves alone, and what people send on them arrives: checked before a byte is
fetched, brought once, handled once, whatever is killed or cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import text

import handlers
from bot.app import talking
from core.chat.message import ChatRef, InFile, MessageRef, Out, Who
from core.chat.registry import Ask, Entry, Registry, discover
from core.db import arrivals, chats, people
from core.errors import BadSetting, Later, Told
from core.say import say
from core.services import Services
from tests.bot.toy_face import ANA, HERE, ToyFace
from tests.conftest import HeldClock

VIDEO = InFile("talk.mp4", 40_000, "video/mp4", "telegram:abc")
Start = Callable[[], AbstractAsyncContextManager[int]]


@pytest.fixture
def clock() -> HeldClock:
    """Leases and waits are short here, and real."""
    from core.clock import SystemClock

    return SystemClock()  # type: ignore[return-value]


@pytest.fixture
def handled() -> list[Ask]:
    return []


@pytest.fixture
def registry(handled: list[Ask]) -> Registry:
    """A video is noted; Cancel is the real one."""

    async def video(ask: Ask, _: Services) -> Out:
        """Note it."""
        handled.append(ask)
        return Out.of(say("clip.begins"))

    async def echo(ask: Ask, _: Services) -> Out:
        """Say it back."""
        return Out.of(say("caption.now", caption=ask.text))

    made = Registry()
    made.video = Entry("video", video, "editor", files=("video",))
    made.commands["clip"] = Entry("clip", video, "editor", files=("video", "subtitles"))
    made.commands["echo"] = Entry("echo", echo, "viewer")
    made.acts["arrival.cancel"] = discover(handlers).acts["arrival.cancel"]
    return made


@pytest.fixture
async def face(svc: Services) -> ToyFace:
    """A network with Ana on it, who is an editor."""
    now = svc.clock.now()
    async with svc.db.write() as tx:
        home = await people.make_workspace(tx, "Home", now)
        for who, role in ((ANA, "editor"), (Who("telegram", "8", "Vi"), "viewer")):
            code = await people.make_invite(
                tx, svc.vault, home, role, by=None, now=now, life=timedelta(days=1)
            )
            assert await people.use_invite(tx, svc.vault, code, who, now)
    made = ToyFace()
    made.content["telegram:abc"] = b"v" * 40_000
    return made


@pytest.fixture
def start(svc: Services, registry: Registry, face: ToyFace) -> Start:
    @asynccontextmanager
    async def started() -> AsyncIterator[int]:
        face.receive = None
        async with talking(svc, registry, [face.adapter()]) as port:
            yield port

    return started


async def _states(svc: Services) -> list[str]:
    async with svc.db.read() as tx:
        return list((await tx.execute(text("select state from arrival order by id"))).scalars())


# ── arrivals ────────────────────────────────────────────────────────────────────────────────────


async def test_a_video_is_announced_brought_and_handled(
    svc: Services, start: Start, face: ToyFace, handled: list[Ask]
) -> None:
    face.gate.clear()
    async with start():
        await face.hears("3 under 40s", VIDEO)
        await face.until(lambda: face.said("arrival.fetching_size"))
        face.gate.set()
        await face.until(lambda: bool(handled))
        await face.until(lambda: face.said("clip.begins"))
    (ask,) = handled
    assert ask.text == "3 under 40s"
    assert ask.said == MessageRef(HERE, "m1")
    (file,) = ask.files
    assert (file.name, file.size_b) == ("talk.mp4", 40_000)
    stored = svc.store.local_path(file.handle)
    assert stored and stored.read_bytes() == b"v" * 40_000
    assert face.states[0].text[0].key == "arrival.fetching_size"
    assert face.states[0].quiet and face.states[0].buttons
    # The message that said "fetching" is the one that answers: nobody is left with its Cancel.
    assert [s.key for out in face.shown.values() for s in out.text] == ["clip.begins"]
    assert await _states(svc) == ["done"]
    assert list((svc.settings.data_dir / "arriving").iterdir()) == []


async def test_a_stranger_and_a_viewer_cost_no_download(
    svc: Services, start: Start, face: ToyFace
) -> None:
    async with start():
        await face.hears("", VIDEO, who=Who("telegram", "99", "Eve"))
        await face.until(lambda: face.said("door.stranger"))
        await face.hears("", VIDEO, who=Who("telegram", "8", "Vi"))
        await face.until(lambda: face.said("role.too_low"))
        await asyncio.sleep(0.1)
    assert face.brought == [] and await _states(svc) == []


async def test_what_is_too_large_is_told_with_the_way_out_before_anything_is_fetched(
    svc: Services, start: Start, face: ToyFace
) -> None:
    async with start():
        await face.hears("", InFile("film.mp4", 2 << 20, None, "telegram:abc"))
        await face.until(lambda: face.said("arrival.too_large_telegram"))
    facts = next(iter(face.shown.values())).text[0].facts
    assert facts["address"] == svc.settings.address
    assert face.brought == []


async def test_the_same_update_twice_is_brought_and_handled_once(
    start: Start, face: ToyFace, handled: list[Ask]
) -> None:
    async with start():
        await asyncio.gather(*(face.hears("", VIDEO, key="same") for _ in range(5)))
        await face.until(lambda: bool(handled))
        await face.hears("", VIDEO, key="same")
        await asyncio.sleep(0.2)
    assert len(handled) == 1 and face.brought == ["telegram:abc"]


async def test_a_broken_line_is_tried_again(
    start: Start, face: ToyFace, handled: list[Ask]
) -> None:
    face.faults = [ConnectionResetError, lambda: Later(0.1)]
    async with start():
        await face.hears("", VIDEO)
        await face.until(lambda: bool(handled))
    assert len(face.brought) == 3


async def test_what_will_never_come_is_told_in_a_message_that_rings(
    svc: Services, start: Start, face: ToyFace
) -> None:
    face.faults = [lambda: Told("media.empty")]
    async with start():
        await face.hears("", VIDEO)
        await face.until(lambda: face.said("media.empty"))
        await face.until(lambda: face.said("arrival.not_fetched"))
    told = next(out for out in face.shown.values() if out.text[0].key == "media.empty")
    assert not told.quiet
    assert await _states(svc) == ["failed"]


async def test_cancel_stops_it_and_nothing_is_kept(
    svc: Services, start: Start, face: ToyFace, handled: list[Ask]
) -> None:
    face.pause_s = 30
    async with start():
        await face.hears("", VIDEO)
        await face.until(lambda: bool(face.brought))
        await face.until(lambda: bool(face.states))
        act = face.states[0].buttons[0][0].act
        assert act is not None
        await face.hears(act=act.pack())
        await face.until(lambda: face.said("arrival.stopped"))
        folder = svc.settings.data_dir / "arriving"
        await face.until(lambda: not list(folder.iterdir()), "the half file is still there")
        assert await face.hears(act=act.pack()) is None
        await face.until(lambda: face.said("clip.not_working"))
    assert handled == [] and await _states(svc) == ["cancelled"]


async def test_somebody_elses_cancel_in_another_chat_does_nothing(
    svc: Services, start: Start, face: ToyFace, handled: list[Ask]
) -> None:
    face.pause_s = 1.5
    async with start():
        await face.hears("", VIDEO)
        async with svc.db.write() as tx:
            other = await chats.open_chat(tx, 1, ChatRef("telegram", "other"), svc.clock.now())
            await tx.execute(text(f"update arrival set chat_id = {other.id}"))
        await face.hears(act="arrival.cancel:1")
        await face.until(lambda: face.said("clip.video_gone"))


async def test_a_bot_that_was_killed_goes_on_after_the_restart(
    svc: Services, start: Start, face: ToyFace, handled: list[Ask]
) -> None:
    face.pause_s = 30
    face.content["telegram:two"] = b"w" * 1000
    two = InFile("two.mp4", 1000, None, "telegram:two")
    async with start():
        await face.hears("", InFile("one.mp4", 40_000, None, "telegram:abc"), two)
        await face.until(lambda: bool(face.brought))
    face.pause_s = 0
    async with start():
        await face.until(lambda: bool(handled))
    assert [f.name for f in handled[0].files] == ["one.mp4", "two.mp4"]
    assert face.brought == ["telegram:abc", "telegram:abc", "telegram:two"]


async def test_killed_between_handing_in_and_writing_it_down_it_is_handled_once(
    svc: Services, start: Start, face: ToyFace, handled: list[Ask]
) -> None:
    async with start():
        await face.hears("", VIDEO)
        await face.until(lambda: bool(handled))
        await asyncio.sleep(0.1)
    async with svc.db.write() as tx:
        await tx.execute(text("update arrival set state = 'here'"))
    async with start():
        for _ in range(100):
            if await _states(svc) == ["done"]:
                break
            await asyncio.sleep(0.05)
    assert len(handled) == 1 and await _states(svc) == ["done"]


async def test_a_file_that_lies_on_this_machine_already_is_taken_over(
    svc: Services, start: Start, face: ToyFace, handled: list[Ask], tmp_path: Path
) -> None:
    there = tmp_path / "server" / "file_0.mp4"
    there.parent.mkdir()
    there.write_bytes(b"big")
    face.lies_at["telegram:abc"] = there
    async with start():
        await face.hears("", InFile("big.mp4", 3, None, "telegram:abc"))
        await face.until(lambda: bool(handled))
    stored = svc.store.local_path(handled[0].files[0].handle)
    assert stored and stored.read_bytes() == b"big"
    assert not there.exists()


async def test_a_member_cannot_have_any_number_under_way(
    svc: Services, start: Start, face: ToyFace
) -> None:
    face.pause_s = 30
    async with start():
        for _ in range(21):
            await face.hears("", VIDEO)
        await face.until(lambda: face.said("arrival.too_many"))
        assert len(await _states(svc)) == 20
        assert len(face.brought) <= 6


async def test_a_link_waits_for_the_worker_and_its_words_are_the_wish(
    svc: Services, start: Start, face: ToyFace, handled: list[Ask]
) -> None:
    async with start():
        await face.hears("https://host.test/talk%20one.mp4?x=1, 3 under 40s")
        await face.hears("/clip about pricing https://host.test/two.mp4")
        await face.until(lambda: face.said("arrival.fetching"))
        async with svc.db.read() as tx:
            found = [await arrivals.find(tx, n) for n in (1, 2)]
            kinds = list((await tx.execute(text("select kind from job"))).scalars())
        assert kinds == ["fetch", "fetch"] and face.brought == []
        one, two = (a.inn for a in found if a is not None)
        assert one.files == (
            InFile("talk one.mp4", None, None, "link:https://host.test/talk%20one.mp4?x=1"),
        )
        assert (one.text, two.text) == ("3 under 40s", "/clip about pricing")
        await face.hears(" ".join(f"https://host.test/{n}" for n in range(6)))
        await face.until(lambda: face.said("link.too_many"))


async def test_an_address_in_the_words_of_a_command_that_takes_no_files_is_words(
    svc: Services, start: Start, face: ToyFace
) -> None:
    async with start():
        await face.hears("/echo see https://host.test/a.mp4")
        await face.until(lambda: face.said("caption.now"))
    (out,) = face.shown.values()
    assert out.text[0].facts["caption"] == "see https://host.test/a.mp4"
    assert await _states(svc) == []


# ── faces ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_face_that_falls_is_begun_again(start: Start, face: ToyFace) -> None:
    face.falls = [lambda: ConnectionError("no network"), lambda: RuntimeError("a bug of ours")]
    async with start():
        await face.until(lambda: face.runs == 3)
        await face.hears("/echo still there")
        await face.until(lambda: face.said("caption.now"))


async def test_a_face_nobody_lets_in_is_one_line_and_the_page_goes_on(
    svc: Services, start: Start, face: ToyFace, capsys: pytest.CaptureFixture[str]
) -> None:
    face.falls = [lambda: BadSetting("setting.redis_url")]
    async with start() as port, aiohttp.ClientSession() as http:
        await face.until(lambda: face.runs == 1)
        async with http.get(f"http://127.0.0.1:{port}/healthz") as answer:
            assert answer.status == 200
        await asyncio.sleep(0.1)
    lines = [n for n in capsys.readouterr().out.splitlines() if n.startswith("clipdesk: ")]
    assert len(lines) == 1 and face.runs == 1


async def test_a_face_may_be_called_by_its_network(start: Start, face: ToyFace) -> None:
    async with (
        start() as port,
        aiohttp.ClientSession() as http,
        http.post(f"http://127.0.0.1:{port}/hook/telegram") as answer,
    ):
        assert await answer.text() == "heard"
