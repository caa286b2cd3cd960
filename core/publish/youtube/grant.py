"""Google's token answers, and how long a sign-in lives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from core.publish.errors import Unknown
from core.publish.grant import Grant
from core.say import say

ACCESS_S = 3599
"""How long an access token lives when the answer does not say."""
UNUSED = timedelta(days=180)
"""A refresh token dies when it was not used for six months; one of a testing app after a week."""
IDLE_ROLL = timedelta(days=30)


def grant_of(raw: Mapping[str, Any], now: datetime, old: Grant | None = None) -> Grant:
    """Refresh tokens are not rotated: an answer without one leaves the old one good."""
    if not raw.get("access_token"):
        raise Unknown(say("publish.strange_answer", call="token"))
    refresh = str(raw.get("refresh_token") or (old.refresh if old else ""))
    scopes = tuple(s for s in str(raw.get("scope") or "").split() if s)
    return Grant(
        access=str(raw["access_token"]),
        access_until=now + timedelta(seconds=_seconds(raw.get("expires_in"), ACCESS_S)),
        refresh=refresh,
        refresh_until=_lives_until(raw, now, old),
        scopes=scopes or (old.scopes if old else ()),
        remote_id=old.remote_id if old else "",
        issued_at=now,
    )


def _lives_until(raw: Mapping[str, Any], now: datetime, old: Grant | None) -> datetime:
    """Each use gives the refresh token another half year, unless its end is fixed: an app in
    testing says so, and its sign-ins last for a week whatever is done."""
    if raw.get("refresh_token_expires_in"):
        return now + timedelta(seconds=_seconds(raw["refresh_token_expires_in"], 0))
    known = old is not None and old.refresh_until is not None and old.issued_at is not None
    if known and old.refresh_until - old.issued_at < IDLE_ROLL:  # type: ignore[operator, union-attr]
        return old.refresh_until  # type: ignore[return-value, union-attr]
    return now + UNUSED


def _seconds(raw: object, otherwise: float) -> float:
    try:
        return float(str(raw))
    except ValueError:
        return otherwise
