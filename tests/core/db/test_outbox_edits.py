"""Changing what was said, on both databases."""

from __future__ import annotations

from core.chat.message import ChatRef, MessageRef, Out
from core.db import chats, outbox, outbox_edits, people
from core.db.session import Database
from core.say import say
from tests.conftest import HeldClock

HERE = ChatRef("web", "1")
OLD, NEW = Out.of(say("queue.empty")), Out.of(say("calendar.empty"))


async def _said(db: Database, clock: HeldClock) -> int:
    async with db.write() as tx:
        workspace = await people.make_workspace(tx, "W", clock.now())
        chat = await chats.open_chat(tx, workspace, HERE, clock.now())
        await outbox.say(tx, chat.id, OLD, key="k", now=clock.now())
    return chat.id


async def _deliver(db: Database, clock: HeldClock, as_id: str) -> outbox.Parcel | None:
    async with db.write() as tx:
        parcels = await outbox.take(tx, clock.now())
        for parcel in parcels:
            at = MessageRef(HERE, as_id)
            await outbox.delivered(tx, parcel.id, parcel.version, at, clock.now())
    return parcels[0] if parcels else None


async def test_a_delivered_message_is_changed_in_place(db: Database, clock: HeldClock) -> None:
    chat_id = await _said(db, clock)
    await _deliver(db, clock, "m1")
    async with db.write() as tx:
        assert await outbox_edits.change_message(tx, chat_id, "m1", NEW, clock.now())
    parcel = await _deliver(db, clock, "m1")
    assert parcel
    assert parcel.out == NEW
    assert parcel.at == MessageRef(HERE, "m1")
    async with db.read() as tx:
        assert await outbox_edits.said_as(tx, chat_id, "m1") == ("k", None)


async def test_what_waits_is_changed_before_it_is_delivered(db: Database, clock: HeldClock) -> None:
    await _said(db, clock)
    async with db.write() as tx:
        assert await outbox_edits.change_key(tx, "k", NEW, clock.now())
    parcel = await _deliver(db, clock, "m1")
    assert parcel
    assert (parcel.out, parcel.at) == (NEW, None)
    assert await _deliver(db, clock, "m1") is None


async def test_a_change_while_it_is_on_its_way_follows_it(db: Database, clock: HeldClock) -> None:
    await _said(db, clock)
    async with db.write() as tx:
        (parcel,) = await outbox.take(tx, clock.now())
    async with db.write() as tx:
        await outbox_edits.change_key(tx, "k", NEW, clock.now())
    async with db.write() as tx:
        at = MessageRef(HERE, "m1")
        await outbox.delivered(tx, parcel.id, parcel.version, at, clock.now())
    followed = await _deliver(db, clock, "m1")
    assert followed
    assert (followed.out, followed.at) == (NEW, MessageRef(HERE, "m1"))


async def test_what_was_never_said_cannot_be_changed(db: Database, clock: HeldClock) -> None:
    chat_id = await _said(db, clock)
    async with db.write() as tx:
        assert not await outbox_edits.change_key(tx, "other", NEW, clock.now())
        assert not await outbox_edits.change_message(tx, chat_id, "m9", NEW, clock.now())
        assert await outbox_edits.said_as(tx, chat_id, "m9") is None
