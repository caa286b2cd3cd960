"""The clip API: a video and a wish go in, the moments worth a clip come out.

    class Silence(ClipProvider):
        name = "silence"
        async def pick(self, video, analysis, wish, tell, taste): ...

A provider is one file in this folder. `local` needs no network and is the default. A provider says
*where* the clips are and why; cutting, framing and captions are the work of others, so every clip
gets the same care whoever found it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal

from core.analysis.model import Analysis, Spell
from core.clips.taste import NO_TASTE, Taste
from core.clips.tight import NOT_TIGHT, Tight
from core.media.facts import Video
from core.say import Say, say_from_json, say_to_json
from core.tell import Tell


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked for. Everything may be left open."""

    text: str = ""
    """The wish in their own words, as far as the fields below do not cover it ("about pricing")."""
    count: int | None = None
    min_s: float | None = None
    max_s: float | None = None
    spans: tuple[Spell, ...] = ()
    """Exact stretches ("12:30-13:05")."""
    within: Spell | None = None
    """Only look here ("from the second half" becomes this once the length is known)."""
    captions: bool = True
    format: str = "9:16"
    opening: str = ""
    """What a clip must begin with ("start at the joke")."""
    without: str = ""
    """What no clip may be about ("not about politics")."""
    topics: tuple[tuple[str, int], ...] = ()
    """So many clips about each of these ("one about pricing and two about hiring")."""
    cleaning: Literal["auto", "leave", "clean"] = "auto"
    """Whether hum and noise are taken out of the sound (`core.sound.cleaning`)."""
    cover: str | None = None
    """A text on the covers; empty is the title of each, None no text."""
    music: bool | None = None
    """Whether music lies under the clips; where nothing is said, the one that is set."""
    avoid: tuple[Spell, ...] = ()
    """Stretches that were shown before; other moments are wanted."""
    tight: Tight = NOT_TIGHT
    """Pauses and fillers that are to be taken out."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Wish:
        within = raw.get("within")
        return cls(
            **{
                **raw,
                "spans": tuple(Spell(**s) for s in raw["spans"]),
                "topics": tuple((words, n) for words, n in raw.get("topics", ())),
                "avoid": tuple(Spell(**s) for s in raw.get("avoid", ())),
                "within": Spell(**within) if within else None,
                "tight": Tight.from_json(raw.get("tight", {})),
            }
        )


@dataclass(frozen=True, slots=True)
class Span:
    """One moment worth a clip. Times are seconds of the source."""

    start_s: float
    end_s: float
    score: float
    """0…100; an order, not a forecast."""
    reasons: tuple[Say, ...]
    title: str
    caption: str
    tags: tuple[str, ...] = ()
    """Without the `#`."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """Percentile of each feature within the video, 0…1: what is learnt from."""

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s

    def to_json(self) -> dict[str, Any]:
        return {
            **{k: getattr(self, k) for k in ("start_s", "end_s", "score", "title", "caption")},
            "tags": list(self.tags),
            "parts": {name: round(share, 3) for name, share in self.parts.items()},
            "reasons": [say_to_json(r) for r in self.reasons],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Span:
        return cls(
            **{
                **raw,
                "tags": tuple(raw["tags"]),
                "reasons": tuple(say_from_json(r) for r in raw["reasons"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Picked:
    """What a provider found, and what of the wish it could not meet, in words."""

    spans: tuple[Span, ...]
    """Best first, distinct from each other."""
    unmet: tuple[Say, ...] = ()
    how: Say | None = field(default=None, compare=False)
    """Which way the choice was made, where a person could not know."""


class ClipProvider(ABC):
    """Finds the moments."""

    name: ClassVar[str]

    def available(self) -> Say | None:
        """None when it can work here; else the sentence that says what is missing."""
        return None

    @abstractmethod
    async def pick(
        self,
        video: Video,
        analysis: Analysis,
        wish: Wish,
        tell: Tell,
        taste: Taste = NO_TASTE,
    ) -> Picked:
        """Find the moments; `taste` is what the workspace likes. Raises NothingToCut with the
        reason when there are none."""

    async def first(
        self, video: Video, head: Analysis, wish: Wish, taste: Taste = NO_TASTE
    ) -> Span | None:
        """A moment of the first part that will be among the best whatever the rest holds, so that
        it can be made while the rest is looked at; `head` is the analysis of that part. None when
        nobody can know."""
        return None
