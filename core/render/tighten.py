"""What can be taken out of a clip: pauses longer than a rest, and fillers that stand alone.

    line = tighten(levels, analysis, Spell(62.4, 91.0), beat, Tight(pauses=True, fillers=True))

A pause is where nothing is *heard*: laughter, applause, a door or music are no pause, whatever the
words say. It is shortened to a natural rest, not to nothing. A filler is a sound of the language's
own list that is quiet on both sides: where it runs into a word nothing is touched. Every cut lies
in measured quiet, at its quietest place, on a frame of the picture. One shot edge in a pause
becomes the join itself; a pause with several holds a shot that is there to be seen, and so does one
in which the picture moves much more than elsewhere. Nothing at all is taken out where the words are
guesses, or stand where nothing is heard: who does not know where words are must not cut between
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor

import numpy as np

from core.analysis.model import Analysis, Spell, Word
from core.analysis.timeline import Timeline
from core.clips.sentences import ends_sentence
from core.clips.tight import Tight
from core.render.gaps import Gap, fillers_of, gaps, shared
from core.render.rate import Beat
from core.sound.levels import Levels

LONG_S = 0.6
"""A shorter pause is how people speak; recuts of interviews leave those."""
REST_S, END_REST_S = 0.25, 0.35
"""What is left of a pause inside a sentence and behind one, quiet of both sides together."""
UNTOUCHED_REST_S = 0.5
"""Where only fillers are to go, so much of the quiet around one stays."""
BEFORE_S = 0.45
"""Share of a rest that lies before the next word: an onset is softer than an end."""
LEAST_S, LEAST_FILLER_S = 0.2, 0.12
"""Less is not worth a join."""
PIECE_S = 0.8
"""Between two joins somebody must have time to look: sizes that change twice in half a second
flicker."""
SHOWN_S = 0.3
"""The same beside a shot edge."""
MOVES, MOVES_LEAST = 3.0, 0.02
"""Times the usual motion of the clip, and mean difference (0…1): something is shown there."""
NEAR_FRAMES = 2.5
"""A cut moves so far at most to a quieter place."""
MISTIMED = 0.15
"""Share of words without any sound at their time, from which no time of a word is believed."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """What is taken out, on frames."""

    start_s: float
    end_s: float
    fillers: tuple[Word, ...]

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


def tighten(levels: Levels, analysis: Analysis, span: Spell, beat: Beat, tight: Tight) -> Timeline:
    """The stretches that stay; one, with the reason, where nothing can go."""
    words = [w for w in analysis.words if w.end_s > span.start_s and w.start_s < span.end_s]
    why = _unsure(analysis, words, levels)
    if why:
        return Timeline.whole(span.start_s, span.end_s, why)
    fillers = fillers_of(words, analysis) if tight.fillers else []
    finder = _Finder(levels, analysis, words, beat)
    cuts = [c for g in gaps(levels, words, fillers) if (c := finder.cut(g, tight)) is not None]
    cuts = _apart(cuts, span, tight)
    if not cuts:
        return Timeline.whole(span.start_s, span.end_s, "nothing")
    return _line(cuts, beat)


def _unsure(analysis: Analysis, words: Sequence[Word], levels: Levels) -> str:
    """Why this must be left alone; empty when it need not."""
    if analysis.rough or not words:
        return "rough"
    if not levels.clear:
        return "noisy"
    heard = [levels.between(w.start_s - 0.1, w.end_s + 0.1) for w in words]
    silent = sum(len(h) > 0 and h.max() <= levels.quiet_db for h in heard)
    return "unsure" if silent > MISTIMED * len(words) else ""


# ── what of it goes ─────────────────────────────────────────────────────────────────────────────


class _Finder:
    """Turns gaps into cuts."""

    def __init__(
        self, levels: Levels, analysis: Analysis, words: Sequence[Word], beat: Beat
    ) -> None:
        self._levels, self._analysis, self._words, self._beat = levels, analysis, words, beat
        inside = analysis.motion[int(beat.start_s * 10) : int((beat.start_s + beat.read_s) * 10)]
        self._usual_motion = float(np.median(inside)) if inside else 0.0

    def cut(self, gap: Gap, tight: Tight) -> _Cut | None:
        """None where it stays as it is."""
        long = tight.pauses and gap.end_s - gap.start_s >= LONG_S
        if not long and not gap.fillers:
            return None
        if self._shows(gap):
            return None
        edge = next(iter(self._shots(gap)), None)
        wished = self._around_shots(*self._wished(gap, tight), gap)
        placed = self._placed(wished, gap, edge)
        if placed is None or self._speaks(*placed, gap):
            return None
        made = _Cut(*placed, gap.fillers)
        least_s = LEAST_FILLER_S if gap.fillers else LEAST_S
        return made if made.length_s >= least_s else None

    def _wished(self, gap: Gap, tight: Tight) -> tuple[float, float]:
        """So that a rest stays: a part behind the last word, a part before the next one."""
        rest = UNTOUCHED_REST_S
        if tight.pauses:
            rest = END_REST_S if self._ends(gap.start_s) else REST_S
        rest = min(rest, sum(q.length_s for q in gap.quiet))
        before = rest * BEFORE_S
        if gap.fillers:  # it may stand close to one of its neighbours
            before = min(before, gap.quiet[-1].length_s)
            rest = before + min(rest - before, gap.quiet[0].length_s)
        return gap.start_s + rest - before, gap.end_s - before

    def _ends(self, at_s: float) -> bool:
        """Whether a sentence ends about there."""
        said = [w for w in self._words if w.start_s < at_s]
        return bool(said) and ends_sentence(said[-1].text)

    def _shows(self, gap: Gap) -> bool:
        """A shot of its own, or a picture that moves much more than it does elsewhere."""
        inside = self._shots(gap)
        moves = self._analysis.motion[int(gap.start_s * 10) + 1 : int(gap.end_s * 10)]
        much = max(MOVES_LEAST, MOVES * self._usual_motion)
        return len(inside) > 1 or bool(moves and not inside and float(np.mean(moves)) > much)

    def _shots(self, gap: Gap) -> list[float]:
        return [e for e in self._analysis.shots_s if gap.start_s < e < gap.end_s]

    def _around_shots(self, start_s: float, end_s: float, gap: Gap) -> tuple[float, float]:
        """A shot edge in the gap becomes the join itself; from one beside it there is so much room
        that nothing flashes."""
        for edge in self._analysis.shots_s:
            if gap.start_s < edge < gap.end_s:
                start_s, end_s = min(start_s, edge), max(end_s, edge)
            elif start_s - SHOWN_S < edge <= gap.start_s:
                start_s = edge + SHOWN_S
            elif gap.end_s <= edge < end_s + SHOWN_S:
                end_s = edge - SHOWN_S
        return start_s, end_s

    def _placed(
        self, wished: tuple[float, float], gap: Gap, edge: float | None
    ) -> tuple[float, float] | None:
        """Both edges on frames, in quiet, near the wished places, where it is quietest."""
        low, high = gap.quiet[0], gap.quiet[-1]
        before = low.end_s if edge is None else min(low.end_s, edge)
        behind = high.start_s if edge is None else max(high.start_s, edge)
        first = self._quietest(wished[0], low.start_s, before)
        last = self._quietest(wished[1], behind, high.end_s)
        return None if first is None or last is None else (first, last)

    def _quietest(self, wished_s: float, low_s: float, high_s: float) -> float | None:
        low, high, wished = map(self._frame, (low_s, high_s, wished_s))
        # Shot edges lie on frames, as far as their times are exact.
        frames = range(ceil(low - 0.1), floor(high + 0.1) + 1)
        near = [n for n in frames if abs(n - wished) <= NEAR_FRAMES]
        best = min(near, key=lambda n: self._cost(n, wished), default=None)
        return None if best is None else self._time(best)

    def _cost(self, frame: int, wished: float) -> float:
        """A frame of distance is worth 2 dB."""
        return self._levels.around(self._time(frame)) + 2 * abs(frame - wished)

    def _frame(self, t_s: float) -> float:
        return (t_s - self._beat.start_s) * float(self._beat.rate)

    def _time(self, frame: int) -> float:
        return self._beat.start_s + frame / float(self._beat.rate)

    def _speaks(self, start_s: float, end_s: float, gap: Gap) -> bool:
        """A word lies there that is more than the room: somebody whispers."""
        low_db = self._levels.floor_db + 6
        for w in self._words:
            if w in gap.fillers or shared(w, start_s, end_s) < 0.6 * (w.end_s - w.start_s):
                continue
            heard = self._levels.between(max(start_s, w.start_s), min(end_s, w.end_s))
            if len(heard) and float(np.mean(heard)) > low_db:
                return True
        return False


# ── what is left ────────────────────────────────────────────────────────────────────────────────


def _apart(cuts: Iterable[_Cut], span: Spell, tight: Tight) -> list[_Cut]:
    """With room between them and at both ends, and as many as the wished length allows, the longest
    first: what saves most is worth a join most."""
    kept: list[_Cut] = []
    left_s = span.end_s - span.start_s
    for cut in sorted(cuts, key=lambda c: -c.length_s):
        inside = span.start_s + PIECE_S <= cut.start_s and cut.end_s <= span.end_s - PIECE_S
        free = all(
            cut.end_s + PIECE_S <= k.start_s or k.end_s + PIECE_S <= cut.start_s for k in kept
        )
        if inside and free and left_s - cut.length_s >= tight.least_s:
            kept.append(cut)
            left_s -= cut.length_s
    return sorted(kept, key=lambda c: c.start_s)


def _line(cuts: Sequence[_Cut], beat: Beat) -> Timeline:
    """All edges on frames, those of the clip too."""
    edges = [beat.start_s, *(t for c in cuts for t in (c.start_s, c.end_s))]
    edges.append(beat.start_s + beat.read_s)
    spans = tuple(Spell(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True))
    dropped = tuple(Spell(f.start_s, f.end_s) for c in cuts for f in c.fillers)
    return Timeline(spans, dropped)


def without(line: Timeline, at_s: Iterable[float]) -> Timeline:
    """The same with the joins at these times of the clip undone: what was taken out there stays."""
    back = set(at_s)
    spans = [line.spans[0]]
    for join, span in zip(line.joins, line.spans[1:], strict=True):
        if join.at_s in back:
            spans[-1] = replace(spans[-1], end_s=span.end_s)
        else:
            spans.append(span)
    gone = [Spell(j.from_s, j.to_s) for j in line.joins if j.at_s not in back]
    dropped = tuple(
        d for d in line.dropped if any(g.start_s < d.end_s and d.start_s < g.end_s for g in gone)
    )
    if len(spans) == 1:
        return Timeline(tuple(spans), (), "nothing")
    return Timeline(tuple(spans), dropped)
