"""Whether subtitles fit the sound: cues should lie where somebody speaks.

A file made for another cut of the video is late or early by a constant: that is found by sliding
the cues over the voice, and mended. One that fits nowhere is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
_FITS, _HARDLY = 0.35, 0.1
"""Correlation of subtitles that fit, and of such that have nothing to do with the sound."""
_NEARLY_ALL = 0.88
"""Where nearly everything is speech, or under a cue, nothing can be told from it."""
_SURE_CUES, _SURE_S = 15, 60.0
"""Before somebody is told that subtitles are wrong."""

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
    then, offset_s = float(every[at]), round((at - reach) * STEP_S, 1)
    if abs(offset_s) <= _SMALL_S or then < max(_FITS, now + _BETTER):
        sure = len(cues) >= _SURE_CUES and duration_s >= _SURE_S
        return Fit(now, wrong=sure and now < _HARDLY)
    return Fit(now, offset_s)


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
