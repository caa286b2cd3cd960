"""A sign-in on a platform, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Grant:
    """A sign-in. Stored sealed; never logged."""

    access: str
    access_until: datetime | None
    refresh: str = ""
    refresh_until: datetime | None = None
    scopes: tuple[str, ...] = ()
    remote_id: str = ""
    """The account's id on the platform."""
    issued_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """Whose account it is."""

    remote_id: str
    username: str


def is_loopback(address: str) -> bool:
    """Whether a sign-in that leads back there stays on this machine."""
    return urlsplit(address).hostname in ("127.0.0.1", "localhost", "::1")
