"""Where one shot ends and the next begins, and where nothing is seen or nothing moves.

A cut stands out of its neighbourhood: the difference between two frames is large, and many times
what it is just before and after. A pan or a dance is large for long; a flash comes back to what
was there; a fade has no single step, and one through black is a boundary at its darkest moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from core.analysis.model import FaceSample, Spell
from core.analysis.steps import FLASH_S, Steps

_NEAR = 8
"""Frames on each side that make up the neighbourhood."""
_SURE, _SURE_RATIO = 14.0, 2.6
_BIG, _BIG_RATIO = 20.0, 2.2
_WEAK, _WEAK_RATIO = 5.0, 4.0
_FACES_RATIO = 2.0
"""Mean difference (0…255) and how many times the neighbourhood's. Big ones may stand among moving
pictures, stage light for example. Weak ones need both a quiet
neighbourhood and a contrast that allows them, or other faces on the two sides."""
_STAYS = 0.55
"""Share of the step that must be there over the length of a flash, ahead and behind."""
_MAYBE, _SURELY = 0.7, 1.4
"""Between them a step has to be looked at again, should frames have been left out there."""
_LEFT_OUT = 1.5
"""Two frames this many times the usual distance apart had others between them."""
_BLACK_LUMA = 22.0
_BLACK_PEAK = 48.0
MIN_SHOT_S = 0.3
_STILL = 0.03
_PACE = 0.95
"""A picture moves nearly twice as far in two frames as in one: this power of the
distance fits what real recordings do."""


class Shots:
    """Reads the steps of a source, or of a piece of it."""

    def __init__(self, steps: Steps, samples: Sequence[FaceSample] = ()) -> None:
        self._steps, self._samples = steps, samples
        self._one = np.array(steps.one, np.float64)

    def black(self, least_s: float = 0.3) -> tuple[Spell, ...]:
        """Stretches in which nothing is to be seen."""
        luma, peak = np.array(self._steps.luma), np.array(self._steps.peak)
        return _spells(self._steps.t_s, (luma < _BLACK_LUMA) & (peak < _BLACK_PEAK), least_s)

    def frozen(self, least_s: float = 2.0) -> tuple[Spell, ...]:
        """Stretches in which nothing moves at all."""
        return _spells(self._steps.t_s, self._one < _STILL, least_s)

    def motion(self, duration_s: float, usual_s: float) -> tuple[float, ...]:
        """Mean difference of frames `usual_s` apart, 0…1, ten values a second."""
        times = np.array(self._steps.t_s)
        apart = np.diff(times, prepend=times[:1] - usual_s) / usual_s
        pace = self._one / 255 / np.maximum(1.0, apart) ** _PACE
        bins = np.zeros(max(1, int(np.ceil(duration_s * 10))))
        count = np.zeros_like(bins)
        at = np.clip((times * 10).astype(int), 0, len(bins) - 1)
        np.add.at(bins, at, pace)
        np.add.at(count, at, 1)
        filled = np.divide(bins, count, out=np.zeros_like(bins), where=count > 0)
        # A step belongs to all the time it took.
        until = np.clip(np.searchsorted(times, np.arange(len(bins)) / 10), 0, len(times) - 1)
        filled = np.where(count > 0, filled, pace[until] if len(times) else 0.0)
        return tuple(round(float(v), 4) for v in filled)

    def starts(self) -> tuple[float, ...]:
        """Start of every shot; the first is 0."""
        dark = [s for s in self.black(0.1) if s.start_s > 0]
        times = self._steps.t_s
        cuts = [
            *self._through_black(),
            # The edges of a black stretch are the same boundary as its middle.
            *(
                times[i]
                for i in self._peaks()
                if self._strength(i) >= 1 and not any(_touches(s, times[i]) for s in dark)
            ),
        ]
        starts = [0.0]
        for t_s in sorted(cuts):
            if t_s - starts[-1] >= MIN_SHOT_S:
                starts.append(round(t_s, 4))
        return tuple(starts)

    def doubts(self, usual_s: float) -> list[Spell]:
        """Steps that cannot be judged without the frames that were left out there: each from the
        frame before it to the frame at which it seems to be."""
        times = self._steps.t_s
        found = []
        for i in self._peaks():
            strength = self._strength(i)
            apart = times[i] - times[i - 1] > _LEFT_OUT * usual_s
            if _MAYBE < strength < _SURELY or (strength >= _SURELY and apart):
                found.append(Spell(times[i - 1], times[i]))
        return found

    def _peaks(self) -> Iterator[int]:
        one = self._one
        for i in range(1, len(one)):
            if one[i] >= _WEAK and one[i] >= one[max(1, i - 2) : i + 3].max():
                yield i

    def _strength(self, i: int) -> float:
        """How many times over the threshold a step is; from 1 on it is a cut."""
        one = self._one
        near = np.concatenate([one[max(1, i - _NEAR) : i], one[i + 1 : i + 1 + _NEAR]])
        # The 80th percentile: a repeated frame in the neighbourhood must not make a step look big.
        usual = float(np.percentile(near, 80)) if len(near) else 0.0
        ratio = one[i] / (usual + 1.0)
        dim = min(self._steps.contrast[i], self._steps.contrast[i - 1])
        rules = [
            min(one[i] / _SURE, ratio / _SURE_RATIO),
            min(one[i] / _BIG, ratio / _BIG_RATIO),
            min(one[i] / max(_WEAK, 0.25 * dim), ratio / _WEAK_RATIO),
        ]
        if ratio >= _FACES_RATIO and _faces_change(self._samples, self._steps.t_s[i]):
            rules.append(ratio / _FACES_RATIO)
        return float(min(max(rules), self._stays(i) / (_STAYS * one[i])))

    def _stays(self, i: int) -> float:
        """How much of the step is there over the length of a flash: ahead, and behind. Where the
        picture comes back, or came back, these are the two edges of a flash."""
        steps = self._steps
        ahead = max(i, steps.after(steps.t_s[i - 1] + FLASH_S + 0.002) - 1)
        return float(min(steps.far[ahead], steps.far[i]))

    def _through_black(self) -> list[float]:
        """A fade to black and out again is one boundary, in the middle of the black."""
        if not len(self._steps):
            return []
        last = self._steps.t_s[-1]
        return [
            (s.start_s + s.end_s) / 2
            for s in self.black(0.1)
            if s.start_s > 0.2 and s.end_s < last - 0.2
        ]


def _touches(spell: Spell, t_s: float) -> bool:
    return spell.start_s - 0.2 <= t_s <= spell.end_s + 0.2


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
