"""Times as they are asked for and read: quick answers, and plain words."""

from __future__ import annotations

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

from core.chat.limits import QUICK_TIMES
from core.chat.message import Act, Button, Rows
from core.chat.registry import Ask
from core.say import say
from core.services import Services
from core.when.moment import Moment
from core.when.parse import read_when
from handlers._ids import nth

_LATEST_TONIGHT_H = 17
"""From six on "tonight 18:00" would be tomorrow's."""


def quick(ask: Ask, svc: Services, act: str, number: int, *also: int) -> Rows:
    """In 1 hour, tonight (while it is ahead), tomorrow."""
    shown = (0, 2) if _hour(svc.clock.now(), ask.by.zone) > _LATEST_TONIGHT_H else (0, 1, 2)
    row = (Button(say(f"schedule.quick_{n}"), Act.of(act, number, n, *also)) for n in shown)
    return (tuple(row),)


def _hour(at: datetime, zone: str) -> int:
    return at.astimezone(ZoneInfo(zone)).hour


async def read(ask: Ask, svc: Services, text: str, zone: str | None = None) -> Moment:
    """What somebody wrote. Raises Told when it is unclear, past or too far away."""
    zone, now = zone or ask.by.zone, svc.clock.now()
    # In a thread: dateparser takes a third of a second when it is asked for the first time.
    return await asyncio.to_thread(read_when, text, now=now, zone=zone, language=ask.by.language)


async def read_quick(ask: Ask, svc: Services, zone: str | None = None) -> Moment:
    """The time of a quick answer, counted from when it is pressed."""
    return await read(ask, svc, QUICK_TIMES[nth(ask, 1, among=len(QUICK_TIMES))], zone)
