"""Captions that are in the picture already: a line of letters that stays in its place, holds still
for a moment, and then says something else.

Letters are thin bright strokes on something darker (the white top-hat finds those), in a row, in
the middle of the picture. What tells captions from a name, a logo or a slide is that they change;
what tells them from grass, crowds and water is that between two changes they do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from core.analysis.frames import Frame, Gray
from core.analysis.model import Spell
from core.analysis.single_words import Word, one_by_one, word

FROM, TO = 0.35, 0.97
"""Part of the height in which captions are looked for."""
STROKE = 60
"""A letter is brighter than its surroundings by so much …"""
WEIGHT = 9
"""… and its strokes are thinner than so many pixels of the analysis picture."""
BANDS = 20
"""Rows of letters are looked for in so many bands, each overlapping its neighbours by half."""
LEAST_INK, MOST_INK = 0.05, 0.45
"""Share of a line that strokes cover."""
SAME, OTHER = 0.62, 0.48
"""Two looks show the same words above, others below (strokes in common ÷ strokes of both)."""
TURNED = 6
"""Of the bands: a caption of two lines reaches into five."""
WINDOW_S, WORDS_S = 8.0, 4.0
"""Lines are judged over the first, single words over the second: they come many times as often."""
BETWEEN_S, BESIDE_S, AGAIN = 40.0, 15.0, 0.25
"""Who captions a video does so all along, though not every word of it can be noticed: stretches no
further apart than the first, which fill so much of all, go on for the second beyond them."""
INSIDE = 0.75
"""Of a window that lies in two recordings: a change of picture looks like a change of words."""
_MASK = npt.NDArray[Any]


@dataclass(slots=True)
class TextMeter:
    """Fed with the sampled frames of a source; says where captions stood."""

    _looks: list[_Look] = field(default_factory=list)
    _before: _MASK | None = None

    def add(self, frame: Frame) -> None:
        strokes = _strokes(frame.luma)
        seen = word(strokes, int(FROM * frame.height), frame.height)
        self._looks.append(_look(frame.t_s, strokes, self._before, seen))
        self._before = strokes

    def spells(self) -> tuple[Spell, ...]:
        """Stretches with captions of their own."""
        return _spells(self._looks)


@dataclass(frozen=True, slots=True)
class _Look:
    """One sampled frame, band by band: is there a line of letters, and is it the one of before?"""

    t_s: float
    line: npt.NDArray[np.bool_]
    alike: npt.NDArray[np.float32]
    """Strokes in common with the look before; −1 where there were no letters."""
    word: Word | None
    """A word by itself, wherever it is."""


def _strokes(luma: Gray) -> _MASK:
    height = luma.shape[0]
    part = luma[int(FROM * height) : int(TO * height)]
    kernel = np.ones((WEIGHT, WEIGHT), np.uint8)
    hat = cv2.morphologyEx(part, cv2.MORPH_TOPHAT, kernel)
    strokes: _MASK = np.asarray(hat) > STROKE
    return strokes


def _look(t_s: float, strokes: _MASK, before: _MASK | None, seen: Word | None) -> _Look:
    rows, width = strokes.shape
    half = rows // (BANDS + 1)
    alike = np.full(BANDS, -1.0, np.float32)
    if half < 2:  # a picture so small holds no letters
        return _Look(t_s, np.zeros(BANDS, bool), alike, seen)
    blocks = strokes[: half * (BANDS + 1)].reshape(BANDS + 1, half, width)
    columns: _MASK = np.any(blocks, axis=1)
    ink = blocks.sum(axis=(1, 2))
    line = _lines(columns[:-1] | columns[1:], ink[:-1] + ink[1:], 2 * half)
    if before is not None and before.shape == strokes.shape:
        was = before[: half * (BANDS + 1)].reshape(blocks.shape)
        common, every = (blocks & was).sum(axis=(1, 2)), (blocks | was).sum(axis=(1, 2))
        both = every[:-1] + every[1:]
        there = both > 0.01 * 2 * half * width
        alike[there] = ((common[:-1] + common[1:]) / np.maximum(both, 1))[there]
    return _Look(t_s, line, alike, seen)


def _lines(columns: _MASK, ink: npt.NDArray[np.int_], high: int) -> _MASK:
    """Which bands hold strokes in a row, in the middle, with nothing at the sides."""
    width = columns.shape[1]
    count = columns.cumsum(axis=1)
    whole = count[:, -1:]
    left = (count >= np.maximum(1, 0.02 * whole)).argmax(axis=1)
    right = (count >= 0.98 * whole).argmax(axis=1)
    reach = right - left + 1
    inked = ink / (reach * high)
    # Letters come with gaps: between words and in them.
    gaps = (columns[:, 1:] != columns[:, :-1]).sum(axis=1)
    middle = np.abs((left + right) / 2 / width - 0.5) < 0.12
    enough = (whole[:, 0] >= 0.08 * width) & (reach < 0.94 * width) & (gaps >= 6)
    return np.asarray(middle & enough & (inked > LEAST_INK) & (inked < MOST_INK))


def _spells(looks: Sequence[_Look]) -> tuple[Spell, ...]:
    """Windows in which one band behaves like captions, together."""
    if len(looks) < 10:
        return ()
    times = np.array([k.t_s for k in looks])
    line = np.array([k.line for k in looks])
    alike = np.array([k.alike for k in looks])

    def spells(window_s: float, least: int, judge: Callable[[_MASK], bool]) -> list[Spell]:
        found: list[Spell] = []
        step = window_s / 2
        for start_s in np.arange(times[0], max(times[-1] - step, times[0] + 0.1), step):
            inside = (times >= start_s) & (times < start_s + window_s)
            if inside.sum() >= least and judge(inside):
                found.append(Spell(float(start_s), float(min(start_s + window_s, times[-1]))))
        return found

    lines = spells(WINDOW_S, 12, lambda inside: _captions(line[inside], alike[inside]))
    words = spells(
        WORDS_S,
        10,
        lambda inside: one_by_one(
            [k.word for k, there in zip(looks, inside, strict=True) if there]
        ),
    )
    return together(sorted([*lines, *words], key=lambda s: s.start_s))


def _captions(line: npt.NDArray[np.bool_], alike: npt.NDArray[np.float32]) -> bool:
    """Whether some band shows letters most of the time, which stay or are exchanged and do little
    in between."""
    shown = line.mean(axis=0)
    # A slide that is turned changes all its lines at once: that look tells nothing.
    pair = line[1:] & line[:-1] & ~_turned(alike)[:, None]
    n = np.maximum(pair.sum(axis=0), 1)
    same = ((alike[1:] > SAME) & pair).sum(axis=0) / n
    other = ((alike[1:] < OTHER) & pair).sum(axis=0) / n
    steps = (same > 0.5) & (other > 0.06) & (same + other > 0.85)
    return bool((steps & (shown > 0.5)).any())


def _turned(alike: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """At which looks, from the second on, bands all over the picture changed that held still."""
    still = np.vstack([alike[:1] > SAME, alike[:-1] > SAME])[1:]
    changed = (alike[1:] >= 0) & (alike[1:] < OTHER) & still
    return np.asarray(changed.sum(axis=1) >= TURNED)


def throughout(found: Sequence[Spell], joins_s: Sequence[float], end_s: float) -> tuple[Spell, ...]:
    """Where each of the recordings that were joined is to be taken for captioned, from where
    captions were noticed. Foreign words that are translated once stay by themselves."""
    made: list[Spell] = []
    for a, b in pairwise([0.0, *joins_s, max(end_s, *joins_s, 0.0)]):
        here = [part for s in found if (part := _inside(s, Spell(a, b)))]
        while here:
            n = 1
            while n < len(here) and here[n].start_s - here[n - 1].end_s <= BETWEEN_S:
                n += 1
            made += _again(here[:n], Spell(a, b))
            here = here[n:]
    return together(made)


def _inside(spell: Spell, recording: Spell) -> Spell | None:
    """The part of a stretch that is in a recording; None for what is left of a window that looked
    at the one beside it."""
    part = Spell(max(recording.start_s, spell.start_s), min(recording.end_s, spell.end_s))
    whole_s = min(spell.length_s, recording.length_s, WINDOW_S)
    return part if part.length_s >= INSIDE * whole_s else None


def _again(near: Sequence[Spell], recording: Spell) -> Sequence[Spell]:
    """Stretches near each other, as one where captions come again and again."""
    whole = Spell(
        max(recording.start_s, near[0].start_s - BESIDE_S),
        min(recording.end_s, near[-1].end_s + BESIDE_S),
    )
    enough = sum(s.length_s for s in near) >= AGAIN * whole.length_s
    short = recording.length_s <= near[-1].end_s - near[0].start_s + 2 * BESIDE_S
    return [whole] if enough and (len(near) > 1 or short) else near


def together(found: Sequence[Spell]) -> tuple[Spell, ...]:
    """Those that touch, as one."""
    made: list[Spell] = []
    for spell in found:
        if made and spell.start_s <= made[-1].end_s:
            made[-1] = Spell(made[-1].start_s, max(made[-1].end_s, spell.end_s))
        else:
            made.append(spell)
    return tuple(made)
