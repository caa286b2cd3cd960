"""The picture clock of a clip: its constant rate, and the frames its edges lie on."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from core.analysis.timeline import Timeline
from core.media.decode import INDEXED
from core.media.facts import VideoFacts

KEPT = tuple(
    Fraction(*r) for r in ((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48, 1),
                           (50, 1), (60000, 1001), (60, 1))
)  # fmt: skip
"""Rates that are kept: both platforms take 23–60 frames a second."""
USUAL = Fraction(30)
LEAD_S = 12.0
"""Containers without an index are sought by guessing: ffmpeg may land behind the key frame, and the
picture would stand still until the next one. Reading begins one long group of pictures earlier
(encoders put a key frame every 10 s unless told otherwise) and what is too early is thrown away by
the filters: with a shifted clock ffmpeg takes the hole before that key frame for a jump in time."""


@dataclass(frozen=True, slots=True)
class Beat:
    """When the frames of a clip are, and which of the source's they are: frame `n` of what is read
    shows the source at `start_s + n / rate`, and the clip has those of `kept`, one behind the
    other. Sound is cut at these very frames, so that lips stay with it."""

    rate: Fraction
    start_s: float
    """Of the source; the asked start moved to the nearest source frame."""
    frames: int
    """Of the clip."""
    offset_s: float
    """Add it to times that count from the asked start to get times of the file."""
    lead: int = 0
    """Frames that are read before the first one, and thrown away."""
    before: int = 0
    """Frames of an intro in front of the clip's own, and of an outro behind them (`after`). Every
    other time of a clip, frame numbers included, counts from the first frame of its own."""
    after: int = 0
    kept: tuple[tuple[int, int], ...] = ()
    """First frame of each stretch and the one behind its last; empty where it is all of them."""

    @property
    def length_s(self) -> float:
        return float(self.frames / self.rate)

    @property
    def whole(self) -> int:
        """Frames of the file."""
        return self.before + self.frames + self.after

    @property
    def whole_s(self) -> float:
        return float(self.whole / self.rate)

    @property
    def before_s(self) -> float:
        return float(self.before / self.rate)

    @property
    def after_s(self) -> float:
        return float(self.after / self.rate)

    @property
    def read_s(self) -> float:
        """How much of the source there is to read."""
        return float((self.kept[-1][1] if self.kept else self.frames) / self.rate)

    @property
    def lead_s(self) -> float:
        return float(self.lead / self.rate)

    def frame(self, t_s: float) -> int:
        """The frame that first shows what lies `t_s` after the asked start."""
        return min(max(round((t_s + self.offset_s) * self.rate), 0), self.frames)


def rate_of(facts: VideoFacts) -> Fraction:
    """The source's own rate when it is constant and usual, else 30."""
    if facts.variable_rate:
        return USUAL
    nearest = min(KEPT, key=lambda r: abs(float(r) - facts.fps))
    # 0.05 % tells 23.976 from 24 and forgives how containers round.
    return nearest if abs(float(nearest) / facts.fps - 1) < 0.0005 else USUAL


def beat(facts: VideoFacts, line: Timeline) -> Beat:
    """Lay the frames of a clip onto those of its source.

    Half-way between two source frames, the rounding of time stamps would decide which one is shown:
    some would come twice and some never.
    """
    rate, start_s = rate_of(facts), line.start_s
    snapped = start_s
    if not facts.variable_rate and facts.fps > 0:
        begin = facts.start_s - min(facts.start_s, facts.sound.start_s if facts.sound else 1e9)
        snapped = max(0.0, begin + round((start_s - begin) * facts.fps) / facts.fps)
        snapped = snapped if abs(snapped - start_s) <= 1 / 24 else start_s
    kept = tuple(
        (round((s.start_s - snapped) * rate), round((s.end_s - snapped) * rate)) for s in line.spans
    )
    kept = ((0, max(1, kept[0][1])), *kept[1:])
    lead = 0 if facts.container in INDEXED else int(min(LEAD_S, snapped) * rate)
    frames = sum(b - a for a, b in kept)
    kept = kept if len(kept) > 1 else ()
    return Beat(rate, snapped, frames, start_s - snapped, lead, kept=kept)
