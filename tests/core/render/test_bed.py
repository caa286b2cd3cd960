"""A bed of music: under the speech, up in its pauses, and the whole as loud as every clip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import Told
from core.settings import Settings
from core.sound.bed import check_music
from core.sound.mix import SoundWish
from tests.core.framing.scenes import scene
from tests.core.render.conftest import Made, ffmpeg
from tests.core.render.talk import WORDS, heard, talk, tone_db, tune
from tests.core.render.test_loudness import level

pytestmark = pytest.mark.media
HUSHED = (4.0, 7.4)
K_AT_14_KHZ_DB = 4.0
"""The K curve of BS.1770 there."""


async def test_music_makes_room_for_speech_and_comes_up_in_a_pause(
    tmp_path: Path, made: Made
) -> None:
    file = talk(tmp_path / "talk.mkv", length_s=11, hushed=HUSHED)
    words = [w for w in WORDS if w.end_s < 11 and not HUSHED[0] - 0.3 < w.start_s < HUSHED[1]]
    found = replace(scene(length_s=11), words=tuple(words), words_from="upload")
    music = tune(tmp_path / "tune.wav", length_s=12)
    done = await made(file, 0.0, 10.8, analysis=found, sound=SoundWish(music=music))

    lufs, peak_dbtp = level(done.file)
    assert lufs == pytest.approx(-14, abs=0.5) and peak_dbtp <= -1
    assert done.mix and done.mix.own_lufs is not None
    speech = done.mix.own_lufs + done.mix.gain.db  # where the mix puts it
    bed = tone_db(heard(done.file)) + K_AT_14_KHZ_DB - 0.69  # two channels of one sine
    t = np.arange(len(bed)) * 0.1
    spoken = np.any([(t > w.start_s) & (t < w.end_s) for w in words], axis=0)
    last = max(w.end_s for w in words if w.end_s < HUSHED[1])
    following = min(w.start_s for w in words if w.start_s > last)
    up = (t > last + 1.4) & (t < following - 0.8)
    inside = (t > 1.0) & (t < 9.0)
    assert speech - np.median(bed[spoken & inside]) >= 16
    assert np.quantile(speech - bed[spoken & inside], 0.05) >= 14, "where the tune swells, too"
    assert 5 <= np.median(bed[up]) - np.median(bed[spoken & inside]) <= 9
    assert np.ptp(bed[up]) < 1, "it holds still there"
    row = next(c for c in done.checks if c.name == "music")
    assert row.ok and isinstance(row.value, float) and row.value >= 15


async def test_what_is_no_music_is_refused_in_words(tmp_path: Path) -> None:
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    names = ("notes.mp3", "still.wav", "short.wav", "mute.mp4")
    words, still, short, mute = (tmp_path / n for n in names)
    words.write_text("no music at all " * 200)
    ffmpeg("-f", "lavfi", "-i", "anullsrc=d=4", still)
    ffmpeg("-f", "lavfi", "-i", "color=s=64x64:d=1", mute)
    tune(short, length_s=0.5)
    refused = {words: "unreadable", still: "silent", short: "too_short", mute: "no_sound"}
    for path, key in refused.items():
        with pytest.raises(Told) as told:
            await check_music(path, settings)
        assert told.value.say.key == f"music.{key}"
