"""Upright pictures and exact times, the same whoever reads."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import numpy as np
import pytest

from core.media.decode import (
    input_args,
    picture_map,
    rotation_of,
    sound_map,
    tone_map_filters,
    upright_filters,
    upright_size,
)
from core.media.facts import Video
from core.media.ffmpeg import run, start
from core.media.inputs import file_arg
from core.media.probe import probe
from core.media.settle import settled
from tests.core.media.conftest import Make

Stamps = list[tuple[float, str]]


async def _first_frame(video: Video, exe: str, **how: bool) -> np.ndarray:
    filters = ",".join(upright_filters(video.facts, **how))
    args = [*input_args(video), *picture_map(video.facts), "-vf", filters, "-frames:v", "1"]
    args += ["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
    async with start(args, exe=exe, timeout_s=60, reads=True) as running:
        assert running.out
        raw = await asyncio.to_thread(running.out.read)
        await running.wait()
    return np.frombuffer(raw, np.uint8).reshape(video.facts.height, video.facts.width, 3)


async def _open(path: Path) -> Video:
    return Video(path, "ab" * 32, await probe(path))


async def _stamps(video: Video, exe: str, start_s: float | None, limit: int = 10**6) -> Stamps:
    """Time and checksum of the frames that come out."""
    args = input_args(video, start_s=start_s, reads="picture")
    args += [*picture_map(video.facts), "-vf", "showinfo", "-frames:v", str(limit)]
    args += ["-fps_mode", "passthrough", "-f", "null", "-"]
    ran = await run(args, exe=exe, timeout_s=60, loglevel="info")
    found = re.findall(r"pts_time:(\S+).*? checksum:(\w+)", ran.log)
    return [(float(t), c) for t, c in found]


async def _onset_s(video: Video, exe: str, start_s: float | None = None) -> float:
    """When the sound first becomes loud."""
    args = [*input_args(video, start_s=start_s, reads="sound"), *sound_map(video.facts)]
    args += ["-af", "aresample=8000:async=1:first_pts=0", "-ac", "1", "-f", "s16le", "pipe:1"]
    async with start(args, exe=exe, timeout_s=60, reads=True) as running:
        assert running.out
        raw = await asyncio.to_thread(running.out.read)
        await running.wait()
    return float(np.argmax(np.abs(np.frombuffer(raw, "<i2").astype(int)) > 800)) / 8000


@pytest.mark.parametrize(
    "name",
    ["odd_phone_portrait_rot90_hlg10_hevc_edit_list.mp4", "odd_rot180_vfr_720p_2s.mp4",
     "odd_sar_2x1.mp4", "odd_mxf_mpeg2_11s.mxf", "odd_interlaced_avchd_1s.mts",
     "odd_faces_head_pose.gif", "odd_hdr10_av1_720x1280_4s.mp4"],
)  # fmt: skip
async def test_a_frame_comes_out_in_the_size_of_the_facts(
    recordings: Path, exe: str, name: str
) -> None:
    video = await _open(recordings / name)
    plain = await _first_frame(video, exe, tone_map=False)
    assert plain.std() > 1


async def _marked(exe: str, path: Path, *options: str) -> Path:
    """Red in the upper left of a grey picture."""
    args = ["-f", "lavfi", "-i", "color=gray:size=320x180:rate=25:duration=1.2"]
    args += ["-vf", "drawbox=x=0:y=0:w=80:h=60:color=red:t=fill", "-pix_fmt", "yuv420p"]
    plain = path.with_name("plain.mp4")
    await run([*args, file_arg(plain)], exe=exe, timeout_s=30)
    turned = [*options, "-i", file_arg(plain), "-c", "copy", file_arg(path)]
    await run(turned, exe=exe, timeout_s=30)
    return path


@pytest.mark.parametrize(
    ("turn", "rotation", "corner"),
    [("-90", 90, (0, -1)), ("90", 270, (-1, 0)), ("180", 180, (-1, -1)), ("0", 0, (0, 0))],
)
async def test_a_turned_video_comes_out_upright(
    exe: str, tmp_path: Path, turn: str, rotation: int, corner: tuple[int, int]
) -> None:
    video = await _open(await _marked(exe, tmp_path / "a.mp4", "-display_rotation", turn))
    assert video.facts.rotation == rotation
    red = (await _first_frame(video, exe))[corner]
    assert red[0] > 200 > 90 > red[1]


async def test_a_mirrored_video_comes_out_the_right_way_round(exe: str, tmp_path: Path) -> None:
    video = await _open(await _marked(exe, tmp_path / "a.mp4", "-display_hflip"))
    frame = await _first_frame(video, exe)
    assert frame[0, -1][0] > 200 > 90 > frame[0, -1][1]


async def test_interlaced_pictures_lose_their_combs(recordings: Path, exe: str) -> None:
    video = await _open(recordings / "odd_interlaced_avchd_1s.mts")
    assert upright_filters(video.facts)[0].startswith("bwdif")
    assert len(await _stamps(video, exe, None)) == video.facts.frames


@pytest.mark.parametrize(
    "name", ["odd_hdr10_av1_720x1280_4s.mp4", "odd_phone_portrait_rot90_hlg10_hevc_edit_list.mp4"]
)
async def test_hdr_becomes_an_ordinary_picture(recordings: Path, exe: str, name: str) -> None:
    video = await _open(recordings / name)
    flat = await _first_frame(video, exe, tone_map=False)
    mapped = await _first_frame(video, exe)
    spread = [np.ptp(f.astype(int), axis=2).mean() for f in (flat, mapped)]
    assert spread[1] > spread[0]  # BT.2020 shown as BT.709 is pale; now the colours are back
    assert 30 < mapped.mean() < 225
    assert (mapped == 255).mean() < 0.3


async def test_an_ordinary_picture_is_not_tone_mapped(make: Make) -> None:
    assert tone_map_filters(await probe(await make("a.mp4"))) == []


@pytest.mark.parametrize("ending", ["mp4", "mkv", "webm", "ts", "mpg", "wmv", "ogv", "flv"])
async def test_a_cut_begins_with_the_very_frame(
    make: Make, exe: str, tmp_path: Path, ending: str
) -> None:
    options = ["-t", "4", "-g", "40", "-ar", "44100" if ending == "flv" else "48000"]
    video = await _open(await make(f"a.{ending}", *options, size="160x120"))
    video = await settled(video, into=tmp_path, exe=exe)
    frames = await _stamps(video, exe, None)
    assert len(frames) == video.facts.frames == 100
    for at_s in (0.1, 1.7, 3.3):
        wanted = next((t - at_s, c) for t, c in frames if t >= at_s - 0.002)
        got = (await _stamps(video, exe, at_s, 1))[0]
        assert got[1] == wanted[1], f"another frame at {at_s}"
        assert got[0] == pytest.approx(wanted[0], abs=0.004)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts", "mpg", "mov"])
async def test_sound_and_picture_read_apart_fit_together(
    exe: str, tmp_path: Path, ending: str
) -> None:
    """White at 2.0 s and a tone at 2.0 s of the picture, which begins 0.7 s after the sound."""
    path = tmp_path / f"a.{ending}"
    args = ["-f", "lavfi", "-i", "color=black:size=160x120:rate=25:duration=4"]
    args += ["-f", "lavfi", "-i", "sine=duration=4.7"]
    graph = "[0:v]drawbox=enable='gte(t,2)':color=white:t=fill,setpts=PTS+0.7/TB[v];"
    graph += "[1:a]volume=0:enable='lt(t,2.7)',volume=5[a]"
    args += ["-filter_complex", graph, "-map", "[v]", "-map", "[a]", "-g", "25"]
    await run([*args, file_arg(path)], exe=exe, timeout_s=30)
    video = await settled(await _open(path), into=tmp_path, exe=exe)
    frames = await _stamps(video, exe, None)
    white_s = next(t for t, c in frames if c == frames[-1][1])
    assert white_s == pytest.approx(2.7, abs=0.05)
    assert await _onset_s(video, exe) == pytest.approx(white_s, abs=0.05)
    assert await _onset_s(video, exe, 1.0) == pytest.approx(white_s - 1, abs=0.05)


async def test_unsettled_transport_streams_fit_together_too(exe: str, tmp_path: Path) -> None:
    path = tmp_path / "late.ts"
    args = ["-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=3"]
    args += ["-f", "lavfi", "-i", "sine=duration=4", "-filter_complex", "[0]setpts=PTS+0.7/TB[v]"]
    await run([*args, "-map", "[v]", "-map", "1:a", file_arg(path)], exe=exe, timeout_s=30)
    video = await _open(path)
    assert (await _stamps(video, exe, None, 1))[0][0] == pytest.approx(0.7, abs=0.05)
    assert (await _stamps(video, exe, 0.5, 1))[0][0] == pytest.approx(0.2, abs=0.05)
    assert (await _stamps(video, exe, 1.5, 1))[0][0] == pytest.approx(0, abs=0.05)


async def test_a_working_copy_is_made_only_where_seeking_needs_it(
    make: Make, exe: str, tmp_path: Path
) -> None:
    plain = await _open(await make("a.mp4"))
    assert await settled(plain, into=tmp_path, exe=exe) is plain
    stream = await _open(await make("a.ts"))
    copy = await settled(stream, into=tmp_path, exe=exe)
    assert copy.path.suffix == ".mkv"
    assert copy.sha256 == stream.sha256
    assert copy.facts.sound
    assert copy.facts.duration_s == pytest.approx(stream.facts.duration_s, abs=0.05)


@pytest.mark.parametrize(
    ("turn", "rotation"),
    [(0, 0), (-90, 90), (90, 270), (-180, 180), (180, 180), (270, 90), (-89.5, 90), (-45, 0),
     (float("nan"), 0), (-2147483648, 0)],
)  # fmt: skip
def test_turns_are_read_as_ffmpeg_reads_them(turn: float, rotation: int) -> None:
    assert rotation_of(turn) == rotation


def test_pixels_are_stretched_never_thrown_away() -> None:
    assert upright_size(720, 576, (16, 15), 0) == (768, 576)
    assert upright_size(640, 352, (44, 45), 0) == (640, 360)
    assert upright_size(640, 360, (2, 1), 90) == (360, 1280)
