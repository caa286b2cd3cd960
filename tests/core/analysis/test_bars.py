"""Films with black bars, made on the spot: where the picture is found inside them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from core.analysis.model import Part
from core.analysis.picture import watch
from core.analysis.pieces import Kept
from core.media.facts import Video
from core.media.probe import probe
from core.settings import Settings
from core.tell import tell_nobody

FILM = "testsrc2=s={w}x{h}:r=12:d={d},setsar=1"
"""Bright and busy, up to its edges."""
TALK = (
    "color=0x141414:s=640x360:r=12:d=5,drawbox=x=220+30*sin(t*5):y=60:w=200:h=260:c=0x806050:t=fill"
)
"""Somebody before a wall that is nearly black, and who moves."""


async def _pictures(path: Path, graph: str) -> tuple[Part, ...]:
    subprocess.run(
        [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-filter_complex", graph),
            *("-map", "[v]", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "26"),
            *("-pix_fmt", "yuv420p", str(path)),
        ],
        check=True,
    )
    video = Video(path, "0" * 64, await probe(path))
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    return (await watch(video, settings=settings, tell=tell_nobody, kept=Kept())).pictures


@pytest.mark.parametrize(
    ("inner", "at"),
    [((640, 268), (0, 46)), ((480, 360), (80, 0)), ((202, 360), (219, 0)), ((576, 324), (32, 18))],
    ids=["cinema", "old television", "phone", "both"],
)
async def test_the_picture_is_found_inside_its_bars(
    tmp_path: Path, inner: tuple[int, int], at: tuple[int, int]
) -> None:
    film = FILM.format(w=inner[0], h=inner[1], d=4)
    (part,) = await _pictures(tmp_path / "a.mp4", f"{film},pad=640:360:{at[0]}:{at[1]}[v]")
    assert part.start_s == 0 and part.end_s > 3.9
    for got, real, size, whole in (
        (part.x, at[0], part.w, 640),
        (part.y, at[1], part.h, 360),
    ):
        # Never a line of black, and less than two lines of the small picture are lost.
        assert real <= got <= real + 4
        assert got + size == whole - got


async def test_a_film_that_changes_its_shape_is_followed_shot_by_shot(tmp_path: Path) -> None:
    wide = FILM.format(w=640, h=268, d=4) + ",pad=640:360:0:46"
    full = FILM.format(w=640, h=360, d=3) + ",hue=h=180"
    graph = f"{wide}[a];{full}[b];{wide}[c];[a][b][c]concat=3[v]"
    first, second = await _pictures(tmp_path / "a.mp4", graph)
    assert (first.start_s, first.end_s, second.start_s) == pytest.approx((0, 4, 7), abs=0.1)
    assert first.h == second.h < 270


@pytest.mark.parametrize(
    "graph",
    [
        FILM.format(w=640, h=360, d=4) + "[v]",
        TALK + "[v]",
        TALK + ",vignette=a=1.2[v]",
        FILM.format(w=400, h=24, d=4) + ",pad=640:360:120:300[v]",
        FILM.format(w=640, h=300, d=4) + ",pad=640:360:0:0[v]",
        "color=black:s=640x360:r=12:d=4[v]",
    ],
    ids=["no bars", "dark", "dark edges", "a line of text", "on one side only", "black"],
)
async def test_what_is_merely_dark_is_no_bar(tmp_path: Path, graph: str) -> None:
    assert await _pictures(tmp_path / "a.mp4", graph) == ()
