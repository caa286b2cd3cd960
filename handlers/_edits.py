"""Changing a clip: what was asked for becomes another version, made or found among the old ones."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from core.analysis.model import Analysis
from core.cards import edit as card
from core.cards.clip import clip_card
from core.chat import acts
from core.chat.limits import TITLE_CHARS
from core.chat.message import Act, Button, Out, Rows
from core.chat.registry import Answer, Ask
from core.clips.llm_wire import LlmSettings
from core.db import audit, brands, jobs, outbox_edits, versions, videos
from core.db.videos import Clip, Source
from core.edits.apply import Edited, apply
from core.edits.change import Change
from core.errors import Told
from core.framing.frame import frame
from core.jobs.kinds import EDIT
from core.media.facts import FORMATS, Video
from core.render.recipe import Recipe
from core.say import say
from core.services import Services

READY: tuple[tuple[str, Change], ...] = (
    ("start_earlier", Change("start_by", -2)),
    ("start_later", Change("start_by", 2)),
    ("end_earlier", Change("end_by", -2)),
    ("end_later", Change("end_by", 2)),
    ("drop_first", Change("drop_first", 1)),
    ("drop_last", Change("drop_last", 1)),
    ("other", Change("other")),
    ("captions_off", Change("captions", 0)),
    ("captions_on", Change("captions", 1)),
    ("pauses_out", Change("tight", 1, "both")),
    ("pauses_back", Change("tight", 0, "both")),
)
"""Changes with a button (`edit.button_…`) that carries the place here: only add at its end."""
SHAPES = ("9:16", "4:5", "1:1", "16:9")
"""Buttons carry the place in it."""
_PEOPLE = 6
"""Turns that are tried to find somebody else."""


def ready_button(clip: Clip, name: str) -> Button:
    place = next(n for n, (known, _) in enumerate(READY) if known == name)
    return Button(say(f"edit.button_{name}"), Act.of(acts.CLIP_DO, clip.id, place))


def menu(clip: Clip) -> Rows:
    """The changes people ask for most, and where the others are found."""
    captions = "captions_off" if clip.captions else "captions_on"
    more = (("style", acts.CLIP_LOOKS), ("shape", acts.CLIP_SHAPES), ("files", acts.CLIP_FILES))
    return (
        tuple(ready_button(clip, n) for n in ("start_earlier", "start_later")),
        tuple(ready_button(clip, n) for n in ("end_earlier", "end_later")),
        tuple(ready_button(clip, n) for n in ("drop_first", "drop_last")),
        tuple(ready_button(clip, n) for n in ("other", captions)),
        (ready_button(clip, "pauses_back" if clip.recipe.tight else "pauses_out"),),
        tuple(Button(say(f"edit.button_{n}"), Act.of(act, clip.id)) for n, act in more),
    )


async def change(ask: Ask, svc: Services, clip: Clip, changes: tuple[Change, ...]) -> Answer:
    """Do it, or raise Told with the reason; then nothing was changed."""
    if [c.kind for c in changes] == ["undo"]:
        return await undo(ask, svc, clip)
    async with svc.db.read() as tx:
        source, analysis = await _known(tx, clip)
        music = (await brands.of_workspace(tx, source.workspace_id)).music
    bed = music.key if music else ""
    wished = clip.wanted or clip.recipe
    edited = apply(wished, changes, analysis, bed, clip.line, clip.title)
    if any(c.kind == "other" for c in changes):
        before = clip.wanted or clip.recipe
        edited.recipe = await asyncio.to_thread(
            _on_another, edited.recipe, before, source, analysis
        )
    if edited.recipe.look.language and not LlmSettings().ready:
        raise Told("edit.no_translator")
    if edited.title and len(edited.title) > TITLE_CHARS:
        raise Told("caption.title_long", n=len(edited.title), limit=TITLE_CHARS)
    async with svc.db.write() as tx:
        return await _write(tx, ask, svc, await videos.clip(tx, clip.id), edited)


async def _known(tx: AsyncSession, clip: Clip) -> tuple[Source, Analysis]:
    """The video and what was found out about it."""
    source = await videos.source(tx, clip.source_id)
    analysis = await analysis_of(tx, clip)
    if source.facts is None or analysis is None:
        raise Told("edit.look_again")
    return source, analysis


async def analysis_of(tx: AsyncSession, clip: Clip) -> Analysis | None:
    """What was found out about its video, with the subtitles it was sent with."""
    cut = await videos.cut(tx, clip.cut_id)
    return await videos.stored_analysis(tx, clip.source_id, cut.subtitles_sha256)


def _on_another(wished: Recipe, before: Recipe, source: Source, analysis: Analysis) -> Recipe:
    """The next turn of the framing that shows something else. Raises Told when nobody else is
    there."""
    assert source.facts is not None
    video = Video(Path(source.name), source.sha256, source.facts)

    def plan(other: int) -> object:
        shape = FORMATS[wished.format]
        return frame(video, analysis, wished.start_s, wished.end_s, shape, other=other)[0]

    shown = plan(before.other)
    for turn in range(before.other + 1, before.other + _PEOPLE):
        if plan(turn) != shown:
            return replace(wished, other=turn)
    raise Told("edit.nobody_else")


async def _write(tx: AsyncSession, ask: Ask, svc: Services, clip: Clip, edited: Edited) -> Answer:
    now = svc.clock.now()
    if edited.title:
        await videos.edit_clip(tx, clip.id, title=edited.title)
        clip = await videos.clip(tx, clip.id)
        await outbox_edits.change_newest(tx, f"clip:{clip.id}", clip_card(clip), now)
    await _leave(tx, svc, clip)
    await _note(tx, ask, svc, "clip.edit", clip)
    if edited.recipe == clip.recipe:
        if edited.title:
            return Out.of(say("caption.kept", title=clip.title))
        return Out.of(say("edit.as_it_is", title=clip.title))
    known = await versions.made_before(tx, clip, edited.recipe)
    if known is not None:  # nothing has to be made again
        shown = await versions.adopt(tx, clip, known)
        await card.say_version(tx, shown, ask.by.chat_id, ask.key, now, restored=True)
        return None
    await versions.want(tx, clip.id, edited.recipe)
    args = {"clip": clip.id, "recipe": edited.recipe.to_json(), "chat": ask.by.chat_id}
    await svc.jobs.add(tx, EDIT, args, key=f"edit:{ask.key}", now=now, cut_id=clip.cut_id)
    return card.begun(clip, tuple(edited.said))


async def _leave(tx: AsyncSession, svc: Services, clip: Clip) -> None:
    """Whatever is under way for this clip is not wanted any more."""
    for job in await jobs.open_jobs(tx):
        if job.kind == EDIT.name and job.args.get("clip") == clip.id:
            await jobs.cancel(tx, job.id, svc.clock.now())
    await versions.want(tx, clip.id, None)


async def stop(ask: Ask, svc: Services, clip: Clip) -> Out:
    """Leave it as it is."""
    async with svc.db.write() as tx:
        clip = await videos.clip(tx, clip.id)
        if clip.wanted is None:
            raise Told("edit.nothing_under_way", title=clip.title)
        await _leave(tx, svc, clip)
        await _note(tx, ask, svc, "clip.edit_cancel", clip)
    return Out.of(say("edit.stopped", title=clip.title))


async def undo(ask: Ask, svc: Services, clip: Clip) -> Answer:
    """The version before this one, at once: its file was kept."""
    async with svc.db.write() as tx:
        clip = await videos.clip(tx, clip.id)
        if clip.wanted is not None:
            await _leave(tx, svc, clip)
            return Out.of(say("edit.stopped", title=clip.title))
        before = await versions.version(tx, clip.render.before_id if clip.render else None)
        if before is None:
            raise Told("edit.nothing_before", title=clip.title)
        shown = await versions.adopt(tx, clip, before, back=True)
        await card.say_version(tx, shown, ask.by.chat_id, ask.key, svc.clock.now(), restored=True)
        await _note(tx, ask, svc, "clip.undo", clip)
    return None


async def _note(tx: AsyncSession, ask: Ask, svc: Services, what: str, clip: Clip) -> None:
    by = ask.by
    about = f"clip:{clip.id}"
    await audit.record(tx, by.workspace_id, by.member_id, what, about, svc.clock.now())
