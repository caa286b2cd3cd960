"""From the moments that were found to one job for each, and to the word that all are done."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from core.analysis.model import Analysis
from core.brand.brand import Brand
from core.captions.fonts import font_for, font_in
from core.cards import cut as cut_cards
from core.clips.base import Picked, Span
from core.clips.cover_words import cover_text
from core.clips.wish import tight_of
from core.db import brands, looks, outbox, versions, videos
from core.db.videos import Cut
from core.jobs.kinds import RENDER
from core.render.recipe import Recipe
from core.say import Say, say
from core.services import Services
from workers.run import Run


async def propose(
    run: Run, cut: Cut, found: Analysis, picked: Picked, notes: tuple[Say, ...]
) -> None:
    """All moments of a request, with the one that was begun before they were known."""
    how = (picked.how,) if picked.how else ()
    every = (*notes, *picked.unmet, *how, *await _other_font(run.svc, cut, found))
    async with run.svc.db.write() as tx:
        begun = await videos.clips_of(tx, cut.id)
        spans = with_first(picked.spans, begun[0].span) if begun else picked.spans
        for rank, span in enumerate(spans, start=1):
            if rank > len(begun):
                await _add(run.svc, tx, cut, found, rank, span, behind=len(spans) - rank)
        if cut.wish.music and not (await _brand(tx, cut)).music:
            every = (*every, say("music.none"))
        await videos.set_cut(tx, cut.id, planned=len(spans), notes=every)
        await close_if_all_are_done(tx, run, cut.id)


async def propose_first(run: Run, cut: Cut, head: Analysis, span: Span) -> None:
    """One moment of the first part of a video, while the rest is still being listened to. It is
    made from what is known of that part."""
    svc, now = run.svc, run.svc.clock.now()
    async with svc.db.write() as tx:
        now_is = await videos.cut(tx, cut.id)
        if now_is.state != "working" or await videos.clips_of(tx, cut.id):
            return  # cancelled, or an earlier try came so far
        await videos.keep_analysis(tx, cut.source_id, head, {}, now, videos.HEAD)
        await _add(svc, tx, cut, head, 1, span, behind=0)


def with_first(spans: Sequence[Span], first: Span) -> tuple[Span, ...]:
    """As many as there are, with that one in front, without those that share time with it."""
    others = [s for s in spans if s.end_s <= first.start_s or s.start_s >= first.end_s]
    return (first, *others[: max(0, len(spans) - 1)])


async def _brand(tx: AsyncSession, cut: Cut) -> Brand:
    """That of the workspace the video belongs to."""
    source = await videos.source(tx, cut.source_id)
    return await brands.of_workspace(tx, source.workspace_id)


async def _other_font(svc: Services, cut: Cut, found: Analysis) -> tuple[Say, ...]:
    """Says so where the font of the brand cannot write what is said."""
    async with svc.db.read() as tx:
        font = (await _brand(tx, cut)).font
    if font is None or not cut.wish.captions:
        return ()
    with tempfile.TemporaryDirectory(prefix="clipdesk-") as folder:
        path = svc.store.local_path(font.key) or await svc.store.fetch(
            font.key, Path(folder) / "font"
        )
        drawn = font_for(" ".join(w.text for w in found.words), font_in(path))
    return () if drawn.path == path or not found.words else (say("brand.font_not_here"),)


async def _add(
    svc: Services,
    tx: AsyncSession,
    cut: Cut,
    found: Analysis,
    rank: int,
    span: Span,
    *,
    behind: int,
) -> None:
    """One clip, how it is to be made, and the job that makes it before `behind` others."""
    captions = cut.wish.captions and bool(found.words)
    burnt = captions and found.has_captions(span.start_s, span.end_s)
    ours = captions and not burnt
    source = await videos.source(tx, cut.source_id)
    brand = await brands.of_workspace(tx, source.workspace_id)
    music = brand.music.key if brand.music else ""
    clip_id = await videos.add_clip(
        tx, cut, rank, span, captions=ours, rough=found.rough, now=svc.clock.now()
    )
    recipe = Recipe(
        *(span.start_s, span.end_s, cut.wish.format, ours),
        look=await looks.of_workspace(tx, source.workspace_id),
        burnt=burnt,
        partly=ours and found.partly_has_captions(span.start_s, span.end_s),
        cleaning=cut.wish.cleaning,
        music="" if cut.wish.music is False else music,
        tight=tight_of(cut.wish),
        brand=brand.without("music"),
        cover=cover_text(cut.wish, span.title),
    )
    await versions.want(tx, clip_id, recipe)
    await _add_render(svc, tx, cut.id, clip_id, behind=behind)


async def _add_render(
    svc: Services, tx: AsyncSession, cut_id: int, clip_id: int, *, behind: int
) -> None:
    """Queue the render of one clip. The queue goes by time alone, to the millisecond, so the best
    clip is due a little earlier than the next."""
    now = svc.clock.now()
    await svc.jobs.add(
        tx,
        RENDER,
        {"clip": clip_id},
        key=f"render:{clip_id}",
        now=now,
        run_at=now - timedelta(milliseconds=behind),
        cut_id=cut_id,
    )


async def close_if_all_are_done(tx: AsyncSession, run: Run, cut_id: int) -> None:
    """After the last clip the status message says what came out, and what did not and why."""
    clips = await videos.clips_of(tx, cut_id)
    cut = await videos.cut(tx, cut_id)
    if cut.state != "working" or not cut.planned or any(c.state == "proposed" for c in clips):
        return
    source = await videos.source(tx, cut.source_id)
    now = run.svc.clock.now()
    ready = sum(c.state in ("ready", "discarded") for c in clips)
    failed = tuple(
        say("status.clip_failed", rank=c.rank, title=c.title, why=c.fault)
        for c in clips
        if c.state == "failed" and c.fault
    )
    await videos.set_cut(tx, cut_id, state="done" if ready else "failed", done_at=now)
    slot = cut_cards.slot(cut_id)
    out = cut_cards.done(source.name, ready, failed, cut.notes)
    await outbox.say(tx, cut.chat_id, out, key=slot, slot=slot, now=now)
