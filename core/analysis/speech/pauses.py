"""Ends of sentences put into the pauses one can hear: a cue of a subtitle file has one time for all
its words, and where they were only shared out a clip would begin in the middle of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.analysis.model import Word
from core.analysis.sound import RATE_HZ

REACH_S = 0.6
"""How far words that were shared out over a cue are off: half a second within four."""
STEP_S = 0.01
_LEAST_S = 0.07
"""A shorter dip is a consonant."""
_DEEP_DB = 14.0
"""A pause is this much quieter than the speech around it."""
_FAR = 0.15
"""Seconds of pause that a second of distance outweighs."""
_CLOSE_S = 0.05
"""Words with more than this between them have times of their own."""
_PART_S = 0.15
"""The least that is left for the words between two pauses."""
_STOPS = (".", "!", "?", "…", ",", ";", ":", "。", "！", "？", "，", "؟", "।")
_CLOSERS = "\"'”’»)]"

Samples = npt.NDArray[np.int16]


def in_pauses(words: Sequence[Word], pcm: Path | None) -> tuple[Word, ...]:
    """The words, with the ends of sentences and clauses where it is quiet and the words between
    shared out anew. `pcm` is 16 kHz mono signed 16-bit from t = 0; None leaves all as it is."""
    if pcm is None or pcm.stat().st_size < 2:
        return tuple(words)
    samples: Samples = np.memmap(pcm, np.int16, "r")
    return tuple(w for run in _runs(words) for w in _settled(run, samples))


def _runs(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Words that follow each other without a gap."""
    run: list[Word] = []
    for word in words:
        if run and word.start_s - run[-1].end_s > _CLOSE_S:
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _settled(run: list[Word], samples: Samples) -> Iterator[Word]:
    begin, start_s = 0, run[0].start_s
    for i, word in enumerate(run[:-1]):
        if not word.text.rstrip(_CLOSERS).endswith(_STOPS):
            continue
        low, high = start_s + _PART_S, run[-1].end_s - _PART_S
        pause = _pause(samples, word.end_s, low, high)
        if pause is not None:
            yield from _shared(run[begin : i + 1], start_s, pause[0])
            begin, start_s = i + 1, pause[1]
    # Without any pause this gives back the times it was given.
    if begin:
        yield from _shared(run[begin:], start_s, run[-1].end_s)
    else:
        yield from run


def _shared(words: Sequence[Word], start_s: float, end_s: float) -> Iterator[Word]:
    """One after the other, each as long as its letters ask for."""
    weights = [len(w.text) + 1.5 for w in words]
    at, each_s = 0.0, (end_s - start_s) / sum(weights)
    for word, weight in zip(words, weights, strict=True):
        begin = start_s + at * each_s
        at += weight
        yield replace(word, start_s=round(begin, 3), end_s=round(start_s + at * each_s, 3))


def _pause(samples: Samples, near_s: float, low: float, high: float) -> tuple[float, float] | None:
    """The longest quiet stretch within reach of a moment, the nearer one of two alike."""
    low, high = max(low, near_s - REACH_S), min(high, near_s + REACH_S)
    levels = _levels(samples[int(low * RATE_HZ) : int(high * RATE_HZ)])
    if len(levels) * STEP_S < 4 * _LEAST_S:
        return None
    quiet = levels < np.percentile(levels, 80) - _DEEP_DB
    edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(np.int8)))
    found = [
        (low + float(a) * STEP_S, low + float(b) * STEP_S)
        for a, b in zip(edges[::2], edges[1::2], strict=True)
        if (b - a) * STEP_S >= _LEAST_S
    ]

    def worth(pause: tuple[float, float]) -> float:
        return pause[1] - pause[0] - _FAR * abs((pause[0] + pause[1]) / 2 - near_s)

    return max(found, key=worth, default=None)


def _levels(samples: Samples) -> npt.NDArray[np.float64]:
    """RMS in dB of every step."""
    size = round(RATE_HZ * STEP_S)
    blocks = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64) / 32768
    rms = np.sqrt((blocks**2).mean(axis=1)) if len(blocks) else np.zeros(0)
    return np.asarray(20 * np.log10(np.maximum(rms, 1e-4)))
