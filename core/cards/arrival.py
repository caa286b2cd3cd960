"""What somebody sent is being fetched: the one quiet message about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.chat import acts
from core.chat.message import Act, Button, InFile, Out
from core.db import outbox
from core.db.arrivals import Arrival, slot
from core.say import Bytes, Say, say

STEP = 10
"""Percent between two states worth showing."""


def percent(files: Sequence[InFile], got_b: int) -> int | None:
    """How much of everything is here, when the file under way has brought `got_b`; None when the
    network did not say how large it all is."""
    sizes = [f.size_b for f in files]
    if not sizes or any(s is None for s in sizes):
        return None
    whole = sum(s or 0 for s in sizes)
    before = sum(f.size_b or 0 for f in files if f.is_here)
    return min(99, 100 * (before + got_b) // max(1, whole))


def fetching(arrival_id: int, files: Sequence[InFile], done: int | None) -> Out:
    """With its Cancel button."""
    cancel = Button(
        say("card.button_cancel"), Act.of(acts.ARRIVAL_CANCEL, arrival_id), style="danger"
    )
    return Out((_line(files, done),), ((cancel,),), quiet=True)


def _line(files: Sequence[InFile], done: int | None) -> Say:
    names = _names(files)
    if done is None:
        return say("arrival.fetching", names=names)
    size = Bytes(sum(f.size_b or 0 for f in files))
    if done == 0:
        return say("arrival.fetching_size", names=names, size=size)
    return say("arrival.fetching_share", names=names, size=size, percent=done)


def fetched(files: Sequence[InFile]) -> Out:
    return Out((say("arrival.fetched", names=_names(files)),), quiet=True)


def not_fetched(files: Sequence[InFile]) -> Out:
    return Out((say("arrival.not_fetched", names=_names(files)),), quiet=True)


def stopped(files: Sequence[InFile]) -> Out:
    return Out((say("arrival.stopped", names=_names(files)),), quiet=True)


def _names(files: Sequence[InFile]) -> tuple[str, ...]:
    return tuple(f.name for f in files)


async def still_fetching(tx: AsyncSession, chat_id: int, slot: str) -> bool:
    """Whether the message of a slot still is the one with the Cancel button."""
    out = await outbox.in_slot(tx, chat_id, slot)
    return out is not None and any(
        b.act is not None and b.act.name == acts.ARRIVAL_CANCEL for row in out.buttons for b in row
    )


async def say_in_slot(tx: AsyncSession, arrival: Arrival, out: Out, now: datetime) -> None:
    """Bring its message up to date."""
    said = arrival.inn.said
    await outbox.say(
        tx,
        arrival.chat_id,
        out,
        key=slot(arrival.id),
        slot=slot(arrival.id),
        now=now,
        urgent=True,
        reply_to=said.id if said else None,
    )


async def say_failed(tx: AsyncSession, arrival: Arrival, why: Say, now: datetime) -> None:
    """Its message stops saying that something goes on; why it came to nothing is said anew, since
    a changed message rings nowhere."""
    await say_in_slot(tx, arrival, not_fetched(arrival.inn.files), now)
    said = arrival.inn.said
    await outbox.say(
        tx,
        arrival.chat_id,
        Out.of(why),
        key=f"{slot(arrival.id)}:failed",
        now=now,
        urgent=True,
        reply_to=said.id if said else None,
    )
