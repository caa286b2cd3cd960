"""`clipdesk clip` as a program: its JSON, its exit codes, its one line, and nothing left behind."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import av
import imageio_ffmpeg
import psutil
import pytest

ROOT = Path(__file__).parents[2]

NUMBER = (int, float)
BOX = {"t_s": NUMBER, "x": NUMBER, "y": NUMBER, "w": NUMBER, "h": NUMBER}
SPAN = {"start_s": NUMBER, "end_s": NUMBER}
CLIP = {
    **SPAN,
    **{"rank": int, "score": NUMBER, "reasons": [str], "title": str, "caption": str, "tags": [str]},
    **{"file": str, "cover": str, "width": int, "height": int, "duration_s": NUMBER},
    "layouts": [{**SPAN, "kind": str, "path": [BOX]}],
    "faces": [BOX],
    "checks": [{"name": str, "ok": bool, "value": (*NUMBER, str, type(None)), "limit": str}],
}
SHAPE = {
    "source": {
        **{"path": str, "sha256": str, "duration_s": NUMBER},
        **{"width": int, "height": int, "fps": NUMBER},
    },
    "provider": str,
    "stages_s": dict.fromkeys(("probe", "video", "audio", "words", "pick", "render"), NUMBER),
    "words": [{**SPAN, "text": str}],
    "shots_s": [NUMBER],
    "clips": [CLIP],
}
"""All of what `--json` writes, and nothing else."""
NOTED = {**SHAPE, "notes": [{"about": str, "text": str}]}
"""… where a person must know something."""


def differences(have: Any, shape: Any, where: str = "") -> list[str]:
    """Where `have` is not of the shape: a dict has these very keys, a list items of one shape."""
    if isinstance(shape, dict):
        if not isinstance(have, dict) or have.keys() != shape.keys():
            return [f"{where}: {have!r:.80}"]
        return [d for k in shape for d in differences(have[k], shape[k], f"{where}.{k}")]
    if isinstance(shape, list):
        if not isinstance(have, list):
            return [f"{where}: {have!r:.80}"]
        return [d for i, h in enumerate(have) for d in differences(h, shape[0], f"{where}[{i}]")]
    fits = isinstance(have, shape) and (shape is bool or not isinstance(have, bool))
    return [] if fits else [f"{where}: {have!r}"]


def no_such_number(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    stdout: str
    stderr: str

    @property
    def found(self) -> dict[str, Any]:
        """What stdout holds, which is one JSON object and no other byte."""
        made: dict[str, Any] = json.loads(self.stdout, parse_constant=no_such_number)
        return made

    def refused(self, code: int, *words: str) -> None:
        """One line in words, the right code, and no JSON."""
        assert self.code == code, self.stderr
        (line,) = self.stderr.splitlines()
        assert all(word in line for word in words), line
        assert line.endswith((".", "--help)")) and self.stdout == ""


class Desk:
    """Runs the program with folders of its own, and looks that it leaves nothing in them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out = folder, folder / "out"
        for name in ("data", "tmp", "home"):
            (folder / name).mkdir()

    def start(
        self,
        video: Path,
        *args: object,
        settings: Mapping[str, str] = MappingProxyType({}),
        **more: Any,
    ) -> subprocess.Popen[str]:
        kept = {k: v for k, v in os.environ.items() if k != "CI"}  # some wheels are tamer there
        env = {
            **{**kept, "SPEECH_ENGINE": "none", "PYTHONWARNINGS": "error"},
            **{"DATA_DIR": str(self.folder / "data"), "TMPDIR": str(self.folder / "tmp")},
            **{"HOME": str(self.folder / "home"), "LC_ALL": "C.UTF-8"},
            **settings,
        }
        out = () if "--out" in args else ("--out", self.out)
        command = [sys.executable, "-m", "bot", "clip", video, *out, "--json", *args]
        return subprocess.Popen(
            [os.fsencode(str(word)) for word in command],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **more,
        )

    def clip(self, video: Path, *args: object, **more: Any) -> Ran:
        with self.start(video, *args, **more) as process:
            stdout, stderr = process.communicate(timeout=120)
        ran = Ran(process.returncode, stdout, stderr)
        assert "Traceback" not in stderr, stderr
        self.left_nothing()
        if not (stdout and ran.found["clips"]):
            assert not self.out.exists()
        return ran

    def left_nothing(self) -> None:
        """Scratch only: clips that were made are no scratch."""
        scratch = [p for name in ("data", "tmp", "home") for p in (self.folder / name).rglob("*")]
        hidden = [p for p in self.out.glob("*") if p.name.startswith(".")]
        assert scratch + hidden == []


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def ffmpeg(*args: object) -> None:
    exe = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([exe, "-v", "error", "-y", *map(str, args)], check=True, timeout=60)


def source(path: Path, *args: object, picture: str = "testsrc2=s=320x240:r=25") -> Path:
    """A moving picture, by any output options; a second `-i` in them adds sound."""
    ffmpeg("-f", "lavfi", "-i", picture, *args, path)
    return path


TONE = ("-f", "lavfi", "-i", "sine=frequency=300")


def streams_of(file: str) -> tuple[float, tuple[int, int], set[str]]:
    """Length, size and kinds of stream as the file itself has them."""
    with av.open(file) as opened:
        picture = opened.streams.video[0]
        assert opened.duration is not None
        kinds = {s.type for s in opened.streams}
        return opened.duration / 1e6, (picture.width, picture.height), kinds


def holds(ran: Ran, video: Path, out: Path) -> list[dict[str, Any]]:
    """The clips of a run that kept the contract; everything told is what the files are."""
    assert ran.code == 0, ran.stderr
    found = ran.found
    assert differences(found, NOTED if "notes" in found else SHAPE) == []
    assert all(" " in note["text"] for note in found.get("notes", ()))
    assert found["source"]["path"] == str(video.resolve())
    clips: list[dict[str, Any]] = found["clips"]
    assert [c["rank"] for c in clips] == list(range(1, len(clips) + 1)) != []
    made = {Path(c[name]) for c in clips for name in ("file", "cover")}
    assert made == set(out.resolve().iterdir())
    for clip in clips:
        length_s, size, _ = streams_of(clip["file"])
        assert abs(length_s - clip["duration_s"]) < 0.1
        assert abs(clip["end_s"] - clip["start_s"] - clip["duration_s"]) < 0.2
        assert 0 <= clip["start_s"] < clip["end_s"] <= found["source"]["duration_s"] + 0.01
        assert size == (clip["width"], clip["height"]) == (1080, 1920)
        assert streams_of(clip["cover"])[1] == (1080, 1920)
    return clips


# ── a real recording ────────────────────────────────────────────────────────────────────────────


def test_a_talk_gives_clips_and_the_json_that_was_promised(
    recordings: Path, desk: Desk, tmp_path: Path
) -> None:
    whole = recordings / "talk_vertical_creator_55s_360x640.mp4"
    talk = tmp_path / "talk.mp4"
    ffmpeg("-t", "20", "-i", whole, "-c", "copy", talk)
    music = tmp_path / "music.mp3"
    ffmpeg("-f", "lavfi", "-i", "sine=f=300:d=3", music)
    options = ("--max", "8", "--count", "1", "--music", music)
    ran = desk.clip(talk, *options, "--subtitles", whole.with_suffix(".srt"))
    (clip,) = holds(ran, talk, desk.out)
    found, (length_s, size, kinds) = ran.found, streams_of(str(talk))
    assert abs(found["source"]["duration_s"] - length_s) < 0.1
    assert (found["source"]["width"], found["source"]["height"]) == size
    assert found["source"]["fps"] == pytest.approx(30)
    assert [w["text"] for w in found["words"][:3]] == ["Okay,", "now", "I"]
    assert found["shots_s"][0] == 0 and found["shots_s"] == sorted(found["shots_s"])
    assert clip["duration_s"] <= 8.1 and clip["reasons"] and clip["title"] and clip["faces"]
    assert all(c["ok"] for c in clip["checks"]), clip["checks"]
    assert any(c["name"] == "music" and c["value"] >= 15 for c in clip["checks"])
    assert "audio" in kinds & streams_of(clip["file"])[2]
    at_s = 0.0
    for layout in clip["layouts"]:  # one after the other, from the first moment to the last
        assert layout["start_s"] == pytest.approx(at_s, abs=0.01)
        at_s = layout["end_s"]
    assert at_s == pytest.approx(clip["end_s"] - clip["start_s"], abs=0.01)
    assert "render 100%" in ran.stderr
    noted = {n["about"]: n["text"] for n in found["notes"]}
    assert "until 0:55" in noted["speech.subtitles_beyond"]  # they are those of the whole video
    assert all(text in ran.stderr for text in noted.values())


# ── what cannot be cut ──────────────────────────────────────────────────────────────────────────


def _truncated(path: Path) -> Path:
    whole = source(path.with_name("whole.mp4"), *TONE, "-t", "4")
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    return path


def _written(content: bytes) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return write


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "zero_bytes": (_written(b""), "0 bytes"),
    "text": (_written(b"hello, this is my holiday video\n"), "not a video"),
    "sound_only": (lambda p: ffmpeg(*TONE, "-t", "4", "-c:a", "aac", p), "no moving picture"),
    "one_frame": (lambda p: source(p, "-frames:v", "1"), "a single picture"),
    "half_a_second": (lambda p: source(p, *TONE, "-t", "0.5"), "0.5 s"),
    "truncated": (_truncated, "not whole"),
    "missing": (lambda p: None, "no file"),
    "a_folder": (lambda p: p.mkdir(), "a folder"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_usable_video_is_refused_in_one_line(
    name: str, desk: Desk, tmp_path: Path
) -> None:
    make, word = REFUSED[name]
    video = tmp_path / "video.mp4"
    make(video)
    desk.clip(video).refused(2, word)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("odd_ssrf_hls_playlist.avi", "only a list"),
        ("odd_ssrf_hls_remote.m3u8", "only a list"),
        ("odd_lfi_hls_in_avi_header.mp4", "only a list"),
        ("odd_fuzz_block_beyond_cluster.mkv", "a single picture"),
        ("odd_fuzz_case_1185230.mp4", "damaged"),
        ("odd_fuzz_chunk_out_of_range.mp4", "not whole"),
        ("odd_fuzz_clusterfuzz.mp4", "not whole"),
        ("odd_fuzz_vp9_1416.webm", "12,336"),
    ],
)
def test_a_hostile_file_is_refused_in_one_line(
    name: str, word: str, recordings: Path, desk: Desk
) -> None:
    desk.clip(recordings / name).refused(2, word)


@pytest.fixture
def nobody_comes() -> Iterator[str]:
    """An address on this machine; fails the test when anybody was there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize(
    "script",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{there}\n#EXTINF:9,\nfile://{here}\n",
        "ffconcat version 1.0\nfile '{here}'\nfile '{there}'\n",
        "file '{here}'\nfile '{there}'\n",
    ],
)
def test_a_list_named_as_a_video_opens_nothing(
    script: str, nobody_comes: str, desk: Desk, tmp_path: Path
) -> None:
    here = source(tmp_path / "secret.ts", "-t", "3")
    video = tmp_path / "video.mp4"
    video.write_text(script.format(here=here, there=nobody_comes))
    desk.clip(video).refused(2, "not a video")


# ── what was asked in a way that cannot be done ─────────────────────────────────────────────────


def test_a_program_that_is_no_ffmpeg_is_told_before_any_work(short: Path, desk: Desk) -> None:
    ran = desk.clip(short, settings={"FFMPEG_PATH": sys.executable})
    ran.refused(1, "FFMPEG_PATH", "does not work")


def test_a_wheel_that_cannot_be_loaded_is_one_line(short: Path, desk: Desk, tmp_path: Path) -> None:
    broken = tmp_path / "site" / "cv2"
    broken.mkdir(parents=True)
    reason = "libGL.so.1: cannot open shared object file: No such file or directory"
    (broken / "__init__.py").write_text(f"raise ImportError({reason!r})\n")
    ran = desk.clip(short, settings={"PYTHONPATH": str(broken.parent)})
    ran.refused(1, "libGL.so.1", "make setup")


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4 s without sound."""
    return source(tmp_path_factory.mktemp("short") / "short.mp4", "-t", "4")


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("--wish", "at least 40s under 10s"), "longer than the longest"),
        (("--wish", "13:05-12:30"), "ends before it begins"),
        (("--min", "9", "--max", "4"), "longer than the longest"),
        (("--count", "0"), "Zero clips"),
        (("--music", __file__), "The music cannot be read"),
        (("--max", "nan"), "not a number of seconds"),
        (("--count", "many"), "invalid int value"),
    ],
)
def test_a_wish_that_cannot_be_meant_is_told_before_any_work(
    args: tuple[str, ...], word: str, short: Path, desk: Desk
) -> None:
    desk.clip(short, *args).refused(1, word)  # 2 would say that the video is to blame


def test_nothing_worth_cutting_has_a_code_of_its_own(short: Path, desk: Desk) -> None:
    ran = desk.clip(short, "--wish", "2:00-2:30")
    assert ran.code == 3 and ran.stdout == ""
    assert "beyond its end" in ran.stderr.splitlines()[-1]


def test_a_folder_that_cannot_be_written_is_told_before_any_work(
    short: Path, desk: Desk, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    desk.clip(short, "--out", tmp_path / "file" / "out").refused(1, "cannot be made")


def test_a_clip_never_replaces_the_video_it_is_cut_from(
    short: Path, desk: Desk, tmp_path: Path
) -> None:
    before = tmp_path / "before"
    before.mkdir()
    video = before / "clip-01.mp4"
    video.write_bytes(short.read_bytes())
    desk.clip(video, "--out", before).refused(1, "another folder")
    assert video.read_bytes() == short.read_bytes()


# ── a disk that fills up, and an end from outside ───────────────────────────────────────────────


def test_a_disk_that_fills_up_while_it_listens_is_told(desk: Desk, tmp_path: Path) -> None:
    video = source(tmp_path / "video.mp4", *TONE, "-t", "6")  # 192,000 bytes of 16 kHz sound

    def hardly_any_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))

    ran = desk.clip(video, preexec_fn=hardly_any_room)
    assert ran.code == 1 and ran.stdout == ""
    assert "The disk is full" in ran.stderr.splitlines()[-1]


def test_a_disk_that_fills_up_while_it_renders_is_told(
    short: Path, desk: Desk, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=48k", "tmpfs", str(small)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        ran = desk.clip(short, "--out", small / "out")
        assert ran.code == 1 and ran.found["clips"] == []
        assert "The disk is full" in ran.stderr.splitlines()[-1]
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_polite_end_leaves_no_process_and_no_scratch(
    short: Path, desk: Desk, tmp_path: Path
) -> None:
    with desk.start(short) as process:
        until_it_renders(process, tmp_path)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 143
    assert working_in(tmp_path) == []
    desk.left_nothing()
    assert not desk.out.exists()


def working_in(folder: Path) -> list[psutil.Process]:
    with_cwd = ((p, p.info["cwd"] or "") for p in psutil.process_iter(["cwd"]))
    return [p for p, cwd in with_cwd if cwd.startswith(str(folder))]


def until_it_renders(process: subprocess.Popen[str], folder: Path) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if "render " in line and working_in(folder):
            break


def test_what_a_killed_run_had_left_is_gone_after_the_next(
    short: Path, desk: Desk, tmp_path: Path
) -> None:
    with desk.start(short) as process:
        until_it_renders(process, tmp_path)
        process.kill()
        process.communicate(timeout=60)
    until = time.monotonic() + 30
    while working_in(tmp_path) and time.monotonic() < until:
        time.sleep(0.05)
    assert working_in(tmp_path) == []
    assert [p.name for p in desk.out.iterdir() if p.name.startswith(".")]
    with desk.start(short) as process:
        process.communicate(timeout=120)
    assert process.returncode == 0
    assert sorted(p.name for p in desk.out.iterdir()) == ["clip-01.jpg", "clip-01.mp4"]


def test_where_most_is_damaged_the_rest_is_cut_and_that_is_told(desk: Desk, tmp_path: Path) -> None:
    """ffmpeg calls it a failure when two thirds of the frames cannot be decoded."""
    whole = source(tmp_path / "whole.mkv", "-t", "8", "-c:v", "mjpeg")
    video = tmp_path / "video.mkv"
    with av.open(str(whole)) as read, av.open(str(video), "w") as write:
        streams = {s.index: write.add_stream_from_template(s) for s in read.streams}
        for n, packet in enumerate(read.demux(read.streams.video[0])):
            if not packet.size:
                continue
            kept = av.Packet(bytes(packet) if n % 5 == 0 else b"\0" * packet.size)
            kept.pts, kept.dts, kept.time_base = packet.pts, packet.dts, packet.time_base
            kept.duration, kept.is_keyframe = packet.duration, True
            kept.stream = streams[packet.stream_index]
            write.mux(kept)
    ran = desk.clip(video)
    holds(ran, video, desk.out)
    assert "Part of this video is damaged" in ran.stderr


# ── what is odd and is handled ──────────────────────────────────────────────────────────────────


def test_a_name_may_hold_anything_and_the_picture_have_odd_sides(
    desk: Desk, tmp_path: Path
) -> None:
    name = os.fsdecode(b'\xf0\x9f\x8e\xac "it\'s"\nnew line, $(x); \xff 100%d.mp4')
    made = source(
        tmp_path / "made.mp4", "-t", "4", picture="testsrc2=s=321x241:r=25,format=yuv444p"
    )
    video = made.rename(tmp_path / name)
    ran = desk.clip(video)
    (clip,) = holds(ran, video, desk.out)
    assert (ran.found["source"]["width"], ran.found["source"]["height"]) == (321, 241)
    assert ran.found["words"] == [] and "\n" not in clip["title"]


def test_a_turned_phone_video_of_uneven_rate_with_surround_sound_is_handled(
    desk: Desk, tmp_path: Path
) -> None:
    uneven = ("-vf", "select='not(eq(mod(n,5),2)+eq(mod(n,7),3))'", "-fps_mode", "vfr")
    surround = ("-f", "lavfi", "-i", "sine=frequency=300,aformat=channel_layouts=5.1")
    flat = source(tmp_path / "flat.mov", *surround, "-t", "5", *uneven, "-c:a", "ac3")
    video = tmp_path / "video.mov"
    ffmpeg("-display_rotation:v:0", "90", "-i", flat, "-c", "copy", video)
    ran = desk.clip(video)
    (clip,) = holds(ran, video, desk.out)
    assert (ran.found["source"]["width"], ran.found["source"]["height"]) == (240, 320)
    checks = {c["name"]: c["ok"] for c in clip["checks"]}
    assert checks["constant_rate"] and checks["audio"] and checks["loudness"]


def test_an_interlaced_transport_stream_is_handled(desk: Desk, tmp_path: Path) -> None:
    woven = ("-vf", "tinterlace=interleave_top", "-flags", "+ildct+ilme", "-c:v", "mpeg2video")
    sound = (*TONE, "-c:a", "mp2")
    video = source(
        tmp_path / "video.ts", *sound, *woven, "-t", "5", picture="testsrc2=s=352x288:r=50"
    )
    ran = desk.clip(video)
    (clip,) = holds(ran, video, desk.out)
    assert ran.found["source"]["fps"] == pytest.approx(25)
    assert "audio" in streams_of(clip["file"])[2]
