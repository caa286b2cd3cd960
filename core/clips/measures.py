"""Sound and picture of a source as running sums, so that any stretch is measured in no time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.analysis.model import Analysis
from core.clips.sentences import Sentence

Floats = npt.NDArray[np.float64]
PER_S = 10
"""Values a second of energy and motion (core/analysis/model.py)."""
_SILENT_DB = -60.0
_STEP_S = 1.0
_LOUD_S = (0.5, 6.0)
_LOUD_SHARE = 0.1
"""Loud moments without words are reactions only where they are rare; else there is music."""


class Measures:
    """What a stretch from `a` to `b` (seconds) sounds and looks like."""

    def __init__(self, analysis: Analysis, sentences: Sequence[Sentence]) -> None:
        self.analysis = analysis
        energy = np.asarray(analysis.energy_db or [-90.0], dtype=np.float64)
        heard = energy[energy > _SILENT_DB]
        self.usual_db = float(np.median(heard)) if len(heard) else -90.0
        self._energy = np.maximum(energy, self.usual_db - 30)
        self._energy_sum = np.cumsum([0.0, *self._energy])
        self._square_sum = np.cumsum([0.0, *self._energy**2])
        self._rise = _rises(self._energy)
        self._edges = sorted([*analysis.shots_s, *(s.end_s for s in analysis.frozen)])
        self._still_s = sum(s.length_s for s in analysis.frozen)
        self._motion = np.cumsum([0.0, *analysis.motion])
        self._faces = np.cumsum([0, *(bool(s.faces) for s in analysis.samples)])
        self._sample_times = [s.t_s for s in analysis.samples]
        self._loud = _loud_moments(self._energy, self.usual_db, _spoken(analysis, sentences))

    def level_db(self, a: float, b: float) -> float:
        return self._mean(self._energy_sum, a, b)

    def liveliness_db(self, a: float, b: float) -> float:
        """How far loud and quiet are apart (standard deviation)."""
        mean = self._mean(self._energy_sum, a, b)
        return float(max(0.0, self._mean(self._square_sum, a, b) - mean**2) ** 0.5)

    def burst_db(self, a: float, b: float) -> float:
        """The biggest step up in loudness from one second to the next."""
        i, j = _bins(a, b, len(self._rise))
        return float(self._rise[i:j].max()) if j > i else 0.0

    def moving(self, a: float, b: float) -> float:
        return self._mean(self._motion, a, b)

    @property
    def usual_moving(self) -> float:
        return float(self._motion[-1] / max(1, len(self._motion) - 1))

    def moving_unevenly(self, a: float, b: float) -> float:
        i, j = _bins(a, b, len(self._motion) - 1)
        return float(np.diff(self._motion[i : j + 1]).std()) if j > i + 1 else 0.0

    def faces_share(self, a: float, b: float) -> float:
        i, j = bisect_left(self._sample_times, a), bisect_left(self._sample_times, b)
        return float((self._faces[j] - self._faces[i]) / max(1, j - i))

    def reactions(self, a: float, b: float) -> int:
        """Loud moments without words, as laughter and applause are."""
        return bisect_left(self._loud, b) - bisect_left(self._loud, a)

    def cuts(self, a: float, b: float) -> int:
        shots = self.analysis.shots_s
        return max(0, bisect_left(shots, b - 0.05) - bisect_right(shots, a + 0.05))

    def is_cut(self, t_s: float, within_s: float = 0.05) -> bool:
        """Whether a shot or another still picture begins there."""
        edges = self._edges
        return bisect_left(edges, t_s + within_s) > bisect_right(edges, t_s - within_s)

    def is_black(self, t_s: float) -> bool:
        at = bisect_right(self.analysis.black, t_s, key=lambda b: b.end_s)
        return at < len(self.analysis.black) and self.analysis.black[at].start_s <= t_s

    def stands_still(self, t_s: float) -> bool:
        """Whether the picture does not move from here on, in a video that does."""
        frozen = self.analysis.frozen
        if self._still_s > 0.3 * self.analysis.duration_s:
            return False
        at = bisect_right(frozen, t_s + 1, key=lambda s: s.end_s)
        return at < len(frozen) and frozen[at].start_s <= t_s + 0.1

    def _mean(self, sums: Floats, a: float, b: float) -> float:
        i, j = _bins(a, b, len(sums) - 1)
        return float((sums[j] - sums[i]) / (j - i)) if j > i else 0.0


def _bins(a: float, b: float, n: int) -> tuple[int, int]:
    i = min(max(0, n - 1), max(0, int(a * PER_S)))
    return i, min(n, max(i + 1, int(b * PER_S)))


def _rises(energy: Floats) -> Floats:
    """The second after each moment against the second before it, in dB."""
    n = int(_STEP_S * PER_S)
    if len(energy) < 2 * n + 1:
        return np.zeros(1)
    means = np.convolve(energy, np.ones(n) / n, "valid")
    return np.concatenate([np.zeros(n), np.maximum(0.0, means[n:] - means[:-n])])


def _spoken(analysis: Analysis, sentences: Sequence[Sentence]) -> npt.NDArray[np.bool_]:
    mask = np.zeros(max(1, len(analysis.energy_db)), dtype=bool)
    for s in sentences:
        mask[max(0, int(s.start_s * PER_S) - 2) : int(s.end_s * PER_S) + 3] = True
    return mask


def _loud_moments(energy: Floats, usual_db: float, spoken: npt.NDArray[np.bool_]) -> list[float]:
    """Starts of stretches that are as loud as speech while nobody says a word."""
    loud = (energy > usual_db - 3) & ~spoken
    if not spoken.any() or loud.mean() > _LOUD_SHARE:
        return []
    steps = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(np.int8), [0]])))
    low, high = (s * PER_S for s in _LOUD_S)
    return [
        float(a / PER_S)
        for a, b in zip(steps[::2], steps[1::2], strict=True)
        if low <= b - a <= high
    ]
