"""Measures on how a finished file sounds, beside its loudness: clicks at its ends, what became of
hum and noise that were put in, and how far music lies under the speech. None of it is the
engine's own."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np

from tests.core.render.talk import HZ, Sound, at, db, heard, tone_db

MAINS_HZ = 50.03
TONE_HZ = 14000.0
K_AT_TONE_DB = 4.0
"""The K curve of BS.1770 at 14 kHz."""
_EDGE_S, _BESIDE_S = 0.004, 0.1


def clicks(file: Path) -> int:
    """Ends at which the sound jumps more than it does anywhere in the tenth of a second beside."""
    sound = heard(file)
    return sum(_jumps(end) for end in (sound, sound[::-1]))


def _jumps(sound: Sound) -> bool:
    steps = np.abs(np.diff(np.concatenate([[0.0], sound])))
    start = int(np.argmax(np.abs(sound) > 1e-4))  # an encoder puts silence in front
    edge, beside = start + int(_EDGE_S * HZ), start + int(_BESIDE_S * HZ)
    return bool(steps[: edge + 1].max() > max(2e-3, 1.2 * steps[edge + 1 : beside].max()))


def worn(clip: dict[str, Any], source: Path, words: list[dict[str, Any]]) -> dict[str, float]:
    """How many dB hum and noise fell against the speech, and the most the speech changed."""
    after = heard(Path(clip["file"]))
    before = heard(source)[int(clip["start_s"] * HZ) : int(clip["end_s"] * HZ)]
    spans = [(w["start_s"] - clip["start_s"], w["end_s"] - clip["start_s"]) for w in words]
    said = [(a, b) for a, b in spans if a > 0 and b < clip["duration_s"]]
    gaps = [(a + 0.2, b - 0.1) for (_, a), (b, _) in itertools.pairwise(said)]
    quiet = [(a, b) for a, b in gaps if b - a > 0.2]
    louder = db(at(after, said), 300, 3000) - db(at(before, said), 300, 3000)

    def fell(low_hz: float, high_hz: float) -> float:
        return (
            db(at(before, quiet), low_hz, high_hz) + louder - db(at(after, quiet), low_hz, high_hz)
        )

    bands = ((200, 400), (400, 800), (800, 1600), (1600, 3200))
    off = [db(at(after, said), *b) - db(at(before, said), *b) - louder for b in bands]
    lines = [fell(MAINS_HZ * n - 4, MAINS_HZ * n + 4) for n in (1, 2, 3, 4, 5)]
    return {"hum": min(lines), "noise": fell(1000, 8000), "speech": max(map(abs, off))}


def under_lu(clip: dict[str, Any], words: list[dict[str, Any]], lufs: float) -> float:
    """How far a music of one tone lies under the whole while somebody speaks."""
    level = tone_db(heard(Path(clip["file"])), TONE_HZ) + K_AT_TONE_DB - 0.69
    t = clip["start_s"] + np.arange(len(level)) * 0.1
    spoken = np.any([(t > w["start_s"]) & (t < w["end_s"]) for w in words], axis=0)
    inner = (t > clip["start_s"] + 1) & (t < clip["end_s"] - 1.6)
    return float(lufs - np.median(level[spoken & inner]))
