"""How somebody signs in to Instagram, and how a sign-in is kept alive."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from core.publish.errors import Fix, SignIn, Stale, Unknown, Wait
from core.publish.grant import Grant
from core.publish.instagram.app import App
from core.publish.instagram.wire import Graph
from core.say import say

ROLL = timedelta(days=10)
LONG_S = 60 * 86400.0
"""How long a long-lived token lives when the answer does not say."""
YOUNGEST = timedelta(hours=24)
"""A long-lived token can be renewed only when it is a day old, and only while it lives."""
_EXCHANGES = 3


def address(app: App, scopes: tuple[str, ...], redirect_uri: str, state: str) -> str:
    query = {
        "client_id": app.app_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": ",".join(scopes),
        "state": state,
    }
    return f"{app.auth_root}/oauth/authorize?{urlencode(query)}"


async def exchange(app: App, graph: Graph, code: str, redirect_uri: str, now: datetime) -> Grant:
    """A short-lived token for the code, and a long-lived one for that."""
    form = {
        "client_id": app.app_id,
        "client_secret": app.app_secret,
        "grant_type": "authorization_code",
        "redirect_uri": redirect_uri,
        "code": code.removesuffix("#_"),
    }
    short = await graph.token(f"{app.api_root}/oauth/access_token", form)
    query = {
        "grant_type": "ig_exchange_token",
        "client_secret": app.app_secret,
        "access_token": short["access_token"],
    }
    long = await _lasting(app, graph, query)
    scopes = short.get("permissions") or ()
    named = re.split(r"[,\s]+", scopes) if isinstance(scopes, str) else map(str, scopes)
    return _grant(long, now, tuple(s for s in named if s), str(short.get("user_id", "")))


async def _lasting(app: App, graph: Graph, query: Mapping[str, str]) -> Mapping[str, Any]:
    """The code is used up and cannot be shown again, so a fault here is waited out."""
    for attempt in range(_EXCHANGES):
        try:
            return await graph.exchange(f"{app.graph_root}/access_token", query)
        except (Unknown, Wait):
            if attempt == _EXCHANGES - 1:
                raise
            await asyncio.sleep(0.5 * 2**attempt)
    raise AssertionError("unreachable")


async def refresh(app: App, graph: Graph, grant: Grant, now: datetime) -> Grant:
    signed_out = say("publish.signed_out", platform="Instagram")
    lives = grant.access_until is None or grant.access_until > now
    if not lives or (grant.issued_at is not None and now - grant.issued_at < YOUNGEST):
        raise SignIn(signed_out, "190")  # too old or too young: only a person can mend it
    query = {"grant_type": "ig_refresh_token", "access_token": grant.access}
    try:
        found = await graph.exchange(f"{app.graph_root}/refresh_access_token", query)
    except (Fix, Stale) as wrong:
        said = wrong.say if isinstance(wrong, Stale) else signed_out
        raise SignIn(said, wrong.code) from wrong
    return _grant(found, now, grant.scopes, grant.remote_id)


def due(grant: Grant, now: datetime) -> bool:
    """Whether it should be renewed."""
    if grant.access_until is None or grant.access_until <= now:
        return False  # an expired one cannot be renewed; the first call says so
    old_enough = grant.issued_at is None or now - grant.issued_at >= YOUNGEST
    return old_enough and grant.access_until - now < ROLL


def _grant(raw: Mapping[str, Any], now: datetime, scopes: tuple[str, ...], remote_id: str) -> Grant:
    if not raw.get("access_token"):
        raise Unknown(say("publish.strange_answer", call="access_token"))
    lives = str(raw.get("expires_in") or "")
    until = now + timedelta(seconds=float(lives) if lives.isdigit() else LONG_S)
    return Grant(
        access=str(raw["access_token"]),
        access_until=until,
        refresh_until=until,
        scopes=scopes,
        remote_id=remote_id,
        issued_at=now,
    )
