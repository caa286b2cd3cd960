"""Requests to cut a source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clips.base import Wish
from core.db.tables import CutRow, SourceRow
from core.say import Say, say_from_json, say_to_json

CutState = Literal["working", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Cut:
    """One request for clips of a source."""

    id: int
    source_id: int
    chat_id: int
    member_id: int
    wish: Wish
    subtitles_key: str | None
    state: CutState
    planned: int
    notes: tuple[Say, ...]
    fault: Say | None
    created_at: datetime
    asked_on: str | None = None
    """Id of the message that asked for it, on its network."""

    @property
    def subtitles_sha256(self) -> str:
        """Of the subtitles it was sent with, or "": what people send is kept under its hash."""
        return (self.subtitles_key or "").removeprefix("in/")


def _cut(row: CutRow) -> Cut:
    return Cut(
        row.id,
        row.source_id,
        row.chat_id,
        row.member_id,
        Wish.from_json(row.wish_json),
        row.subtitles_key,
        row.state,  # type: ignore[arg-type]
        row.planned,
        tuple(say_from_json(n) for n in row.notes_json),
        say_from_json(row.fault_json) if row.fault_json else None,
        row.created_at,
        row.asked_on,
    )


async def add_cut(
    tx: AsyncSession,
    source_id: int,
    chat_id: int,
    member_id: int,
    wish: Wish,
    now: datetime,
    subtitles_key: str | None = None,
    asked_on: str | None = None,
) -> Cut:
    row = CutRow(
        source_id=source_id,
        chat_id=chat_id,
        member_id=member_id,
        wish_json=wish.to_json(),
        subtitles_key=subtitles_key,
        asked_on=asked_on,
        state="working",
        notes_json=[],
        created_at=now,
    )
    tx.add(row)
    await tx.flush()
    return _cut(row)


async def cut(tx: AsyncSession, cut_id: int) -> Cut:
    return _cut(await tx.get_one(CutRow, cut_id))


async def find_cut(tx: AsyncSession, cut_id: int) -> Cut | None:
    """By what a button carries: it may be gone."""
    row = await tx.get(CutRow, cut_id)
    return _cut(row) if row else None


async def cuts_of(tx: AsyncSession, source_id: int) -> tuple[Cut, ...]:
    """Every request for clips of a source, newest first."""
    rows = await tx.scalars(
        select(CutRow).where(CutRow.source_id == source_id).order_by(CutRow.id.desc())
    )
    return tuple(_cut(r) for r in rows)


async def recent_cuts(tx: AsyncSession, workspace_id: int, limit: int = 10) -> tuple[Cut, ...]:
    """Newest first."""
    rows = await tx.scalars(
        select(CutRow)
        .join(SourceRow, SourceRow.id == CutRow.source_id)
        .where(SourceRow.workspace_id == workspace_id)
        .order_by(CutRow.id.desc())
        .limit(limit)
    )
    return tuple(_cut(r) for r in rows)


async def set_cut(
    tx: AsyncSession,
    cut_id: int,
    *,
    state: CutState | None = None,
    planned: int | None = None,
    notes: Iterable[Say] | None = None,
    fault: Say | None = None,
    done_at: datetime | None = None,
) -> None:
    """Change what is given; a request that is over stays as it ended."""
    row = await tx.get_one(CutRow, cut_id, with_for_update=True)
    if state is not None and row.state == "working":
        row.state = state
        row.done_at = done_at
    if planned is not None:
        row.planned = planned
    if notes is not None:
        row.notes_json = [say_to_json(n) for n in notes]
    if fault is not None:
        row.fault_json = say_to_json(fault)
    await tx.flush()
