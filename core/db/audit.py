"""Who did what. One row for every change a person made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.tables import AuditRow


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the record."""

    member_id: int | None
    what: str
    about: str
    detail: dict[str, Any]
    at: datetime


async def record(
    tx: AsyncSession,
    workspace_id: int,
    member_id: int | None,
    what: str,
    about: str,
    now: datetime,
    **detail: Any,
) -> None:
    """`record(tx, w, m, "post.cancel", "post:12", now)`; in the transaction of the change."""
    tx.add(
        AuditRow(
            workspace_id=workspace_id,
            member_id=member_id,
            what=what,
            about=about,
            detail_json=detail,
            at=now,
        )
    )
    await tx.flush()


async def newest(tx: AsyncSession, workspace_id: int, limit: int = 20) -> tuple[Entry, ...]:
    rows = await tx.scalars(
        select(AuditRow)
        .where(AuditRow.workspace_id == workspace_id)
        .order_by(AuditRow.id.desc())
        .limit(limit)
    )
    return tuple(Entry(r.member_id, r.what, r.about, r.detail_json, r.at) for r in rows)
