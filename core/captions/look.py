"""How the captions of one clip are wished: the style and everything that is done to the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fix:
    """What a person corrected: wherever the clip says `old` it is written `new`; an empty `new`
    leaves it out."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Look:
    """Kept with a clip; a field that came later has a default, so that old ones can be read."""

    style: str = "default"
    emoji: bool = False
    masked: bool = False
    """Rude words get asterisks: in the captions, not in the sound."""
    language: str = ""
    """The captions are translated into this one (BCP 47); empty is as spoken."""
    fixes: tuple[Fix, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Look:
        known = {k: raw[k] for k in cls.__slots__ if k in raw}
        return cls(**{**known, "fixes": tuple(Fix(**f) for f in raw.get("fixes", ()))})
