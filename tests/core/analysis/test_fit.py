"""Subtitles that do not fit the sound: a constant offset is mended, another video is told."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from core.analysis.model import Spell
from core.analysis.speech.fit import Cue, fit, moved
from core.analysis.speech.subtitles import read_subtitles
from core.analysis.voice import VoiceMeter
from core.i18n.catalog import Catalog
from core.media.ffmpeg import find
from core.settings import Settings

LENGTH_S = 600.0


def talk(seed: int = 1) -> list[Cue]:
    """Sentences with the pauses of somebody who thinks."""
    chance, at, found = random.Random(seed), 1.0, list[Cue]()
    while at < LENGTH_S - 8:
        end = at + chance.uniform(1.5, 6)
        found.append((at, end, "some words that are said"))
        at = end + chance.uniform(0.3, 2.5)
    return found


def heard(cues: Sequence[Cue]) -> list[Spell]:
    return [Spell(start, end) for start, end, _ in cues]


@pytest.mark.parametrize("offset_s", [1.0, 3.3, 17.0, -2.0, -45.0])
def test_a_constant_offset_is_found(offset_s: float) -> None:
    cues = talk()
    found = fit(moved(cues, offset_s), heard(cues), LENGTH_S)
    assert abs(found.offset_s + offset_s) <= 0.2 and not found.wrong


@pytest.mark.parametrize("offset_s", [0.0, 0.3, -0.3])
def test_subtitles_that_fit_are_left_alone(offset_s: float) -> None:
    cues = talk()
    shown = [(max(0.0, s - 0.2), e + 0.6, t) for s, e, t in cues]  # shown early, and a little long
    found = fit(moved(shown, offset_s), heard(cues), LENGTH_S)
    assert found.offset_s == 0 and not found.wrong


def test_subtitles_of_another_video_are_known() -> None:
    told = [fit(talk(seed), heard(talk(1)), LENGTH_S) for seed in range(2, 12)]
    assert all(f.offset_s == 0 for f in told)
    assert sum(f.wrong for f in told) >= 8


def test_where_several_places_are_as_good_nothing_is_moved() -> None:
    drill = [(i * 6.0, i * 6.0 + 4, "in and out") for i in range(90)]
    found = fit(moved(drill, 3.0), heard(drill), LENGTH_S)
    assert found.offset_s == 0


@pytest.mark.parametrize(
    "cues",
    [talk()[:4], [(i * 4.0, i * 4.0 + 4, "rolling") for i in range(150)], []],
    ids=["too few", "one behind the other without a gap", "none"],
)
def test_where_nothing_can_be_told_nothing_is_said(cues: list[Cue]) -> None:
    found = fit(cues, heard(talk()), LENGTH_S)
    assert found.offset_s == 0 and not found.wrong


def _srt(cues: Sequence[Cue]) -> str:
    def at(s: float) -> str:
        return f"{int(s // 3600):02d}:{int(s // 60 % 60):02d}:{s % 60:06.3f}".replace(".", ",")

    return "".join(f"{i}\n{at(a)} --> {at(b)}\n{t}\n\n" for i, (a, b, t) in enumerate(cues, 1))


@pytest.fixture(scope="module")
def recorded() -> tuple[list[Cue], tuple[Spell, ...], float]:
    """Fifteen read sentences behind each other, and where the voice model hears them."""
    folder = Path(__file__).parents[4] / "shared" / "media" / "librispeech15"
    if not folder.is_dir():
        pytest.skip("the recordings are not at hand")
    exe, chance, at = str(find(Settings.load())), random.Random(3), 0.0
    sound: list[np.ndarray] = []
    cues: list[Cue] = []
    for file in sorted(folder.glob("*.flac")):
        command = [exe, "-v", "error", "-i", str(file), "-f", "s16le", "-ar", "16000", "-"]
        raw = subprocess.run(command, capture_output=True, check=True).stdout
        said = np.frombuffer(raw, np.int16).astype(np.float32) / 32768
        gap_s = chance.uniform(0.4, 2.5)
        sound += [said, np.zeros(int(gap_s * 16000), np.float32)]
        cues.append((at, at + len(said) / 16000, f"sentence {len(cues)} of the book"))
        at += len(said) / 16000 + gap_s
    meter = VoiceMeter(16000)
    meter.add(np.concatenate(sound))
    return cues, meter.spells([]), at


@pytest.mark.parametrize(
    ("offset_s", "key"),
    [(0.0, None), (-6.0, "speech.subtitles_early"), (9.0, "speech.subtitles_late")],
)
def test_late_subtitles_of_a_real_recording_are_moved_and_the_person_is_told(
    recorded: tuple[list[Cue], tuple[Spell, ...], float],
    tmp_path: Path,
    offset_s: float,
    key: str | None,
) -> None:
    cues, voice, length_s = recorded
    file = tmp_path / "words.srt"
    file.write_text(_srt(moved(cues, offset_s)))
    found = read_subtitles(file, voice, length_s)
    assert [n.key for n in found.notes] == ([key] if key else [])
    inside = [any(s.start_s <= w.start_s + 0.2 <= s.end_s for s in voice) for w in found.words]
    assert sum(inside) >= 0.95 * len(inside)


def test_subtitles_that_end_half_way_go_on_too_long_or_have_a_hole_are_told(
    recorded: tuple[list[Cue], tuple[Spell, ...], float], tmp_path: Path
) -> None:
    cues, voice, length_s = recorded

    def told(some: Sequence[Cue]) -> list[str]:
        file = tmp_path / "words.srt"
        file.write_text(_srt(some))
        return [Catalog.load().text(n) for n in read_subtitles(file, voice, length_s).notes]

    (ends,) = told(cues[:8])
    assert f" to {_clock(voice[-1].end_s)} somebody speaks" in ends
    (hole,) = told([*cues[:4], *cues[9:]])
    first_s = next(v.start_s for v in voice if v.start_s >= cues[4][0] - 0.1)
    assert f"From {_clock(first_s)} to " in hole
    (longer,) = told([*cues, *moved(cues, length_s)])
    assert f"the video ends at {_clock(length_s)}" in longer
    assert told(cues) == []


def _clock(s: float) -> str:
    return f"{round(s) // 60}:{round(s) % 60:02d}"
