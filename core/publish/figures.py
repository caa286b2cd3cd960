"""How a post fares on its platform: what people did with it so far. Only ever read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """Totals since the post went out. None: the platform does not tell."""

    views: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None


UNTOLD = Figures()


def count(raw: object) -> int | None:
    """A number, or one in quotes; None for anything else, which is not nothing."""
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        return None
    return int(raw) if str(raw).isdigit() else None
