"""Clips: the moments worth posting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.analysis.timeline import Timeline
from core.clips.base import Span
from core.db.tables import ClipRow, RenderRow
from core.db.videos.cuts import Cut
from core.db.videos.renders import Render, render_of
from core.errors import Told
from core.render.recipe import Recipe
from core.say import Say, say_from_json, say_to_json

ClipState = Literal["proposed", "ready", "failed", "discarded"]


@dataclass(frozen=True, slots=True)
class Clip:
    """A moment worth posting."""

    id: int
    source_id: int
    cut_id: int
    rank: int
    span: Span
    title: str
    caption: str
    tags: tuple[str, ...]
    captions: bool
    rough: bool
    format: str
    state: ClipState
    fault: Say | None
    looked_at: datetime | None
    render: Render | None
    wanted: Recipe | None = None
    """What was asked for last, while it is being made."""

    @property
    def recipe(self) -> Recipe:
        """What is shown now."""
        if self.render is not None and self.render.recipe is not None:
            return self.render.recipe
        return Recipe(self.span.start_s, self.span.end_s, self.format, self.captions)

    @property
    def line(self) -> Timeline:
        """Which stretches of the source are shown now."""
        known = self.render.rendered.line if self.render else None
        return known or Timeline.whole(self.recipe.start_s, self.recipe.end_s)


def _clip(row: ClipRow, render: RenderRow | None) -> Clip:
    return Clip(
        row.id,
        row.source_id,
        row.cut_id,
        row.rank,
        Span.from_json(row.span_json),
        row.title,
        row.caption,
        tuple(row.tags_json),
        row.captions,
        row.rough,
        row.format,
        row.state,  # type: ignore[arg-type]
        say_from_json(row.fault_json) if row.fault_json else None,
        row.looked_at,
        render_of(render) if render else None,
        Recipe.from_json(row.wanted_json) if row.wanted_json else None,
    )


async def add_clip(
    tx: AsyncSession,
    of: Cut,
    rank: int,
    span: Span,
    *,
    captions: bool,
    rough: bool,
    now: datetime,
) -> int:
    """Propose one moment. The same rank of the same request is the same clip."""
    known = await tx.scalar(select(ClipRow.id).where(ClipRow.cut_id == of.id, ClipRow.rank == rank))
    if known is not None:
        return known
    row = ClipRow(
        source_id=of.source_id,
        cut_id=of.id,
        rank=rank,
        span_json=span.to_json(),
        title=span.title,
        caption=span.caption,
        tags_json=list(span.tags),
        captions=captions,
        rough=rough,
        format=of.wish.format,
        state="proposed",
        created_at=now,
    )
    tx.add(row)
    await tx.flush()
    return row.id


async def clip(tx: AsyncSession, clip_id: int) -> Clip:
    """Raises Told when there is no such clip."""
    row = await tx.get(ClipRow, clip_id)
    if row is None:
        raise Told("clip.gone")
    return _clip(row, await _shown(tx, row))


async def _shown(tx: AsyncSession, row: ClipRow) -> RenderRow | None:
    """The version that was chosen; else the newest of its format."""
    if row.render_id is not None:
        return await tx.get(RenderRow, row.render_id)
    found: RenderRow | None = await tx.scalar(
        select(RenderRow)
        .where(RenderRow.clip_id == row.id, RenderRow.format == row.format)
        .order_by(RenderRow.id.desc())
        .limit(1)
    )
    return found


async def clips_of(tx: AsyncSession, cut_id: int) -> tuple[Clip, ...]:
    """In their order of rank."""
    ids = await tx.scalars(
        select(ClipRow.id).where(ClipRow.cut_id == cut_id).order_by(ClipRow.rank)
    )
    return tuple([await clip(tx, clip_id) for clip_id in ids])


async def edit_clip(
    tx: AsyncSession,
    clip_id: int,
    *,
    title: str | None = None,
    caption: str | None = None,
    tags: tuple[str, ...] | None = None,
    state: ClipState | None = None,
    fault: Say | None = None,
    looked_at: datetime | None = None,
) -> None:
    """Change what is given."""
    changes: dict[str, Any] = {
        "title": title,
        "caption": caption,
        "tags_json": list(tags) if tags is not None else None,
        "state": state,
        "fault_json": say_to_json(fault) if fault else None,
        "looked_at": looked_at,
    }
    given = {k: v for k, v in changes.items() if v is not None}
    if given:
        await tx.execute(update(ClipRow).where(ClipRow.id == clip_id).values(**given))
