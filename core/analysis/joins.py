"""Where another recording begins in a video that was glued together from several.

Cameras that cut over one sound are no join. So everything has to change in the same moment, at a
shot edge: the picture becomes one that was not seen before and does not come back; the sound steps
at that instant, and stays another one for seconds; and no word runs on over it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.analysis.looks import Look
from core.analysis.model import Word

Floats = npt.NDArray[np.float64]

RATE_HZ = 16_000
_BACK_S = 30.0
"""A camera of the same recording comes back within this time."""
_SAME, _SAME_SHARE = 6.0, 0.2
"""Mean difference of two pictures, 0…255, of one set-up; and the share of pictures that may be like
one on the other side by chance."""
_BANDS_HZ = (60, 150, 250, 400, 600, 850, 1200, 1600, 2200, 3000, 4000, 5500, 7000, 7900)
_FRAME, _HOP = 512, 160
_SIDE_S, _LEAST_S = 8.0, 1.5
"""Heard on each side, and what there has to be."""
_AROUND_S, _STEP_S, _GAP_S = 4.0, 0.1, 0.02
_SLACK_S = 0.05
"""Sound and picture are laid on each other to within a frame or two."""
_STEPS_SHARE = 0.9
"""Of the moments around step less than the sound does at a join."""
_OTHER_DB, _BOTH_DB = 4.0, 11.0
"""How far apart both sides are over all bands, in the mean, at every loudness; and for the quiet
and the loud parts together. Measured: 7 of 7 joins of recordings are further apart, and so are 7 of
1,100 moments inside single ones of speech."""
_LOUDNESS = (10, 25, 50, 75)
"""Percentiles."""
_SILENT_DB = -55.0
_FLOOR = 1e-8
_WORD_S = 0.08


def joins(
    shots_s: Sequence[float], looks: Sequence[Look], words: Sequence[Word], pcm: Path | None
) -> tuple[float, ...]:
    """Starts of shots at which another recording begins. `pcm` is 16 kHz mono; without sound
    nothing can be said."""
    if pcm is None or not pcm.is_file():
        return ()
    sound = np.memmap(pcm, np.int16, mode="r") if pcm.stat().st_size else np.zeros(0, np.int16)
    seen = _Seen(looks)
    return tuple(
        t
        for t in shots_s
        if t > _LEAST_S and not _said_over(words, t) and seen.is_fresh(t) and _is_other(sound, t)
    )


def _said_over(words: Sequence[Word], t_s: float) -> bool:
    at = bisect_right(words, t_s, key=lambda w: w.start_s)
    near = words[max(0, at - 3) : at]
    return any(w.start_s + _WORD_S < t_s < w.end_s - _WORD_S for w in near)


class _Seen:
    """The pictures of a video."""

    def __init__(self, looks: Sequence[Look]) -> None:
        self._times = [look.t_s for look in looks]
        self._fields = np.array([look.fields for look in looks], np.float32)

    def is_fresh(self, t_s: float) -> bool:
        """Whether hardly anything seen after a shot edge is like anything before it."""
        first, at, last = (bisect_left(self._times, t_s + by) for by in (-_BACK_S, -0.01, _BACK_S))
        before, after = self._fields[first:at], self._fields[at:last]
        if not len(before) or not len(after):
            return False
        alike = np.abs(before[:, None] - after[None]).mean(axis=2) < _SAME
        shares = (float(alike.any(axis=side).mean()) for side in (0, 1))
        return max(shares) <= _SAME_SHARE


def _is_other(sound: npt.NDArray[np.int16], t_s: float) -> bool:
    """Whether the sound steps at this moment, and is another one for seconds."""
    near = _bands(sound, t_s - _AROUND_S, t_s + _AROUND_S)
    if not _steps_at(near, min(t_s, _AROUND_S)):
        return False
    a, b = _bands(sound, t_s - _SIDE_S, t_s), _bands(sound, t_s, t_s + _SIDE_S)
    least = _LEAST_S * RATE_HZ / _HOP
    if min(len(a), len(b)) < least or max(a.max(), b.max()) < _SILENT_DB:
        return False
    apart = [np.abs(x - y).mean() for x, y in zip(_levels(a), _levels(b), strict=True)]
    return bool(min(apart) >= _OTHER_DB and apart[1] + apart[3] >= _BOTH_DB)


def _levels(side: Floats) -> Floats:
    return np.asarray(np.percentile(side, _LOUDNESS, axis=0))


def _steps_at(near: Floats, at_s: float) -> bool:
    """Whether the step at a moment is one of the biggest around it."""
    n, gap = (round(s * RATE_HZ / _HOP) for s in (_STEP_S, _GAP_S))
    if len(near) < 4 * (n + gap):
        return False
    steps = np.array([_step(near, i, n, gap) for i in range(n + gap, len(near) - n - gap)])
    slack = round(_SLACK_S * RATE_HZ / _HOP)
    here = round(at_s * RATE_HZ / _HOP) - n - gap
    if not 0 <= here < len(steps):
        return False
    peaks = [steps[max(0, i - slack) : i + slack + 1].max() for i in range(len(steps))]
    return float(np.mean(peaks < peaks[here])) >= _STEPS_SHARE


def _step(near: Floats, i: int, n: int, gap: int) -> float:
    before, after = near[i - gap - n : i - gap], near[i + gap : i + gap + n]
    return float(np.abs(np.median(before, axis=0) - np.median(after, axis=0)).mean())


def _bands(sound: npt.NDArray[np.int16], from_s: float, to_s: float) -> Floats:
    """Level of each band in dB, a hundred times a second."""
    a, b = max(0, int(from_s * RATE_HZ)), max(0, int(to_s * RATE_HZ))
    samples = np.asarray(sound[a:b], np.float64) / 32768
    count = max(0, (len(samples) - _FRAME) // _HOP + 1)
    at = np.arange(count)[:, None] * _HOP + np.arange(_FRAME)[None, :]
    power = np.abs(np.fft.rfft(samples[at] * np.hanning(_FRAME), axis=1)) ** 2
    hz = np.fft.rfftfreq(_FRAME, 1 / RATE_HZ)
    inside = [power[:, (hz >= low) & (hz < high)].mean(axis=1) for low, high in pairwise(_BANDS_HZ)]
    return np.asarray(10 * np.log10(np.stack(inside, axis=1) + _FLOOR))
