"""The finished file, as a platform, a player and a viewer meet it."""

from __future__ import annotations

import asyncio
import os
import struct
import subprocess
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import psutil
import pytest

from core.analysis.model import Part
from core.errors import Told
from core.media.facts import Video
from core.media.probe import probe
from core.render.encode import picture_args
from core.render.rate import KEPT, Beat
from tests.core.framing.scenes import scene, sway
from tests.core.render.conftest import Made, flashing, source

pytestmark = pytest.mark.media

CAPTIONS = """[Script Info]
ScriptType: v4.00+
PlayResX: 1080
PlayResY: 1920
[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Alignment, MarginV
Style: D,Sans,120,&H0000FF00,2,600
[Events]
Format: Start, End, Style, Text
Dialogue: 0:00:01.00,0:00:02.00,D,{\\p1}m 0 0 l 400 0 400 100 0 100
"""


@pytest.mark.parametrize("rate", KEPT, ids=str)
def test_a_group_of_pictures_is_never_longer_than_two_seconds(rate: Fraction) -> None:
    args = picture_args(Beat(rate, 0.0, 300, 0.0))
    assert 1.9 < int(args[args.index("-g") + 1]) / rate <= 2


def frames(clip: Path) -> list[np.ndarray]:
    with av.open(str(clip)) as file:
        return [f.to_ndarray(format="bgr24") for f in file.decode(video=0)]


def boxes(data: bytes, begin: int = 0, end: int | None = None) -> list[str]:
    """Names of all MP4 boxes, those inside containers too."""
    names, at, end = [], begin, len(data) if end is None else end
    while at + 8 <= end:
        size, name = struct.unpack(">I4s", data[at : at + 8])
        size = struct.unpack(">Q", data[at + 8 : at + 16])[0] if size == 1 else size or end - at
        names.append(name.decode("latin-1"))
        if name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"udta"):
            names += boxes(data, at + 8, at + size)
        at += size
    return names


async def test_the_file_is_what_both_platforms_take(beeps: Path, made: Made) -> None:
    done = await made(beeps, 1.01, 5.5)
    with av.open(str(done.file)) as file:
        picture, sound = file.streams.video[0], file.streams.audio[0]
        assert (picture.width, picture.height) == (1080, 1920)
        assert picture.sample_aspect_ratio == 1
        assert (picture.codec.name, picture.profile, picture.pix_fmt) == ("h264", "High", "yuv420p")
        assert picture.average_rate == 30
        context = picture.codec_context
        assert (context.color_primaries, context.color_trc, context.colorspace) == (1, 1, 1)
        assert (sound.codec.name, sound.profile) == ("aac", "LC")
        assert (sound.rate, sound.channels) == (48000, 2)
        assert picture.start_time == 0 and sound.start_time == 0
        keys = [float(p.pts * p.time_base) for p in file.demux(picture) if p.is_keyframe]
        assert max(np.diff([*keys, 4.5])) <= 2.01
        assert not {k.lower() for k in file.metadata} & {"encoder", "title", "comment"}
    names = boxes(done.file.read_bytes())
    assert names.index("moov") < names.index("mdat")
    assert "elst" not in names
    assert done.duration_s == pytest.approx(4.5, abs=0.03)
    assert sorted(p.name for p in done.file.parent.iterdir()) == ["clip.mp4", "cover.jpg"]


def met(clip: Path, within_s: float = 0.004) -> list[float]:
    """Times of the flashes; asserts that a beep lies on each."""
    flashes = [n / 30 for n, f in enumerate(frames(clip)) if f[900:1000].mean() > 120]
    with av.open(str(clip)) as file:
        heard = np.concatenate([f.to_ndarray()[0] for f in file.decode(audio=0)])
    loud = np.flatnonzero(np.abs(heard) > 0.3 * np.abs(heard).max())
    beeps = [int(s) / 48000 for s in (loud[0], *(b for a, b in pairwise(loud) if b - a > 9600))]
    assert len(beeps) == len(flashes)
    assert max(abs(s - f) for s, f in zip(beeps, flashes, strict=True)) < within_s
    return [round(f, 2) for f in flashes]


async def test_sound_and_picture_meet_to_the_millisecond(beeps: Path, made: Made) -> None:
    done = await made(beeps, 1.4, 4.4)
    assert met(done.file) == [0.6, 1.6, 2.6]


@pytest.mark.parametrize("container", ["ts", "mpg"])
async def test_the_seek_is_exact_where_there_is_no_index(
    container: str, tmp_path: Path, made: Made
) -> None:
    # Key frames 10 s apart: the next one lies far behind the place that is sought.
    late = ("-g", "300", "-c:a", "mp2", "-muxdelay", "0", "-output_ts_offset", "7.3")
    file = flashing(tmp_path / f"late.{container}", 17, *late)
    done = await made(file, 13.4, 15.9)
    assert met(done.file, within_s=0.015) == [0.6, 1.6]  # MP2 itself is 10 ms late


async def test_the_layout_changes_on_the_very_frame_of_the_cut(tmp_path: Path, made: Made) -> None:
    # Left half red and right half blue, for ever; the one who speaks sits left, then right.
    halves = "color=red:s=640x720:r=30000/1001:d=6[a];color=blue:s=640x720:r=30000/1001:d=6[b]"
    file = source(tmp_path / "cut.mp4", picture=f"{halves};[a][b]hstack")
    cut_s = 75 * 1001 / 30000

    def speaker(t: float) -> tuple[float, float]:
        return sway(300, 300)(t) if t < cut_s else sway(980, 300)(t)

    analysis = scene((200, speaker), length_s=6, shots_s=(0.0, cut_s))
    done = await made(file, 1.0, 4.0, analysis=analysis)
    is_red = [bool(f[..., 2].mean() > f[..., 0].mean()) for f in frames(done.file)]
    first = 75 - round(1.0 * 30000 / 1001)
    assert is_red == [n < first for n in range(len(is_red))]
    with av.open(str(done.file)) as clip:
        assert (
            clip.streams.video[0].average_rate == 30000 / 1001
            or str(clip.streams.video[0].average_rate) == "30000/1001"
        )
        assert clip.streams.audio[0].rate == 48000, "no sound in the source: a silent track"


async def test_all_layouts_in_one_clip_follow_each_other_without_a_gap(
    tmp_path: Path, made: Made
) -> None:
    file = source(tmp_path / "mix.mp4", picture="testsrc2=s=640x360:r=25:d=8")

    def one(t: float) -> tuple[float, float] | None:
        return sway(120, 120)(t) if t < 5 else None

    def other(t: float) -> tuple[float, float] | None:
        return sway(520, 120)(t) if t < 2.4 else None

    analysis = scene((80, one), (80, other), length_s=8, shots_s=(0.0, 2.4, 5.0))
    done = await made(file, 0.0, 7.5, analysis=analysis)
    assert [x.kind for x in done.plan.layouts] == ["split", "track", "fit"]
    with av.open(str(done.file)) as clip:
        stamps = [f.pts * f.time_base for f in clip.decode(video=0)]
    assert [round(s * 25, 3) for s in stamps] == list(range(round(7.5 * 25)))


async def test_bars_of_the_source_are_not_shown_in_the_clip(tmp_path: Path, made: Made) -> None:
    file = source(tmp_path / "film.mp4", picture="color=red:s=480x360:r=24:d=2,pad=640:360:80:0")
    bars = (Part(0.0, 3.0, 80.0, 0.0, 480.0, 360.0),)
    done = await made(file, 0.0, 1.5, analysis=replace(scene(length_s=2), pictures=bars))
    (layout,) = done.plan.layouts
    assert layout.kind == "fit"
    height = round(1080 * 360 / 480)
    shown = frames(done.file)[5][(1920 - height) // 2 + 8 : (1920 + height) // 2 - 8]
    assert shown[..., 2].min() > 200, "red from edge to edge"


async def test_captions_are_burned_in_where_and_when_they_belong(beeps: Path, made: Made) -> None:
    done = await made(beeps, 1.0, 3.8, captions=CAPTIONS)
    shown = frames(done.file)

    def green(picture: np.ndarray) -> bool:
        zone = picture[1150:1400].astype(int)
        return bool(((zone[..., 1] - zone[..., 2]) > 100).sum() > 5000)

    assert not green(shown[15]) and green(shown[45]) and not green(shown[75])


async def test_the_cover_is_not_the_black_of_the_beginning(tmp_path: Path, made: Made) -> None:
    file = source(tmp_path / "fade.mp4", picture="testsrc2=s=360x640:r=30:d=3.5,fade=in:st=1:d=0.5")
    done = await made(file, 0.0, 3.5)
    cover = cv2.imread(str(done.cover))
    assert cover.shape == (1920, 1080, 3) and cover.mean() > 60
    assert done.cover.stat().st_size < 8 << 20


async def test_progress_goes_from_nothing_to_all(beeps: Path, made: Made) -> None:
    told: list[float] = []

    def tell(stage: str, part: float, *, note: object = None) -> None:
        assert stage == "render" and note is None
        told.append(part)

    await made(beeps, 0.0, 2.0, tell=tell)
    assert told[0] == 0 and told[-1] == 1 and told == sorted(told)


async def test_a_source_that_breaks_off_is_told_and_nothing_stays(
    beeps: Path, tmp_path: Path, made: Made
) -> None:
    half = tmp_path / "half.mkv"
    whole = beeps.read_bytes()
    half.write_bytes(whole)
    video = Video(half, "0" * 64, await probe(half))
    half.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Told) as told:
        await made(video, 1.0, 5.5)
    assert told.value.say.key == "render.came_short"
    assert list((tmp_path / "clip").iterdir()) == []


async def test_a_source_that_cannot_be_read_is_told_and_nothing_stays(
    beeps: Path, tmp_path: Path, made: Made
) -> None:
    lost = tmp_path / "lost.mkv"
    lost.write_bytes(beeps.read_bytes())
    video = Video(lost, "0" * 64, await probe(lost))
    lost.write_bytes(b"no video at all")
    with pytest.raises(Told) as told:
        await made(video, 1.0, 3.0)
    assert told.value.say.key == "render.failed"
    assert list((tmp_path / "clip").iterdir()) == []


async def test_a_full_disk_is_told_in_words_and_nothing_stays(
    beeps: Path, tmp_path: Path, made: Made
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48k", "tmpfs", small], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        with pytest.raises(Told) as told:
            await made(beeps, 0.5, 5.5, into=small / "clip")
        assert told.value.say.key == "media.disk_full"
        assert list((small / "clip").iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)


async def test_a_cancel_ends_the_child_and_leaves_nothing(
    beeps: Path, tmp_path: Path, made: Made
) -> None:
    began = asyncio.Event()

    def tell(_: str, part: float, *, note: object = None) -> None:
        if part > 0:
            began.set()

    task = asyncio.create_task(made(beeps, 0.0, 6.0, tell=tell))  # type: ignore[arg-type]
    await asyncio.wait_for(began.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    assert list((tmp_path / "clip").iterdir()) == []
    children = psutil.Process(os.getpid()).children(recursive=True)
    assert not [c for c in children if "ffmpeg" in " ".join(c.cmdline()[:8])]


async def test_a_wide_hdr_picture_is_shown_whole_on_a_blurred_ground(
    tmp_path: Path, made: Made
) -> None:
    """At the height of the small background it is 341 pixels wide, which zscale does not take."""
    pq = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
    picture = f"testsrc2=s=1280x720:r=25:d=2,format=yuv420p10le,{pq}"
    rendered = await made(source(tmp_path / "hdr.mkv", picture=picture), 0.5, 1.5)
    assert rendered.plan.layouts[0].kind == "fit"
    assert frames(rendered.file)[0].shape[:2] == (1920, 1080)


async def test_a_source_that_changes_its_size_gives_no_frame_too_many(
    tmp_path: Path, made: Made
) -> None:
    parts = [
        source(
            tmp_path / f"{size}.ts", picture=f"testsrc2=s={size}:r=30:d=3", args=("-f", "mpegts")
        )
        for size in ("640x360", "854x480")
    ]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    rendered = await made(joined, 0.0, 3.0)
    assert len(frames(rendered.file)) == 90
