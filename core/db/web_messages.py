"""The memory of the web chat: what its server is to Telegram, for replay after a reconnect.

Every new message and every change takes the next `version` of its conversation. A browser that
knows everything up to one version asks for what is newer, and gets the newest state of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.tables import ChatRow, IdentityRow, WebMessageRow


@dataclass(frozen=True, slots=True)
class WebMessage:
    """One message of either side, as it is now."""

    id: int
    key: str
    version: int
    from_us: bool
    body: Mapping[str, Any]
    at: datetime
    changed_at: datetime | None
    removed: bool


def _message(row: WebMessageRow) -> WebMessage:
    return WebMessage(
        row.id,
        row.key,
        row.version,
        row.from_us,
        row.body_json,
        row.at,
        row.changed_at,
        row.removed_at is not None,
    )


async def _next_version(tx: AsyncSession, chat_id: int) -> int:
    # The lock on the conversation puts versions in the order of their commits, so that nobody can
    # have seen version 7 before version 6 is there to be read.
    if tx.get_bind().dialect.name != "sqlite":  # has one writer at a time anyway
        await tx.execute(select(ChatRow.id).where(ChatRow.id == chat_id).with_for_update())
    return await head(tx, chat_id) + 1


async def head(tx: AsyncSession, chat_id: int) -> int:
    """The newest version of a conversation; 0 while it is empty."""
    newest = await tx.scalar(
        select(func.max(WebMessageRow.version)).where(WebMessageRow.chat_id == chat_id)
    )
    return newest or 0


async def put(
    tx: AsyncSession, chat_id: int, key: str, body: dict[str, Any], now: datetime, *, from_us: bool
) -> WebMessage:
    """Keep a new message. The same key again gives the message that is there."""
    version = await _next_version(tx, chat_id)
    known = await tx.scalar(select(WebMessageRow).where(WebMessageRow.key == key))
    if known is not None:
        return _message(known)
    row = WebMessageRow(
        chat_id=chat_id, key=key, version=version, from_us=from_us, body_json=body, at=now
    )
    tx.add(row)
    await tx.flush()
    return _message(row)


async def change(
    tx: AsyncSession, chat_id: int, message_id: int, body: dict[str, Any], now: datetime
) -> bool:
    """False when there was nothing to do: the same body, or a message that was removed."""
    version = await _next_version(tx, chat_id)
    row = await _row(tx, chat_id, message_id)
    if row is None or row.removed_at is not None or row.body_json == body:
        return False
    row.body_json = body
    row.version = version
    row.changed_at = now
    return True


async def remove(tx: AsyncSession, chat_id: int, message_id: int, now: datetime) -> bool:
    """False when it is gone already. What it said is forgotten, that it was there is not."""
    version = await _next_version(tx, chat_id)
    row = await _row(tx, chat_id, message_id)
    if row is None or row.removed_at is not None:
        return False
    row.body_json = {}
    row.version = version
    row.removed_at = now
    return True


async def _row(tx: AsyncSession, chat_id: int, message_id: int) -> WebMessageRow | None:
    return await tx.scalar(
        select(WebMessageRow).where(
            WebMessageRow.id == message_id, WebMessageRow.chat_id == chat_id
        )
    )


async def find(tx: AsyncSession, chat_id: int, message_id: int) -> WebMessage | None:
    """One message of this conversation; None for those of others."""
    row = await _row(tx, chat_id, message_id)
    return _message(row) if row else None


async def since(tx: AsyncSession, chat_id: int, version: int, limit: int) -> tuple[WebMessage, ...]:
    """What is newer than `version`, in the order it happened; removals included."""
    rows = await tx.scalars(
        select(WebMessageRow)
        .where(WebMessageRow.chat_id == chat_id, WebMessageRow.version > version)
        .order_by(WebMessageRow.version)
        .limit(limit)
    )
    return tuple(_message(r) for r in rows)


async def page(
    tx: AsyncSession, chat_id: int, limit: int, before: int | None = None
) -> tuple[WebMessage, ...]:
    """The last messages that are still there (before message `before`), oldest first."""
    query = select(WebMessageRow).where(
        WebMessageRow.chat_id == chat_id, WebMessageRow.removed_at.is_(None)
    )
    if before is not None:
        query = query.where(WebMessageRow.id < before)
    rows = (await tx.scalars(query.order_by(WebMessageRow.id.desc()).limit(limit))).all()
    return tuple(_message(r) for r in reversed(rows))


async def settle_identity(tx: AsyncSession, member_id: int, signed_in_as: str, name: str) -> str:
    """A member has one identity on the web however many browsers they use: their own number.
    Gives it, and lets go of the one a code was used with."""
    user_id = str(member_id)
    of_web = IdentityRow.network == "web"
    spent = await tx.scalar(select(IdentityRow).where(of_web, IdentityRow.user_id == signed_in_as))
    settled = await tx.scalar(select(IdentityRow).where(of_web, IdentityRow.user_id == user_id))
    if spent is not None and signed_in_as != user_id:
        await tx.delete(spent)
    if settled is None:
        tx.add(IdentityRow(member_id=member_id, network="web", user_id=user_id, name=name))
    await tx.flush()
    return user_id
