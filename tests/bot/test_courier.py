"""The outbox reaches the chats: in order, paced, once, and one chat never waits for another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.courier import Courier, backoff_s
from bot.pace import Pace
from core.chat.chat import Capabilities, ChatGone, ChatMoved, Slower
from core.chat.message import ChatRef, InFile, MessageRef, Out, Who
from core.db import chat_places, chats, outbox, people
from core.errors import Unsure
from core.say import say
from core.services import Services
from tests.conftest import HeldClock

Fault = Callable[[], Exception]


class Network:
    """A chat network in memory: remembers what it showed, fails when told to."""

    def __init__(self, edit_gap_s: float = 3.0, sends_per_s: float = 1000.0) -> None:
        self.can = Capabilities("telegram", 1, 1, 3, 4096, edit_gap_s, sends_per_s)
        self.shown: dict[str, list[str]] = {}
        """Every state of every message, by its key."""
        self.order: list[tuple[str, str]] = []
        self.said: list[Out] = []
        self.faults: dict[str, list[Fault | str]] = {}
        """By chat: what the next calls meet. "lost" shows the message and loses the answer."""
        self.home: dict[str, str] = {}
        self.tried: list[str] = []
        self.at_once: dict[str, int] = {}
        self.replies: dict[str, str | None] = {}
        self.slow_s = 0.0

    async def _meet(self, chat: str) -> str | None:
        self.at_once[chat] = self.at_once.get(chat, 0) + 1
        assert self.at_once[chat] == 1, "two messages on the way in one chat"
        try:
            await asyncio.sleep(self.slow_s)
        finally:
            self.at_once[chat] -= 1
        waiting = self.faults.get(chat)
        fault = waiting.pop(0) if waiting else None
        if isinstance(fault, str) or fault is None:
            return fault
        raise fault()

    async def say(
        self,
        to: ChatRef,
        out: Out,
        *,
        key: str,
        language: str,
        reply_to: MessageRef | None = None,
    ) -> MessageRef:
        self.tried.append(key)
        fault = await self._meet(to.chat)
        if reply_to or key not in self.replies:
            self.replies[key] = reply_to.id if reply_to else None
        if self.home.get(key) != to.chat:  # the same key in the same chat is the same message
            self.home[key] = to.chat
            self.shown[key] = [out.text[0].key]
            self.order.append((to.chat, out.text[0].key))
            self.said.append(out)
        if fault == "lost":
            raise ConnectionResetError
        return MessageRef(to, key)

    async def change(self, at: MessageRef, out: Out, *, language: str) -> None:
        await self._meet(at.chat.chat)
        self.shown[at.id].append(out.text[0].key)

    async def remove(self, at: MessageRef) -> bool:
        return False

    async def bring(self, file: InFile, into: Path) -> Path:
        return into


class Post:
    """An outbox with two chats, and a courier that empties it."""

    def __init__(self, svc: Services, network: Network) -> None:
        self.svc = svc
        self.network = network
        self.courier = Courier(svc, {"telegram": network})
        self.chats: dict[str, int] = {}

    async def open(self, *names: str) -> None:
        now = self.svc.clock.now()
        async with self.svc.db.write() as tx:
            home = await people.first_workspace(tx) or await people.make_workspace(tx, "Home", now)
            for name in names:
                chat = await chats.open_chat(tx, home, ChatRef("telegram", name), now)
                self.chats[name] = chat.id

    async def open_owner(self, name: str) -> None:
        """A conversation between an owner and us."""
        now, who = self.svc.clock.now(), Who("telegram", name, name)
        async with self.svc.db.write() as tx:
            home = await people.first_workspace(tx)
            assert home is not None
            code = await people.make_invite(
                tx, self.svc.vault, home, "owner", by=None, now=now, life=timedelta(days=1)
            )
            owner = await people.use_invite(tx, self.svc.vault, code, who, now)
            assert owner
            where = ChatRef("telegram", name)
            chat = await chats.open_chat(tx, home, where, now, member_id=owner.id)
            self.chats[name] = chat.id

    async def put(self, chat: str, *words: str, **how: Any) -> None:
        async with self.svc.db.write() as tx:
            for word in words:
                key = how.get("key", f"{chat}:{word}")
                await outbox.say(
                    tx,
                    self.chats[chat],
                    Out.of(say(word)),
                    key=key,
                    now=self.svc.clock.now(),
                    slot=how.get("slot"),
                    urgent=how.get("urgent", False),
                    reply_to=how.get("reply_to"),
                )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.courier.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until(self, holds: Callable[[], bool], why: str = "") -> None:
        for _ in range(400):
            if holds():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"{why} {self.network.order} {self.network.shown}")

    async def until_put_off(self, tries: int) -> None:
        """Until the first message was tried so often and its next try is written down. Moving the
        clock before that would let the lease of a delivery under way run out."""
        first = text("select state, tries from outbox order by id limit 1")
        for _ in range(400):
            async with self.svc.db.read() as tx:
                if (await tx.execute(first)).one_or_none() == ("waiting", tries):
                    return
            await asyncio.sleep(0.01)
        raise AssertionError(f"not put off after {tries} tries: {self.network.tried}")

    async def states(self) -> list[str]:
        async with self.svc.db.read() as tx:
            rows = await tx.execute(text("select state from outbox order by id"))
            return list(rows.scalars())

    def seen_in(self, chat: str) -> list[str]:
        return [word for where, word in self.network.order if where == chat]


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
async def post(svc: Services, network: Network) -> Post:
    made = Post(svc, network)
    await made.open("ann", "bob")
    return made


async def test_each_chat_gets_its_messages_in_order(post: Post) -> None:
    words = [f"w{n}" for n in range(8)]
    await post.put("ann", *words)
    await post.put("bob", *words)
    async with post.running():
        await post.until(lambda: len(post.network.order) == 16)
    assert post.seen_in("ann") == post.seen_in("bob") == words


async def test_what_is_written_while_it_runs_goes_out_at_once(post: Post) -> None:
    async with post.running():
        await asyncio.sleep(0.1)
        began = asyncio.get_running_loop().time()
        await post.put("ann", "hello")
        await post.until(lambda: bool(post.network.order))
        assert asyncio.get_running_loop().time() - began < 0.5, "only the slow look found it"


async def test_an_answer_overtakes_what_can_wait(post: Post) -> None:
    await post.put("ann", "news1", "news2")
    await post.put("ann", "answer", urgent=True)
    async with post.running():
        await post.until(lambda: len(post.network.order) == 3)
    assert post.seen_in("ann") == ["answer", "news1", "news2"]


async def test_a_chat_that_has_to_wait_holds_up_nobody_else(
    post: Post, network: Network, clock: HeldClock
) -> None:
    network.faults["ann"] = [lambda: Slower(30)]
    await post.put("ann", "a1", "a2")
    await post.put("bob", "b1", "b2")
    async with post.running():
        await post.until(lambda: len(network.order) == 2)
        await asyncio.sleep(0.2)
        assert post.seen_in("bob") == ["b1", "b2"]
        assert post.seen_in("ann") == []
        clock.forward(seconds=31)
        post.courier.wake()
        await post.until(lambda: post.seen_in("ann") == ["a1", "a2"])


async def test_a_chat_nobody_hears_is_left_alone(post: Post, network: Network) -> None:
    network.faults["ann"] = [ChatGone]
    await post.put("ann", "a1", "a2")
    await post.put("bob", "b1")
    async with post.running():
        await post.until(lambda: network.order == [("bob", "b1")])
        await asyncio.sleep(0.1)
    assert await post.states() == ["dead", "dead", "sent"]
    async with post.svc.db.read() as tx:
        assert (await chats.conversation(tx, post.chats["ann"])).dead


async def test_a_fault_of_the_network_is_tried_again_and_keeps_the_order(
    post: Post, network: Network, clock: HeldClock
) -> None:
    network.faults["ann"] = [TimeoutError, ConnectionResetError]
    await post.put("ann", "a1", "a2")
    async with post.running():
        for tries in (1, 2):
            await post.until_put_off(tries)
            assert network.order == []
            clock.forward(seconds=10)
            post.courier.wake()
        await post.until(lambda: post.seen_in("ann") == ["a1", "a2"])


async def test_what_waited_out_an_outage_goes_as_soon_as_the_network_is_there_again(
    post: Post, network: Network, clock: HeldClock
) -> None:
    network.faults["ann"] = [ConnectionResetError] * 6
    async with post.running():
        await post.put("ann", "a1", "a2")
        for tries in range(1, 7):
            await post.until_put_off(tries)
            if tries < 6:
                clock.forward(seconds=200)
                post.courier.wake()
        await asyncio.sleep(0.2)
        assert post.seen_in("ann") == [], "the next try is a minute away"
        await post.put("bob", "b1")
        await post.until(lambda: post.seen_in("ann") == ["a1", "a2"])


async def test_an_answer_that_got_lost_makes_no_second_message(
    post: Post, network: Network, clock: HeldClock
) -> None:
    network.faults["ann"] = ["lost"]
    await post.put("ann", "a1")
    async with post.running():
        await post.until(lambda: bool(network.order))
        await asyncio.sleep(0.1)
        clock.forward(seconds=5)
        post.courier.wake()
        for _ in range(100):
            if await post.states() == ["sent"]:
                break
            await asyncio.sleep(0.01)
    assert await post.states() == ["sent"]
    assert network.order == [("ann", "a1")]


async def test_a_courier_that_died_between_sending_and_writing_is_made_good(
    post: Post, network: Network, clock: HeldClock
) -> None:
    await post.put("ann", "a1", "a2")
    async with post.svc.db.write() as tx:
        (parcel,) = await outbox.take(tx, clock.now(), lease_s=20)
    await network.say(parcel.where, parcel.out, key=parcel.key, language="en")  # and then: kill -9
    async with post.running():
        await asyncio.sleep(0.1)
        assert network.order == [("ann", "a1")]
        clock.forward(seconds=21)
        post.courier.wake()
        await post.until(lambda: network.order == [("ann", "a1"), ("ann", "a2")])


async def test_edits_are_gathered_at_the_pace_of_the_network(
    post: Post, network: Network, clock: HeldClock
) -> None:
    async with post.running():
        await post.put("ann", "0%", key="status", slot="cut:1")
        await post.until(lambda: network.shown.get("status") == ["0%"])
        for percent in range(1, 100):
            await post.put("ann", f"{percent}%", key="status", slot="cut:1")
        await post.put("ann", "result")
        await post.until(lambda: post.seen_in("ann")[-1] == "result", "an edit was in the way")
        assert network.shown["status"] == ["0%"]
        clock.forward(seconds=3.1)
        post.courier.wake()
        await post.until(lambda: network.shown["status"] == ["0%", "99%"])


async def test_the_pace_of_sends_is_kept_after_a_short_burst(svc: Services) -> None:
    network = Network(sends_per_s=10)
    post = Post(svc, network)
    await post.open("ann")
    await post.put("ann", *(f"w{n}" for n in range(6)))
    began = asyncio.get_running_loop().time()
    async with post.running():
        await post.until(lambda: len(network.order) == 6)
    assert 0.25 < asyncio.get_running_loop().time() - began < 1.5


async def test_a_message_that_can_never_be_delivered_does_not_stop_the_rest(
    post: Post, network: Network
) -> None:
    network.faults["ann"] = [lambda: ValueError("no such thing here")]
    await post.put("ann", "a1", "a2")
    async with post.running():
        await post.until(lambda: post.seen_in("ann") == ["a2"])
    assert (await post.states())[0] == "dead"


async def test_a_stop_lets_what_is_on_the_way_arrive(post: Post, network: Network) -> None:
    network.slow_s = 0.3
    await post.put("ann", "a1")
    async with post.running():
        await post.until(lambda: network.at_once.get("ann") == 1)
    assert await post.states() == ["sent"]


def test_waits_grow_differ_and_end() -> None:
    waits = [backoff_s(n) for n in range(1, 30)]
    assert 0.5 <= waits[0] <= 1.5
    assert max(waits) <= 120
    assert len({backoff_s(5) for _ in range(10)}) > 1


async def test_a_network_gets_no_more_than_it_takes_and_results_go_first(svc: Services) -> None:
    network = Network()
    network.can = replace(network.can, all_per_s=40)
    post = Post(svc, network)
    names = [str(n) for n in range(100)]
    await post.open(*names)
    async with svc.db.write() as tx:
        for number, name in enumerate(names):
            await outbox.say(
                tx,
                post.chats[name],
                Out.of(say("test.result" if number >= 90 else "test.progress")),
                key=name,
                now=svc.clock.now(),
                urgent=number >= 90,
            )
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with post.running():
        while len(network.order) < len(names):
            await asyncio.sleep(0.01)
    # The bucket holds half a second of sends; the other 80 come at 40 a second.
    assert 1.9 < loop.time() - began < 4
    assert {key for _, key in network.order[:10]} == {"test.result"}


# ── replies, moves, silence ─────────────────────────────────────────────────────────────────────


async def test_what_answers_somebody_replies_to_them(post: Post, network: Network) -> None:
    await post.put("ann", "clip", reply_to="4711")
    async with post.running():
        await post.until(lambda: bool(network.order))
    assert network.replies == {"ann:clip": "4711"}


async def test_a_chat_that_moved_is_followed_with_everything_that_waits(
    post: Post, network: Network, clock: HeldClock
) -> None:
    async with post.running():
        await post.put("ann", "0%", key="status", slot="cut:1")
        await post.until(lambda: network.shown.get("status") == ["0%"])
        network.faults["ann"] = [lambda: ChatMoved(ChatRef("telegram", "supergroup"))]
        await post.put("ann", "a1", "a2", reply_to="7")
        await post.until(lambda: post.seen_in("supergroup") == ["a1", "a2"])
        assert network.replies == {"status": None, "ann:a1": None, "ann:a2": None}
        await post.put("ann", "50%", key="status", slot="cut:1")
        clock.forward(seconds=4)
        post.courier.wake()
        await post.until(lambda: "50%" in post.seen_in("supergroup"), "it was not said anew")
    async with post.svc.db.read() as tx:
        there = await chats.find_chat(tx, ChatRef("telegram", "supergroup"))
    assert there and there.id == post.chats["ann"]


async def test_a_move_to_where_somebody_spoke_already_joins_the_two(
    post: Post, network: Network
) -> None:
    await post.open("supergroup")
    network.faults["ann"] = [lambda: ChatMoved(ChatRef("telegram", "supergroup"))]
    await post.put("ann", "a1")
    await post.put("supergroup", "s1")
    async with post.running():
        await post.until(lambda: sorted(post.seen_in("supergroup")) == ["a1", "s1"])
    assert post.seen_in("ann") == []


async def test_a_chat_nobody_hears_is_told_to_the_owner_once_with_the_fix(
    post: Post, network: Network
) -> None:
    await post.open_owner("own")
    async with post.svc.db.write() as tx:
        await chats.set_chat(tx, post.chats["ann"], title="The Studio")
    network.faults["ann"] = [lambda: ChatGone(say("queue.empty"))]
    async with post.running():
        await post.put("ann", "a1", "a2")
        await post.until(lambda: post.seen_in("own") == ["queue.empty"])
        await post.put("ann", "a3")
        await asyncio.sleep(0.2)
    assert network.order == [("own", "queue.empty")]
    where = network.said[0].text[1]
    assert (where.key, where.facts["title"]) == ("door.gone_group", "The Studio")


async def test_who_comes_back_hears_the_newest_of_what_they_missed(
    post: Post, network: Network
) -> None:
    network.faults["ann"] = [ChatGone]
    async with post.running():
        await post.put("ann", "w0")
        await post.until(lambda: network.faults["ann"] == [])
        await asyncio.sleep(0.1)
        await post.put("ann", *(f"w{n}" for n in range(1, 31)))
        await asyncio.sleep(0.2)
        assert network.order == []
        async with post.svc.db.write() as tx:
            missed = await chat_places.come_back(tx, post.chats["ann"], post.svc.clock.now())
        assert missed == chat_places.MISSED_MOST == 20
        await post.until(lambda: len(network.order) == 20)
    assert post.seen_in("ann") == [f"w{n}" for n in range(11, 31)]


async def test_what_may_have_arrived_is_said_once_more_and_then_taken_as_said(
    post: Post, network: Network, clock: HeldClock
) -> None:
    network.faults["ann"] = [lambda: Unsure("timed out")] * 20
    await post.put("ann", "a1", slot="cut:1")
    await post.put("ann", "a2")
    async with post.running():
        await post.until(lambda: "ann:a2" in network.tried, "what may be there held up the next")
        for _ in range(6):
            await asyncio.sleep(0.1)
            clock.forward(seconds=1000)
            post.courier.wake()
        assert network.tried.count("ann:a1") == 2
        assert await post.states() == ["sent", "sent"]
        network.faults["ann"] = []
        await post.put("ann", "later", slot="cut:1")
        clock.forward(seconds=1000)
        post.courier.wake()
        await post.until(lambda: post.seen_in("ann") == ["later"])


async def test_a_network_that_lets_us_in_no_more_is_left_out_and_its_words_wait(
    post: Post, network: Network
) -> None:
    async with post.running():
        post.courier.leave_out("telegram")
        await post.put("ann", "a1")
        await asyncio.sleep(0.2)
    assert network.order == []
    assert await post.states() == ["waiting"]


async def test_a_group_with_its_topics_has_a_slower_pace_than_a_private_chat() -> None:
    can = Capabilities(
        "telegram", 1, 1, 3, 4096, 3.0, 50.0, group_edit_gap_s=6.0, group_sends_per_s=5.0
    )
    pace, loop = Pace(can), asyncio.get_running_loop()
    assert (pace.gap_s(False), pace.gap_s(True)) == (3.0, 6.0)

    async def took(shared: bool) -> float:
        began = loop.time()
        for n in range(5):
            topic = str(n % 2) if shared else None
            await pace.turn(ChatRef("telegram", "-1" if shared else "1", topic), shared)
        return loop.time() - began

    alone, group = await took(False), await took(True)
    assert alone < 0.2 and group >= 0.35  # three at once, then one every 20 and every 200 ms
