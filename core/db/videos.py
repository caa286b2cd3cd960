"""Sources, the requests to cut them, the clips and their files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.analysis.model import ANALYSER, Analysis, Word
from core.analysis.timeline import Timeline
from core.clips.base import Span, Wish
from core.db.tables import AnalysisRow, ClipRow, CutRow, RenderRow, SourceRow
from core.errors import Told
from core.media.facts import VideoFacts
from core.render.recipe import Recipe
from core.render.rendered import Rendered
from core.say import Say, say_from_json, say_to_json

CutState = Literal["working", "done", "failed", "cancelled"]
ClipState = Literal["proposed", "ready", "failed", "discarded"]


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


def _fault(raw: dict[str, Any] | None) -> Say | None:
    return say_from_json(raw) if raw else None


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
        _fault(row.fault_json),
        row.created_at,
        row.asked_on,
    )


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
        _fault(row.fault_json),
        row.looked_at,
        render_of(render) if render else None,
        Recipe.from_json(row.wanted_json) if row.wanted_json else None,
    )


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


# ── sources ─────────────────────────────────────────────────────────────────────────────────────


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


# ── analyses ────────────────────────────────────────────────────────────────────────────────────


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


# ── requests ────────────────────────────────────────────────────────────────────────────────────


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


# ── clips ───────────────────────────────────────────────────────────────────────────────────────


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
