"""What was found in a source, kept so that nothing is looked for twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.analysis.model import ANALYSER, Analysis
from core.db.tables import AnalysisRow

HEAD = "head"
"""In the place of the subtitles' hash: the analysis of the first part, until the whole is there."""


async def stored_analysis(
    tx: AsyncSession, source_id: int, subtitles_sha256: str = ""
) -> Analysis | None:
    """An earlier analysis by this version of the analyser, with the same subtitles."""
    raw = await tx.scalar(
        select(AnalysisRow.data_json).where(
            AnalysisRow.source_id == source_id,
            AnalysisRow.version == ANALYSER,
            AnalysisRow.subtitles_sha256 == subtitles_sha256,
        )
    )
    return Analysis.from_json(raw) if raw else None


async def keep_analysis(
    tx: AsyncSession,
    source_id: int,
    found: Analysis,
    stages_s: dict[str, float],
    now: datetime,
    subtitles_sha256: str = "",
) -> None:
    """Store it; when another worker was first, its one stays."""
    if await stored_analysis(tx, source_id, subtitles_sha256) is not None:
        return
    if subtitles_sha256 != HEAD:
        of_head = (AnalysisRow.source_id == source_id) & (AnalysisRow.subtitles_sha256 == HEAD)
        await tx.execute(delete(AnalysisRow).where(of_head))
    tx.add(
        AnalysisRow(
            source_id=source_id,
            version=found.version,
            subtitles_sha256=subtitles_sha256,
            data_json=found.to_json(),
            stages_json=stages_s,
            created_at=now,
        )
    )
    await tx.flush()
