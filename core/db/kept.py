"""A handful of things remembered over restarts, by name."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.tables import KeptRow


async def read(tx: AsyncSession, name: str) -> str | None:
    return await tx.scalar(select(KeptRow.value).where(KeptRow.name == name))


async def write(tx: AsyncSession, name: str, value: str) -> None:
    row = await tx.scalar(select(KeptRow).where(KeptRow.name == name).with_for_update())
    if row is None:
        tx.add(KeptRow(name=name, value=value))
    else:
        row.value = value
    await tx.flush()
