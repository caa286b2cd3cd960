"""The numbers a button carries: read with care, they come back from outside."""

from __future__ import annotations

from core.chat.registry import Ask
from core.errors import Told

_BIGGEST = 2**63
"""What a database can number."""


def first(ask: Ask) -> int:
    """The thing the button is about."""
    return nth(ask, 0)


def nth(ask: Ask, place: int, *, among: int = _BIGGEST) -> int:
    """The number at a place, below `among`. Raises Told for a button we never drew."""
    if len(ask.ids) <= place or ask.ids[place] >= among:
        raise Told("door.strange_button")
    return ask.ids[place]
