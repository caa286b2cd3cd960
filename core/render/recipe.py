"""What a version of a clip is made of. Two versions with the same recipe are the same clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.brand.brand import Brand
from core.captions.look import Look
from core.clips.tight import Tight
from core.sound.cleaning import Cleaning


@dataclass(frozen=True, slots=True)
class Recipe:
    """Times are seconds of the source."""

    start_s: float
    end_s: float
    format: str = "9:16"
    captions: bool = True
    other: int = 0
    """How far the framing was moved on to somebody else; 0 is whom it chose itself."""
    look: Look = field(default_factory=Look)
    burnt: bool = False
    """The source shows captions of its own there; ours were left out for that."""
    partly: bool = False
    """It does in a part, and there ours are left out."""
    cleaning: Cleaning = "auto"
    """Whether hum and noise are taken out of its sound."""
    music: str = ""
    """Key of the file whose music lies under it; empty for none."""
    brand: Brand = field(default_factory=Brand)
    """Its logo is only in the files for platforms that allow one."""
    tight: Tight = field(default_factory=Tight)
    """Pauses and fillers that are to be taken out."""
    cover: str = ""
    """A text on its cover."""

    @property
    def length_s(self) -> float:
        """Before anything is taken out."""
        return self.end_s - self.start_s

    def same_span(self, than: Recipe) -> bool:
        """Whether the same is said in both."""
        mine, other = (self.start_s, self.end_s), (than.start_s, than.end_s)
        return mine == other and self.tight == than.tight

    def same_but_cover(self, than: Recipe) -> bool:
        """Whether nothing but the cover is another one."""
        return self != than and replace(self, cover="") == replace(than, cover="")

    def same_sound(self, than: Recipe) -> bool:
        wished = (self.cleaning, self.music) == (than.cleaning, than.music)
        return wished and self.same_span(than) and self.brand.same_ends(than.brand)

    def same_framing(self, than: Recipe) -> bool:
        return self.same_span(than) and (self.format, self.other) == (than.format, than.other)

    def to_json(self) -> dict[str, Any]:
        parts = ("look", "brand", "tight")
        plain = {k: getattr(self, k) for k in self.__slots__ if k not in parts}
        return {**plain, **{k: getattr(self, k).to_json() for k in parts}}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Recipe:
        known = {k: raw[k] for k in cls.__slots__ if k in raw}
        parts = {"look": Look, "brand": Brand, "tight": Tight}
        made = {k: part.from_json(raw.get(k, {})) for k, part in parts.items()}  # type: ignore[attr-defined]
        return cls(**{**known, **made})
