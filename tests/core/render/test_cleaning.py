"""Hum and noise: taken out where they stand out, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.analysis.model import Analysis
from tests.core.framing.scenes import scene
from tests.core.render.conftest import Made
from tests.core.render.talk import WORDS, Sound, at, db, heard, late_s, pauses, talk

pytestmark = pytest.mark.media

LENGTH_S = 8.5
FOUND: Analysis = replace(scene(length_s=LENGTH_S), words=WORDS, words_from="upload")


async def test_hum_and_noise_are_taken_out_and_the_speech_stays(tmp_path: Path, made: Made) -> None:
    file = talk(tmp_path / "worn.mkv", length_s=LENGTH_S, hum_hz=50.03, noise_db=-24)
    done = await made(file, 0.0, 8.3, analysis=FOUND)
    before, after = heard(file), heard(done.file)
    said = [(w.start_s, w.end_s) for w in WORDS if 0.5 < w.end_s < 8]

    def below(sound: Sound, low_hz: float, high_hz: float) -> float:
        """How far a band of the pauses lies under the speech."""
        return db(at(sound, said), 300, 3000) - db(at(sound, pauses(8.3)), low_hz, high_hz)

    assert below(after, 1000, 8000) - below(before, 1000, 8000) > 6, "noise"
    for n in (1, 2, 3):
        line = (50.03 * n - 4, 50.03 * n + 4)
        assert below(after, *line) - below(before, *line) > 10, f"hum, {line}"
    louder = db(at(after, said), 300, 3000) - db(at(before, said), 300, 3000)
    for low_hz, high_hz in ((300, 700), (700, 1500), (1500, 3000)):
        change = db(at(after, said), low_hz, high_hz) - db(at(before, said), low_hz, high_hz)
        assert abs(change - louder) < 1, f"speech, {low_hz}-{high_hz} Hz"
    row = next(c for c in done.checks if c.name == "cleaned")
    assert row.ok and str(row.value).startswith("hum 50 Hz -") and "noise -" in str(row.value)
    assert late_s(before, after) == pytest.approx(0, abs=0.001)


async def test_a_clean_talk_is_left_as_it_is(tmp_path: Path, made: Made) -> None:
    file = talk(tmp_path / "clean.mkv", length_s=5.6)
    done = await made(file, 0.0, 5.5, analysis=FOUND)
    assert done.mix and done.mix.cleaned is None
