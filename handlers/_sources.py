"""Which video is meant, and what was made of it."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.registry import Ask, Asker
from core.db import jobs, outbox_edits, videos
from core.db.videos import Clip, Cut, Source
from core.errors import Told
from core.services import Services

_RECENT = 50


async def meant(ask: Ask, svc: Services) -> Source | None:
    """The video that was replied to; else the last one of this chat; else of the workspace."""
    async with svc.db.read() as tx:
        replied = await _replied_to(tx, ask)
        if replied is not None:
            return replied
        return await last(tx, ask.by)


async def last(tx: AsyncSession, by: Asker) -> Source | None:
    """The last video of this chat; else of the workspace."""
    cuts = await videos.recent_cuts(tx, by.workspace_id, _RECENT)
    here = next((c for c in cuts if c.chat_id == by.chat_id), None)
    if here is not None:
        return await videos.source(tx, here.source_id)
    recent = await videos.recent_sources(tx, by.workspace_id, 1)
    return recent[0] if recent else None


async def _replied_to(tx: AsyncSession, ask: Ask) -> Source | None:
    """Our message about a clip or a request leads to its video."""
    clip_id, cut_id = await about(tx, ask, "clip"), await about(tx, ask, "cut")
    if cut_id is not None:
        return await videos.source(tx, (await videos.cut(tx, cut_id)).source_id)
    if clip_id is not None:
        return await videos.source(tx, (await videos.clip(tx, clip_id)).source_id)
    return None


async def about(tx: AsyncSession, ask: Ask, kind: str) -> int | None:
    """The number of what our message that was replied to is about: a `clip`, a `cut`."""
    said = await outbox_edits.said_as(tx, ask.by.chat_id, ask.on.id) if ask.on else None
    for name in (said[1] or "", said[0]) if said else ():
        parts = name.split(":")
        if parts[0] == kind and len(parts) > 1 and parts[1].isdecimal():
            return int(parts[1])
    return None


async def clip_of(tx: AsyncSession, by: Asker, ids: tuple[int, ...]) -> Clip:
    """The clip of a button. Raises Told for one that is gone or belongs to others."""
    clip = await videos.clip(tx, _first(ids))
    await source_of(tx, by, (clip.source_id,))
    return clip


async def cut_of(tx: AsyncSession, by: Asker, ids: tuple[int, ...]) -> Cut:
    cut = await videos.find_cut(tx, _first(ids))
    if cut is None:
        raise Told("clip.video_gone")
    await source_of(tx, by, (cut.source_id,))
    return cut


async def source_of(tx: AsyncSession, by: Asker, ids: tuple[int, ...]) -> Source:
    source = await videos.find_source(tx, _first(ids))
    if source is None or source.workspace_id != by.workspace_id:
        raise Told("clip.video_gone")
    return source


def _first(ids: tuple[int, ...]) -> int:
    """Raises Told for a button that carries nothing, or more than a database can number."""
    if not ids or not 0 <= ids[0] < 2**63:
        raise Told("door.strange_button")
    return ids[0]


async def clips_of_source(tx: AsyncSession, source: Source) -> tuple[Clip, ...]:
    """Every clip of a video, newest request first."""
    cuts = await videos.cuts_of(tx, source.id)
    return tuple([clip for cut in cuts for clip in await videos.clips_of(tx, cut.id)])


async def numbered_clip(ask: Ask, svc: Services, number: int) -> Clip:
    """The finished clip with this number on its card, of the video that is meant."""
    source = await meant(ask, svc)
    if source is not None:
        async with svc.db.read() as tx:
            every = await clips_of_source(tx, source)
        found = next((c for c in every if c.rank == number and c.state == "ready"), None)
        if found is not None:
            return found
    raise Told("clip.no_such_number", number=number)


async def has_clips(tx: AsyncSession, source: Source) -> bool:
    """Whether there is, or soon will be, something to show."""
    if await working_on(tx, source):
        return True
    return any(c.state in ("ready", "discarded") for c in await clips_of_source(tx, source))


async def working_on(tx: AsyncSession, source: Source) -> bool:
    return any(cut.state == "working" for cut in await videos.cuts_of(tx, source.id))


async def cuts_ahead(tx: AsyncSession) -> int:
    """Requests that are worked on before a new one."""
    return len({job.cut_id for job in await jobs.open_jobs(tx) if job.cut_id is not None})
