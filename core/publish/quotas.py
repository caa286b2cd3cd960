"""How much of something a platform allows in which time, and when there is room again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

DAY = timedelta(hours=24)
PACIFIC = ZoneInfo("America/Los_Angeles")
"""Google's days end at midnight there, with its summer time."""
_SECOND = timedelta(seconds=1)

Window = timedelta | Literal["pacific day"]


@dataclass(frozen=True, slots=True)
class Quota:
    """So many uses of one kind in one window, counted for each account or for all of a platform."""

    kind: str
    rule: str
    most: int
    window: Window
    per: Literal["account", "platform"] = "account"


def window_start(window: Window, now: datetime) -> datetime:
    """Uses after this count."""
    if isinstance(window, timedelta):
        return now - window
    return now.astimezone(PACIFIC).replace(hour=0, minute=0, second=0, microsecond=0)


def frees_at(quota: Quota, oldest: datetime, now: datetime) -> datetime:
    """When there is room again; `oldest` is the first use that has to leave the window."""
    if isinstance(quota.window, timedelta):
        return oldest + quota.window + _SECOND
    return pacific_midnight(now)


def pacific_midnight(now: datetime) -> datetime:
    """The next one, and a minute of patience."""
    midnight = window_start("pacific day", now).replace(tzinfo=None) + timedelta(days=1)
    return midnight.replace(tzinfo=PACIFIC) + timedelta(minutes=1)
