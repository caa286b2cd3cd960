"""What makes clips look like their owner's: as it is kept, and as a clip remembers it was made."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

Part = Literal["font", "colours", "logo", "intro", "outro", "music"]
PARTS: tuple[Part, ...] = ("font", "colours", "logo", "intro", "outro", "music")
"""Buttons carry the place in it: only ever add at its end."""
FILES: tuple[Part, ...] = ("font", "logo", "intro", "outro", "music")


def part_of(word: str) -> Part | None:
    """The part somebody names, in any of our languages."""
    return _words().get(word.casefold())


@cache
def _words() -> dict[str, Part]:
    raw = tomllib.loads(Path(__file__).with_name("parts.toml").read_text(encoding="utf-8"))
    return {word: part for part in PARTS for word in raw["parts"][part]}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of a brand, made safe and kept under its hash."""

    key: str
    """In the media store."""
    name: str
    """What people call it."""


@dataclass(frozen=True, slots=True)
class Brand:
    """Whatever is empty is left as it is without a brand. Colours are `#RRGGBB`."""

    font: Asset | None = None
    letters: str = ""
    """Colour of the words of captions."""
    highlight: str = ""
    """Of the word that is being said, of its plate or its glow, as the style has it."""
    edge: str = ""
    """Around the letters, or of the plate behind them."""
    logo: Asset | None = None
    intro: Asset | None = None
    outro: Asset | None = None
    music: Asset | None = None
    """Lies under what is said. A clip remembers it beside its brand, since it may be left out."""

    @property
    def colours(self) -> tuple[str, str, str]:
        return self.letters, self.highlight, self.edge

    def has(self, part: Part) -> bool:
        return any(self.colours) if part == "colours" else getattr(self, part) is not None

    def without(self, part: Part) -> Brand:
        if part == "colours":
            return replace(self, letters="", highlight="", edge="")
        gone: dict[str, Any] = {part: None}
        return replace(self, **gone)

    def with_file(self, part: Part, asset: Asset) -> Brand:
        new: dict[str, Any] = {part: asset}
        return replace(self, **new)

    def same_ends(self, than: Brand) -> bool:
        """Whether the same is joined to the clip."""
        return (self.intro, self.outro) == (than.intro, than.outro)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Brand:
        known = {k: raw[k] for k in cls.__slots__ if k in raw}
        files = {str(k): Asset(**known[k]) for k in FILES if known.get(k)}
        return cls(**{**known, **files})
