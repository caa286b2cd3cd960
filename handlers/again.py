"""Once more, with other moments; and what there was before."""

from __future__ import annotations

from dataclasses import replace

from core.analysis.model import Spell
from core.cards.clip import clip_card
from core.chat import acts
from core.chat.message import Out
from core.chat.registry import Answer, Arg, Ask, command, on_act
from core.clips.base import Wish
from core.clips.wish import read_wish
from core.db import videos
from core.db.videos import Source
from core.errors import Told
from core.say import say
from core.services import Services
from handlers import _sources
from handlers.clip import Request, begin
from handlers.sample import sample_button

SHOWN = 12
"""Cards at once; a person who wants more asks for the rest by a wish."""


@command("again", role="editor", args=[Arg("wish")])
async def again(ask: Ask, svc: Services) -> Answer:
    """Cut the last video once more, with other moments."""
    source = await _sources.meant(ask, svc)
    if source is None:
        return Out.of(say("clip.send_one"), buttons=((sample_button(),),))
    return await _once_more(ask, svc, source, read_wish(ask.text) if ask.text else None)


@on_act(acts.SOURCE_AGAIN, role="editor")
async def again_source(ask: Ask, svc: Services) -> Answer:
    """The button under a video that is known."""
    async with svc.db.read() as tx:
        source = await _sources.source_of(tx, ask.by, ask.ids)
    return await _once_more(ask, svc, source, None)


@on_act(acts.CLIP_AGAIN, role="editor")
async def again_clip(ask: Ask, svc: Services) -> Answer:
    """The button under a clip."""
    async with svc.db.read() as tx:
        clip = await _sources.clip_of(tx, ask.by, ask.ids)
        source = await _sources.source_of(tx, ask.by, (clip.source_id,))
    return await _once_more(ask, svc, source, None)


async def _once_more(ask: Ask, svc: Services, source: Source, wish: Wish | None) -> Answer:
    """The wish of the last time, unless there is a new one, without what was shown."""
    async with svc.db.read() as tx:
        if await _sources.working_on(tx, source):
            raise Told("clip.working_already", name=source.name)
        cuts = await videos.cuts_of(tx, source.id)
        clips = await _sources.clips_of_source(tx, source)
    shown = tuple(Spell(c.span.start_s, c.span.end_s) for c in clips if c.state != "failed")
    last = next((c for c in cuts), None)
    before = replace(last.wish, spans=()) if last else Wish()
    # Stretches a person named are cut as named, shown before or not.
    new = replace(wish if wish is not None else before, avoid=shown)
    await begin(ask, svc, Request(source, new, last.subtitles_key if last else None))
    return None


@on_act(acts.SOURCE_CLIPS, role="viewer")
async def clips(ask: Ask, svc: Services) -> Answer:
    """Show the clips of a video again."""
    async with svc.db.read() as tx:
        source = await _sources.source_of(tx, ask.by, ask.ids)
        found = await _sources.clips_of_source(tx, source)
    ready = [c for c in found if c.state == "ready" and c.render is not None]
    if not ready:
        raise Told("clip.none_ready", name=source.name)
    head = Out.of(say("clip.here_they_are", name=source.name, n=len(ready)))
    return [head, *(clip_card(c) for c in ready[:SHOWN])]


@on_act(acts.CLIP_SHOW, role="viewer")
async def show(ask: Ask, svc: Services) -> Answer:
    """Show one clip again."""
    async with svc.db.read() as tx:
        clip = await _sources.clip_of(tx, ask.by, ask.ids)
    if clip.state != "ready" or clip.render is None:
        raise Told("clip.discarded_before", title=clip.title)
    return clip_card(clip)
