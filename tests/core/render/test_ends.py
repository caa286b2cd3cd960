"""An intro, an outro and a logo are part of the one file, and the clip itself stays what it is."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

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
        intro=await video("intro.mkv", "color=0x101060:s=320x320:r=25:d=1.5"),
        outro=await video("outro.mkv", "color=0x104010:s=540x960:r=60:d=1"),
    )
    done = await made(beeps, 1.4, 3.4, kit=kit)
    assert (done.intro_s, done.outro_s, done.duration_s) == (1.5, 1.0, 4.5)
    assert met(done.file) == [2.1, 3.1]
    assert done.fit, [c for c in done.checks if not c.ok]
    colours = [frame[300:-300].mean(axis=(0, 1)).argmax() for frame in frames(done.file)]
    assert colours[:45] == [0] * 45 and colours[-30:] == [1] * 30
    assert cv2.imread(str(done.cover))[..., 0].mean() < 60  # not of the blue intro


async def test_a_logo_is_drawn_where_it_hides_nothing(
    tmp_path: Path, beeps: Path, made: Made
) -> None:
    cv2.imwrite(str(tmp_path / "logo.png"), np.full((60, 120, 4), (0, 102, 255, 255), np.uint8))
    bare = await made(beeps, 1.4, 2.4, into=tmp_path / "bare")
    kit = Kit(logo=tmp_path / "logo.png")
    plan = Plan("9:16", (Layout(0, 1, "track", (Window(0, 0, 0, 540, 960),)),))
    right = (FaceAt(0.5, 300, 130, 230, 100),)
    spot = place(plan, right, VERTICAL, (120, 60), words=Box(0, 1100, 1080, 1460))
    assert spot is not None and (spot.x, spot.y, spot.away) == (60, 270, ())
    done = await made(beeps, 1.4, 2.4, kit=kit, spot=spot)
    off = np.abs(frames(done.file)[5].astype(int) - frames(bare.file)[5]).max(axis=2) > 40
    rows, columns = np.flatnonzero(off.any(axis=1)), np.flatnonzero(off.any(axis=0))
    assert abs(rows[0] - spot.y) <= 1 and abs(rows[-1] + 1 - spot.y - spot.height) <= 1
    assert abs(columns[0] - spot.x) <= 1 and abs(columns[-1] + 1 - spot.x - spot.width) <= 1


def test_a_logo_leaves_for_a_face_that_is_everywhere() -> None:
    near = Layout(0, 2, "track", (Window(0, 0, 0, 540, 960),))
    calm = Layout(2, 9, "fit", (Window(2, 0, 0, 1920, 1080),))
    faces = (FaceAt(1, -50, 0, 640, 960), FaceAt(5, 900, 300, 90, 90))
    spot = place(Plan("9:16", (near, calm)), faces, VERTICAL, (100, 100))
    assert spot is not None and spot.away == ((0, 2),)
    assert place(Plan("9:16", (near,)), faces[:1], VERTICAL, (100, 100)) is None
