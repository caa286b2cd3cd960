"""The versions of a clip, each with its file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.analysis.model import Word
from core.db.tables import RenderRow
from core.render.recipe import Recipe
from core.render.rendered import Rendered


@dataclass(frozen=True, slots=True)
class Render:
    """One version of a clip: its file, and what it was made of."""

    id: int
    media_key: str
    cover_key: str
    sha256: str
    rendered: Rendered
    fit: bool
    took_s: float
    recipe: Recipe | None = None
    """None for those made before there were versions."""
    words: tuple[Word, ...] | None = None
    """Of its captions, in the time of the clip; None when that was not kept."""
    before_id: int | None = None
    """The version it was made from."""


def render_of(row: RenderRow) -> Render:
    return Render(
        row.id,
        row.media_key,
        row.cover_key,
        row.sha256,
        Rendered.from_json(row.rendered_json),
        row.fit,
        row.took_s,
        Recipe.from_json(row.recipe_json) if row.recipe_json else None,
        tuple(Word(**w) for w in row.words_json) if row.words_json is not None else None,
        row.before_id,
    )


async def keep_render(
    tx: AsyncSession,
    clip_id: int,
    rendered: Rendered,
    *,
    format: str,
    media_key: str,
    cover_key: str,
    sha256: str,
    took_s: float,
    now: datetime,
    recipe: Recipe | None = None,
    words: tuple[Word, ...] | None = None,
) -> int:
    """The finished file of a clip, as a version of it; made a second time by the same recipe it
    takes the place of the first. What is shown is not changed where a version was chosen."""
    raw = recipe.to_json() if recipe else None
    every = await tx.scalars(
        select(RenderRow).where(RenderRow.clip_id == clip_id, RenderRow.format == format)
    )
    row = next((r for r in every if r.recipe_json == raw), None)
    if row is None:
        row = RenderRow(clip_id=clip_id, format=format)
        tx.add(row)
    row.media_key = media_key
    row.cover_key = cover_key
    row.sha256 = sha256
    row.rendered_json = rendered.to_json()
    row.fit = rendered.fit
    row.took_s = took_s
    row.created_at = now
    row.recipe_json = raw
    row.words_json = [asdict(w) for w in words] if words is not None else None
    await tx.flush()
    return row.id
