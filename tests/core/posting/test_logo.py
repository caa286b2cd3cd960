"""A logo is in what goes to platforms that allow one, and nowhere else."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from sqlalchemy import select

from core.brand.brand import Asset, Brand
from core.db import videos
from core.db.tables import RenderRow, SourceRow
from core.framing.plan import Layout, Plan, Window
from core.media.probe import probe
from core.media.store import open_store
from core.render.recipe import Recipe
from core.settings import Settings
from tests.core.framing.scenes import scene
from tests.core.render.conftest import source as source_of
from tests.doubles.bench import Bench

pytestmark = pytest.mark.parametrize("db", [pytest.param("sqlite", id="sqlite")], indirect=True)


async def _brand(bench: Bench, settings: Settings, folder: Path) -> None:
    """The clip was cut from a video that is still here, in a brand with a logo."""
    calm = source_of(folder / "talk.mkv", picture="color=0x405060:s=270x480:r=30:d=4")
    store, facts = open_store(settings), await probe(calm)
    cv2.imwrite(str(folder / "logo.png"), np.full((90, 90, 4), (255, 0, 255, 255), np.uint8))
    await store.put(folder / "logo.png", "brand/abcdef")
    plan = Plan("9:16", (Layout(0, 4, "track", (Window(0, 0, 0, 270, 480),)),))
    recipe = Recipe(0.0, 4.0, captions=False, brand=Brand(logo=Asset("brand/abcdef", "logo.png")))
    async with bench.db.write() as tx:
        clip = await videos.clip(tx, bench.clip_id)
        source = await tx.get_one(SourceRow, clip.source_id)
        await store.put(calm, source.media_key)
        await videos.set_facts(tx, source.id, facts)
        now = bench.clock.now()
        await videos.keep_analysis(tx, source.id, scene(length_s=4), {}, now)
        row = await tx.scalar(select(RenderRow).where(RenderRow.clip_id == bench.clip_id))
        assert row is not None
        row.recipe_json = recipe.to_json()
        row.rendered_json = {**row.rendered_json, "plan": plan.to_json()}


async def _story(bench: Bench) -> list[tuple[bool, str | None]]:
    post = (await bench.posting.posts_of_clip(bench.clip_id))[0]
    return [
        (a.ok, a.code) for a in await bench.posting.story(post.id, bench.by) if a.call == "logo"
    ]


def _first(path: Path) -> np.ndarray:
    with av.open(str(path)) as file:
        return next(file.decode(video=0)).to_ndarray(format="bgr24").astype(int)


async def test_the_logo_goes_where_it_is_allowed(
    bench: Bench, settings: Settings, clip_file: Path, tmp_path: Path
) -> None:
    await _brand(bench, settings, tmp_path)
    for platform, name in (
        ("tiktok", "ana.makes"), ("instagram", "ana.makes"), ("instagram", "studio.nine"),
    ):  # fmt: skip
        await bench.connect(platform, name)
    await bench.fault("instagram", "upload", "drop_after")
    view = await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert view.logo
    assert await bench.run_until("published", hurry_s=5) == ["published"] * 3
    sent: dict[str, set[str]] = {}
    for entry in await bench.ledger():
        sent.setdefault(entry["platform"], set()).add(entry["file"])
    media = settings.data_dir / "practice" / "media"
    (bare,), dressed = sent["tiktok"], sent["instagram"]
    assert hashlib.sha256((media / bare).read_bytes()).digest() == (
        hashlib.sha256(clip_file.read_bytes()).digest()
    )
    looks = [await asyncio.to_thread(_first, media / name) for name in dressed]
    for look in looks:
        assert look.shape[:2] == (1920, 1080)
        spot = look[290:350, 80:140].mean(axis=(0, 1))
        assert np.abs(spot - (255, 0, 255)).max() < 40
    assert len({(media / name).read_bytes() for name in dressed}) == 1
    assert await _story(bench) == [(True, None)], "made once"


async def test_a_post_goes_out_without_it_where_it_cannot_be_made_and_that_is_told(
    bench: Bench, settings: Settings, clip_file: Path, tmp_path: Path
) -> None:
    await _brand(bench, settings, tmp_path)
    await open_store(settings).remove("brand/abcdef")
    await bench.connect("instagram")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("published", hurry_s=5) == ["published"]
    (entry,) = await bench.ledger()
    sent = settings.data_dir / "practice" / "media" / entry["file"]
    assert sent.read_bytes() == clip_file.read_bytes()
    assert await _story(bench) == [(False, "not made")]
