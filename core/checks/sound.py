"""How the finished file sounds: loudness, peaks, silence, and whether its edges cut into speech."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.analysis.model import Analysis, Spell, Word
from core.checks.check import Check
from core.media.ffmpeg import start
from core.media.inputs import file_arg
from core.sound.levels import stretches

TARGET_LUFS, OFF_LU = -14.0, 0.5
PEAK_DBTP = -1.0
SILENT_LUFS = -60.0
"""Nothing to level: a clip without sound is not too quiet."""
SILENT_DB = -50.0
EDGE_SILENCE_S = 1.5
INSIDE_SILENCE_S = 3.0
QUIETER_DB = 25.0
"""What lies this far under the loud parts of a source comes out below `SILENT_DB`."""
WITHIN_S, ROUGH_WITHIN_S = 0.06, 0.15
"""A word is cut when the edge lies further inside it than its times are sure."""
SPEECH_WITHIN_S = 0.2
"""The same for speech without words; the voice detector rounds more."""
LOUD_DB = -32.0
"""At −14 LUFS vowels are near −15 dB and the gaps between words under −35."""
_RATE_HZ = 8000
_STEP_S = 0.05


@dataclass(frozen=True, slots=True)
class Heard:
    """One listening to the file."""

    lufs: float
    peak_dbtp: float
    levels_db: npt.NDArray[np.float64]
    """RMS of every 0.05 s."""
    errors: int

    @property
    def silent(self) -> bool:
        return self.lufs <= SILENT_LUFS


async def listen(file: Path, *, exe: str, timeout_s: float) -> Heard:
    """Decode the sound once: metered by ebur128, and as small samples for the rest."""
    small = f"aresample={_RATE_HZ},aformat=sample_fmts=s16:channel_layouts=mono"
    graph = f"[0:a]ebur128=peak=true:framelog=verbose,{small}[a]"
    args = ["-i", file_arg(file), "-filter_complex", graph, "-map", "[a]", "-f", "s16le", "pipe:1"]
    async with start(args, exe=exe, timeout_s=timeout_s, reads=True, loglevel="info") as running:
        assert running.out
        raw = await asyncio.to_thread(running.out.read)
        ran = await running.wait()
    summary = ran.log[ran.log.rfind("Summary:") :]
    return Heard(
        _number(r"I:\s+(\S+) LUFS", summary),
        _number(r"Peak:\s+(\S+) dBFS", summary),
        levels(np.frombuffer(raw[: len(raw) & ~1], np.int16)),
        len(ran.errors),
    )


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    value = float(found[1]) if found else float("-inf")
    return value if value == value else float("-inf")


def levels(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    """RMS in dBFS of every step."""
    size = round(_RATE_HZ * _STEP_S)
    blocks = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64) / 32768
    rms = np.sqrt((blocks**2).mean(axis=1))
    return np.asarray(20 * np.log10(np.maximum(rms, 10**-4.5)))


def between(heard: Heard, before_s: float, after_s: float) -> Heard:
    """Without the parts in front and behind, which count for loudness and peaks alone."""
    if not before_s and not after_s:
        return heard
    first, last = round(before_s / _STEP_S), len(heard.levels_db) - round(after_s / _STEP_S)
    return replace(heard, levels_db=heard.levels_db[first:last])


def sound_checks(
    heard: Heard, analysis: Analysis, start_s: float, end_s: float, *, expected: bool
) -> Iterator[Check]:
    """`expected`: the source has a sound."""
    yield from _loudness(heard)
    yield from _silence(heard, analysis, start_s, end_s, expected=expected)
    for name, at_s in (("word_start", start_s), ("word_end", end_s)):
        edge = heard.levels_db[:2] if name == "word_start" else heard.levels_db[-2:]
        yield _word(name, at_s, float(edge.max()) if len(edge) else SILENT_DB, analysis)


def _loudness(heard: Heard) -> Iterator[Check]:
    limit = f"{TARGET_LUFS:g} ± {OFF_LU:g} LUFS"
    if heard.silent:  # when that is wrong, the check of silence says so
        yield Check("loudness", True, None, limit, must=False)
    else:
        ok = abs(heard.lufs - TARGET_LUFS) <= OFF_LU
        yield Check("loudness", ok, heard.lufs, limit, must=False)
    peak = None if heard.peak_dbtp == float("-inf") else heard.peak_dbtp
    yield Check(
        "true_peak", peak is None or peak <= PEAK_DBTP, peak, f"≤ {PEAK_DBTP:g} dBTP", must=False
    )


def _silence(
    heard: Heard, analysis: Analysis, start_s: float, end_s: float, *, expected: bool
) -> Iterator[Check]:
    """Silence the source does not have is a loss; what it has is told."""
    spells = _too_long(heard.levels_db)
    length_s = len(heard.levels_db) * _STEP_S
    own = np.array(analysis.energy_db[int(start_s * 10) : max(1, round(end_s * 10))])
    loud_db = float(np.percentile(own, 95)) if len(own) else -90.0
    lost = [s for s in spells if _has_sound(own, s, loud_db - QUIETER_DB)]
    limit = f"< {EDGE_SILENCE_S:g} s at the edges, < {INSIDE_SILENCE_S:g} s inside"
    if not expected or loud_db <= SILENT_DB - 10:  # silent all along: that is how the source is
        yield Check("silence", True, None, limit, must=False)
        return
    worst = max((s.length_s for s in lost or spells), default=0.0)
    gone = bool(lost) or length_s == 0
    yield Check("silence", not spells and not gone, round(worst, 2), limit, must=gone)


def _too_long(levels_db: npt.NDArray[np.float64]) -> list[Spell]:
    found = []
    end = len(levels_db)
    for a, b in stretches(levels_db < SILENT_DB):
        least_s = EDGE_SILENCE_S if a == 0 or b == end else INSIDE_SILENCE_S
        if (b - a) * _STEP_S >= least_s:
            found.append(Spell(a * _STEP_S, b * _STEP_S))
    return found


def _has_sound(own: npt.NDArray[np.float64], spell: Spell, above_db: float) -> bool:
    """Whether the source can be heard there, for more than a click."""
    part = own[int(spell.start_s * 10) : int(spell.end_s * 10)]
    return len(part) > 0 and bool((part > above_db).mean() > 0.2)


def _word(name: str, at_s: float, edge_db: float, analysis: Analysis) -> Check:
    """An edge inside a word that is also loud there. Times alone are not enough: recognisers let
    words run into the pause behind them."""
    word = _cut(analysis.words, at_s, ROUGH_WITHIN_S if analysis.rough else WITHIN_S)
    spoken = not analysis.words and _inside(analysis.voice, at_s)
    wrong = (word is not None or spoken) and edge_db > LOUD_DB
    value = (word.text if word else "speech") if wrong else round(max(edge_db, -90.0), 1)
    return Check(name, not wrong, value, "between words", must=False)


def _cut(words: tuple[Word, ...], at_s: float, within_s: float) -> Word | None:
    return next((w for w in words if w.start_s + within_s < at_s < w.end_s - within_s), None)


def _inside(voice: tuple[Spell, ...], at_s: float) -> bool:
    return any(v.start_s + SPEECH_WITHIN_S < at_s < v.end_s - SPEECH_WITHIN_S for v in voice)
