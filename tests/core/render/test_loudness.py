"""Loudness of the finished file, for sounds that make it hard."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.core.render.conftest import Made, ffmpeg, source
from tests.core.render.talk import heard, rise_s

pytestmark = pytest.mark.media

TALK = "0.25*sin(2*PI*220*t)*(0.5+0.5*sin(2*PI*3*t))"
HARD = {
    "quiet mono at 44.1 kHz": (f"aevalsrc='0.06*{TALK}':s=44100:d=6", ()),
    "talk between claps": (
        f"aevalsrc='0.15*{TALK}+if(lt(mod(t,1),0.004),0.95*random(0)-0.5,0)':s=48000:d=6",
        (),
    ),
    "clipped all the way": ("aevalsrc='clip(4*sin(2*PI*180*t),-1,1)':s=48000:d=6", ()),
    "sharp noise": ("anoisesrc=c=white:r=48000:d=6:a=0.9", ()),
    "5.1": (
        f"aevalsrc='0.1*{TALK}|0.1*{TALK}|0.3*{TALK}|0|0|0':c=5.1:s=48000:d=6",
        ("-ac", "6"),
    ),
}


def level(clip: Path) -> tuple[float, float]:
    text = ffmpeg("-i", clip, "-vn", "-af", "ebur128=peak=true", "-f", "null", "-")
    text = text[text.rfind("Summary:") :]
    found = re.search(r"I:\s+(\S+) LUFS", text), re.search(r"Peak:\s+(\S+) dBFS", text)
    assert found[0] and found[1]
    return float(found[0][1]), float(found[1][1])


@pytest.mark.parametrize("name", HARD)
async def test_every_clip_is_as_loud_as_the_next(name: str, tmp_path: Path, made: Made) -> None:
    sound, args = HARD[name]
    picture = "color=gray:s=64x64:r=24:d=6"
    file = source(tmp_path / "sound.mkv", picture=picture, sound=sound, args=args)
    done = await made(file, 0.5, 5.0)
    lufs, peak_dbtp = level(done.file)
    assert lufs == pytest.approx(-14, abs=0.5)
    assert peak_dbtp <= -1.0
    if name == "clipped all the way":  # as loud from its first sample to its last
        sound = heard(done.file)
        for end in (sound, sound[::-1]):
            assert 0.008 <= rise_s(end) <= 0.021, "neither a click nor heard as a fade"


async def test_near_silence_is_not_blown_up(tmp_path: Path, made: Made) -> None:
    file = source(
        tmp_path / "hiss.mkv",
        picture="color=gray:s=64x64:r=24:d=4",
        sound="anoisesrc=c=pink:r=48000:d=4:a=0.0005",
    )
    done = await made(file, 0.0, 3.5)
    assert level(done.file)[0] < -40
