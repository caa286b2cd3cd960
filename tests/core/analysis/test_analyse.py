"""What is seen and heard in real recordings, held against what is known of them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil
import pytest
from onnxruntime.datasets import get_example

from core.analysis.analyse import analyse
from core.analysis.model import Analysis
from core.analysis.yunet import FaceSettings
from core.framing.people import people
from core.media.facts import Video
from core.media.ffmpeg import find
from core.media.probe import probe
from core.say import Say
from core.settings import Settings
from core.tell import Stage, tell_nobody

SETTINGS = Settings(_env_file=None)  # type: ignore[call-arg]


async def _seen(path: Path, monkeypatch: pytest.MonkeyPatch, engine: str = "none") -> Analysis:
    monkeypatch.setenv("SPEECH_ENGINE", engine)
    video = Video(path, "0" * 64, await probe(path), name=path.stem)
    return await analyse(video, settings=SETTINGS, tell=tell_nobody)


def _ffmpeg(*args: object) -> None:
    subprocess.run([find(SETTINGS), "-v", "error", "-y", *map(str, args)], check=True)


def f1(found: Sequence[float], real: Sequence[float], within_s: float) -> float:
    """Of cut times; each real one may be found once."""
    left, hits = list(real), 0
    for t in found:
        near = min(left, key=lambda r: abs(r - t), default=None)
        if near is not None and abs(near - t) <= within_s:
            left.remove(near)
            hits += 1
    return 2 * hits / max(1, len(found) + len(real))


async def test_cuts_of_a_concert_are_found_to_the_frame(
    recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await _seen(recordings / "cuts_concert_10s_360p.mp4", monkeypatch)
    assert f1(found.shots_s[1:], [1.511, 3.580, 7.884], 0.067) == 1.0


async def test_joins_of_recordings_are_cuts_and_nothing_else_is(
    recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Single shots, cut together in two-second pieces at known places."""
    single = (
        "talk_debate_two_speakers_wide_30s_1080p.mp4",
        "talk_single_office_34s_720p.mp4",
        "talk_webcam_single_10s_1080x720.mp4",
        "talk_two_people_silent_vp9_720p_45s.webm",
        "music_dance_720p_10s.mp4",
        "sport_basketball_gym_10s.mp4",
        "talk_face_closeup_700x700_6s.mp4",
    )
    inputs = [a for i, n in enumerate(single) for a in ("-ss", 1 + i % 3, "-i", recordings / n)]
    shaped = ";".join(
        f"[{i}:v]trim=duration=2,setpts=PTS-STARTPTS,fps=30,scale=640:360,setsar=1,"
        f"format=yuv420p[v{i}]"
        for i in range(len(single))
    )
    joined = "".join(f"[v{i}]" for i in range(len(single))) + f"concat=n={len(single)}:v=1[v]"
    out = tmp_path / "joined.mp4"
    graph = f"{shaped};{joined}"
    _ffmpeg(*inputs, "-filter_complex", graph, "-map", "[v]", "-preset", "ultrafast", out)
    found = await _seen(out, monkeypatch)
    score = f1(found.shots_s[1:], [2.0 * i for i in range(1, len(single))], 0.067)
    print(f"F1 of joins: {score:.3f}, found {found.shots_s}")
    assert score >= 0.95


async def test_the_joins_of_the_medley_are_all_found(
    recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    joins = json.loads((recordings / "talk_medley_2min37_720p.cuts.json").read_text())["joins_s"]
    found = await _seen(recordings / "talk_medley_2min37_720p.mp4", monkeypatch)
    assert all(min(abs(j - s) for s in found.shots_s) < 0.067 for j in joins)
    # Its other cuts lie inside one recording: no other begins there.
    assert f1(found.joins_s, joins, 0.067) == 1.0


async def test_cameras_that_cut_over_one_sound_are_no_other_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same pictures twice: over one sound, and each with a sound of its own."""
    pictures = ("testsrc=s=160x90:r=10:d=9", "mandelbrot=s=160x90:r=10:end_scale=0.3,trim=0:9")
    sounds = ("anoisesrc=c=pink:a=0.05:d=9,tremolo=f=4:d=0.9", "anoisesrc=c=white:a=0.3:d=9")
    found = {}
    for name, heard in (("cameras", sounds[0]), ("recordings", sounds[1])):
        out, every = tmp_path / f"{name}.mp4", (*pictures, sounds[0], heard)
        inputs = [a for graph in every for a in ("-f", "lavfi", "-i", graph)]
        graph = "[0:v]setsar=1[a];[1:v]setsar=1,setpts=PTS-STARTPTS[b];[a][2:a][b][3:a]concat=a=1"
        _ffmpeg(*inputs, "-filter_complex", graph, "-preset", "ultrafast", out)
        found[name] = await _seen(out, monkeypatch)
    assert [len(a.shots_s) for a in found.values()] == [2, 2]
    assert not found["cameras"].joins_s
    assert f1(found["recordings"].joins_s, [9.0], 0.11) == 1.0


async def test_a_flash_is_no_cut_and_a_fade_through_black_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flash, fade = tmp_path / "flash.mp4", tmp_path / "fade.mp4"
    picture = "mandelbrot=s=320x180:r=30:end_scale=0.3"
    white = "drawbox=c=white:t=fill:enable='between(n,60,62)'"
    _ffmpeg("-f", "lavfi", "-i", picture, "-t", 4, "-vf", white, flash)
    assert (await _seen(flash, monkeypatch)).shots_s == (0.0,)
    faded = (
        "[0]trim=duration=3,fade=out:st=2:d=0.6[a];[1]trim=duration=3,fade=in:st=0.2:d=0.6[b];"
        "[a][b]concat=n=2:v=1,format=yuv420p[v]"
    )
    _ffmpeg(
        *("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "testsrc=s=320x180:r=30"),
        *("-filter_complex", faded, "-map", "[v]", fade),
    )
    shots = (await _seen(fade, monkeypatch)).shots_s
    assert len(shots) == 2 and 2.5 < shots[1] < 3.4


@pytest.mark.parametrize("named", ["", "none.onnx", "broken.onnx", "another.onnx"])
async def test_the_one_face_of_an_office_talk_is_seen_nearly_always(
    recordings: Path, named: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also where FACE_MODEL names nothing, or something else."""
    piece = tmp_path / "piece.mp4"
    _ffmpeg(
        "-ss", 5, "-i", recordings / "talk_single_office_34s_720p.mp4", "-t", 5, "-c", "copy", piece
    )
    (tmp_path / "broken.onnx").write_bytes(b"no model at all")
    (tmp_path / "another.onnx").write_bytes(Path(get_example("mul_1.onnx")).read_bytes())
    if named:
        monkeypatch.setenv("FACE_MODEL", str(tmp_path / named))
        assert FaceSettings().model is not None
    seen = (await _seen(piece, monkeypatch)).samples
    # Boxes are in pixels of the source: he sits in the middle of 1280.
    middles = [[f.x + f.w / 2 for f in s.faces] for s in seen]
    with_him = [m for m in middles if any(400 < x < 880 for x in m)]
    ghosts = sum(len(m) for m in middles) - len(with_him)
    print(f"in {len(with_him)} of {len(seen)} samples, {ghosts} ghosts")
    assert len(with_him) > 0.9 * len(seen)
    assert ghosts == 0


async def test_small_faces_of_a_wide_shot_are_seen_without_any_model_of_ones_own(
    recordings: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    piece = tmp_path / "piece.mp4"
    debate = recordings / "talk_debate_two_speakers_wide_30s_1080p.mp4"
    _ffmpeg("-ss", 5, "-i", debate, "-t", 4, "-c", "copy", piece)
    seen = (await _seen(piece, monkeypatch)).samples
    both = [s for s in seen if {f.x + f.w / 2 > 960 for f in s.faces} == {True, False}]
    assert len(both) > 0.9 * len(seen)


async def test_who_comes_in_beside_a_talker_is_seen_within_a_second(
    recordings: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    piece = tmp_path / "piece.mp4"
    _ffmpeg(
        *("-i", recordings / "talk_single_office_34s_720p.mp4"),
        *("-i", recordings / "talk_face_closeup_844x844_5s.mp4"),
        *("-t", 5, "-an", "-preset", "ultrafast", "-filter_complex"),
        "[1]scale=160:-2[b];[0][b]overlay=40:60:enable='gt(t,2.6)'",
        piece,
    )
    seen = (await _seen(piece, monkeypatch)).samples
    entered = [s.t_s for s in seen if any(f.x + f.w / 2 < 220 for f in s.faces)]
    print(f"comes in at 2.6 s, seen first at {entered[0]} s")
    assert 2.6 <= entered[0] <= 3.6 and len(entered) > 5


async def test_a_portrait_on_the_wall_is_told_from_who_talks_beside_it(
    recordings: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its box stays where it is to the pixel, however often it is looked for."""
    piece, still = tmp_path / "piece.mp4", tmp_path / "still.png"
    poster = recordings / "talk_face_closeup_844x844_5s.mp4"
    _ffmpeg("-ss", 2, "-i", poster, "-frames:v", 1, still)
    _ffmpeg(
        *("-i", recordings / "talk_webcam_single_10s_1080x720.mp4", "-i", still),
        *("-t", 6, "-an", "-preset", "ultrafast", "-filter_complex"),
        "[0]scale=900:600,pad=1280:720:380:120:gray[a];[1]scale=420:-2[b];[a][b]overlay=20:40",
        piece,
    )
    (talker,) = people((await _seen(piece, monkeypatch)).samples)
    assert talker.center[0] > 640


@pytest.mark.parametrize("sound", ["no_sound", "nobody"])
async def test_a_video_in_which_nobody_speaks_is_no_trouble_and_that_is_told(
    recordings: Path, sound: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = recordings / "sport_basketball_gym_10s.mp4"
    if sound == "nobody":
        quiet = tmp_path / "quiet.mp4"
        _ffmpeg("-i", path, "-f", "lavfi", "-i", "anullsrc", "-shortest", "-c:v", "copy", quiet)
        path = quiet
    monkeypatch.setenv("SPEECH_ENGINE", "sphinx")
    notes: list[str] = []

    def tell(stage: Stage, done: float, *, note: Say | None = None) -> None:
        if note is not None:
            notes.append(note.key)

    video = Video(path, "0" * 64, await probe(path), name=path.stem)
    found = await analyse(video, settings=SETTINGS, tell=tell)
    assert notes == [f"speech.{sound}"]
    assert found.loudness_lufs is None and found.voice == () and found.words == ()
    assert len(found.motion) == pytest.approx(100, abs=5)


async def test_loudness_is_what_ffmpeg_itself_measures(
    recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = recordings / "talk_film_his_girl_friday_6s.mp4"
    found = await _seen(path, monkeypatch)
    heard = subprocess.run(
        [find(SETTINGS), "-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"],
        capture_output=True,
        text=True,
    ).stderr
    assert f"I:         {found.loudness_lufs} LUFS" in heard


async def test_sound_that_begins_late_keeps_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = tmp_path / "late.mkv"
    _ffmpeg(
        *("-f", "lavfi", "-i", "testsrc=s=320x180:r=25:d=4"),
        *("-itsoffset", 1.5, "-f", "lavfi", "-i", "sine=440:d=2"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", late),
    )
    energy = (await _seen(late, monkeypatch)).energy_db
    loud = [i / 10 for i, db in enumerate(energy) if db > -40]
    assert 1.4 <= loud[0] <= 1.6 and 3.3 <= loud[-1] <= 3.6


# ── words ───────────────────────────────────────────────────────────────────────────────────────


def _as_video(sound: Path, into: Path) -> Path:
    out = into / f"{sound.stem}.mkv"
    _ffmpeg(
        *("-f", "lavfi", "-i", "color=c=gray:s=160x90:r=5", "-i", sound, "-shortest"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "flac", out),
    )
    return out


async def test_read_english_is_understood_roughly_with_times_in_order(
    recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _as_video(recordings / "speech_librivox_0870.wav", tmp_path)
    found = await _seen(path, monkeypatch, "sphinx")
    real = (recordings / "speech_librivox_transcription.txt").read_text().lower().split()
    hits = sum(w.text in real for w in found.words) / max(1, len(found.words))
    print(f"words that were said: {hits:.0%} of {len(found.words)}")
    assert found.words_from == "sphinx" and found.rough and hits > 0.4
    times = [t for w in found.words for t in (w.start_s, w.end_s)]
    assert times == sorted(times) and times[-1] <= found.duration_s


async def test_nothing_is_invented_where_nobody_speaks(
    recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _as_video(recordings / "speech_none_tone_sweep_8s.wav", tmp_path)
    assert len((await _seen(path, monkeypatch, "sphinx")).words) <= 1


async def test_voice_is_heard_where_two_people_speak(
    recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _as_video(recordings / "speech_two_speakers_phone_30s.wav", tmp_path)
    found = await _seen(path, monkeypatch)
    real = np.zeros(300, bool)
    for line in (recordings / "speech_two_speakers_phone_30s.rttm").read_text().splitlines():
        start, length = (float(x) for x in line.split()[3:5])
        real[int(start * 10) : int((start + length) * 10)] = True
    ours = np.zeros(300, bool)
    for spell in found.voice:
        ours[int(spell.start_s * 10) : int(spell.end_s * 10)] = True
    assert (real == ours).mean() > 0.8


def _command(process: psutil.Process) -> str:
    """How it was started; nothing when it has ended meanwhile."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


async def test_a_cancelled_recogniser_is_gone_within_five_seconds(
    recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _as_video(recordings / "speech_lucier_101s.mp3", tmp_path)
    work = asyncio.create_task(_seen(path, monkeypatch, "sphinx"))
    me, children = psutil.Process(), []
    for _ in range(400):
        children = [c for c in me.children(True) if "sphinx_child" in _command(c)]
        if children:
            break
        await asyncio.sleep(0.05)
    assert children
    began = time.monotonic()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    psutil.wait_procs(children, timeout=5)
    assert time.monotonic() - began < 5 and not any(c.is_running() for c in children)


async def test_a_model_that_cannot_be_fetched_is_told_once_and_the_work_goes_on(
    recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPEECH_ENGINE", "auto")
    monkeypatch.setenv("SPEECH_MODEL", "no-such-size")  # no server has it, and here none answers
    path = _as_video(recordings / "speech_timit_3s.wav", tmp_path)
    settings = Settings(data_dir=tmp_path, _env_file=None)  # type: ignore[call-arg]
    video = Video(path, "0" * 64, await probe(path))
    notes: list[str] = []

    def tell(stage: Stage, done: float, *, note: Say | None = None) -> None:
        if note is not None:
            notes.append(note.key)

    for _ in range(2):
        found = await analyse(video, settings=settings, tell=tell)
        assert found.words_from == "sphinx"
    assert notes[0].startswith("models.")
    assert "speech.no_whisper" in notes[1:]  # the second time nobody asked the network again
