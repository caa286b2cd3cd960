"""The versions of a clip: which one is shown, which one is wanted, which one a post was approved
with. None is ever thrown away while its clip is there."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import videos
from core.db.tables import ClipRow, PostRow, RenderRow
from core.db.videos import Clip, Render, render_of
from core.render.recipe import Recipe


async def want(tx: AsyncSession, clip_id: int, recipe: Recipe | None) -> None:
    """Note what is to be made of a clip; None: what is shown is what is wanted."""
    raw = recipe.to_json() if recipe else None
    await tx.execute(update(ClipRow).where(ClipRow.id == clip_id).values(wanted_json=raw))


async def version(tx: AsyncSession, render_id: int | None) -> Render | None:
    row = await tx.get(RenderRow, render_id) if render_id is not None else None
    return render_of(row) if row else None


async def made_before(tx: AsyncSession, clip: Clip, recipe: Recipe) -> Render | None:
    """The version that was made by this recipe, if there is one: nothing needs to be made again."""
    rows = await tx.scalars(
        select(RenderRow).where(RenderRow.clip_id == clip.id).order_by(RenderRow.id.desc())
    )
    every = [render_of(r) for r in rows]
    known = [r for r in every if r.recipe == recipe]
    if not known and clip.render is not None and clip.recipe == recipe:
        return clip.render
    return known[0] if known else None


async def adopt(tx: AsyncSession, clip: Clip, render: Render, *, back: bool = False) -> Clip:
    """Show this version from now on; *Undo* then leads to the one that was shown until now, unless
    this is the way back itself."""
    recipe = render.recipe or replace(_of_its_file(clip, render), captions=clip.captions)
    row = await tx.get_one(RenderRow, render.id)
    if not back and clip.render is not None and clip.render.id != render.id:
        row.before_id = clip.render.id
    span = replace(clip.span, start_s=recipe.start_s, end_s=recipe.end_s)
    shown = await tx.get_one(ClipRow, clip.id, with_for_update=True)
    shown.render_id, shown.wanted_json = render.id, None
    shown.span_json, shown.format, shown.captions = span.to_json(), recipe.format, recipe.captions
    await tx.flush()
    return await videos.clip(tx, clip.id)


def _of_its_file(clip: Clip, render: Render) -> Recipe:
    """The recipe of a version from before there were any."""
    return Recipe(clip.span.start_s, clip.span.end_s, render.rendered.plan.format)


async def approved(tx: AsyncSession, post_id: int) -> Render | None:
    """What a post was approved with; without a version of its own, what its clip shows."""
    row = await tx.get_one(PostRow, post_id)
    return (await clip_as_approved(tx, row.clip_id, post_id)).render


async def clip_as_approved(tx: AsyncSession, clip_id: int, post_id: int) -> Clip:
    """The clip with the version a post was approved with."""
    clip = await videos.clip(tx, clip_id)
    chosen = await tx.scalar(select(PostRow.render_id).where(PostRow.id == post_id))
    render = await version(tx, chosen)
    return replace(clip, render=render) if render else clip
