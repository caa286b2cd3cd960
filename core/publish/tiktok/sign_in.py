"""How somebody signs in to TikTok, and how a sign-in is kept alive."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from core.publish.errors import Unknown
from core.publish.grant import Grant, is_loopback
from core.publish.tiktok.app import App
from core.publish.tiktok.upload import number
from core.publish.tiktok.wire import Wire
from core.say import say

ACCESS_S = 7200
"""How long an access token lives when the answer does not say: two hours, as of 2026."""
ROLL_S = timedelta(minutes=20)
"""An access token lives two hours; one that may end during an upload is renewed before it."""
IDLE_ROLL = timedelta(days=30)


def address(app: App, scopes: tuple[str, ...], redirect_uri: str, state: str, verifier: str) -> str:
    query = {
        "client_key": app.client_key,
        "response_type": "code",
        "scope": ",".join(scopes),
        "redirect_uri": redirect_uri,
        "state": state,
    }
    if is_loopback(redirect_uri):  # a "Desktop" app: PKCE, with TikTok's hex challenge
        query["code_challenge"] = hashlib.sha256(verifier.encode()).hexdigest()
        query["code_challenge_method"] = "S256"
    return f"{app.auth_root}/v2/auth/authorize/?{urlencode(query)}"


async def exchange(
    app: App, wire: Wire, code: str, redirect_uri: str, verifier: str, now: datetime
) -> Grant:
    form = {
        "client_key": app.client_key,
        "client_secret": app.client_secret,
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
    }
    if is_loopback(redirect_uri):
        form["code_verifier"] = verifier
    return _grant(await wire.token(form), now)


async def refresh(app: App, wire: Wire, grant: Grant, now: datetime) -> Grant:
    form = {
        "client_key": app.client_key,
        "client_secret": app.client_secret,
        "grant_type": "refresh_token",
        "refresh_token": grant.refresh,
    }
    return _grant(await wire.token(form), now, grant)


def _grant(raw: Mapping[str, Any], now: datetime, old: Grant | None = None) -> Grant:
    """What is missing in an answer is taken from before: the pair in it is the only good one
    from now on, so it must not be lost for a field."""
    if not raw.get("access_token"):
        raise Unknown(say("publish.strange_answer", call="oauth/token"))
    scopes = re.split(r"[,\s]+", str(raw.get("scope") or ""))
    refresh = str(raw.get("refresh_token") or (old.refresh if old else ""))
    return Grant(
        access=str(raw["access_token"]),
        access_until=now + timedelta(seconds=number(raw.get("expires_in"), ACCESS_S)),
        refresh=refresh,
        refresh_until=now + timedelta(seconds=number(raw.get("refresh_expires_in"), 86400)),
        scopes=tuple(s for s in scopes if s) or (old.scopes if old else ()),
        remote_id=str(raw.get("open_id") or (old.remote_id if old else "")),
        issued_at=now,
    )


def due(grant: Grant, now: datetime) -> bool:
    """Whether it should be renewed."""
    if grant.access_until is not None and grant.access_until - now < ROLL_S:
        return True
    until = grant.refresh_until
    return until is not None and until - now < IDLE_ROLL
