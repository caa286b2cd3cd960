"""Which stretches of a source a clip is made of, and the one place where times of the source and
times of the clip become each other.

    line = Timeline((Spell(62.4, 70.0), Spell(71.2, 91.0)))
    line.clip_s(72.2)     # 8.6: a second after the join
    line.source_s(8.6)    # 72.2
    shown(analysis, line) # the analysis as somebody finds it who only has the clip

Most clips are one stretch. Where pauses or fillers were taken out there are several, and everything
that comes after (framing, captions, subtitle files, checks) works on `shown`, so that nothing but
this file knows that something is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

from core.analysis.model import Analysis, Part, Spell, Word
from core.analysis.words import repair

_BIN_S = 0.1
"""Energy and motion are measured ten times a second."""
_STOPS = (".", "!", "?", "…", "。", "！", "？", "؟", "।")


@dataclass(frozen=True, slots=True)
class Join:
    """Where two stretches meet: at `at_s` of the clip, the source goes from `from_s` on to
    `to_s`."""

    at_s: float
    from_s: float
    to_s: float

    @property
    def removed_s(self) -> float:
        return self.to_s - self.from_s


@dataclass(frozen=True, slots=True)
class Timeline:
    """Times are seconds of the source."""

    spans: tuple[Spell, ...]
    """In order, apart, at least one."""
    dropped: tuple[Spell, ...] = ()
    """Words that were taken out with the stretches between: fillers, and nothing else."""
    why_whole: str = ""
    """Why nothing was taken out though it was wished: `rough`, `unsure`, `noisy` or `nothing`."""

    @classmethod
    def whole(cls, start_s: float, end_s: float, why: str = "") -> Timeline:
        """One stretch."""
        return cls((Spell(start_s, end_s),), why_whole=why)

    @property
    def start_s(self) -> float:
        return self.spans[0].start_s

    @property
    def end_s(self) -> float:
        return self.spans[-1].end_s

    @property
    def length_s(self) -> float:
        """Of the clip."""
        return sum(s.length_s for s in self.spans)

    @property
    def joins(self) -> tuple[Join, ...]:
        pairs = pairwise(self.spans)
        return tuple(Join(self.clip_s(b.start_s), a.end_s, b.start_s) for a, b in pairs)

    def has(self, source_s: float) -> bool:
        """Whether this moment is in the clip; of the last one only its beginning is."""
        return any(s.start_s <= source_s < s.end_s for s in self.spans)

    def clip_s(self, source_s: float) -> float:
        """When a moment of the source is in the clip. What was taken out lies on its join; before
        the clip and after it time goes on, so that what reaches over an edge still does."""
        if source_s <= self.start_s:
            return source_s - self.start_s
        at_s = 0.0
        for span in self.spans:
            if source_s < span.end_s:
                return at_s + max(0.0, source_s - span.start_s)
            at_s += span.length_s
        return at_s + source_s - self.end_s

    def source_s(self, clip_s: float) -> float:
        """Which moment of the source the clip shows; at a join the one behind it."""
        at_s = 0.0
        for span in self.spans:
            if clip_s < at_s + span.length_s or span is self.spans[-1]:
                return span.start_s + clip_s - at_s
            at_s += span.length_s
        raise AssertionError("a timeline without a stretch")

    def drops(self, word: Word) -> bool:
        return any(d.start_s == word.start_s and d.end_s == word.end_s for d in self.dropped)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Timeline:
        spans, dropped = (tuple(Spell(**s) for s in raw[k]) for k in ("spans", "dropped"))
        return cls(spans, dropped, raw.get("why_whole", ""))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def words_inside(words: Sequence[Word], line: Timeline) -> tuple[Word, ...]:
    """The words spoken in a clip, in its time. A word belongs to it when most of it lies inside; no
    word but a dropped one is lost where something was taken out."""
    inside = [w for w in words if line.start_s <= (w.start_s + w.end_s) / 2 <= line.end_s]
    length_s = line.length_s
    timed = [
        replace(
            w,
            start_s=max(0.0, line.clip_s(w.start_s)),
            end_s=min(length_s, line.clip_s(w.end_s)),
        )
        for w in _without_dropped(inside, line)
    ]
    # A recogniser's word may lie in a pause where nothing is heard; it keeps a time of its own.
    return repair(timed, length_s) if len(line.spans) > 1 else tuple(timed)


def _without_dropped(words: Iterable[Word], line: Timeline) -> list[Word]:
    """A filler leaves the end of its sentence to the word before it."""
    kept: list[Word] = []
    for word in words:
        if not line.drops(word):
            kept.append(word)
        elif word.text.endswith(_STOPS) and kept and not kept[-1].text.endswith(_STOPS):
            kept[-1] = replace(kept[-1], text=kept[-1].text.rstrip(",;:") + word.text[-1])
    return kept


def shown(analysis: Analysis, line: Timeline) -> Analysis:
    """What is known of the source, of the clip alone and in its time: t = 0 is its start."""
    start_s, end_s, length_s = line.start_s, line.end_s, line.length_s

    def spells(every: Sequence[Spell]) -> tuple[Spell, ...]:
        near = (s for s in every if s.end_s > start_s and s.start_s < end_s)
        moved = (Spell(line.clip_s(s.start_s), line.clip_s(s.end_s)) for s in near)
        return tuple(s for s in moved if s.length_s > 0)

    def parts(every: Sequence[Part]) -> tuple[Part, ...]:
        near = (p for p in every if p.end_s > start_s and p.start_s < end_s)
        return tuple(
            replace(p, start_s=line.clip_s(p.start_s), end_s=line.clip_s(p.end_s)) for p in near
        )

    words = (w for w in analysis.words if w.end_s > start_s and w.start_s < end_s)
    edges = {round(line.clip_s(e), 6) for e in analysis.shots_s if start_s < e < end_s}
    return replace(
        analysis,
        duration_s=length_s,
        shots_s=(0.0, *sorted(e for e in edges if 0 < e < length_s)),
        samples=tuple(
            replace(s, t_s=line.clip_s(s.t_s)) for s in analysis.samples if line.has(s.t_s)
        ),
        motion=_bins(analysis.motion, line),
        energy_db=_bins(analysis.energy_db, line),
        black=spells(analysis.black),
        frozen=spells(analysis.frozen),
        voice=spells(analysis.voice),
        burnt=spells(analysis.burnt),
        words=tuple(
            replace(w, start_s=line.clip_s(w.start_s), end_s=line.clip_s(w.end_s))
            for w in words
            if not line.drops(w)
        ),
        screens=spells(analysis.screens),
        pictures=parts(analysis.pictures),
        boxes=parts(analysis.boxes),
    )


def _bins(values: Sequence[float], line: Timeline) -> tuple[float, ...]:
    """Measures of every tenth of a second, for each tenth of the clip."""
    count = max(1, round(line.length_s / _BIN_S))
    at = (int(line.source_s((k + 0.5) * _BIN_S) / _BIN_S) for k in range(count))
    return tuple(values[n] for n in at if n < len(values))
