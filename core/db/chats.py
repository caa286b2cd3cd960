"""Conversations: where they are, what language and zone they use, what we asked last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.message import ChatRef, Network
from core.db.tables import ChatRow, DialogueRow, SeenRow


@dataclass(frozen=True, slots=True)
class Conversation:
    """One chat, group, topic or thread we are in."""

    id: int
    workspace_id: int
    where: ChatRef
    title: str
    language: str | None
    zone: str | None
    dead: bool
    member_id: int | None = None
    """Whose conversation with us alone it is."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The question whose answer comes next."""

    name: str
    kept: Mapping[str, Any]


def _conversation(row: ChatRow) -> Conversation:
    where = ChatRef(cast(Network, row.network), row.chat, row.thread or None)
    dead = row.dead_at is not None
    return Conversation(
        row.id,
        row.workspace_id,
        where,
        row.title,
        row.language,
        row.zone,
        dead,
        row.member_id,
    )


def _at(where: ChatRef) -> Any:
    return (
        (ChatRow.network == where.network)
        & (ChatRow.chat == where.chat)
        & (ChatRow.thread == (where.thread or ""))
    )


async def open_chat(
    tx: AsyncSession,
    workspace_id: int,
    where: ChatRef,
    now: datetime,
    title: str = "",
    member_id: int | None = None,
) -> Conversation:
    """Find the conversation or begin it. `member_id` is whose it is, when it is between two."""
    row = await tx.scalar(select(ChatRow).where(_at(where)))
    if row is not None:
        return _conversation(row)
    row = ChatRow(
        workspace_id=workspace_id,
        network=where.network,
        chat=where.chat,
        thread=where.thread or "",
        title=title[:200],
        member_id=member_id,
        created_at=now,
    )
    try:
        async with tx.begin_nested():
            tx.add(row)
    except IntegrityError:  # another update of the same chat came first
        row = (await tx.scalars(select(ChatRow).where(_at(where)))).one()
    return _conversation(row)


async def find_chat(tx: AsyncSession, where: ChatRef) -> Conversation | None:
    row = await tx.scalar(select(ChatRow).where(_at(where)))
    return _conversation(row) if row else None


async def conversation(tx: AsyncSession, chat_id: int) -> Conversation:
    return _conversation(await tx.get_one(ChatRow, chat_id))


async def set_chat(tx: AsyncSession, chat_id: int, **changes: Any) -> None:
    """Change language, zone, title, dead_at, workspace_id or member_id."""
    await tx.execute(update(ChatRow).where(ChatRow.id == chat_id).values(**changes))


async def ask(
    tx: AsyncSession,
    chat_id: int,
    member_id: int,
    name: str,
    kept: Mapping[str, Any],
    now: datetime,
    life: timedelta = timedelta(hours=1),
) -> None:
    """Take this person's next words here as the answer to `name`. A newer question replaces
    an older one."""
    await drop_question(tx, chat_id, member_id)
    tx.add(
        DialogueRow(
            chat_id=chat_id,
            member_id=member_id,
            name=name,
            args_json=dict(kept),
            asked_at=now,
            expires_at=now + life,
        )
    )
    await tx.flush()


async def peek_question(
    tx: AsyncSession, chat_id: int, member_id: int, now: datetime
) -> Dialogue | None:
    """The open question, left open."""
    row = await tx.scalar(
        select(DialogueRow).where(
            DialogueRow.chat_id == chat_id,
            DialogueRow.member_id == member_id,
            DialogueRow.expires_at > now,
        )
    )
    return Dialogue(row.name, row.args_json) if row else None


async def drop_question(tx: AsyncSession, chat_id: int, member_id: int) -> None:
    await tx.execute(
        delete(DialogueRow).where(
            DialogueRow.chat_id == chat_id, DialogueRow.member_id == member_id
        )
    )


async def seen(tx: AsyncSession, key: str, now: datetime) -> bool:
    """True from the second time on: a network may deliver an update more than once."""
    if await tx.scalar(select(SeenRow.id).where(SeenRow.key == key)) is not None:
        return True
    try:
        async with tx.begin_nested():
            tx.add(SeenRow(key=key, at=now))
    except IntegrityError:
        return True
    return False


async def was_seen(tx: AsyncSession, key: str) -> bool:
    """Whether an update was handled before, without marking it."""
    return await tx.scalar(select(SeenRow.id).where(SeenRow.key == key)) is not None


async def forget_seen(tx: AsyncSession, before: datetime) -> None:
    """Networks repeat updates for a day at most; older marks can go."""
    await tx.execute(delete(SeenRow).where(SeenRow.at < before))


async def threads_of(tx: AsyncSession, network: str, chat: str) -> tuple[Conversation, ...]:
    """Every conversation we have in one chat or group: its topics, and the whole of it."""
    query = select(ChatRow).where(ChatRow.network == network, ChatRow.chat == chat)
    return tuple(_conversation(row) for row in await tx.scalars(query.order_by(ChatRow.id)))
