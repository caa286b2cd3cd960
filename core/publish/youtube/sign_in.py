"""How somebody signs in at Google, and how long a sign-in lives."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from core.publish.errors import Unknown
from core.publish.grant import Grant
from core.publish.quotas import DAY
from core.publish.youtube.app import App
from core.publish.youtube.wire import Wire
from core.say import say

ACCESS_S = 3599
"""How long an access token lives when the answer does not say."""
UNUSED = timedelta(days=180)
"""A refresh token dies when it was not used for six months; one of a testing app after a week."""
IDLE_ROLL = timedelta(days=30)
ROLL_S = timedelta(minutes=10)


def address(app: App, scopes: tuple[str, ...], redirect_uri: str, state: str, verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": " ".join(scopes),
        "state": state,
        "access_type": "offline",
        "prompt": "consent",  # without it only the first sign-in brings a refresh token
        "include_granted_scopes": "true",
        "code_challenge": urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    return f"{app.auth_root}/o/oauth2/v2/auth?{urlencode(query)}"


async def exchange(
    app: App, wire: Wire, code: str, redirect_uri: str, verifier: str, now: datetime
) -> Grant:
    form = {
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    return grant_of(await wire.token(app.token_root, form), now)


async def refresh(app: App, wire: Wire, grant: Grant, now: datetime) -> Grant:
    form = {
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "grant_type": "refresh_token",
        "refresh_token": grant.refresh,
    }
    return grant_of(await wire.token(app.token_root, form), now, grant)


def due(grant: Grant, now: datetime) -> bool:
    """Whether it should be renewed."""
    if grant.access_until is not None and grant.access_until - now < ROLL_S:
        return True
    rested = grant.issued_at is None or now - grant.issued_at > DAY
    until = grant.refresh_until
    return rested and until is not None and until - now < IDLE_ROLL


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
