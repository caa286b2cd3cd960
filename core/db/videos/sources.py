"""Sources: the videos that were sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.tables import SourceRow
from core.media.facts import VideoFacts


@dataclass(frozen=True, slots=True)
class Source:
    """A video somebody sent."""

    id: int
    workspace_id: int
    sha256: str
    size_b: int
    name: str
    media_key: str
    facts: VideoFacts | None
    created_at: datetime


def _source(row: SourceRow) -> Source:
    facts = VideoFacts.from_json(row.facts_json) if row.facts_json else None
    return Source(
        row.id,
        row.workspace_id,
        row.sha256,
        row.size_b,
        row.name,
        row.media_key,
        facts,
        row.created_at,
    )


async def add_source(
    tx: AsyncSession,
    workspace_id: int,
    member_id: int,
    *,
    sha256: str,
    size_b: int,
    name: str,
    media_key: str,
    now: datetime,
) -> Source:
    row = SourceRow(
        workspace_id=workspace_id,
        member_id=member_id,
        sha256=sha256,
        size_b=size_b,
        name=name[:200],
        media_key=media_key,
        created_at=now,
    )
    tx.add(row)
    await tx.flush()
    return _source(row)


async def source_by_hash(tx: AsyncSession, workspace_id: int, sha256: str) -> Source | None:
    """The same file, whatever it is called."""
    row = await tx.scalar(
        select(SourceRow).where(SourceRow.workspace_id == workspace_id, SourceRow.sha256 == sha256)
    )
    return _source(row) if row else None


async def source(tx: AsyncSession, source_id: int) -> Source:
    return _source(await tx.get_one(SourceRow, source_id))


async def find_source(tx: AsyncSession, source_id: int) -> Source | None:
    """By what a button carries: it may be gone."""
    row = await tx.get(SourceRow, source_id)
    return _source(row) if row else None


async def recent_sources(
    tx: AsyncSession, workspace_id: int, limit: int = 10
) -> tuple[Source, ...]:
    rows = await tx.scalars(
        select(SourceRow)
        .where(SourceRow.workspace_id == workspace_id)
        .order_by(SourceRow.id.desc())
        .limit(limit)
    )
    return tuple(_source(r) for r in rows)


async def set_facts(tx: AsyncSession, source_id: int, facts: VideoFacts) -> None:
    await tx.execute(
        update(SourceRow).where(SourceRow.id == source_id).values(facts_json=facts.to_json())
    )
