"""An intro, an outro and a logo are part of the one file, and the clip itself stays what it is."""

from __future__ import annotations

from pathlib import Path

import cv2

from core.brand.kit import Kit
from core.framing.plan import FaceAt, Layout, Plan, Window
from core.media.facts import VERTICAL, Video
from core.media.probe import probe
from core.render.logo import Box, place
from tests.core.render.conftest import Made, source
from tests.core.render.test_render import frames, met


async def test_sound_and_picture_meet_behind_an_intro_of_another_shape_and_beat(
    tmp_path: Path, beeps: Path, made: Made
) -> None:
    async def video(name: str, picture: str) -> Video:
        path = source(tmp_path / name, picture=picture)
        return Video(path, "", await probe(path))

    kit = Kit(
        intro=await video("intro.mkv", "color=0x101060:s=320x320:r=25:d=1"),
        outro=await video("outro.mkv", "color=0x104010:s=540x960:r=60:d=1"),
    )
    done = await made(beeps, 1.4, 2.4, kit=kit)
    assert (done.intro_s, done.outro_s, done.duration_s) == (1.0, 1.0, 3.0)
    assert met(done.file) == [1.6]
    assert done.fit, [c for c in done.checks if not c.ok]
    colours = [frame[300:-300].mean(axis=(0, 1)).argmax() for frame in frames(done.file)]
    assert colours[:30] == [0] * 30 and colours[-30:] == [1] * 30
    assert cv2.imread(str(done.cover))[..., 0].mean() < 60  # not of the blue intro


def test_a_logo_stands_where_it_hides_nothing() -> None:
    plan = Plan("9:16", (Layout(0, 1, "track", (Window(0, 0, 0, 540, 960),)),))
    right, words = (FaceAt(0.5, 300, 130, 230, 100),), Box(0, 1100, 1080, 1460)
    spot = place(plan, right, VERTICAL, (120, 60), words=words)
    assert spot is not None and (spot.x, spot.y, spot.away) == (60, 270, ())
    left = (FaceAt(0.5, 10, 130, 230, 100),)
    moved = place(plan, left, VERTICAL, (120, 60), words=words)
    assert moved is not None and moved.x + moved.width == 900 and moved.y == 270


def test_a_logo_leaves_for_a_face_that_is_everywhere() -> None:
    near = Layout(0, 2, "track", (Window(0, 0, 0, 540, 960),))
    calm = Layout(2, 9, "fit", (Window(2, 0, 0, 1920, 1080),))
    faces = (FaceAt(1, -50, 0, 640, 960), FaceAt(5, 900, 300, 90, 90))
    spot = place(Plan("9:16", (near, calm)), faces, VERTICAL, (100, 100))
    assert spot is not None and spot.away == ((0, 2),)
    assert place(Plan("9:16", (near,)), faces[:1], VERTICAL, (100, 100)) is None
