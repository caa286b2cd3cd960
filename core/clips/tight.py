"""Whether somebody wants the pauses and fillers of a clip taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tight:
    """Nothing is taken out unless it is wished."""

    pauses: bool = False
    """Long ones are shortened to a natural rest."""
    fillers: bool = False
    """ "um" and its like are cut where that touches no word."""
    least_s: float = 3.0
    """A clip is not made shorter than this; Instagram refuses reels under 3 s."""

    def __bool__(self) -> bool:
        return self.pauses or self.fillers

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Tight:
        return cls(**{k: raw[k] for k in cls.__slots__ if k in raw})


NOT_TIGHT = Tight()
