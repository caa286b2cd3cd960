"""What a check says of a finished file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was measured on the finished file."""

    name: str
    ok: bool
    value: float | str | None
    limit: str
    """The rule in short, for example `-14 ± 0.5 LUFS`."""
    must: bool = True
    """A failed one that must hold makes the clip unfit to post; the others are told."""
