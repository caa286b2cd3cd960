"""Addresses that open a conversation with us on the networks we have a face on."""

from __future__ import annotations

from core.services import Services


def doors(svc: Services, code: str) -> tuple[str, ...]:
    """One per network that has such a thing, with the code in it."""
    return tuple(door.replace("{code}", code) for _, door in sorted(svc.doors.items()))
