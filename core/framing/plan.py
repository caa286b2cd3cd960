"""How a clip is framed, as data: which layout when, and where each window lies.

Times count from the start of the clip; boxes are pixels of the upright source picture.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Kind = Literal["track", "split", "inset", "fit"]
"""`track`: one window follows the subject. `split`: a tile for each of two to six, in rows.
`inset`: a screen above, and below it, bigger, the head that sits in a corner of it.
`fit`: the whole picture over a blurred copy of itself."""


_STEP = 0.01
"""Of the window's side: a smaller move is not seen as one."""


@dataclass(frozen=True, slots=True)
class Window:
    """Where a crop lies at one moment. Between two of one path it moves in a straight line."""

    t_s: float
    x: float
    y: float
    w: float
    h: float


def window_at(path: Sequence[Window], t_s: float) -> Window:
    """Where a window lies at one moment: between two points it moves in a straight line."""
    n = bisect_right([w.t_s for w in path], t_s)
    if n == 0 or n == len(path):
        return path[max(0, n - 1)]
    a, b = path[n - 1], path[n]
    k = (t_s - a.t_s) / max(b.t_s - a.t_s, 1e-9)
    return Window(
        t_s,
        a.x + k * (b.x - a.x),
        a.y + k * (b.y - a.y),
        a.w + k * (b.w - a.w),
        a.h + k * (b.h - a.h),
    )


def turns(path: Sequence[Window]) -> int:
    """How often the window goes back the way it came, sideways or up and down."""
    sideways = _sign_changes([w.x for w in path], _STEP * path[0].w) if path else 0
    upright = _sign_changes([w.y for w in path], _STEP * path[0].h) if path else 0
    return sideways + upright


def _sign_changes(places: Sequence[float], least: float) -> int:
    """Turning points between moves of at least this size."""
    turns, direction, far = 0, 0, places[0]
    for place in places[1:]:
        if direction == 0 and abs(place - far) >= least:
            direction, far = (1 if place > far else -1), place
        elif direction and (place - far) * direction > 0:
            far = place
        elif direction and (far - place) * direction >= least:
            turns, direction, far = turns + 1, -direction, place
    return turns


@dataclass(frozen=True, slots=True)
class Layout:
    """One stretch of the clip with one layout; it begins and ends on shot edges of the source (or
    the edges of the clip), and where one of two comes or goes."""

    start_s: float
    end_s: float
    kind: Kind
    path: tuple[Window, ...]
    """Window of the subject; for `split` of the first tile; for `inset` the screen; for `fit` the
    whole picture, without black bars that are part of it."""
    lower: tuple[Window, ...] = ()
    """For `split`: the window of the second tile; for `inset`: the one of the head."""
    joined: bool = False
    """It goes on with the shot of the one before, behind something that was taken out: another
    window, and nothing else changes."""
    more: tuple[tuple[Window, ...], ...] = ()
    """For `split`: the windows of the tiles after the second, in reading order."""

    @property
    def paths(self) -> tuple[tuple[Window, ...], ...]:
        """All its windows, in the order of the tiles."""
        return tuple(path for path in (self.path, self.lower, *self.more) if path)

    def with_paths(self, paths: Iterable[tuple[Window, ...]]) -> Layout:
        """The same with these windows."""
        first, *rest = paths
        return replace(self, path=first, lower=rest[0] if rest else (), more=tuple(rest[1:]))


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
                Layout(
                    **{k: v for k, v in r.items() if k not in ("path", "lower", "more")},
                    path=path(r["path"]),
                    lower=path(r["lower"]),
                    more=tuple(path(p) for p in r.get("more", ())),
                )
                for r in raw["layouts"]
            ),
        )
