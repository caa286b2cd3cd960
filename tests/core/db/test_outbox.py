"""What is to be said is said once, in order, and only in its newest state."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.message import ChatRef, MessageRef, Out
from core.db import chats, outbox, people
from core.db.session import Database
from core.say import say
from tests.conftest import HeldClock


@pytest.fixture
async def chat_id(db: Database, clock: HeldClock) -> int:
    async with db.write() as tx:
        return await _chat(tx, clock, "one")


async def _chat(tx: AsyncSession, clock: HeldClock, name: str) -> int:
    workspace = await people.first_workspace(tx) or await people.make_workspace(
        tx, "w", clock.now()
    )
    return (await chats.open_chat(tx, workspace, ChatRef("web", name), clock.now())).id


def _text(parcel: outbox.Parcel) -> str:
    return parcel.out.text[0].key


async def _put(db: Database, clock: HeldClock, chat: int, text: str, **kw: object) -> None:
    async with db.write() as tx:
        key = str(kw.pop("key", text))
        await outbox.say(tx, chat, Out.of(say(text)), key=key, now=clock.now(), **kw)


async def _take(db: Database, clock: HeldClock) -> tuple[outbox.Parcel, ...]:
    async with db.write() as tx:
        return await outbox.take(tx, clock.now())


async def _delivered(db: Database, clock: HeldClock, parcel: outbox.Parcel, at: str = "m") -> None:
    async with db.write() as tx:
        message = MessageRef(parcel.where, at)
        await outbox.delivered(tx, parcel.id, parcel.version, message, clock.now())


async def test_the_same_key_is_said_once(db: Database, clock: HeldClock, chat_id: int) -> None:
    await _put(db, clock, chat_id, "first", key="k")
    await _put(db, clock, chat_id, "second", key="k")
    (parcel,) = await _take(db, clock)
    assert _text(parcel) == "first"
    await _delivered(db, clock, parcel)
    assert await _take(db, clock) == ()


async def test_a_chat_gets_one_at_a_time_in_order_and_urgent_first(
    db: Database, clock: HeldClock, chat_id: int
) -> None:
    for text, urgent in (("a", False), ("b", False), ("now", True)):
        await _put(db, clock, chat_id, text, urgent=urgent)
    said = []
    while parcels := await _take(db, clock):
        assert len(parcels) == 1
        assert await _take(db, clock) == ()  # nothing else while one is under way
        said.append(_text(parcels[0]))
        await _delivered(db, clock, parcels[0])
    assert said == ["now", "a", "b"]


async def test_an_edit_that_sums_up_waits_for_the_result_it_speaks_of(
    db: Database, clock: HeldClock, chat_id: int
) -> None:
    await _put(db, clock, chat_id, "working", slot="cut:1", key="status", urgent=True)
    (status,) = await _take(db, clock)
    await _delivered(db, clock, status, "m1")
    async with db.write() as tx:  # as the last render does it: both in one transaction
        for text, how in (("card", {}), ("2 are ready", {"slot": "cut:1"})):
            out, now = Out.of(say(text)), clock.now()
            await outbox.say(tx, chat_id, out, key=text, now=now, urgent=True, **how)
    said = []
    while parcels := await _take(db, clock):
        said.append(_text(parcels[0]))
        await _delivered(db, clock, parcels[0])
    assert said == ["card", "2 are ready"]


async def test_only_the_newest_state_of_a_slot_is_sent_and_changes_the_message_in_place(
    db: Database, clock: HeldClock, chat_id: int
) -> None:
    for text in ("10 %", "20 %", "30 %"):
        await _put(db, clock, chat_id, text, slot="cut:1", key="status")
    (first,) = await _take(db, clock)
    assert _text(first) == "30 %" and first.at is None
    await _put(db, clock, chat_id, "40 %", slot="cut:1", key="status")  # while it is under way
    await _delivered(db, clock, first, "m1")
    (second,) = await _take(db, clock)
    assert _text(second) == "40 %" and second.at == MessageRef(ChatRef("web", "one"), "m1")
    await _delivered(db, clock, second, "m1")
    await _put(db, clock, chat_id, "40 %", slot="cut:1", key="status")  # nothing new
    assert await _take(db, clock) == ()


async def test_a_message_that_must_wait_holds_back_its_own_chat_only(
    db: Database, clock: HeldClock, chat_id: int
) -> None:
    async with db.write() as tx:
        other = await _chat(tx, clock, "two")
    await _put(db, clock, chat_id, "slow")
    await _put(db, clock, chat_id, "behind")
    (parcel,) = await _take(db, clock)
    async with db.write() as tx:
        await outbox.put_off(tx, parcel.id, clock.now() + timedelta(seconds=30))
    await _put(db, clock, other, "free")
    assert [_text(p) for p in await _take(db, clock)] == ["free"]
    clock.forward(seconds=31)
    assert [_text(p) for p in await _take(db, clock)] == ["slow"]


async def test_a_delivery_that_never_came_back_is_tried_again(
    db: Database, clock: HeldClock, chat_id: int
) -> None:
    await _put(db, clock, chat_id, "a")
    assert len(await _take(db, clock)) == 1
    clock.forward(seconds=61)
    assert [_text(p) for p in await _take(db, clock)] == ["a"]


async def test_nothing_is_delivered_to_a_chat_that_is_gone(
    db: Database, clock: HeldClock, chat_id: int
) -> None:
    await _put(db, clock, chat_id, "a")
    async with db.write() as tx:
        await outbox.bury_chat(tx, chat_id, "blocked", clock.now())
    assert await _take(db, clock) == ()
