"""Covers: the moment that is chosen, and the text that is put on it."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np

from core.analysis.model import Analysis, Face, FaceSample
from core.analysis.yunet import bundled_model
from core.captions.area import area
from core.framing.frame import frame
from core.framing.plan import Layout, Plan, Window
from core.framing.window import Box
from core.media.facts import VERTICAL, Format, Video
from core.media.probe import probe
from core.media.sample_people import MOUTHS, body, heads, paste
from core.render.cover import draw_cover
from core.render.cover_moment import cover_moment
from core.render.cover_text import Cover, cover_ass
from core.render.shown import shown_faces
from core.settings import Settings
from tests.core.framing.scenes import scene, sway

TALL = Format("9:16", 540, 960)
FACE = Face(97, 205, 347, 339, 0.9)
PLAN = Plan("9:16", (Layout(0.0, 60.0, "track", (Window(0.0, 0.0, 0.0, 540.0, 960.0),)),))


def _people() -> list[list[np.ndarray]]:
    """A face with its mouth closed and open, each with open eyes, with shut ones, and blurred."""
    head, trunk, made = heads("theo", 1.5), body("theo", 1.5), []
    for mouth in (0, MOUTHS - 1):
        row = []
        for shut in (0, 1):
            picture = np.full((960, 540, 3), (70, 74, 58), np.uint8)
            paste(picture, trunk, 270 - trunk.shape[1] // 2, 520)
            paste(picture, head[mouth][shut], 270 - head[0][0].shape[1] // 2, 40)
            row.append(picture)
        made.append([*row, cv2.GaussianBlur(row[0], (0, 0), 9)])
    return made


def _film(path: Path, frames: list[np.ndarray]) -> Path:
    """Half a second of each, with a key frame."""
    args = (imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt")
    subprocess.run(
        [
            *(*args, "bgr24", "-s", "540x960", "-r", "10", "-i", "pipe:0", "-c:v", "libx264"),
            *("-preset", "ultrafast", "-g", "5", "-crf", "18", "-pix_fmt", "yuv420p", str(path)),
        ],
        input=b"".join(f.tobytes() for f in frames for _ in range(5)),
        check=True,
    )
    return path


def test_the_moment_has_open_eyes_a_closed_mouth_and_is_sharp(tmp_path: Path) -> None:
    (calm, shut, blurred), (talking, blinks, _) = _people()
    others = [shut, talking, blinks, blurred, np.zeros_like(calm)]
    for best in (0, 3):
        frames = [*others[:best], calm, *others[best:]]
        seen = [FaceSample(k / 4, (FACE,)) for k in range(24)]
        at_s = cover_moment(
            _film(tmp_path / "a.mp4", frames), 0.0, len(frames) / 2, plan=PLAN, seen=seen,
            shots_s=(0.0,), fmt=TALL, captioned=True, model=bundled_model(),
        )  # fmt: skip
        assert at_s is not None and best * 0.5 <= at_s < best * 0.5 + 0.5


def test_whoever_was_there_before_a_cut_is_not_there_after_it(tmp_path: Path) -> None:
    """A sharp screen on the first frame of its shot is no sharp face."""
    (calm, _, _), (talking, _, _) = _people()
    screen = np.indices(calm.shape[:2]).sum(0)[..., None] // 8 % 2 * np.full(3, 255)
    frames = [talking, talking, screen.astype(np.uint8), calm]
    seen = [FaceSample(t, (FACE,)) for t in (0.2, 0.45, 0.7, 0.95, 1.55, 1.75, 1.95)]
    at_s = cover_moment(
        _film(tmp_path / "a.mp4", frames), 0.0, 2.0, plan=PLAN, seen=seen, shots_s=(0.0, 1.0, 1.5),
        fmt=TALL, captioned=True, model=bundled_model(),
    )  # fmt: skip
    assert at_s is not None and at_s >= 1.5


async def _drawn(source: Video, found: Analysis, into: Path, text: str, at_s: float) -> np.ndarray:
    plan, _ = frame(source, found, 0.0, 4.0, VERTICAL)
    await draw_cover(
        source, at_s, at_s, plan=plan, seen=found.samples, fmt=VERTICAL, cover=Cover(text),
        into=into, settings=Settings(_env_file=None),  # type: ignore[call-arg]
    )  # fmt: skip
    picture = cv2.imread(str(into))
    assert picture is not None and picture.shape == (1920, 1080, 3)
    return picture.astype(int)


async def _made(path: Path, picture: str) -> Video:
    args = (imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-filter_complex", picture)
    coded = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", str(path))
    subprocess.run([*args, *coded], check=True)
    return Video(path, "0" * 64, await probe(path))


async def test_a_text_stands_in_the_free_room_and_on_no_face(tmp_path: Path) -> None:
    source = await _made(tmp_path / "a.mp4", "testsrc2=s=640x360:r=10:d=4,boxblur=8")
    found, free = scene((110, sway(300, 110)), length_s=4.0), area(VERTICAL)
    plan, _ = frame(source, found, 0.0, 4.0, VERTICAL)
    without = await _drawn(source, found, tmp_path / "without.jpg", "", 2.5)
    for text in (
        "Nobody believed it",
        "لماذا ترتفع الأسعار كل عام",
        "なぜ値段が毎年上がり続けるのか",
    ):
        with_ = await _drawn(source, found, tmp_path / "with.jpg", text, 2.5)
        changed = np.abs(with_ - without).max(axis=2) > 60
        rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        assert changed.sum() > 8000, "big letters"
        assert free.top <= rows[0] and rows[-1] <= free.bottom
        assert free.left <= columns[0] and columns[-1] <= free.right
        for face in shown_faces(plan, found.samples, 2.5, VERTICAL, captioned=False):
            assert rows[0] > face.y + face.h or rows[-1] < face.y


def test_the_letters_are_as_big_as_there_is_room_and_lines_are_few() -> None:
    low, high = Box(300, 1050, 450, 600), Box(300, 300, 450, 500)
    for heads_ in ([low], [high]):
        ass = cover_ass(Cover("Why prices rise every single year"), heads_, [], VERTICAL)
        assert ass and ass.count("\\N") <= 2
    assert cover_ass(Cover("\u200b"), [], [], VERTICAL) is None
    full = [Box(0, 0, 1080, 1920)]
    assert cover_ass(Cover("Still something"), full, [], VERTICAL), "small, in what there is"


async def test_the_cover_is_the_frame_of_its_moment(tmp_path: Path) -> None:
    both = "color=red:s=640x360:r=10:d=2[a];color=blue:s=640x360:r=10:d=2[b];[a][b]concat"
    source = await _made(tmp_path / "a.mp4", both)
    found = replace(scene(length_s=4.0), shots_s=(0.0, 2.0))
    for at_s, channel in ((1.9, 2), (2.0, 0)):
        picture = await _drawn(source, found, tmp_path / "c.jpg", "", at_s)
        assert picture[960, 540, channel] > 200
