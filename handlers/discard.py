"""Putting a clip away, bringing it back, and approving rough captions."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from core.cards.clip import clip_card
from core.chat import acts
from core.chat.message import Act, Button, Out
from core.chat.registry import Answer, Ask, Change, on_act
from core.db import audit, outbox_edits, videos
from core.db.videos import Clip
from core.errors import Told
from core.say import say
from core.services import Services
from handlers import _sources
from handlers._ids import first


@on_act(acts.CLIP_DISCARD, role="editor")
async def discard(ask: Ask, svc: Services) -> Answer:
    """Put a clip away; Undo brings it back."""
    waiting = [p for p in await svc.posting.queue(ask.by.workspace_id) if p.clip_id == first(ask)]
    async with svc.db.write() as tx:
        clip = await _sources.clip_of(tx, ask.by, ask.ids)
        if clip.state == "discarded":
            raise Told("clip.discarded_before", title=clip.title)
        if waiting:
            raise Told("clip.is_planned", title=clip.title)
        await videos.edit_clip(tx, clip.id, state="discarded")
        await _record(tx, ask, svc, "clip.discard")
    undo = Button(say("card.button_undo"), Act.of(acts.CLIP_RESTORE, clip.id))
    return Change(Out.of(say("clip.discarded", title=clip.title), buttons=((undo,),)))


@on_act(acts.CLIP_RESTORE, role="editor")
async def restore(ask: Ask, svc: Services) -> Answer:
    """Bring a discarded clip back."""
    async with svc.db.write() as tx:
        clip = await _sources.clip_of(tx, ask.by, ask.ids)
        if clip.render is None:
            raise Told("clip.gone")
        if clip.state == "discarded":
            await videos.edit_clip(tx, clip.id, state="ready")
            await _record(tx, ask, svc, "clip.restore")
        clip = await videos.clip(tx, clip.id)
    return Change(clip_card(clip))


@on_act(acts.CLIP_LOOKED, role="approver")
async def looked(ask: Ask, svc: Services) -> Answer:
    """The rough captions were read, and they are fine."""
    now = svc.clock.now()
    async with svc.db.write() as tx:
        clip = await ready_clip(tx, ask)
        if clip.looked_at is None:
            await videos.edit_clip(tx, clip.id, looked_at=now)
            await _record(tx, ask, svc, "clip.looked")
        clip = await videos.clip(tx, clip.id)
        await outbox_edits.change_newest(tx, f"clip:{clip.id}", clip_card(clip), now)
    row = tuple(
        Button(say(f"card.button_{label}"), Act.of(name, clip.id))
        for label, name in (("schedule", acts.CLIP_SCHEDULE), ("now", acts.CLIP_NOW))
    )
    return Out.of(say("clip.looked", title=clip.title), buttons=(row,))


async def ready_clip(tx: AsyncSession, ask: Ask, number: int | None = None) -> Clip:
    """The clip of a button (or this one) that can still be used. Raises Told for an old button."""
    clip = await _sources.clip_of(tx, ask.by, ask.ids if number is None else (number,))
    if clip.state == "discarded":
        raise Told("clip.discarded_before", title=clip.title)
    if clip.state != "ready" or clip.render is None:
        raise Told("clip.not_ready", title=clip.title)
    return clip


async def _record(tx: AsyncSession, ask: Ask, svc: Services, what: str) -> None:
    by = ask.by
    about = f"clip:{first(ask)}"
    await audit.record(tx, by.workspace_id, by.member_id, what, about, svc.clock.now())
