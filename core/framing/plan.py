"""How a clip is framed, as data: which layout when, and where each window lies.

Times count from the start of the clip; boxes are pixels of the upright source picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["track", "split", "fit"]
"""`track`: one window follows the subject. `split`: two who talk, one above the other.
`fit`: the whole picture over a blurred copy of itself."""


@dataclass(frozen=True, slots=True)
class Window:
    """Where a crop lies at one moment. Between two of one path it moves in a straight line."""

    t_s: float
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Layout:
    """One stretch of the clip with one layout; it begins and ends on shot edges of the source
    (or the edges of the clip)."""

    start_s: float
    end_s: float
    kind: Kind
    path: tuple[Window, ...]
    """Window of the subject; for `split` the upper one; for `fit` the whole picture."""
    lower: tuple[Window, ...] = ()
    """For `split`: the window of the lower half."""


@dataclass(frozen=True, slots=True)
class FaceAt:
    """The face the framing keeps, in pixels of the upright source; `t_s` from the clip's start."""

    t_s: float
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The framing of one clip for one format. Layouts follow each other without a gap."""

    format: str
    layouts: tuple[Layout, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Plan:
        def path(rows: list[dict[str, float]]) -> tuple[Window, ...]:
            return tuple(Window(**w) for w in rows)

        return cls(
            raw["format"],
            tuple(
                Layout(**{**r, "path": path(r["path"]), "lower": path(r["lower"])})
                for r in raw["layouts"]
            ),
        )
