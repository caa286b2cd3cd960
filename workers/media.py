"""From a video to finished clips: analyse, then one job per clip; see `proposing.py` for what lies
between."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from core.analysis.analyse import analyse as find_out
from core.analysis.head import OnHead
from core.analysis.model import Analysis
from core.brand.kit import gather
from core.cards import clip as clip_cards
from core.cards import cut as cut_cards
from core.chat.message import Out
from core.clips.base import Wish
from core.clips.registry import provider
from core.db import outbox, tastes, versions, videos
from core.db.videos import Clip, Cut, Source
from core.errors import Cancelled, NothingToCut
from core.jobs.kinds import ANALYSE, RENDER, SAMPLE
from core.media.facts import Video
from core.media.ffmpeg import find
from core.media.probe import probe
from core.media.receive import sha256_of
from core.media.sample import make_sample
from core.media.settle import settled
from core.media.turns import in_line, my_turn
from core.render.recipe import Recipe
from core.say import Say, say
from core.services import Services
from workers.making import Making, Version, keep_version, make_version, store_files
from workers.proposing import close_if_all_are_done, propose, propose_first
from workers.run import Run, job
from workers.teller import Teller, telling

SO_FAR = "seen-"
"""Folders in which an analysis keeps what it knows; the sweep removes what nobody came back for."""


@asynccontextmanager
async def scratch_folder(run: Run) -> AsyncIterator[Path]:
    """A folder of this job's own; what an earlier attempt left in it is thrown away."""
    folder = run.svc.settings.data_dir / "scratch" / f"job-{run.id}"
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _local(svc: Services, key: str, scratch: Path) -> Path:
    """A stored file on this machine: where it lies, or a copy for the time of the job."""
    found = svc.store.local_path(key)
    return found if found is not None else await svc.store.fetch(key, scratch)


async def _still_wanted(svc: Services, cut_id: int) -> tuple[Cut, Source]:
    async with svc.db.read() as tx:
        cut = await videos.cut(tx, cut_id)
        source = await videos.source(tx, cut.source_id)
    if cut.state == "cancelled":
        raise Cancelled
    return cut, source


# ── analyse ─────────────────────────────────────────────────────────────────────────────────────


async def _not_cut(tx: AsyncSession, run: Run, why: Say) -> None:
    """The request is over: say what was not done."""
    now = run.svc.clock.now()
    cut = await videos.cut(tx, run.args["cut"])
    source = await videos.source(tx, cut.source_id)
    await videos.set_cut(tx, cut.id, state="failed", fault=why, done_at=now)
    slot = cut_cards.slot(cut.id)
    out = cut_cards.failed(source.name, why)
    await outbox.say(tx, cut.chat_id, out, key=slot, slot=slot, now=now, urgent=True)


@job(ANALYSE, gave_up=_not_cut)
async def analyse(run: Run) -> None:
    """Find the moments of a source and queue one render for each."""
    svc = run.svc
    cut, source = await _still_wanted(svc, run.args["cut"])
    progress = cut_cards.Progress(source.name, {"probe": 0.0})
    async with scratch_folder(run) as scratch, telling(run, cut, progress) as tell:
        video = await _probed(svc, source, await _local(svc, source.media_key, scratch), tell)
        video = await _seekable(svc, video, scratch)
        finder = provider(svc.settings.clip_provider, svc.settings)
        async with svc.db.read() as tx:
            taste = await tastes.taste_of(tx, source.workspace_id, svc.clock.now())

        async def begin(head: Analysis) -> None:
            span = await finder.first(video, head, cut.wish, taste)
            if span is not None:
                await propose_first(run, cut, head, span)

        async with my_turn("analysis"):
            found = await _analysed(run, cut, video, scratch, tell, begin)
        picked = await finder.pick(video, found, cut.wish, tell, taste)
        if not picked.spans:
            raise NothingToCut("clips.nothing")
    await propose(run, cut, found, picked, tuple(tell.notes))


async def _probed(svc: Services, source: Source, path: Path, tell: Teller) -> Video:
    """What kind of video it is. Raises NotUsable in words."""
    facts = source.facts or await probe(path)
    if source.facts is None:
        async with svc.db.write() as tx:
            await videos.set_facts(tx, source.id, facts)
    tell("probe", 1.0)
    if facts.damaged:
        tell("probe", 1.0, note=say("media.damaged_note"))
    return Video(path, source.sha256, facts, name=Path(source.name).stem)


async def _seekable(svc: Services, video: Video, scratch: Path) -> Video:
    """A working copy for containers without an index, so that every cut is exact."""
    return await settled(video, into=scratch, exe=find(svc.settings))


async def _analysed(
    run: Run, cut: Cut, video: Video, scratch: Path, tell: Teller, on_head: OnHead
) -> Analysis:
    """The stored analysis of this source, or a new one, stored at once."""
    svc = run.svc
    subtitles = await _local(svc, cut.subtitles_key, scratch) if cut.subtitles_key else None
    async with svc.db.read() as tx:
        known = await videos.stored_analysis(tx, cut.source_id, cut.subtitles_sha256)
    if known is not None:
        return known
    stages: dict[str, float] = {}
    # Beside the scratch folder of this try: should it be killed, the next one goes on from here.
    so_far = svc.settings.data_dir / "scratch" / f"{SO_FAR}{run.id}"
    found = await find_out(
        video,
        settings=svc.settings,
        tell=tell,
        subtitles=subtitles,
        timings=stages,
        keep=so_far,
        on_head=on_head,
    )
    async with svc.db.write() as tx:
        mark, now = cut.subtitles_sha256, svc.clock.now()
        await videos.keep_analysis(tx, cut.source_id, found, stages, now, mark)
    await asyncio.to_thread(shutil.rmtree, so_far, ignore_errors=True)
    return found


# ── render ──────────────────────────────────────────────────────────────────────────────────────


async def _not_rendered(tx: AsyncSession, run: Run, why: Say) -> None:
    """This clip is named with its reason in the final message; the others go on."""
    clip = await videos.clip(tx, run.args["clip"])
    await videos.edit_clip(tx, clip.id, state="failed", fault=why)
    await close_if_all_are_done(tx, run, clip.cut_id)


@job(RENDER, gave_up=_not_rendered)
async def render(run: Run) -> None:
    """Render one clip, keep the file and show it. Its place at the encoder is taken before
    anything else is done: what takes longer to prepare is not shown later for that."""
    async with in_line("picture"):
        await _render(run)


async def _render(run: Run) -> None:
    svc = run.svc
    async with svc.db.read() as tx:
        clip = await videos.clip(tx, run.args["clip"])
    cut, source = await _still_wanted(svc, clip.cut_id)
    at = cut_cards.Progress(source.name, {}, clip=clip.rank, clips=cut.planned)
    began = time.monotonic()
    async with scratch_folder(run) as scratch, telling(run, cut, at) as tell:
        video, found = await known_source(svc, cut, source, scratch)
        recipe = clip.wanted or clip.recipe
        music = await music_of(svc, recipe, scratch)
        kit = await gather(recipe.brand, svc.store, scratch)
        making = Making(scratch, svc.settings, tell, music, kit)
        version = await make_version(video, found, clip, recipe, making)
        await _keep(run, cut, clip, version, time.monotonic() - began)


async def known_source(
    svc: Services, cut: Cut, source: Source, scratch: Path
) -> tuple[Video, Analysis]:
    path = await _local(svc, source.media_key, scratch)
    async with svc.db.read() as tx:
        found = await videos.stored_analysis(tx, source.id, cut.subtitles_sha256)
        found = found or await videos.stored_analysis(tx, source.id, videos.HEAD)
    if found is None or source.facts is None:
        raise RuntimeError("a clip whose source was never analysed")
    video = Video(path, source.sha256, source.facts, name=Path(source.name).stem)
    return await _seekable(svc, video, scratch), found


async def music_of(svc: Services, recipe: Recipe, scratch: Path) -> Path | None:
    """The file of the music that lies under a clip."""
    return await _local(svc, recipe.music, scratch) if recipe.music else None


async def _keep(run: Run, cut: Cut, clip: Clip, version: Version, took_s: float) -> None:
    """Store the files first, then the row that names them, then the message, in this order."""
    svc, now = run.svc, run.svc.clock.now()
    stored = await store_files(svc.store, version)
    async with svc.db.write() as tx:
        render_id = await keep_version(tx, clip.id, version, stored, took_s, now)
        render = await versions.version(tx, render_id)
        assert render is not None
        await versions.adopt(tx, clip, render)
        await videos.edit_clip(tx, clip.id, state="ready")
        card = clip_cards.clip_card(await videos.clip(tx, clip.id))
        await outbox.say(
            tx,
            cut.chat_id,
            card,
            key=f"clip:{clip.id}",
            now=now,
            urgent=True,
            reply_to=cut.asked_on,
        )
        await close_if_all_are_done(tx, run, cut.id)


# ── sample ──────────────────────────────────────────────────────────────────────────────────────


async def _no_sample(tx: AsyncSession, run: Run, why: Say) -> None:
    out = Out.of(say("sample.failed"), why)
    key = f"sample:{run.id}"
    await outbox.say(tx, run.args["chat"], out, key=key, now=run.svc.clock.now())


@job(SAMPLE, gave_up=_no_sample)
async def sample(run: Run) -> None:
    """Make a video for somebody who has none at hand, and cut it."""
    svc = run.svc
    async with scratch_folder(run) as scratch:
        made = await make_sample(scratch / "sample.mp4", settings=svc.settings)
        sha256 = await sha256_of(made)
        size_b = made.stat().st_size
        key = f"in/{sha256}"
        await svc.store.put(made, key)
    async with svc.db.write() as tx:
        await _cut_sample(tx, run, sha256, size_b, key)


async def _cut_sample(tx: AsyncSession, run: Run, sha256: str, size_b: int, key: str) -> None:
    svc, now = run.svc, run.svc.clock.now()
    workspace, member = run.args["workspace"], run.args["member"]
    source = await videos.source_by_hash(tx, workspace, sha256) or await videos.add_source(
        tx,
        workspace,
        member,
        sha256=sha256,
        size_b=size_b,
        name=made_name(),
        media_key=key,
        now=now,
    )
    cut = await videos.add_cut(tx, source.id, run.args["chat"], member, Wish(), now)
    await svc.jobs.add(tx, ANALYSE, {"cut": cut.id}, key=f"cut:{cut.id}", now=now, cut_id=cut.id)


def made_name() -> str:
    """What the sample is called in the chat."""
    return "Clipdesk sample.mp4"
