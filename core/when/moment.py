"""A point in time as a person meant it: a wall time in a zone, and the instant that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.say import Say


@dataclass(frozen=True, slots=True)
class Moment:
    """`at` is the aware UTC instant; `wall` the naive local time it came from."""

    at: datetime
    wall: datetime
    zone: str
    """IANA name."""
    fold: int = 0
    """1 for the second pass of an hour that comes twice."""
    note: Say | None = None
    """A daylight-saving gap or overlap, announced before it matters."""
