"""Where one shot ends and the next begins, measured on every frame.

A cut stands out of its neighbourhood: the difference between two frames is large, and many times
what it is just before and after. A pan or a dance is large for long; a flash comes back to what
was there; a fade has no single step, and one through black is a boundary at its darkest moment.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from core.analysis.frames import Frame
from core.analysis.model import FaceSample, Spell

GRID = (64, 36)
"""Luma is compared at this size: hand tremor and noise vanish, a change of picture does not."""
_COLOUR_GRID = (16, 9)
_FLASH = 6
"""Frames a flash may last; after them the picture is what it was."""
_NEAR = 8
"""Frames on each side that make up the neighbourhood."""
_SURE, _SURE_RATIO = 14.0, 2.6
_BIG, _BIG_RATIO = 20.0, 2.2
_WEAK, _WEAK_RATIO = 5.0, 4.0
"""Mean difference (0…255) and how many times the neighbourhood's. Big ones may stand among moving
pictures, stage light for example. Weak ones need both a quiet
neighbourhood and a contrast that allows them, or other faces on the two sides."""
_STAYS = 0.55
"""Share of the step that must be there over the length of a flash, ahead and behind."""
_BLACK_LUMA = 22.0
_BLACK_PEAK = 48.0
MIN_SHOT_S = 0.3

Small = npt.NDArray[np.int16]


class _Columns:
    """A few numbers of every frame, packed: an hour has 200,000 frames, and a Python object for
    each would take ten times the memory of all of these."""

    def __init__(self) -> None:
        self.t_s = array("d")
        self.one = array("f")
        """Difference from the frame before."""
        self.far = array("f")
        """Difference from the frame `_FLASH` earlier."""
        self.luma = array("f")
        self.peak = array("f")
        self.contrast = array("f")

    def __len__(self) -> int:
        return len(self.t_s)


class ShotMeter:
    """Takes every frame, keeps a few numbers of each."""

    def __init__(self) -> None:
        self._seen = _Columns()
        self._recent: deque[Small] = deque(maxlen=_FLASH)

    def add(self, frame: Frame) -> float:
        """Note one frame; gives its difference from the one before, 0…255."""
        small = _shrink(frame)
        luma = small[: GRID[0] * GRID[1]]
        one = _differ(small, self._recent[-1]) if self._recent else 0.0
        far = _differ(small, self._recent[0]) if self._recent else 0.0
        self._recent.append(small)
        seen = self._seen
        seen.t_s.append(frame.t_s)
        seen.one.append(one)
        seen.far.append(far)
        seen.luma.append(luma.mean())
        seen.peak.append(np.partition(luma, -40)[-40])
        seen.contrast.append(luma.std())
        return one

    @property
    def times(self) -> Sequence[float]:
        return self._seen.t_s

    def black(self, least_s: float = 0.3) -> tuple[Spell, ...]:
        """Stretches in which nothing is to be seen."""
        luma, peak = np.array(self._seen.luma), np.array(self._seen.peak)
        return _spells(self.times, (luma < _BLACK_LUMA) & (peak < _BLACK_PEAK), least_s)

    def frozen(self, least_s: float = 2.0) -> tuple[Spell, ...]:
        """Stretches in which nothing moves at all."""
        return _spells(self.times, np.array(self._seen.one) < 0.03, least_s)

    def motion(self, duration_s: float) -> tuple[float, ...]:
        """Mean difference 0…1, ten values a second."""
        bins = np.zeros(max(1, int(np.ceil(duration_s * 10))))
        count = np.zeros_like(bins)
        at = np.clip((np.array(self._seen.t_s) * 10).astype(int), 0, len(bins) - 1)
        np.add.at(bins, at, np.array(self._seen.one, np.float64) / 255)
        np.add.at(count, at, 1)
        filled = np.divide(bins, count, out=np.zeros_like(bins), where=count > 0)
        return tuple(round(float(v), 4) for v in filled)

    def shots(self, samples: Sequence[FaceSample] = ()) -> tuple[float, ...]:
        """Start of every shot; the first is 0."""
        fades = self._through_black()
        dark = [s for s in self.black(0.1) if s.start_s > 0]
        cuts = [
            *fades,
            # The edges of a black stretch are the same boundary as its middle.
            *(t for t in self._cuts(samples) if not any(_touches(s, t) for s in dark)),
        ]
        starts = [0.0]
        for t_s in sorted(cuts):
            if t_s - starts[-1] >= MIN_SHOT_S:
                starts.append(round(t_s, 4))
        return tuple(starts)

    def _cuts(self, samples: Sequence[FaceSample]) -> list[float]:
        found = []
        one = np.array(self._seen.one, np.float64)
        for i in range(1, len(one)):
            if one[i] < _WEAK or one[i] < one[max(1, i - 2) : i + 3].max():
                continue
            if self._stands_out(one, i, samples):
                found.append(self._seen.t_s[i])
        return found

    def _stands_out(
        self, one: npt.NDArray[np.float64], i: int, samples: Sequence[FaceSample]
    ) -> bool:
        near = np.concatenate([one[max(1, i - _NEAR) : i], one[i + 1 : i + 1 + _NEAR]])
        # The 80th percentile: a repeated frame in the neighbourhood must not make a step look big.
        usual = float(np.percentile(near, 80)) if len(near) else 0.0
        ratio = one[i] / (usual + 1.0)
        far = self._seen.far
        if min(far[min(i + _FLASH - 1, len(one) - 1)], far[i]) < _STAYS * one[i]:
            return False  # the picture comes back, or came back: the two edges of a flash
        if one[i] >= _SURE and ratio >= _SURE_RATIO:
            return True
        if one[i] >= _BIG and ratio >= _BIG_RATIO:
            return True
        dim = min(self._seen.contrast[i], self._seen.contrast[i - 1])
        if ratio >= _WEAK_RATIO and one[i] >= max(_WEAK, 0.25 * dim):
            return True
        return ratio >= 2.0 and _faces_change(samples, self._seen.t_s[i])

    def _through_black(self) -> list[float]:
        """A fade to black and out again is one boundary, in the middle of the black."""
        if not len(self._seen):
            return []
        last = self._seen.t_s[-1]
        return [
            (s.start_s + s.end_s) / 2
            for s in self.black(0.1)
            if s.start_s > 0.2 and s.end_s < last - 0.2
        ]


def _touches(spell: Spell, t_s: float) -> bool:
    return spell.start_s - 0.2 <= t_s <= spell.end_s + 0.2


def _shrink(frame: Frame) -> Small:
    """Luma on the grid, then both colours at a quarter of its sides, as one vector."""
    # Halved first: OpenCV has a fast way for exactly that, and the mean of means is the mean.
    half = cv2.resize(
        frame.luma, (frame.width // 2, frame.height // 2), interpolation=cv2.INTER_AREA
    )
    luma = cv2.resize(half, GRID, interpolation=cv2.INTER_AREA)
    u, v = (cv2.resize(c, _COLOUR_GRID, interpolation=cv2.INTER_AREA) for c in frame.chroma)
    return np.concatenate([luma.ravel(), u.ravel(), v.ravel()]).astype(np.int16)


def _differ(a: Small, b: Small) -> float:
    """Mean difference of luma, plus that of colour: two faces before one wall differ in either."""
    gap = np.abs(a - b)
    n = GRID[0] * GRID[1]
    return float(gap[:n].mean() + 0.5 * gap[n:].mean())


def _spells(
    times: Sequence[float], true: npt.NDArray[np.bool_], least_s: float
) -> tuple[Spell, ...]:
    """Stretches in which it holds, up to the first frame in which it does not."""
    found: list[Spell] = []
    began: float | None = None
    for t_s, holds in zip(times, true, strict=True):
        if holds and began is None:
            began = t_s
        elif not holds and began is not None:
            found.append(Spell(round(began, 3), round(t_s, 3)))
            began = None
    if began is not None and len(times):
        found.append(Spell(round(began, 3), round(times[-1], 3)))
    return tuple(s for s in found if s.length_s >= least_s)


def _faces_change(samples: Sequence[FaceSample], t_s: float) -> bool:
    """Whether the faces just before and just after have nothing to do with each other."""
    before = next((s for s in reversed(samples) if t_s - 0.5 < s.t_s < t_s), None)
    after = next((s for s in samples if t_s <= s.t_s < t_s + 0.5), None)
    if before is None or after is None or not before.faces or not after.faces:
        return False
    return all(
        abs((a.x + a.w / 2) - (b.x + b.w / 2)) > 0.8 * max(a.w, b.w)
        or not 0.6 < a.w / max(b.w, 1.0) < 1.7
        for a in before.faces
        for b in after.faces
    )
