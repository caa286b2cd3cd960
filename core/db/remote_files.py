"""What networks call files of ours that they have already, so that none is uploaded twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.tables import RemoteFileRow


async def find(tx: AsyncSession, owner: str, media_key: str) -> dict[str, Any] | None:
    """What `owner` (a network and the bot there) knows a file by."""
    return await tx.scalar(
        select(RemoteFileRow.names_json).where(
            RemoteFileRow.owner == owner, RemoteFileRow.media_key == media_key
        )
    )


async def keep(
    tx: AsyncSession, owner: str, media_key: str, names: dict[str, Any], now: datetime
) -> None:
    """Remember it; a newer name replaces the older one."""
    await forget(tx, owner, media_key)
    tx.add(RemoteFileRow(owner=owner, media_key=media_key, names_json=names, created_at=now))
    await tx.flush()


async def forget(tx: AsyncSession, owner: str, media_key: str) -> None:
    """The network does not know it any more."""
    await tx.execute(
        delete(RemoteFileRow).where(
            RemoteFileRow.owner == owner, RemoteFileRow.media_key == media_key
        )
    )
