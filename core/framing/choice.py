"""What was decided about a shot, and what that rests on besides its people."""

from __future__ import annotations

from dataclasses import dataclass

from core.framing.people import Person
from core.framing.plan import Kind
from core.framing.window import Box

PEER = 0.5
"""A face of this part of the biggest one's height counts beside it."""
ALIKE = 0.66
"""Two of whom one is smaller than this part of the other are not side by side: one is the
background of the other."""
STEADY = 0.35
"""Who shows in this part of the samples belongs to the scene."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The layout of a shot; `who` is followed together by one window, or by one each in `split`
    (in the order of the tiles); in `inset` it is the head."""

    kind: Kind
    who: tuple[Person, ...] = ()
    others: tuple[Person, ...] = ()
    """Who may take the place of the one that is followed, when that one leaves."""
    plain: bool = False
    """The source has the wished ratio already: the biggest window, held still."""
    rooms: tuple[Box, ...] = ()
    """What each of `who` may be shown with: the camera picture they sit in; for `fit` what is
    shown. Empty: everything."""
    beside: tuple[Person, ...] = ()
    """For `split`: who sits there too, and must not be seen in the tile of another."""
    seats: tuple[tuple[Person, Box], ...] = ()
    """In a call, or at a table: everybody, with their tile or their part of the room."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a shot is besides its people; pixels as those of the samples."""

    picture: tuple[float, float]
    boxes: tuple[Box, ...] = ()
    """Camera pictures inside it."""
    drawn: bool = False
    """The rest of it is a screen, slides or a game."""
