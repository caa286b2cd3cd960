"""Another version of a clip that somebody asked for. The one that is shown stays until this one is
ready, and is kept after that."""

from __future__ import annotations

import time

from sqlalchemy.ext.asyncio import AsyncSession

from core.brand.kit import gather
from core.cards.edit import not_made, say_version
from core.db import outbox, versions, videos
from core.db.videos import Clip
from core.errors import Cancelled
from core.jobs.kinds import EDIT
from core.render.recipe import Recipe
from core.say import Say
from core.tell import Tell
from workers.making import Making, Version, keep_version, make_version, store_files
from workers.media import known_source, music_of, scratch_folder
from workers.run import Run, job


async def _not_edited(tx: AsyncSession, run: Run, why: Say) -> None:
    """The clip stays as it was, and that is said."""
    clip = await videos.clip(tx, run.args["clip"])
    if clip.wanted == Recipe.from_json(run.args["recipe"]):
        await versions.want(tx, clip.id, None)
    now, chat = run.svc.clock.now(), run.args["chat"]
    await outbox.say(tx, chat, not_made(clip, why), key=f"edit:{run.id}", now=now, urgent=True)


@job(EDIT, gave_up=_not_edited)
async def edit(run: Run) -> None:
    """Make it, keep it, show it; unless something else was asked for meanwhile."""
    svc, recipe = run.svc, Recipe.from_json(run.args["recipe"])
    clip = await _still_asked_for(run, recipe)
    async with svc.db.read() as tx:
        cut = await videos.cut(tx, clip.cut_id)
        source = await videos.source(tx, cut.source_id)
    began = time.monotonic()
    async with scratch_folder(run) as scratch:
        video, found = await known_source(svc, cut, source, scratch)
        tell = _telling(run)
        music = await music_of(svc, recipe, scratch)
        kit = await gather(recipe.brand, svc.store, scratch)
        making = Making(scratch, svc.settings, tell, music, kit)
        version = await make_version(video, found, clip, recipe, making)
        await _show(run, clip, version, time.monotonic() - began)


async def _still_asked_for(run: Run, recipe: Recipe) -> Clip:
    async with run.svc.db.read() as tx:
        clip = await videos.clip(tx, run.args["clip"])
    if clip.wanted != recipe or clip.state != "ready":
        raise Cancelled
    return clip


def _telling(run: Run) -> Tell:
    """`/status` says how far it is."""

    def tell(stage: str, done: float, *, note: Say | None = None) -> None:
        run.progress = {"stage": stage, "done": round(done, 3)}

    return tell


async def _show(run: Run, clip: Clip, version: Version, took_s: float) -> None:
    svc, now = run.svc, run.svc.clock.now()
    stored = await store_files(svc.store, version)
    async with svc.db.write() as tx:
        clip = await videos.clip(tx, clip.id)
        if clip.wanted != version.recipe or clip.state != "ready":
            raise Cancelled
        render_id = await keep_version(tx, clip.id, version, stored, took_s, now)
        render = await versions.version(tx, render_id)
        assert render is not None
        shown = await versions.adopt(tx, clip, render)
        await say_version(tx, shown, run.args["chat"], f"{run.id}", now)
