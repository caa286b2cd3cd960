"""Words become cues: the two or three that stand on the screen together.

    for cue in cues(words):
        print(cue.start_s, cue.end_s, cue.text)

Where to break is a small dynamic program over all words of a clip. Filling cues greedily leaves a
quarter of them with a single word (measured on a peer); this one breaks where a reader would.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.analysis.model import Word
from core.captions.fonts import script_of
from core.captions.pieces import CELLS, Piece, bound, pieces

WORDS = 3
LEAST_S = 0.35
"""Shorter than this nobody reads a cue."""
CALM_S = 0.6
"""From here on a cue is not hurried."""
GAP_S = 0.7
"""Between two cues: a shorter gap is closed, a picture without words for a blink would flicker."""
STAY_S = 0.4
"""How long a cue stays after its last word when nothing follows."""
EARLY_S = 0.15
"""How long before its first word a cue may come when the ones around it need room."""
_STOPS = tuple(".!?…。！？؟।॥")
_RESTS = (*_STOPS, *",;:،؛、，；：—–")
_EAST = frozenset(("CJK", "HIRAGANA", "KATAKANA", "HANGUL"))
_CLOSERS = "\"'”’»)]}」』）"


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that are shown together, and when."""

    start_s: float
    end_s: float
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        return joined(self.pieces)


def joined(row: Sequence[Piece]) -> str:
    """The pieces as one line of text."""
    return "".join(("" if p.glued or not k else " ") + p.text for k, p in enumerate(row))


def cues(
    words: Sequence[Word],
    *,
    until_s: float | None = None,
    most: int = WORDS,
    language: str | None = None,
) -> list[Cue]:
    """The cues of a clip, in order and without overlap, of `most` words if those can be read;
    `until_s` is where the clip ends, `language` is asked where a long word may be parted."""
    row = pieces(words, language)
    groups = [row[a:b] for a, b in _breaks(row, most)]
    return _shown([Cue(g[0].start_s, g[-1].end_s, tuple(g)) for g in groups], until_s)


def _breaks(row: Sequence[Piece], most: int) -> list[tuple[int, int]]:
    """The cheapest way to cut the row into cues, as index ranges."""
    best = [0.0] + [math.inf] * len(row)
    back = [0] * (len(row) + 1)
    for end in range(1, len(row) + 1):
        for begin in range(end - 1, -1, -1):
            if begin < end - 1 and not _fits(row[begin:end]):
                break
            cost = best[begin] + _cost(row, begin, end, most)
            if cost < best[end]:
                best[end], back[end] = cost, begin
    ranges, end = [], len(row)
    while end:
        ranges.append((back[end], end))
        end = back[end]
    return ranges[::-1]


def _fits(group: Sequence[Piece]) -> bool:
    spaced = sum(not p.glued for p in group[1:])
    return sum(p.cells for p in group) + spaced <= CELLS and spaced < WORDS


def _cost(row: Sequence[Piece], begin: int, end: int, most: int) -> float:
    """How badly these pieces read as one cue."""
    group = row[begin:end]
    over = sum(not p.glued for p in group) - most
    if most == 1:  # nothing counts but that it can be read
        short_s = max(0.0, LEAST_S - _shown_s(row, begin, end))
        return 1.0 + 2.0 * max(0, over) ** 2 + 40.0 * short_s
    return (
        4.0 * max(0, over)
        + _length_cost(row, begin, end)
        + _end_cost(row, end)
        + sum(_inside_cost(a, b) for a, b in itertools.pairwise(group))
    )


def _length_cost(row: Sequence[Piece], begin: int, end: int) -> float:
    """Even cues, none hurried, none with a short word alone."""
    group, shown_s = row[begin:end], _shown_s(row, begin, end)
    cells = sum(p.cells for p in group)
    cost = 1.0 + (max(0.0, 11 - cells) / 11) ** 2 + 4 * max(0.0, CALM_S - shown_s)
    if shown_s < LEAST_S:
        cost += 6 + 20 * (LEAST_S - shown_s)
    if len(group) == 1 and cells <= 4:
        cost += 1.0
    return cost


def _shown_s(row: Sequence[Piece], begin: int, end: int) -> float:
    """How long they would stand there."""
    last = row[end - 1]
    next_s = row[end].start_s if end < len(row) else last.end_s + STAY_S
    return min(next_s, last.end_s + GAP_S) - row[begin].start_s


def _end_cost(row: Sequence[Piece], end: int) -> float:
    """Good to break after a stop or before a pause, bad after a word of one or two letters."""
    last = row[end - 1]
    if end < len(row) and row[end].glued and bound(last.text, row[end].text):
        return 8.0
    if end == len(row) or _ends(last, _STOPS):
        return -1.0
    if _ends(last, _RESTS) or row[end].start_s - last.end_s >= 0.3:
        return -0.6
    if row[end].glued and last.cells < 12:
        return 0.3
    return 0.8 if last.cells <= 2 else 0.0


def _inside_cost(before: Piece, after: Piece) -> float:
    """Bad to run over the end of a sentence or over a pause."""
    pause_s = after.start_s - before.end_s
    if pause_s > 1.5:
        return 20.0  # the word would stand there long before it is said
    stop = 1.5 if _ends(before, _STOPS) else 0.4 if _ends(before, _RESTS) else 0.0
    return stop + (1.5 if pause_s > 0.5 else 0.0) + (2.0 if _another(before, after) else 0.0)


def _another(before: Piece, after: Piece) -> bool:
    """Whether another script begins: with it mostly another language, whose words stand best by
    themselves. Han, kana and Hangul are one."""
    if after.glued:
        return False
    a, b = (next((s for c in p.text if (s := script_of(c))), "") for p in (before, after))
    return bool(a and b) and a != b and not {a, b} <= _EAST


def _ends(piece: Piece, marks: tuple[str, ...]) -> bool:
    return piece.text.rstrip(_CLOSERS).endswith(marks)


def _shown(row: list[Cue], until_s: float | None) -> list[Cue]:
    """Give every cue its time on the screen: long enough, no overlap, short gaps closed."""
    if not row:
        return []
    spoken = [c.start_s for c in row]
    last_s = max(row[-1].end_s + STAY_S, _pushed(spoken)[-1] + LEAST_S)
    if until_s is not None:
        last_s = max(min(last_s, until_s), LEAST_S)
    starts = _starts(spoken, last_s)
    made = []
    for cue, start_s, next_s in zip(row, starts, [*starts[1:], last_s], strict=True):
        end_s = max(cue.end_s + STAY_S / 2, start_s + LEAST_S)
        end_s = next_s if next_s - cue.end_s < GAP_S else min(end_s, next_s)
        made.append(_clipped(replace(cue, start_s=start_s, end_s=end_s)))
    return made


def _starts(spoken: list[float], last_s: float) -> list[float]:
    """When each cue comes: a hurried one is late by half of what it lacks, the ones in front of it
    are early by the other half."""
    starts = _pushed(spoken)
    next_s = last_s
    for k in range(len(starts) - 1, -1, -1):
        less_late = max(spoken[k], starts[k] - EARLY_S)
        next_s = starts[k] = min(less_late, next_s - LEAST_S)
    starts = _pushed([max(0.0, s) for s in starts])
    if starts[-1] + LEAST_S <= last_s + 1e-6:
        return starts
    # More cues than the clip has room for: nobody can read them all, but none is left out.
    return [last_s * k / len(starts) for k in range(len(starts))]


def _pushed(starts: list[float]) -> list[float]:
    """Each at least `LEAST_S` after the one before it."""
    made: list[float] = []
    for start_s in starts:
        made.append(max(start_s, made[-1] + LEAST_S) if made else start_s)
    return made


def _clipped(cue: Cue) -> Cue:
    """Pieces light up inside the time their cue is shown, one after the other."""
    made, at = [], cue.start_s
    for piece in cue.pieces:
        start_s = min(max(piece.start_s, at), cue.end_s)
        at = min(max(piece.end_s, start_s), cue.end_s)
        made.append(replace(piece, start_s=start_s, end_s=at))
    return replace(cue, pieces=tuple(made))
