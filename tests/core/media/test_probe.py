"""What a video is said to be, for every odd recording and for files broken on purpose."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from core.errors import NotUsable
from core.media import looking
from core.media.child import noting_children
from core.media.facts import VideoFacts
from core.media.ffmpeg import run
from core.media.inputs import file_arg
from core.media.probe import PROBE_LIMITS, probe
from tests.core.media.conftest import Make

USABLE: dict[str, dict[str, Any]] = {
    "odd_6min_black_1080p_low_bitrate.mp4": {"duration_s": 362.77, "frames": 10883},
    "odd_av1.mkv": {"size": (640, 360), "codec": "av1", "sound": None},
    "odd_corrupted_frames_5s.mp4": {"damaged": True, "duration_s": 5.0},
    "odd_cover_picture_stream.mp4": {"size": (640, 360), "stream": 0},
    "odd_duration_lie_39h.mp4": {"duration_s": 1.07},
    "odd_faces_head_pose.gif": {"size": (480, 270), "duration_s": 4.66, "sound": None},
    "odd_flv_60fps.flv": {"size": (1080, 720), "fps": 30.0},
    "odd_fuzz_zero_timescale.mp4": {"damaged": True, "rotation": 0},
    "odd_hdr10_av1_720x1280_4s.mp4": {"hdr": "pq", "bits": 10, "size": (720, 1280)},
    "odd_hevc_ts_5_1_aac_5s.ts": {"duration_s": 5.0, "start_s": 1.483, "channels": 6},
    "odd_interlaced_avchd_1s.mts": {"interlaced": True, "frames": 31, "fps": 29.97},
    "odd_mdat_too_long.mp4": {"duration_s": 1.0, "damaged": False},
    "odd_mov_text_subtitles.mp4": {"subtitles": ["mov_text"]},
    "odd_mxf_mpeg2_11s.mxf": {"size": (768, 576), "sample_aspect": (16, 15)},
    "odd_no_audio_1s.mp4": {"sound": None},
    "odd_phone_portrait_rot90_hlg10_hevc_edit_list.mp4": {
        "size": (1080, 1920), "rotation": 90, "hdr": "hlg", "bits": 10, "frames": 77,
    },
    "odd_rot180_vfr_720p_2s.mp4": {"rotation": 180, "variable_rate": True, "size": (1280, 720)},
    "odd_sar_2x1.mp4": {"size": (1280, 360), "sample_aspect": (2, 1), "coded_width": 640},
    "odd_simple_320x240_1s.mp4": {"size": (320, 240), "duration_s": 1.0, "channels": 1},
    "odd_vfr_screen_recording_3026x1386_9s.mp4": {"variable_rate": True, "size": (3026, 1386)},
    "odd_webm_no_duration.webm": {"duration_s": 4.94, "damaged": False},
    "odd_webm_vp8_vorbis_30s_720p.webm": {"duration_s": 30.0, "codec": "vp8"},
    "odd_webvtt_subtitles.mkv": {"subtitles": ["webvtt"]},
}  # fmt: skip

REFUSED = {
    "odd_1x1_pixel.mp4": "too_small_picture",
    "odd_5_1_ac3_audio.mp4": "no_picture",
    "odd_animation.gif": "too_short",
    "odd_audio_only_1s.mp4": "no_picture",
    "odd_corrupt.mkv": "incomplete",
    "odd_dolby_vision_iphone_rot90.mov": "too_short",
    "odd_encrypted_cenc.mp4": "encrypted",
    "odd_free_box_malformed.mp4": "incomplete",
    "odd_fuzz_block_beyond_cluster.mkv": "still",
    "odd_fuzz_case_1185230.mp4": "broken",
    "odd_fuzz_chunk_out_of_range.mp4": "incomplete",
    "odd_fuzz_clusterfuzz.mp4": "incomplete",
    "odd_fuzz_vp9_1416.webm": "too_big_picture",
    "odd_git_lfs_pointer.mp4": "not_video",
    "odd_hlg10_hevc_1080p.mp4": "too_short",
    "odd_lfi_hls_in_avi_header.mp4": "playlist",
    "odd_rot90.mov": "too_short",
    "odd_smallest_Mpeg4.mp4": "not_video",
    "odd_smallest_gif.gif": "too_small_picture",
    "odd_smallest_mp4-with-audio.mp4": "no_picture",
    "odd_smallest_webm.webm": "too_small_picture",
    "odd_ssrf_hls_playlist.avi": "playlist",
    "odd_ssrf_hls_remote.m3u8": "playlist",
    "odd_truncated.mkv": "cut_off",
    "odd_ts_no_first_keyframe.ts": "cut_off",
    "odd_vvc_unsupported.mp4": "codec",
}


def _has(facts: VideoFacts, name: str) -> Any:
    match name:
        case "size":
            return facts.width, facts.height
        case "channels":
            return facts.sound and facts.sound.channels
        case "subtitles":
            return [s.codec for s in facts.subtitles]
    return getattr(facts, name)


async def _why_not(path: Path) -> str:
    with pytest.raises(NotUsable) as told:
        await probe(path)
    return told.value.say.key.removeprefix("media.")


def test_the_tables_name_every_odd_recording(recordings: Path) -> None:
    assert {p.name for p in recordings.glob("odd_*")} == {*USABLE, *REFUSED}


@pytest.mark.parametrize("name", USABLE)
async def test_an_odd_recording_is_understood(recordings: Path, name: str) -> None:
    facts = await probe(recordings / name)
    for what, expected in USABLE[name].items():
        value = _has(facts, what)
        if isinstance(expected, float):
            assert value == pytest.approx(expected, abs=0.03), what
        else:
            assert value == expected, what
    assert facts.damaged == USABLE[name].get("damaged", False)
    assert VideoFacts.from_json(facts.to_json()) == facts


@pytest.mark.parametrize("name", REFUSED)
async def test_an_odd_recording_is_refused_with_its_reason(recordings: Path, name: str) -> None:
    began = time.monotonic()
    assert await _why_not(recordings / name) == REFUSED[name]
    assert time.monotonic() - began < 15


async def test_every_talking_recording_is_whole_and_usable(recordings: Path) -> None:
    for path in sorted(recordings.glob("talk_*.m*4"))[:3]:
        facts = await probe(path)
        assert not facts.damaged, path.name


async def test_zero_bytes_are_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    assert await _why_not(tmp_path / "a.mp4") == "empty"


@pytest.mark.parametrize(
    "content",
    [b"hello, I am no video\n" * 50, b"\0" * 5000, b"PK\x03\x04" + b"\x11" * 900, b"%PDF-1.7\n",
     b"<html><body>hi</body></html>", bytes(range(256)) * 40, b"\x7fELF" + b"\2" * 400],
)  # fmt: skip
async def test_what_is_no_video_is_told_as_such(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    assert await _why_not(tmp_path / "a.mp4") == "not_video"


@pytest.mark.parametrize(
    ("options", "size", "why"),
    [
        (["-frames:v", "1", "-an"], "320x240", "still"),
        (["-t", "0.5"], "320x240", "too_short"),
        (["-t", "1", "-c:v", "mjpeg", "-an"], "16384x64", "too_big_picture"),
        (["-t", "2"], "32x240", "too_small_picture"),
        (["-t", "2", "-vn"], "320x240", "no_picture"),
    ],
)
async def test_what_cannot_be_cut_is_refused(
    make: Make, options: list[str], size: str, why: str
) -> None:
    assert await _why_not(await make("a.mkv", *options, size=size)) == why


async def test_ten_hours_are_too_long(exe: str, tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    args = ["-f", "lavfi", "-i", "color=size=64x64:rate=1/10:duration=36000"]
    await run([*args, "-preset", "ultrafast", file_arg(path)], exe=exe, timeout_s=60)
    assert await _why_not(path) == "too_long"


async def test_300_frames_a_second_are_seen_as_such(exe: str, tmp_path: Path) -> None:
    path = tmp_path / "fast.mp4"
    args = ["-f", "lavfi", "-i", "testsrc2=size=160x120:rate=300:duration=2"]
    await run([*args, file_arg(path)], exe=exe, timeout_s=60)
    assert (await probe(path)).fps == pytest.approx(300)


async def test_odd_sizes_are_kept(make: Make) -> None:
    facts = await probe(await make("a.mp4", "-vf", "scale=321:241", "-pix_fmt", "yuv444p"))
    assert (facts.width, facts.height) == (321, 241)


async def test_the_name_does_not_matter(make: Make) -> None:
    path = await make("a.mp4")
    for name in ("🎬 it's\n../%d", "-f", "concat:a|b.m3u8", "x" * 200):
        renamed = path.with_name(name.replace("/", "_"))
        path.rename(renamed)
        path = renamed
        assert (await probe(path)).codec == "h264"


async def test_a_video_cut_off_in_the_middle_gives_what_is_there(make: Make) -> None:
    whole = await make("a.mp4", "-t", "12", "-g", "25", "-movflags", "+faststart")
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) // 2])
    facts = await probe(whole)
    assert facts.damaged
    assert 4 < facts.duration_s < 9


async def test_a_video_without_its_index_is_told_as_incomplete(make: Make) -> None:
    whole = await make("a.mp4")
    data = whole.read_bytes()
    whole.write_bytes(data[: data.rindex(b"moov") - 4])
    assert await _why_not(whole) == "incomplete"


async def test_damage_in_the_middle_is_noticed_and_lived_with(make: Make) -> None:
    path = await make("a.mp4", "-t", "8", "-g", "25", "-movflags", "+faststart")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 6000] = bytes(6000)
    path.write_bytes(data)
    facts = await probe(path)
    assert facts.damaged
    assert facts.duration_s == pytest.approx(8, abs=0.1)


async def test_zeros_for_a_second_half_are_not_counted_as_video(make: Make) -> None:
    path = await make(
        "a.mp4", "-t", "40", "-g", "25", "-movflags", "+faststart", "-preset", "ultrafast",
        size="1280x720",
    )  # fmt: skip
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    path.write_bytes(data)
    facts = await probe(path)
    assert facts.damaged
    assert facts.duration_s < 30


async def test_a_live_recording_with_one_key_frame_is_whole(recordings: Path) -> None:
    facts = await probe(recordings / "talk_two_people_silent_vp9_720p_45s.webm")
    assert not facts.damaged
    assert facts.duration_s == pytest.approx(45.6, abs=0.1)


async def test_zeros_behind_the_only_key_frame_are_not_counted_as_video(make: Make) -> None:
    path = await make(
        "a.mp4", "-t", "100", "-g", "9999", "-movflags", "+faststart", "-preset", "ultrafast",
        size="1280x720",
    )  # fmt: skip
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    path.write_bytes(data)
    facts = await probe(path)
    assert facts.damaged
    assert facts.duration_s < 75


@pytest.mark.parametrize("ending", ["mp4", "ts"])
async def test_a_longer_video_with_rare_key_frames_is_whole(
    recordings: Path, exe: str, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"long.{ending}"
    source = recordings / "talk_debate_two_speakers_wide_30s_1080p.mp4"
    args = ["-stream_loop", "5", "-i", file_arg(source), "-c", "copy", file_arg(path)]
    await run(args, exe=exe, timeout_s=60)
    facts = await probe(path)
    assert not facts.damaged
    assert facts.duration_s == pytest.approx(180.8, abs=0.5)
    assert facts.frames == pytest.approx(6 * 753, abs=6)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    if ending == "mp4":
        assert await _why_not(path) == "incomplete"
    else:
        assert (await probe(path)).duration_s == pytest.approx(90, abs=5)


async def test_a_piece_copied_from_between_two_key_frames_is_lit_everywhere(
    make: Make, exe: str, tmp_path: Path
) -> None:
    """What its edit list hides is no darkness; a busy machine looks only at places."""
    whole, piece = await make("whole.mp4", "-t", "12", "-g", "1000"), tmp_path / "piece.mp4"
    args = ["-ss", "6", "-i", file_arg(whole), "-c", "copy", file_arg(piece)]
    await run(args, exe=exe, timeout_s=60)
    out = looking.Decoded()
    with looking.open_file(str(piece), "mov") as container:
        looking.decode_places(container, container.streams.video[0], 0.0, 6.0, out)
    assert out.places == looking.PLACES and out.dark_places == 0


@pytest.mark.parametrize("ending", ["ts", "mkv", "avi", "mpg", "webm", "mov", "ogv", "wmv"])
async def test_every_usual_container_is_whole(make: Make, ending: str) -> None:
    facts = await probe(await make(f"a.{ending}", "-t", "3", "-g", "30", "-ar", "48000"))
    assert not facts.damaged
    assert facts.duration_s == pytest.approx(3, abs=0.15)
    assert facts.fps == pytest.approx(25, abs=0.1)
    assert facts.sound


async def test_sound_that_starts_earlier_belongs_to_the_length(exe: str, tmp_path: Path) -> None:
    path = tmp_path / "late.mkv"
    args = ["-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=3"]
    args += ["-f", "lavfi", "-i", "sine=duration=4", "-filter_complex", "[0:v]setpts=PTS+1/TB[v]"]
    await run([*args, "-map", "[v]", "-map", "1:a", file_arg(path)], exe=exe, timeout_s=60)
    facts = await probe(path)
    assert facts.start_s == pytest.approx(1, abs=0.05)
    assert facts.duration_s == pytest.approx(4, abs=0.1)


async def test_a_cancelled_look_leaves_no_child(recordings: Path) -> None:
    import psutil

    pids: list[int] = []
    path = recordings / "talk_debate_two_speakers_wide_30s_1080p.mp4"
    with noting_children(pids.append):
        task = asyncio.create_task(probe(path))
    while not pids:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not psutil.pid_exists(pids[0])


def test_the_child_is_bounded() -> None:
    assert PROBE_LIMITS.memory_b <= 2 << 30
    assert PROBE_LIMITS.cpu_s <= 60
    assert PROBE_LIMITS.file_b == 0
