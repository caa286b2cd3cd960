"""Whether subtitles fit the sound: cues should lie where somebody speaks.

A file made for another cut of the video is late or early by a constant: that is found by sliding
the cues over the voice, and mended. One that fits nowhere is told; so is speech it leaves out, and
that it goes on behind the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from core.analysis.model import Spell

STEP_S = 0.1
REACH_S = 60.0
"""An intro that was cut away or put in front is hardly longer."""
_LEAST_VOICE_S, _FEWEST_CUES = 10.0, 5
"""Less gives no answer: a single sentence fits in many places."""
_SMALL_S = 0.4
"""Subtitles are shown a little early, and stay a little long."""
_BETTER = 0.12
"""How much better another place must fit than the one that was given (correlation)."""
_FITS, _STANDS_OUT, _NEXT = 0.35, 7.0, 0.6
"""A place is believed whose correlation is the first, in so many standard deviations of those
elsewhere, of which none comes nearer to it than by the third."""
_HARDLY, _NOTHING = 0.2, 2.0
"""Correlation, and standard deviations, of subtitles that have nothing to do with the sound."""
_BESIDE_S = 2.0
"""Places nearer than this are one."""
_NEARLY_ALL = 0.92
"""Where nearly everything is speech, or under a cue, nothing can be told from it."""
_SURE_CUES, _SURE_S = 10, 30.0
"""Before somebody is told that subtitles are wrong."""
_MISSED_S, _MISSED, _MUCH_S = 8.0, 0.2, 60.0
"""Speech without subtitles is spoken of from the first on, in a longer video from the second on, as
a part of all that is said, in a very long one from the third on."""
_BEHIND, _BEHIND_S = 0.1, 5.0
"""Part of the cues, and how far they go."""

Cue = tuple[float, float, str]
Bins = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """How cues lie on the voice as they are, and where they would lie better."""

    now: float
    """Correlation, −1…1; nan where nothing can be said."""
    offset_s: float = 0.0
    """To be added to every time; 0 when they are best where they are."""
    wrong: bool = False
    """They fit neither here nor elsewhere."""


def fit(cues: Sequence[Cue], voice: Sequence[Spell], duration_s: float) -> Fit:
    """Slides the cues over the voice."""
    voice_s = sum(s.length_s for s in voice)
    if len(cues) < _FEWEST_CUES or not _LEAST_VOICE_S <= voice_s <= _NEARLY_ALL * duration_s:
        return Fit(float("nan"))
    n = int(duration_s / STEP_S) + 1
    heard = _bins([(s.start_s, s.end_s) for s in voice], n)
    shown = _bins([(start, end) for start, end, _ in cues], n)
    if shown.mean() > _NEARLY_ALL:
        return Fit(float("nan"))
    reach = min(int(REACH_S / STEP_S), n // 2)
    every = _correlations(heard, shown, reach)
    now, at = float(every[reach]), int(np.argmax(every))
    if not _stands_out(every, at):
        inside = sum(start < duration_s for start, _, _ in cues)
        sure = inside >= _SURE_CUES and duration_s >= _SURE_S
        nothing = now < _HARDLY and _deviations(every, reach)[0] < _NOTHING
        return Fit(now, wrong=sure and nothing)
    offset_s = round((at - reach) * STEP_S, 1)
    if abs(offset_s) <= _SMALL_S or every[at] < now + _BETTER:
        return Fit(now)
    return Fit(now, offset_s)


def _stands_out(every: Bins, at: int) -> bool:
    deviations, next_best = _deviations(every, at)
    believed = every[at] >= _FITS and deviations >= _STANDS_OUT
    return bool(believed and next_best <= _NEXT * every[at])


def _deviations(every: Bins, at: int) -> tuple[float, float]:
    """How far one place stands out of those that are no neighbours, and the best of these."""
    beside = round(_BESIDE_S / STEP_S)
    others = np.concatenate([every[: max(0, at - beside)], every[at + beside + 1 :]])
    if not len(others):
        return 0.0, 1.0
    spread = max(1e-6, float(others.std()))
    return float(every[at] - others.mean()) / spread, float(others.max())


def _bins(spells: Sequence[tuple[float, float]], n: int) -> Bins:
    found = np.zeros(n)
    for start, end in spells:
        found[max(0, int(start / STEP_S)) : max(0, int(end / STEP_S) + 1)] = 1.0
    return found


def _correlations(heard: Bins, shown: Bins, reach: int) -> Bins:
    """Pearson's, for every shift of `shown` by −reach…+reach steps. By FFT: hours take no time."""
    a, b = heard - heard.mean(), shown - shown.mean()
    scale = float(np.sqrt((a**2).sum() * (b**2).sum()))
    if scale == 0:
        return np.zeros(2 * reach + 1)
    size = 1 << (2 * len(a) - 1).bit_length()
    spectrum = np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size))
    every = np.fft.irfft(spectrum, size) / scale
    return np.concatenate([every[-reach:], every[: reach + 1]]) if reach else every[:1]


def moved(cues: Sequence[Cue], offset_s: float) -> list[Cue]:
    """Every cue by as much; what would lie before the start is left out."""
    found = ((start + offset_s, end + offset_s, text) for start, end, text in cues)
    return [(max(0.0, start), end, text) for start, end, text in found if end > 0.05]


# ── what there are no subtitles for ─────────────────────────────────────────────────────────────


def left_out(cues: Sequence[Cue], voice: Sequence[Spell]) -> Spell | None:
    """The stretch between two cues, before the first or after the last in which most is said, if
    that is too much to have been left out on purpose."""
    ends = [(0.0, 0.0), *((start, end) for start, end, _ in cues), (math.inf, math.inf)]
    said_s = sum(s.length_s for s in voice)
    most_s, most = min(max(_MISSED_S, _MISSED * said_s), _MUCH_S), None
    for (_, a), (b, _) in pairwise(ends):
        there = [
            Spell(max(a, s.start_s), min(b, s.end_s))
            for s in voice
            if s.end_s > a and s.start_s < b
        ]
        if (length_s := sum(s.length_s for s in there)) >= most_s:
            most_s, most = length_s, Spell(there[0].start_s, there[-1].end_s)
    return most


def beyond(cues: Sequence[Cue], duration_s: float) -> float | None:
    """Until when they go on behind the end of the video, if a part worth speaking of does."""
    behind = [end for start, end, _ in cues if start >= duration_s]
    if len(behind) < max(2, _BEHIND * len(cues)) or behind[-1] < duration_s + _BEHIND_S:
        return None
    return behind[-1]
