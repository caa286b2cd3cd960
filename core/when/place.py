"""A wall time in a zone becomes an instant, also in the nights when clocks are changed.

Nine o'clock stays nine o'clock: what a person said is kept, and the instant follows from it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from core.say import When, say
from core.when.moment import Moment


def place(wall: datetime, zone: str, *, fold: int = 0) -> Moment:
    """The instant of a naive wall time. An hour that does not exist is moved forward by as much as
    the clocks are; of an hour that comes twice `fold` says which pass. A note says so."""
    wall = wall.replace(fold=0)
    at = wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)
    if at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) != wall:
        # In a gap only the offset from before the change moves it forward (PEP 495).
        at = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        gap = say("when.gap", said=f"{wall:%H:%M}", at=When(at, zone, "hour"))
        return Moment(at, wall, zone, 0, gap)
    if (other := _other_pass(wall, zone, fold)) is not None:
        key = "when.second_pass" if fold else "when.first_pass"
        note = say(key, hour=f"{wall:%H:%M}", other=f"{other:%Y-%m-%d %H:%M} UTC")
        return Moment(at, wall, zone, fold, note)
    return Moment(at, wall, zone)


def _other_pass(wall: datetime, zone: str, fold: int) -> datetime | None:
    """The other instant with the same wall time; None on every ordinary day."""
    here = ZoneInfo(zone)
    passes = [wall.replace(tzinfo=here, fold=f).astimezone(UTC) for f in (0, 1)]
    return passes[1 - fold] if passes[0] != passes[1] else None


def from_instant(at: datetime, zone: str) -> Moment:
    """An instant as it is read on the clocks of a zone: for "in 2 hours"."""
    local = at.astimezone(ZoneInfo(zone))
    return Moment(at.astimezone(UTC), local.replace(tzinfo=None, fold=0), zone, local.fold)


def describe(moment: Moment, now: datetime) -> When:
    """For the echo: weekday, date, time and zone, as it was meant and wherever it is read."""
    return dated(moment.at, moment.zone, now)


def dated(at: datetime, zone: str, now: datetime) -> When:
    """An instant in a zone; its year is named only when it is not the one we are in."""
    tz = ZoneInfo(zone)
    return When(at, zone, "" if at.astimezone(tz).year == now.astimezone(tz).year else "year")
