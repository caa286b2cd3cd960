"""What a platform works with for one target, and what is written down of each call."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp

from core.publish.grant import Grant


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it is remembered in the story of a post."""

    name: str
    ok: bool
    http: int | None
    code: str | None
    log_id: str | None
    took_s: float
    note: str | None = None
    full_s: float = 0.0
    """Seconds for which the platform asked not to be called, because its limits are nearly full."""


Mark = Callable[[str, str], Awaitable[None]]
"""`await mark("publish_id", "…")`: stored and committed when it returns."""
Tell = Callable[[Call], Awaitable[None]]


def _always() -> None:
    """For work that no claim protects."""


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a quota is used: how often, and when the oldest use leaves the window."""

    n: int
    frees_at: datetime | None


@dataclass(slots=True)
class Hand:
    """What a platform works with for one target: its sign-in, what it marked before, and where
    calls are written down."""

    http: aiohttp.ClientSession
    grant: Grant
    refs: dict[str, str]
    mark: Mark
    tell: Tell
    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    spend: Callable[[str], Awaitable[None]]
    """Count one use of a quota before it is used. Raises Wait when it is used up."""
    used: Callable[[str, timedelta], Awaitable[Use]]
    """How often a quota was used by us in that time."""
    username: str = ""
    intent_at: datetime | None = None
    """When the dangerous call was announced, for matching what is found later."""
    ours: Callable[[], None] = _always
    """Raises LostClaim when the claim has run out: nothing may be sent then."""

    async def note(self, kind: str, value: str) -> None:
        """Store an id before anything else happens."""
        await self.mark(kind, value)
        self.refs[kind] = value


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def s(self) -> float:
        return round(time.monotonic() - self._began, 3)
