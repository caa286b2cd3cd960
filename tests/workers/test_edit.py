"""Another version of a clip is really made: with what the one before knew, and kept beside it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import av
import pytest

from core.analysis.model import Analysis, Word
from core.clips.base import Span, Wish
from core.db import chats, jobs, people, versions, videos
from core.db.videos import Clip
from core.jobs.kinds import EDIT, RENDER
from core.media.probe import probe
from core.media.receive import sha256_of
from core.services import Services
from tests.conftest import HeldClock
from tests.core.framing.scenes import scene
from tests.core.render.conftest import source as made_source
from tests.handlers.conftest import member
from workers import edit, media  # noqa: F401  (they declare their jobs)
from workers.run import run_job

SAID = "so this is it now"
WORDS = tuple(Word(t, 0.5 + 0.5 * k, 0.95 + 0.5 * k) for k, t in enumerate(SAID.split()))


@pytest.fixture
def clock() -> HeldClock:
    """Leases are real here."""
    from core.clock import SystemClock

    return SystemClock()  # type: ignore[return-value]


@pytest.fixture
async def clip(svc: Services, tmp_path: Path) -> Clip:
    """A clip of 3 s, rendered by the worker."""
    path = made_source(
        tmp_path / "in.mp4",
        picture="testsrc2=s=320x180:r=30:d=4",
        sound="sine=f=300:r=48000:d=4,volume=0.2",
        args=("-c:a", "aac"),
    )
    chat = await member(svc, "owner", "ana", zone="Europe/Berlin")
    await chat.write("/start")
    now, sha256, facts = svc.clock.now(), await sha256_of(path), await probe(path)
    await svc.store.put(path, f"in/{sha256}")
    found: Analysis = replace(scene(length_s=4.0), words=WORDS, words_from="upload")
    async with svc.db.write() as tx:
        by, where = (
            await people.find_member(tx, "web", "ana"),
            await chats.find_chat(tx, chat.where),
        )
        assert by and where
        source = await videos.add_source(
            tx, by.workspace_id, by.id, sha256=sha256, size_b=1, name="Talk.mp4",
            media_key=f"in/{sha256}", now=now,
        )  # fmt: skip
        await videos.set_facts(tx, source.id, facts)
        await videos.keep_analysis(tx, source.id, found, {}, now)
        cut = await videos.add_cut(tx, source.id, where.id, by.id, Wish(format="1:1"), now)
        span = Span(0.3, 3.4, 70, (), "It", "It.", ())
        clip_id = await videos.add_clip(tx, cut, 1, span, captions=True, rough=False, now=now)
        await svc.jobs.add(tx, RENDER, {"clip": clip_id}, key="r", now=now, cut_id=cut.id)
    return await worked(svc, clip_id)


async def worked(svc: Services, clip_id: int) -> Clip:
    """The clip once everything that is to be done was done."""
    async with svc.db.read() as tx:
        due = await jobs.open_jobs(tx)
    for job in due:
        await run_job(svc, job.id)
    async with svc.db.read() as tx:
        return await videos.clip(tx, clip_id)


def _sound(path: Path) -> list[bytes]:
    with av.open(str(path)) as file:
        return [bytes(p) for p in file.demux(audio=0) if p.size]


async def test_other_captions_take_over_framing_and_sound_and_the_old_file_stays(
    svc: Services, clip: Clip
) -> None:
    first = clip.render
    assert first and first.words and [w.text for w in first.words] == [w.text for w in WORDS]
    wanted = replace(clip.recipe, look=replace(clip.recipe.look, style="neon", emoji=True))
    async with svc.db.write() as tx:
        await versions.want(tx, clip.id, wanted)
        args = {"clip": clip.id, "recipe": wanted.to_json(), "chat": 1}
        await svc.jobs.add(tx, EDIT, args, key="e", now=svc.clock.now(), cut_id=clip.cut_id)
    clip = await worked(svc, clip.id)
    second = clip.render
    assert second and second.id != first.id and second.recipe == wanted and clip.wanted is None
    assert second.before_id == first.id
    assert second.rendered.plan == first.rendered.plan
    assert second.rendered.mix == first.rendered.mix and first.rendered.mix
    files = [svc.store.local_path(r.media_key) for r in (first, second)]
    assert files[0] and files[1] and files[0].exists(), "Undo needs it"
    assert await asyncio.to_thread(_sound, files[0]) == await asyncio.to_thread(_sound, files[1])
    assert all(c.ok for c in second.rendered.checks if c.name.startswith("captions"))

    # Another cover leaves the file as it is.
    wanted = replace(wanted, cover="It works")
    async with svc.db.write() as tx:
        await versions.want(tx, clip.id, wanted)
        args = {"clip": clip.id, "recipe": wanted.to_json(), "chat": 1}
        await svc.jobs.add(tx, EDIT, args, key="c", now=svc.clock.now(), cut_id=clip.cut_id)
    third = (await worked(svc, clip.id)).render
    assert third and third.id != second.id and third.before_id == second.id
    assert (third.media_key, third.sha256) == (second.media_key, second.sha256)
    assert third.cover_key != second.cover_key and third.rendered.cover_s is not None
    covers = [svc.store.local_path(r.cover_key) for r in (second, third)]
    assert covers[0] and covers[1] and covers[0].read_bytes() != covers[1].read_bytes()
    second, clip = third, await worked(svc, clip.id)

    # What nobody wants any more is not made.
    tall = replace(wanted, format="9:16")
    async with svc.db.write() as tx:
        args = {"clip": clip.id, "recipe": tall.to_json(), "chat": 1}
        await svc.jobs.add(tx, EDIT, args, key="late", now=svc.clock.now(), cut_id=clip.cut_id)
    assert (await worked(svc, clip.id)).render == second
