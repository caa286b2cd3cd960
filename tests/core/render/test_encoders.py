"""A hardware encoder is used when it proves itself, and never at the price of a clip.

There is no such hardware here. What is real: ffmpeg lists NVENC, and it does not work. What is
played: a program in its place that hands NVENC's work to x264, or breaks it on purpose.
"""

from __future__ import annotations

import sys
from pathlib import Path

import imageio_ffmpeg
import pytest

from core.render import encoders
from core.render.encode import SOFTWARE
from core.render.encoders import NVENC, VAAPI, Encoders, proves_itself
from core.settings import Settings
from tests.core.render.conftest import Made

REAL = imageio_ffmpeg.get_ffmpeg_exe()

PLAYED = """#!{python}
import os, re, sys
args = sys.argv[1:]
if "h264_nvenc" in args:
    asked = args.index("h264_nvenc")
    args[asked] = "libx264"
    for option, count in {dropped}.items():
        while option in args:
            at = args.index(option)
            del args[at : at + 1 + count]
    args[-1:-1] = {extra}
    if {dies} and "testsrc2" not in " ".join(args):
        sys.stderr.write("[h264_nvenc] [error] the device is lost\\n")
        sys.exit(1)
os.execv({real!r}, [{real!r}, *args])
"""
DROPPED = {"-rc": 1, "-cq": 1, "-forced-idr": 1, "-strict_gop": 1, "-no-scenecut": 1, "-preset": 1}


def _graphics_card(path: Path, *extra: str, dies: bool = False) -> str:
    """An ffmpeg whose NVENC works, in a way."""
    fast = ["-preset", "ultrafast", "-sc_threshold", "0", "-x264-params", "cabac=1:8x8dct=1"]
    path.write_text(
        PLAYED.format(
            python=sys.executable, dropped=DROPPED, extra=[*fast, *extra], dies=dies, real=REAL
        )
    )
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("encoder", [NVENC, VAAPI], ids=lambda e: e.name)
async def test_an_encoder_that_is_only_listed_is_not_used(encoder: encoders.Encoder) -> None:
    found = Encoders(REAL, [encoder])
    assert await found.best() is SOFTWARE


async def test_one_that_makes_a_right_file_is_used(tmp_path: Path) -> None:
    assert await Encoders(_graphics_card(tmp_path / "ffmpeg"), [VAAPI, NVENC]).best() is NVENC


async def test_one_that_keeps_no_groups_of_pictures_is_not(tmp_path: Path) -> None:
    assert not await proves_itself(_graphics_card(tmp_path / "ffmpeg", "-g", "250"), NVENC)


@pytest.mark.parametrize("dies", [False, True], ids=["works", "dies in the middle"])
async def test_a_clip_is_made_whatever_the_card_does(
    dies: bool, beeps: Path, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exe = _graphics_card(tmp_path / "ffmpeg", dies=dies)
    known = Encoders(exe, [NVENC])
    monkeypatch.setitem(encoders.KNOWN, exe, known)
    clip = await made(beeps, 1.0, 4.0, settings=Settings(_env_file=None, ffmpeg_path=Path(exe)))
    assert clip.fit and clip.duration_s == pytest.approx(3.0, abs=0.05)
    assert await known.best() is (SOFTWARE if dies else NVENC)
