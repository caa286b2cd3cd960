"""The bot on Telegram from an update to what is shown, through the real library and sockets."""

from __future__ import annotations

import asyncio
import io
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import structlog
from yarl import URL

from bot.app import talking
from bot.faces import ADAPTERS
from bot.gateway_session import owner_code
from core.chat.message import Act, Button, Out
from core.chat.registry import Ask, Entry, Registry
from core.db import chats, kept, outbox
from core.log import set_up_logs
from core.say import say
from core.services import Services
from tests.doubles.telegram import Person, Room, Shown, Telegram, flood

TELEGRAM = [adapter for adapter in ADAPTERS if adapter.network == "telegram"]


@dataclass
class Desk:
    """What was asked of the handlers."""

    asked: list[Ask] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def texts(self) -> list[str]:
        return [ask.text for ask in self.asked]


@pytest.fixture
def desk() -> Desk:
    found = Desk()
    found.gate.set()
    return found


@pytest.fixture
def registry(desk: Desk) -> Registry:
    def said(what: str) -> Out:
        buttons = ((Button(say("card.button_schedule"), Act.of("test.press", 7), style="main"),),)
        return Out.of(say("account.connected", platform=what, username="x"), buttons=buttons)

    async def echo(ask: Ask, svc: Services) -> Out:
        """Say it back."""
        desk.asked.append(ask)
        await desk.gate.wait()
        return said(ask.text)

    async def video(ask: Ask, svc: Services) -> Out:
        """Cut it."""
        desk.asked.append(ask)
        return said(f"{len(ask.files)} files, {ask.text!r}")

    made = Registry()
    made.commands["echo"] = Entry("echo", echo, "viewer")
    made.commands["clip"] = Entry("clip", video, "viewer", files=("video", "subtitles"))
    made.commands["start"] = Entry("start", echo, "viewer", listed=False)
    made.acts["test.press"] = Entry("test.press", echo, "viewer")
    made.video = Entry("video", video, "viewer", files=("video",))
    return made


@dataclass
class Talking:
    """The running bot, and what people see of it."""

    svc: Services
    tg: Telegram
    url: URL

    async def until(self, holds: Callable[[], object], within_s: float = 10) -> None:
        until = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < until, "\n\n".join(
                room.everything for room in self.tg.rooms.values()
            )
            # The clock of the test stands still otherwise, and pauses between edits never end.
            self.svc.clock.forward(seconds=0.02)  # type: ignore[attr-defined]
            await asyncio.sleep(0.02)

    async def hears(self, room: Room, words: str, within_s: float = 10) -> Shown:
        found: list[Shown] = []

        def look() -> bool:
            found[:] = [m for m in room.shown if words in m.text]
            return bool(found)

        await self.until(look, within_s)
        return found[-1]

    async def let_in(self, person: Person) -> Room:
        """As the owner, through the link with the code."""
        self.tg.write(person, f"/start {await owner_code(self.svc)}")
        room = self.tg.private(person)
        await self.hears(room, "Welcome")
        return room


Start = Callable[..., AbstractAsyncContextManager[Talking]]


@pytest.fixture
def start_bot(svc: Services, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Start:
    @asynccontextmanager
    async def started(tg: Telegram, **env: str) -> AsyncIterator[Talking]:
        given = {"TELEGRAM_TOKEN": tg.token, "TELEGRAM_API_ROOT": tg.root} | env
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        async with talking(svc, registry, TELEGRAM) as port:
            yield Talking(svc, tg, URL(f"http://127.0.0.1:{port}"))

    return started


@pytest.fixture
async def bot(tg: Telegram, start_bot: Start) -> AsyncIterator[Talking]:
    async with start_bot(tg) as running:
        yield running


@pytest.fixture
def ana(tg: Telegram) -> Person:
    return tg.person("Ana")


# ── talk ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_link_with_the_code_lets_the_owner_in_and_a_stranger_is_told_once(
    bot: Talking, tg: Telegram, ana: Person
) -> None:
    room = await bot.let_in(ana)
    assert bot.svc.doors["telegram"] == "https://t.me/clipdesk_bot?start={code}"
    tg.write(ana, "/echo hello <i>")
    shown = await bot.hears(room, "hello <i>")
    assert shown.labels == ["Schedule"]
    eve = tg.person("Eve")
    for n in range(30):
        tg.write(eve, f"/echo {n}")
    await bot.until(lambda: tg.pending == 0)
    tg.write(ana, "/echo still there")
    await bot.hears(room, "still there")
    assert len(tg.private(eve).shown) == 1 and "private" in tg.private(eve).shown[0].text


async def test_a_press_is_answered_at_once_and_handled_even_when_that_came_too_late(
    bot: Talking, tg: Telegram, ana: Person, desk: Desk
) -> None:
    room = await bot.let_in(ana)
    tg.write(ana, "/echo x")
    card = await bot.hears(room, "x is connected")
    desk.gate.clear()  # the work takes its time
    press = tg.press(ana, card, "Schedule")
    await bot.until(lambda: press in tg.answered)
    desk.gate.set()
    late = tg.press(ana, card, "Schedule")
    tg.forget_press(late)
    await bot.until(lambda: len(desk.asked) == 3)
    assert [a.ids for a in desk.asked[1:]] == [(7,), (7,)] and late not in tg.answered


@pytest.mark.parametrize(
    "data", ["post.undo:zz", "x" * 64, "test.press", "\u0000", "cut.cancel:-1"]
)
async def test_tampered_buttons_are_answered_politely(
    bot: Talking, tg: Telegram, ana: Person, data: str, desk: Desk
) -> None:
    room = await bot.let_in(ana)
    tg.write(ana, "/echo x")
    card = await bot.hears(room, "x is connected")
    before = len(room.shown)
    tg.press(ana, card, "Schedule", data=data)
    await bot.until(lambda: len(room.shown) > before or len(desk.asked) > 1)
    assert "fault" not in room.shown[-1].text.lower()


async def test_the_same_update_twice_and_updates_out_of_order_are_handled_once_and_in_order(
    bot: Talking, tg: Telegram, ana: Person, desk: Desk
) -> None:
    room = await bot.let_in(ana)
    tg.away = True
    for n in range(4):
        tg.write(ana, f"/echo {n}")
    tg.repeat(2)
    tg.shuffle()
    tg.away = False
    await bot.hears(room, "3 is connected", 20)
    await asyncio.sleep(0.3)
    assert desk.texts == ["0", "1", "2", "3"]


# ── files ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def videos(tmp_path: Path) -> list[Path]:
    made = []
    for n in range(4):
        made.append(tmp_path / f"{n}.mp4")
        made[-1].write_bytes(b"video %d" % n * 1000)
    return made


async def test_an_album_is_one_thing_and_a_late_sibling_joins_with_its_words(
    bot: Talking, tg: Telegram, ana: Person, desk: Desk, videos: list[Path]
) -> None:
    await bot.let_in(ana)
    *_, last = tg.album(ana, videos[:3], "2 under 30s")
    await bot.until(lambda: desk.asked)
    assert [len(a.files) for a in desk.asked] == [3]
    tg.send(ana, videos[3], group=last.group)
    await bot.until(lambda: len(desk.asked) == 2)
    assert [(len(a.files), a.text) for a in desk.asked] == [(3, "2 under 30s"), (1, "2 under 30s")]
    assert {f.handle.split("/")[0] for a in desk.asked for f in a.files} == {"in"}


@pytest.mark.parametrize(
    ("kind", "name", "mime", "heard"),
    [
        ("video", "", "video/mp4", "video.mp4"),
        ("video_note", "", "video/mp4", "video.mp4"),
        ("document", "talk.MKV", "application/x-matroska", "talk.MKV"),
        ("document", "talk", "video/quicktime", "talk"),
        ("document", "talk.srt", "application/x-subrip", "talk.srt"),
        ("document", "taxes.pdf", "application/pdf", None),
    ],
)
async def test_a_video_is_a_video_however_it_was_sent(
    bot: Talking,
    tg: Telegram,
    ana: Person,
    desk: Desk,
    videos: list[Path],
    kind: str,
    name: str,
    mime: str,
    heard: str | None,
) -> None:
    room = await bot.let_in(ana)
    shown = tg.send(ana, videos[0], "3 under 40s", kind=kind, name=name or "x", mime=mime)
    if not name:
        shown.media.pop("file_name", None)
        assert kind in ("video", "video_note")
    before = len(room.shown)
    await bot.until(lambda: desk.asked or len(room.shown) > before)
    if heard is None:
        assert tg.made("getFile") == []
    else:
        await bot.until(lambda: desk.asked)
        assert [f.name for f in desk.asked[0].files] in ([heard], ["x"])


async def test_a_video_that_is_too_large_is_answered_with_the_ways_out_before_it_is_fetched(
    bot: Talking, tg: Telegram, ana: Person, desk: Desk
) -> None:
    room = await bot.let_in(ana)
    tg.send(ana, 1_900_000_000, name="holiday.mp4")
    shown = await bot.hears(room, "holiday.mp4")
    assert "21 MB" in shown.text and "1.9 GB" in shown.text and "link" in shown.text
    assert tg.made("getFile") == [] and desk.asked == []


async def test_words_edited_after_they_were_answered_are_not_heard_twice(
    bot: Talking, tg: Telegram, ana: Person, desk: Desk, videos: list[Path]
) -> None:
    room = await bot.let_in(ana)
    said = tg.write(ana, "/echo one")
    await bot.hears(room, "one is connected")
    tg.edit(ana, said, "/echo two")
    clip = tg.send(ana, videos[0], "3 clips")
    await bot.until(lambda: len(desk.asked) == 2)
    tg.edit(ana, clip, "4 clips")
    tg.write(ana, "/echo end")
    await bot.hears(room, "end is connected")
    assert desk.texts == ["one", "3 clips", "end"]


# ── groups ──────────────────────────────────────────────────────────────────────────────────────


async def test_in_a_group_with_privacy_mode_a_reply_to_a_video_works_and_stays_in_its_topic(
    bot: Talking, tg: Telegram, ana: Person, desk: Desk, videos: list[Path]
) -> None:
    await bot.let_in(ana)
    bo = tg.person("Bo")
    group = tg.group("Team", forum=True)
    group.topics.add(9)
    clip = tg.send(bo, videos[0], "look", group, thread=9)
    tg.write(ana, "nice one", group, thread=9)
    asked = tg.write(ana, "/clip@clipdesk_bot 2 under 20s", group, reply_to=clip, thread=9)
    tg.write(ana, "/clip@other_bot 5", group, reply_to=clip, thread=9)
    shown = await bot.hears(group, "1 files")
    assert desk.texts == ["2 under 20s"] and len(desk.asked[0].files) == 1
    assert {m.thread for m in group.shown} == {9}
    assert asked.id in {m.reply_to for m in group.shown} and shown.thread == 9


async def test_a_command_in_a_caption_counts(
    bot: Talking, tg: Telegram, ana: Person, desk: Desk, videos: list[Path]
) -> None:
    await bot.let_in(ana)
    group = tg.group("Team")
    tg.send(ana, videos[0], "/clip 3 under 30s", group)
    await bot.hears(group, "1 files, '3 under 30s'")


async def test_being_added_says_hello_once_with_the_way_around_privacy_mode(
    bot: Talking, tg: Telegram, ana: Person
) -> None:
    await bot.let_in(ana)
    group = tg.group("Team")
    group.bot = "left"
    for status in ("member", "administrator", "member"):
        tg.set_bot(group, status, ana)
    await bot.hears(group, "/setprivacy")
    tg.set_bot(group, "left", ana)
    tg.set_bot(group, "member", ana)
    await bot.until(lambda: tg.pending == 0)
    await asyncio.sleep(0.3)
    assert len(group.shown) == 1 and group.shown[0].quiet
    foreign = tg.group("Strangers")
    foreign.bot = "left"
    tg.set_bot(foreign, "member", tg.person("Eve"))
    await bot.until(lambda: tg.pending == 0)
    await asyncio.sleep(0.3)
    assert foreign.shown == []


async def test_a_missing_right_is_told_where_it_can_be_read(
    bot: Talking, tg: Telegram, ana: Person
) -> None:
    room = await bot.let_in(ana)
    group = tg.group("Team")
    group.may_send_text = False
    tg.set_bot(group, "restricted", ana)
    told = await bot.hears(room, "may not write in Team")
    assert "Permissions" in told.text


async def test_a_blocked_bot_falls_silent_and_says_what_was_missed_when_it_is_let_in_again(
    bot: Talking, tg: Telegram, ana: Person
) -> None:
    room = await bot.let_in(ana)
    tg.set_bot(room, "kicked", ana)

    async def dead() -> bool:
        async with bot.svc.db.read() as tx:
            (chat,) = await chats.threads_of(tx, "telegram", str(ana.id))
        return chat.dead

    for _ in range(100):
        if await dead():
            break
        await asyncio.sleep(0.05)
    assert await dead()
    tg.set_bot(room, "member", ana)
    tg.write(ana, "/echo back")
    await bot.hears(room, "back is connected")
    assert not await dead()


async def test_a_group_that_moves_takes_its_conversation_along(
    bot: Talking, tg: Telegram, ana: Person
) -> None:
    await bot.let_in(ana)
    group = tg.group("Team", type="group")
    tg.write(ana, "/echo one", group)
    await bot.hears(group, "one is connected")
    new = tg.migrate(group, ana)
    await bot.until(lambda: tg.pending == 0)
    tg.write(ana, "/echo two", new)
    await bot.hears(new, "two is connected")
    async with bot.svc.db.read() as tx:
        (chat,) = await chats.threads_of(tx, "telegram", str(new.id))
    assert chat.title == "Team"


# ── commands ────────────────────────────────────────────────────────────────────────────────────


async def test_the_menu_comes_from_the_registry_and_is_told_only_when_it_changed(
    tg: Telegram, start_bot: Start, registry: Registry
) -> None:
    async with start_bot(tg) as bot:
        await bot.until(lambda: ("all_group_chats", "") in tg.commands)
        await bot.until(lambda: len(tg.commands) == 2 * len(_languages(bot.svc)))
        await _written_down(bot.svc)
    names = [c["command"] for c in tg.commands["all_private_chats", ""]]
    assert names == ["clip", "echo"]  # what is not listed is not in it
    told = len(tg.made("setMyCommands"))
    async with start_bot(tg) as bot:
        tg.write(tg.person("Eve"), "x")
        await bot.until(lambda: tg.pending == 0)
    assert len(tg.made("setMyCommands")) == told

    async def more(ask: Ask, svc: Services) -> None:
        """Something new."""

    registry.commands["more"] = Entry("more", more, "viewer")
    async with start_bot(tg) as bot:
        await bot.until(lambda: len(tg.made("setMyCommands")) == 2 * told)
    assert tg.commands["all_group_chats", ""][-1]["description"] == "Something new"


async def _written_down(svc: Services) -> None:
    for _ in range(200):
        async with svc.db.read() as tx:
            if await kept.read(tx, "telegram.commands:4242"):
                return
        await asyncio.sleep(0.02)
    raise AssertionError("nobody remembers what was told")


def _languages(svc: Services) -> set[str]:
    return {name.split("-")[0] for name in svc.catalog.languages}


# ── faults ──────────────────────────────────────────────────────────────────────────────────────


async def test_what_was_confirmed_and_not_handled_is_handled_by_the_next_process(
    tg: Telegram, start_bot: Start, ana: Person, desk: Desk
) -> None:
    async with start_bot(tg) as bot:
        room = await bot.let_in(ana)
        desk.gate.clear()
        tg.write(ana, "/echo one")
        tg.write(ana, "/echo two")
        await bot.until(lambda: desk.asked and tg.pending == 0)  # confirmed, and in the middle
    desk.asked.clear()
    desk.gate.set()
    async with start_bot(tg) as bot:
        await bot.hears(room, "two is connected")
        await asyncio.sleep(0.2)
    assert desk.texts == ["one", "two"]
    assert [m.text[:3] for m in room.shown if "connected" in m.text] == ["one", "two"]


async def test_an_outage_loses_no_message_to_or_from_anybody(
    bot: Talking, tg: Telegram, ana: Person
) -> None:
    room = await bot.let_in(ana)
    tg.away = True
    tg.write(ana, "/echo in")
    async with bot.svc.db.write() as tx:
        chat = (await chats.threads_of(tx, "telegram", str(ana.id)))[0]
        now = bot.svc.clock.now()
        for n in range(3):
            out = Out.of(say("account.connected", platform=f"out {n}", username="x"))
            await outbox.say(tx, chat.id, out, key=f"out{n}", now=now)
    await asyncio.sleep(3)
    tg.away = False
    for _ in range(200):  # the clock of the test stands still: let the put-off become due, and
        bot.svc.clock.forward(seconds=1)  # type: ignore[attr-defined]  # no lease run out
        if sum("out " in m.text for m in room.shown) == 3:
            break
        await asyncio.sleep(0.1)
    await bot.hears(room, "in is connected", 20)
    said = [m.text for m in room.shown]
    for n in range(3):
        assert sum(f"out {n}" in text for text in said) == 1


async def test_two_programs_with_one_token_are_one_line_and_go_on_when_one_ends(
    bot: Talking, tg: Telegram, ana: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    room = await bot.let_in(ana)
    async with aiohttp.ClientSession() as http:
        for _ in range(3):  # somebody else polls with the same token, and takes turns with us
            polls = len(tg.made("getUpdates"))
            await http.post(f"{tg.root}/bot{tg.token}/getUpdates", data={"timeout": 1})
            await bot.until(lambda polls=polls: len(tg.made("getUpdates")) >= polls + 2, 20)  # type: ignore[misc]
            tg.write(ana, "/echo x")  # ours succeeds in between
            await bot.until(lambda: tg.pending == 0, 20)
    await bot.hears(room, "x is connected", 20)
    assert capsys.readouterr().out.count("telegram.two_pollers") == 1


async def test_a_refused_token_is_one_line_and_the_web_page_goes_on(
    tg: Telegram, start_bot: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    async with start_bot(tg, TELEGRAM_TOKEN="4242:wrong") as bot:
        printed = ""
        for _ in range(100):
            printed += capsys.readouterr().out
            if "TELEGRAM_TOKEN" in printed:
                break
            await asyncio.sleep(0.05)
        async with aiohttp.ClientSession() as http, http.get(bot.url) as page:
            assert page.status == 200
    lines = [line for line in printed.splitlines() if line.startswith("clipdesk:")]
    assert len(lines) == 1 and "@BotFather" in lines[0] and "4242:wrong" not in printed


async def test_a_token_that_is_revoked_later_ends_the_face_with_one_line(
    bot: Talking, tg: Telegram, ana: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    await bot.let_in(ana)
    tg.revoked = True
    tg.push("message", {})  # ends the poll that is under way
    printed = ""
    for _ in range(100):
        printed += capsys.readouterr().out
        if "TELEGRAM_TOKEN" in printed:
            break
        await asyncio.sleep(0.05)
    assert printed.count("TELEGRAM_TOKEN") == 1


async def test_a_flood_wait_in_one_chat_stops_no_other(
    bot: Talking, tg: Telegram, ana: Person
) -> None:
    room = await bot.let_in(ana)
    group = tg.group("Team")
    tg.meet("sendMessage", flood(600), room=group)
    tg.write(ana, "/echo there", group)
    await bot.until(lambda: tg.made("sendMessage")[-1].params["chat_id"] == str(group.id))
    tg.write(ana, "/echo here")
    await bot.hears(room, "here is connected")
    assert group.shown == []


@pytest.mark.parametrize("form", ["json", "text"])
async def test_the_token_is_in_no_log_line(
    tg: Telegram,
    start_bot: Start,
    ana: Person,
    form: str,
    capsys: pytest.CaptureFixture[str],
    plain_logs: None,
) -> None:
    set_up_logs(form, process="bot")
    async with start_bot(tg) as bot:
        await bot.let_in(ana)
        tg.away = True
        tg.push("message", {})  # ends the poll that is under way
        await asyncio.sleep(1)
    logging.getLogger("telegram").error("The token `%s` was rejected by the server.", tg.token)
    written = capsys.readouterr().err
    assert "telegram.ready" in written and "was rejected" in written
    assert tg.token.split(":")[1] not in written


@pytest.fixture
def plain_logs() -> Iterator[None]:
    """Whatever a test does to the logs ends with it."""
    root = logging.getLogger()
    before, level, config = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.configure(**config)


# ── webhook ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_webhook_behind_our_gateway_takes_updates_and_nobody_elses(
    tg: Telegram, start_bot: Start, ana: Person, desk: Desk
) -> None:
    public = "https://clips.example.org"
    async with start_bot(tg, TELEGRAM_WEBHOOK=public) as bot:
        tg.proxies[public] = str(bot.url).rstrip("/")
        await bot.until(lambda: tg.webhook)
        assert tg.webhook["url"] == f"{public}/hook/telegram"
        room = await bot.let_in(ana)
        tg.write(ana, "/echo by hook")
        await bot.hears(room, "by hook is connected")
        assert tg.made("getUpdates") == []
        forged = {"update_id": 1, "message": {"text": "/echo forged"}}
        hook = bot.url / "hook/telegram"
        async with aiohttp.ClientSession() as http:
            for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "guess"}):
                async with http.post(hook, json=forged, headers=headers) as answer:
                    assert answer.status == 403
            ours = {"X-Telegram-Bot-Api-Secret-Token": tg.webhook["secret"]}
            async with http.post(hook, data=b"{no json", headers=ours) as answer:
                assert answer.status == 400
            try:
                async with http.post(
                    hook, data=io.BytesIO(b"[" * 2_000_000), headers=ours
                ) as answer:
                    assert answer.status in (400, 413)
            except aiohttp.ClientConnectionError:  # it hung up before it had read all of it
                pass
        assert desk.texts == ["by hook"]
    async with start_bot(tg, TELEGRAM_WEBHOOK="") as bot:
        tg.write(ana, "/echo by poll")
        await bot.hears(room, "by poll is connected")
        assert tg.webhook == {}
