"""Files a platform would refuse: found before anything is sent, mended by encoding them anew, and
told where that does not help."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from core.db.tables import RenderRow
from core.media.boxes import box_names, has_edit_list, moov_is_first
from core.media.ffmpeg import find
from core.media.probe import probe
from core.media.store import open_store
from core.settings import Settings
from tests.doubles.bench import Bench

pytestmark = pytest.mark.parametrize("db", [pytest.param("sqlite", id="sqlite")], indirect=True)
FAST = ("-movflags", "+faststart")
GOOD = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
FLAWS = {
    "fps": ("540x960:r=15", (*GOOD, *FAST), "mp4"),
    "codec, sound": (
        "540x960:r=30",
        ("-c:v", "mpeg4", "-c:a", "ac3", *FAST),
        "mp4",
    ),
    "container": ("540x960:r=30", GOOD, "mkv"),
    "moov": ("540x960:r=30", (*GOOD, "-use_editlist", "0"), "mp4"),
    "sides": ("120x1930:r=30", (*GOOD, *FAST), "mp4"),
}


def _make(out: Path, picture: str, how: tuple[str, ...]) -> Path:
    exe = find(Settings(_env_file=None))  # type: ignore[call-arg]
    source = (
        "-f",
        "lavfi",
        "-i",
        f"testsrc2=s={picture}:d=4",
        "-f",
        "lavfi",
        "-i",
        "sine=d=4:r=48000",
    )
    subprocess.run([exe, "-v", "error", *source, *how, str(out)], check=True)
    return out


async def _use(bench: Bench, settings: Settings, file: Path) -> str:
    """The clip is this file now."""
    key = f"clips/{file.name}"
    await open_store(settings).put(file, key)
    async with bench.db.write() as tx:
        row = await tx.scalar(select(RenderRow).where(RenderRow.clip_id == bench.clip_id))
        assert row is not None
        row.media_key, row.rendered_json = key, {**row.rendered_json, "checks": []}
    return key


async def _told(bench: Bench) -> list[str]:
    post = (await bench.posting.posts_of_clip(bench.clip_id))[0]
    story = await bench.posting.story(post.id, bench.by)
    return [str(a.code) for a in story if a.call == "re-encode"]


@pytest.mark.parametrize("flaw", FLAWS)
async def test_what_instagram_would_refuse_is_mended_before_it_is_sent(
    bench: Bench, settings: Settings, tmp_path: Path, flaw: str
) -> None:
    picture, how, kind = FLAWS[flaw]
    await _use(bench, settings, _make(tmp_path / f"odd-{flaw[:4]}.{kind}", picture, how))
    await bench.connect("instagram")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("published", hurry_s=5) == ["published"]
    (codes,) = await _told(bench)
    assert set(flaw.split(", ")) <= set(codes.split(", "))
    (entry,) = await bench.ledger()
    sent = settings.data_dir / "practice" / "media" / entry["file"]
    facts, names = await probe(sent), await asyncio.to_thread(box_names, sent)
    assert facts.codec == "h264" and facts.fps >= 23 and max(facts.width, facts.height) <= 1920
    assert facts.sound and facts.sound.codec == "aac"
    assert moov_is_first(names) and not has_edit_list(names)
    assert abs(facts.duration_s - 4) < 0.1


async def test_a_file_that_is_good_is_sent_as_it_is(bench: Bench) -> None:
    for name in ("tiktok", "instagram", "youtube"):
        await bench.connect(name)
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("published", hurry_s=5) == ["published"] * 3
    assert len({e["sha256"] for e in await bench.ledger()}) == 1 and not await _told(bench)


async def test_two_accounts_get_the_same_mended_file(
    bench: Bench, settings: Settings, tmp_path: Path
) -> None:
    picture, how, kind = FLAWS["fps"]
    await _use(bench, settings, _make(tmp_path / f"slow.{kind}", picture, how))
    await bench.connect("tiktok", "ana.makes")
    await bench.connect("tiktok", "studio.nine")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("published", hurry_s=5) == ["published"] * 2
    assert len({e["sha256"] for e in await bench.ledger()}) == 1
    assert await _told(bench) == ["fps"], "encoded once"


async def test_a_file_that_is_no_video_is_told_and_nothing_is_sent(
    bench: Bench, settings: Settings, tmp_path: Path
) -> None:
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"no video at all" * 1000)
    await _use(bench, settings, junk)
    await bench.connect("tiktok")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("failed") == ["failed"]
    assert await bench.ledger() == []
    assert "was not posted" in (await bench.texts())[-1]


async def test_the_moment_of_the_cover_is_the_thumbnail_of_the_post(
    bench: Bench, settings: Settings
) -> None:
    async with bench.db.write() as tx:
        row = await tx.scalar(select(RenderRow).where(RenderRow.clip_id == bench.clip_id))
        assert row is not None
        row.rendered_json = {**row.rendered_json, "cover_s": 1.25, "intro_s": 0.5}
    await bench.connect("instagram")
    await bench.posting.schedule(bench.clip_id, None, bench.by, key="k")
    assert await bench.run_until("published", hurry_s=5) == ["published"]
    with closing(sqlite3.connect(settings.data_dir / "practice" / "practice.db")) as state:
        asked = "SELECT body FROM thing WHERE kind = 'instagram.container'"
        (kept,) = [json.loads(body) for (body,) in state.execute(asked)]
    assert kept["thumb_ms"] == 1750
