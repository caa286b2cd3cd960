"""Word times held to the sound. A recogniser knows the order of the words, and roughly their times:
it gives a pause to the word before or behind it at a whim, and to some words no time at all."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.analysis.model import Spell
from core.analysis.sound import RATE_HZ

STEP_S = 0.01
_SIZE = round(RATE_HZ * STEP_S)
_BELOW_DB, _ABOVE_DB = 26.0, 6.0
"""Quiet is this far below the loudest speech around, or this little above the room."""
_AROUND = 400
"""Steps to either side that are "around"."""
_BLINK_S = 0.08
"""A shorter word has no time of its own."""
_PAUSE_S = 0.2
"""The silence inside a "k" or a "t" is shorter."""
_MOST_S, _LETTER_S = 0.8, 0.12
"""Nobody draws a word out for longer, by its letters: the rest is speech nobody understood."""
_STOPS = (".", "!", "?", "…", ",", "。", "！", "？", "，", "؟", "।")
_EDGE_S = 0.03
"""A word begins a little before it is loud, and ends a little after."""

Sound = npt.NDArray[np.int16]
Loud = npt.NDArray[np.bool_]


@dataclass(slots=True, eq=False)
class Timed:
    """One word and its seconds, from the start of the sound."""

    text: str
    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s

    @property
    def weight(self) -> float:
        """How long it takes, as compared with other words."""
        return len(self.text.strip()) + 1.5


def settle_line(line: dict[str, Any], pcm: Path, voice: Sequence[Spell]) -> dict[str, Any]:
    """A stretch as the recogniser's child tells it, with the times of its words mended."""
    at_s, to_s = line["at"], line["to"]
    first, last = (int(t * RATE_HZ) for t in (at_s, to_s))
    sound = np.fromfile(pcm, np.int16, count=last - first, offset=2 * first)
    here = takewhile(
        lambda v: v.start_s < to_s, voice[bisect_right(voice, at_s, key=lambda v: v.end_s) :]
    )
    spoken = [Spell(v.start_s - at_s, v.end_s - at_s) for v in here]
    raw = [w for s in line["segments"] for w in s["words"]]
    words = [Timed(w["w"], w["s"] - at_s, w["e"] - at_s) for w in raw]
    settle(words, sound, spoken)
    for was, word in zip(raw, words, strict=True):
        was["s"], was["e"] = round(at_s + word.start_s, 3), round(at_s + word.end_s, 3)
    return line


def settle(words: Sequence[Timed], sound: Sound, voice: Sequence[Spell]) -> None:
    """Mends the times of words, which are in order. `sound` is 16 kHz mono, 16 bit; somebody speaks
    in `voice`, which counts from the start of the sound too."""
    loud = _loud(sound) & _spoken(voice, len(sound) // _SIZE)
    begin = 0
    for n, word in enumerate(words):
        if word.length_s >= _BLINK_S:
            _give_time(words, begin, n, loud)
            begin = n + 1
    _give_time(words, begin, len(words), loud)
    for n in range(len(words)):
        _leave_pauses(words, n, loud)
    for word in words:
        most_s = _MOST_S + word.weight * _LETTER_S
        if word.length_s > most_s and not word.text.endswith(_STOPS):
            word.start_s = word.end_s - most_s
        elif word.length_s > most_s:
            word.end_s = word.start_s + most_s


def _give_time(words: Sequence[Timed], begin: int, end: int, loud: Loud) -> None:
    """To words without any: of speech between their neighbours that no word has; else of the
    neighbour that has more than it needs."""
    if begin == end:
        return
    before, after = words[max(0, begin - 1) : begin], words[end : end + 1]
    free = (before[0].end_s if before else 0.0, after[0].start_s if after else len(loud) * STEP_S)
    first = round(free[0] / STEP_S)
    at = np.flatnonzero(loud[first : round(free[1] / STEP_S)])
    if len(at) * STEP_S >= _BLINK_S:
        heard = (first + int(at[0]), first + int(at[-1]) + 1)
        _share(words[begin:end], *(i * STEP_S for i in heard))
        return
    giver = max((*before, *after), key=lambda w: w.length_s / w.weight, default=None)
    if giver is not None:
        at_front = giver in before
        sharing = [*before, *words[begin:end]] if at_front else [*words[begin:end], *after]
        _share(sharing, giver.start_s, giver.end_s)


def _share(words: Sequence[Timed], start_s: float, end_s: float) -> None:
    """One after the other, each as long as its letters ask for."""
    each_s = (end_s - start_s) / sum(w.weight for w in words)
    for word in words:
        word.start_s, word.end_s = start_s, start_s + word.weight * each_s
        start_s = word.end_s


def _leave_pauses(words: Sequence[Timed], n: int, loud: Loud) -> None:
    """Of the parts between pauses a word keeps the longest; its neighbours get the others."""
    word = words[n]
    begin = round(word.start_s / STEP_S)
    parts = list(_parts(loud[begin : round(word.end_s / STEP_S)]))
    if not parts:
        return
    k = max(range(len(parts)), key=lambda k: parts[k][1] - parts[k][0])
    ends = [(begin + a, begin + b) for a, b in parts]
    first, last = (i * STEP_S for i in ends[k])
    if k and n and word.start_s - words[n - 1].end_s < _EDGE_S:
        words[n - 1].end_s = ends[k - 1][1] * STEP_S
    if k + 1 < len(parts) and n + 1 < len(words) and words[n + 1].start_s - word.end_s < _EDGE_S:
        words[n + 1].start_s = ends[k + 1][0] * STEP_S
    if k or first - word.start_s >= _PAUSE_S / 2:
        word.start_s = max(word.start_s, first - _EDGE_S)
    if k + 1 < len(parts) or word.end_s - last >= _PAUSE_S / 2:
        word.end_s = min(word.end_s, last + _EDGE_S)


def _parts(loud: Loud) -> Iterator[tuple[int, int]]:
    """Loud stretches with pauses between them."""
    at = np.flatnonzero(loud)
    if len(at):
        cuts = np.flatnonzero(np.diff(at) > _PAUSE_S / STEP_S)
        for first, last in zip([0, *(cuts + 1)], [*cuts, len(at) - 1], strict=True):
            yield int(at[first]), int(at[last]) + 1


def _spoken(voice: Sequence[Spell], steps: int) -> Loud:
    found = np.zeros(steps, bool)
    for spell in voice:
        found[max(0, round(spell.start_s / STEP_S)) : max(0, round(spell.end_s / STEP_S))] = True
    return found


def _loud(sound: Sound) -> Loud:
    """Which steps are no silence, as the speech around them is loud or soft."""
    blocks = sound[: len(sound) // _SIZE * _SIZE].reshape(-1, _SIZE).astype(np.float64) / 32768
    level = 20 * np.log10(np.maximum(np.sqrt((blocks**2).mean(axis=1)), 1e-4))
    loud = np.zeros(len(level), bool)
    for at in range(0, len(level), _AROUND):
        around = level[max(0, at - _AROUND) : at + 2 * _AROUND]
        room, speech = np.percentile(around, (5, 95))
        # Where all is speech, or noise, nothing is quiet.
        quiet = min(max(speech - _BELOW_DB, room + _ABOVE_DB), speech - _BELOW_DB / 2)
        loud[at : at + _AROUND] = level[at : at + _AROUND] > quiet
    return loud
