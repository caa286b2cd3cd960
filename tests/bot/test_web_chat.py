"""The chat on the page: both sides, every tab, and nothing lost between two connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from bot.gateway_session import owner_code
from core.chat.message import ChatRef, MediaOut, MessageRef, Out
from core.db import chats, outbox, people, web_messages
from core.db.session import Database
from core.say import Link, When, say
from core.services import Services
from tests.bot.conftest import Site, StartSite, text_of
from tests.conftest import HeldClock

HERE = ChatRef("web", "1")


async def _say(svc: Services, words: str, key: str, **how: object) -> None:
    out = Out.of(say("web.connected", platform="news", username=words))
    async with svc.db.write() as tx:
        chat = await chats.find_chat(tx, HERE)
        assert chat is not None
        await outbox.say(tx, chat.id, out, key=key, now=svc.clock.now(), **how)  # type: ignore[arg-type]


async def test_a_command_is_answered_and_both_sides_are_shown(home: Site) -> None:
    async with home.tab() as tab:
        key = await tab.send("/echo hello")
        await tab.until(lambda f: f == {"t": "taken", "key": key})
        answer = await tab.hears("echo is connected: hello")
        mine = await tab.hears("/echo hello")
    assert (answer["from"], mine["from"]) == ("bot", "me")
    assert mine["id"] < answer["id"]
    assert mine["key"] == key
    assert answer["buttons"][0][0]["act"] == "test.press:7"


async def test_every_tab_sees_everything(home: Site) -> None:
    async with home.tab() as one, home.tab() as two:
        await one.send("/echo to both")
        assert (await one.hears("connected: to both"))["id"]
        assert (await two.hears("connected: to both"))["id"]
        assert (await two.hears("/echo to both"))["from"] == "me"


async def test_what_was_missed_is_replayed_with_changes_and_removals(
    home: Site, clock: HeldClock
) -> None:
    svc = home.svc
    async with home.tab() as tab:
        await _say(svc, "first state", "1", slot="cut:1")
        await _say(svc, "to be removed", "2")
        first = await tab.hears("first state")
        gone = await tab.hears("to be removed")
        cursor = tab.cursor
    clock.forward(seconds=5)
    async with svc.db.write() as tx:
        chat = await chats.find_chat(tx, HERE)
        assert chat is not None
        await web_messages.remove(tx, chat.id, gone["id"], clock.now())
    await _say(svc, "second state", "1", slot="cut:1")
    await _say(svc, "something new", "3")
    async with home.tab(cursor) as tab:
        again = await tab.hears("second state")
        await tab.hears("something new")
    assert again["id"] == first["id"]
    assert again["changed"] is not None
    assert tab.messages[gone["id"]]["removed"] is True
    assert "text" not in tab.messages[gone["id"]]
    assert not tab.frames[0]["reset"]


async def test_a_restart_forgets_nothing(start: StartSite) -> None:
    async with start() as site:
        await site.sign_in()
        async with site.tab() as tab:
            await tab.send("/echo before")
            message = await tab.hears("connected: before")
            cursor = tab.cursor
    async with start() as site:
        async with site.tab(cursor) as tab:
            assert tab.frames[0]["messages"] == []
            await tab.press(message, "test.press:7")
            await tab.hears("pressed is connected: (7,)")
        async with site.tab() as tab:
            await tab.hears("connected: before")
            assert tab.frames[0]["reset"]


async def test_what_is_sent_again_is_done_once(home: Site) -> None:
    async with home.tab() as tab:
        await tab.send("/echo once", key="the-same-key")
        await tab.hears("connected: once")
        await tab.send("/echo once", key="the-same-key")
        await tab.until(lambda f: f["t"] == "taken")
        await tab.send("/echo end")
        await tab.hears("connected: end")
    assert len([m for m in tab.messages.values() if "once" in text_of(m)]) == 2


async def test_a_button_that_is_not_there_cannot_be_pressed(home: Site) -> None:
    async with home.tab() as tab:
        await tab.send("/echo x")
        message = await tab.hears("connected: x")
        for act in ("test.press:8", "post.now:1", "no act", ""):
            key = await tab.press(message, act)
            refused = await tab.until(lambda f: f["t"] in ("taken", "refused"))
            assert (refused["t"], refused["key"]) == ("refused", key)
            assert "no longer there" in refused["text"]


async def test_nobody_reads_or_presses_in_the_chat_of_another(home: Site) -> None:
    svc = home.svc
    async with home.tab() as tab:
        await tab.send("/echo secret")
        theirs = await tab.hears("connected: secret")
    async with svc.db.write() as tx:
        invite = await people.make_invite(
            tx, svc.vault, 1, "viewer", by=1, now=svc.clock.now(), life=timedelta(hours=1)
        )
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        other = Site(http, home.url, svc)
        await http.post(home.url / "api/session", json={"code": invite})
        async with other.tab() as tab:
            assert tab.frames[0]["me"]["role"] == "viewer"
            assert tab.frames[0]["messages"] == []
            await tab.press(theirs, "test.press:7")
            assert (await tab.take())["t"] == "refused"


async def test_a_session_that_was_ended_elsewhere_can_do_nothing_more(home: Site) -> None:
    async with home.tab() as tab:
        async with home.svc.db.write() as tx:
            for s in await people.sessions(tx, 1, home.svc.clock.now()):
                await people.revoke_session(tx, s.id, home.svc.clock.now())
        await tab.send("/echo too late")
        assert await tab.take() == {"t": "bye", "why": "signed_out"}
        assert (await tab.socket.receive()).type is aiohttp.WSMsgType.CLOSE
    async with home.svc.db.read() as tx:
        assert await web_messages.page(tx, 1, 10) == ()


async def test_a_flood_is_slowed_down_in_words(home: Site) -> None:
    async with home.tab() as tab:
        for n in range(120):  # of nothing, which costs least: a flood on a busy machine too
            await tab.send(" ", key=f"flood-{n:04}")
        await tab.until(lambda f: f["t"] == "refused" and "a little fast" in f["text"])


async def test_nonsense_does_not_end_the_conversation(home: Site) -> None:
    async with home.tab() as tab:
        for raw in (
            "",
            "[]",
            "nope",
            '{"t": "send"}',
            '{"t": "press", "key": 5}',
            '{"t": "older"}',
        ):
            await tab.socket.send_str(raw)
        await tab.socket.send_json({"t": "send", "key": "long-text", "text": "x" * 5000})
        assert "longer than 4,000" in (await tab.take())["text"]
        await tab.send("   ")
        assert (await tab.take())["t"] == "refused"
        await tab.send("/echo fine")
        await tab.hears("connected: fine")


async def test_earlier_messages_are_brought_page_by_page(home: Site) -> None:
    async with home.svc.db.write() as tx:
        for n in range(130):
            body = {"key": "k", "text": f"line {n}", "files": []}
            await web_messages.put(tx, 1, f"in:1:{n}", body, home.svc.clock.now(), from_us=False)
    async with home.tab() as tab:
        assert tab.frames[0]["more"]
        assert len(tab.messages) == 60
        await tab.socket.send_json({"t": "older", "before": min(tab.messages)})
        assert (await tab.take())["more"]
        await tab.socket.send_json({"t": "older", "before": min(tab.messages)})
        assert not (await tab.take())["more"]
    assert len(tab.messages) == 130


async def test_whoever_missed_very_much_begins_with_the_last_page(home: Site) -> None:
    async with home.svc.db.write() as tx:
        for n in range(310):
            body = {"key": "k", "text": f"line {n}", "files": []}
            await web_messages.put(tx, 1, f"in:1:{n}", body, home.svc.clock.now(), from_us=False)
    async with home.tab(cursor=3) as tab:
        assert tab.frames[0]["reset"]
        assert len(tab.messages) == 60
    async with home.tab(cursor=999) as tab:  # a cursor of another database
        assert tab.frames[0]["reset"]


async def test_a_message_is_plain_json_with_fresh_links(home: Site) -> None:
    media = MediaOut("video", "clips/1.mp4", "a.mp4", 5, 1080, 1920, 31.0, "clips/1.jpg")
    at = home.svc.clock.now()
    out = Out(
        (
            say("web.connected", platform="<b>&amp;", username=Link("there", "https://x.example")),
            say("web.open", address=When(at)),
            say("web.connected_next", percent=41.6),
        ),
        media=media,
        alt=say("web.back_to_chat"),
        quiet=True,
    )
    async with home.svc.db.write() as tx:
        await outbox.say(tx, 1, out, key="m", now=at)
    async with home.tab() as tab:
        message = await tab.hears("<b>&amp; is connected")
    assert any(r["href"] == "https://x.example" for r in message["text"][0])
    assert any(r["when"] == at.isoformat() for r in message["text"][1])
    assert message["progress"] == 42
    assert message["alt"] == "Back to the chat"
    assert message["quiet"] is True
    assert message["media"]["url"].startswith("/media/clips/1.mp4?")
    assert "download=1" in message["media"]["download"]
    assert message["media"]["cover"].startswith("/media/clips/1.jpg?")


async def test_a_page_that_never_says_hello_is_let_go(
    home: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web_socket.HELLO_S", 0.05)
    async with home.http.ws_connect(home.url / "api/chat") as socket:
        assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE


async def test_a_stop_is_told_to_open_pages_and_waits_for_nobody(start: StartSite) -> None:
    loop = asyncio.get_running_loop()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000
            await asyncio.sleep(0.05)

    async with start() as site:
        await site.sign_in()
        listening = await site.http.ws_connect(site.url / "api/chat")
        await listening.send_json({"t": "hello"})
        await listening.receive_json()
        silent = await site.http.ws_connect(site.url / "api/chat", autoping=False)
        await silent.send_json({"t": "hello"})
        about = {"name": "a.mp4", "size": 10**9}
        async with site.http.post(site.url / "api/uploads", json=about) as answer:
            upload = await answer.json()
        url = (site.url / "api/uploads" / upload["id"]).with_query(offset=0)
        sending = asyncio.create_task(site.http.put(url, data=endless()))  # type: ignore[arg-type]
        hearing = asyncio.create_task(listening.receive())
        await asyncio.sleep(0.2)
        began = loop.time()
    assert loop.time() - began < 3
    message = await hearing
    assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1012)
    await asyncio.gather(sending, return_exceptions=True)


# ── the rows behind it, on both databases ───────────────────────────────────────────────────────


async def test_versions_grow_with_every_news_and_with_nothing_else(
    db: Database, clock: HeldClock
) -> None:
    now = clock.now()
    async with db.write() as tx:
        home = await people.make_workspace(tx, "Home", now)
        chat = await chats.open_chat(tx, home, HERE, now)
        one = await web_messages.put(tx, chat.id, "a", {"n": 1}, now, from_us=True)
        again = await web_messages.put(tx, chat.id, "a", {"n": 9}, now, from_us=True)
        two = await web_messages.put(tx, chat.id, "b", {"n": 2}, now, from_us=True)
        assert again == one
        assert (one.version, two.version) == (1, 2)
        assert await web_messages.change(tx, chat.id, one.id, {"n": 3}, now)
        assert not await web_messages.change(tx, chat.id, one.id, {"n": 3}, now)
        assert await web_messages.remove(tx, chat.id, two.id, now)
        assert not await web_messages.remove(tx, chat.id, two.id, now)
        assert not await web_messages.change(tx, chat.id, two.id, {"n": 4}, now)
        assert not await web_messages.change(tx, chat.id, 999, {"n": 4}, now)
        news = await web_messages.since(tx, chat.id, 2, 10)
        assert [(m.id, m.version, m.removed) for m in news] == [
            (one.id, 3, False),
            (two.id, 4, True),
        ]
        assert await web_messages.head(tx, chat.id) == 4


async def test_removing_tells_whether_there_was_something(home: Site) -> None:
    from bot.web_chat import WebChat
    from bot.web_rooms import Rooms

    chat = WebChat(home.svc, Rooms())
    at = await chat.say(HERE, Out.of(say("web.fault", code="x")), key="k", language="en")
    assert await chat.remove(at)
    assert not await chat.remove(at)
    assert not await chat.remove(MessageRef(HERE, "12345"))
    assert await owner_code(home.svc)
