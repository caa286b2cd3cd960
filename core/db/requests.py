"""Videos and the requests to cut them, looked for by what a button carries: it may be gone."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import videos
from core.db.tables import CutRow, SourceRow
from core.db.videos import Cut, Source


async def find_cut(tx: AsyncSession, cut_id: int) -> Cut | None:
    known = await tx.scalar(select(CutRow.id).where(CutRow.id == cut_id))
    return await videos.cut(tx, known) if known is not None else None


async def find_source(tx: AsyncSession, source_id: int) -> Source | None:
    known = await tx.scalar(select(SourceRow.id).where(SourceRow.id == source_id))
    return await videos.source(tx, known) if known is not None else None


async def cuts_of(tx: AsyncSession, source_id: int) -> tuple[Cut, ...]:
    """Every request for clips of a video, newest first."""
    ids = await tx.scalars(
        select(CutRow.id).where(CutRow.source_id == source_id).order_by(CutRow.id.desc())
    )
    return tuple([await videos.cut(tx, cut_id) for cut_id in ids])
