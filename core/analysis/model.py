"""What the analysis of a source found. Plain data: it is stored as JSON and read by the clip
providers, by the framing, by the captions and by the checks.

All times are seconds of the source from its first picture or sound (t = 0 is the start of the
file as a player shows it). All boxes are pixels of the upright picture with square pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

ANALYSER = 5
"""Version of the analysis; a stored one of another version is made again."""


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word with its punctuation."""

    text: str
    start_s: float
    end_s: float
    sure: float = 1.0
    """0…1, how sure the recogniser is."""


@dataclass(frozen=True, slots=True)
class Face:
    """One face in one sampled frame."""

    x: float
    y: float
    w: float
    h: float
    score: float
    mouth: float = 0.0
    """Motion in the mouth region since the sample before, 0…1; a hint, never a proof of speech."""
    lips: float = 0.0
    """The same without that of the whole head."""


@dataclass(frozen=True, slots=True)
class FaceSample:
    """The faces of one sampled frame (about 5 a second), biggest first."""

    t_s: float
    faces: tuple[Face, ...]


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of time."""

    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Part:
    """A rectangle of the picture, for a stretch of time; pixels of the upright source."""

    start_s: float
    end_s: float
    x: float
    y: float
    w: float
    h: float


WordsFrom = Literal["upload", "embedded", "whisper", "endpoint", "sphinx", "none"]


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything known about what is seen and heard in a source."""

    duration_s: float
    shots_s: tuple[float, ...]
    """Start of every shot, the first is 0.0. Measured on every frame."""
    samples: tuple[FaceSample, ...]
    motion: tuple[float, ...]
    """Mean difference of neighbouring frames, 0…1, ten values a second."""
    black: tuple[Spell, ...]
    frozen: tuple[Spell, ...]
    voice: tuple[Spell, ...]
    """Where somebody speaks."""
    energy_db: tuple[float, ...]
    """RMS of the sound in dBFS, ten values a second; −90 is silence."""
    loudness_lufs: float | None
    """Integrated loudness of the whole source; None without sound."""
    words: tuple[Word, ...]
    words_from: WordsFrom
    language: str | None = None
    """BCP 47, when known."""
    pictures: tuple[Part, ...] = ()
    """Where the picture lies inside black bars that are part of the source; nothing where it fills
    the frame."""
    version: int = ANALYSER
    burnt: tuple[Spell, ...] = ()
    """Where the picture shows captions of its own."""
    boxes: tuple[Part, ...] = ()
    """Camera pictures inside the picture, a shot at a time: a webcam over a screen, the tiles of a
    call."""
    screens: tuple[Spell, ...] = ()
    """Where a small head is seen on something drawn: a screen, slides, a game."""
    joins_s: tuple[float, ...] = ()
    """Starts of shots at which another recording begins."""

    def has_captions(self, start_s: float, end_s: float) -> bool:
        """Whether the picture shows captions of its own in at least half of a span."""
        return self._captions_s(start_s, end_s) >= 0.5 * (end_s - start_s) > 0

    def partly_has_captions(self, start_s: float, end_s: float) -> bool:
        """Whether it does in a part of a span that is no half."""
        return 1.0 <= self._captions_s(start_s, end_s) < 0.5 * (end_s - start_s)

    def shows_captions(self, at_s: float) -> bool:
        return any(b.start_s <= at_s < b.end_s for b in self.burnt)

    def _captions_s(self, start_s: float, end_s: float) -> float:
        inside = (min(end_s, b.end_s) - max(start_s, b.start_s) for b in self.burnt)
        return sum(max(0.0, s) for s in inside)

    @property
    def rough(self) -> bool:
        """The words are guesses: captions are marked, and never posted without a look."""
        return self.words_from == "sphinx"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Analysis:
        named = ("black", "frozen", "voice", "burnt", "screens")
        spells = {k: tuple(Spell(**s) for s in raw.get(k, ())) for k in named}
        samples = tuple(
            FaceSample(s["t_s"], tuple(Face(**f) for f in s["faces"])) for s in raw["samples"]
        )
        return cls(
            **{
                **raw,
                **spells,
                "samples": samples,
                "shots_s": tuple(raw["shots_s"]),
                "motion": tuple(raw["motion"]),
                "energy_db": tuple(raw["energy_db"]),
                "words": tuple(Word(**w) for w in raw["words"]),
                **{k: tuple(Part(**p) for p in raw.get(k, ())) for k in ("pictures", "boxes")},
                "joins_s": tuple(raw.get("joins_s", ())),
            }
        )
