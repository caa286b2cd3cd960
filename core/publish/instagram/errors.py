"""Graph codes and subcodes, each with what is to be done about it (instagram.md §11 has the
sources). The HTTP status is unreliable: throttling may come as 400."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.publish.errors import Fix, PlatformError, SignIn, Stale, Stop, Unknown, Wait
from core.say import Say, say

_THROTTLED = {4, 17, 32, 341, 613, 80002}
_FIX = {
    2207004, 2207005, 2207009, 2207010, 2207023, 2207026, 2207028, 2207035, 2207036, 2207037,
    2207040, 2207057, 2207081,
}  # fmt: skip
_AGAIN = {
    2207001, 2207003, 2207006, 2207008, 2207020, 2207032, 2207052, 2207053, 2207077, 2207082,
    2207085,
}  # fmt: skip
_SERVERS = (-2, -1, 1, 2)
"""Codes of Instagram's own faults."""
_OLD_VERSION = 2635
_FORMAT = 2207026
GONE = ("24/2207006", "24/2207008", "100/33")
"""A container that is not found. Meta answers so now and then for one that is there."""
REFETCH = (2207003, 2207052)
"""The file could not be fetched from its address."""
_WORDS = {
    2207003: "instagram.fetch",
    2207052: "instagram.fetch",
    2207004: "instagram.cover",
    2207009: "instagram.aspect",
    2207010: "instagram.caption_long",
    2207026: "instagram.format",
    2207057: "instagram.cover",
    2207081: "instagram.no_trial",
}
_SIGNED_OUT = {
    458: "instagram.app_removed",
    459: "instagram.checkpoint",
    460: "instagram.password",
    464: "instagram.checkpoint",
}


def error_of(
    raw: Mapping[str, Any], http: int, *, publishing: bool, regain_s: float = 0.0
) -> PlatformError:
    """The error for an answer with an `error` object, or with none of use."""
    code, sub = _int(raw.get("code")), _int(raw.get("error_subcode"))
    named = f"{code}/{sub}" if sub else str(code or http)
    message = str(raw.get("error_user_msg") or raw.get("message") or "")
    if code in (190, 102):
        return Stale(say(_SIGNED_OUT.get(sub, "publish.signed_out"), platform="Instagram"), named)
    if code == 10 or 200 <= code <= 299:
        return SignIn(say("instagram.permission", message=message), named)
    if code == _OLD_VERSION:
        return Stop(say("instagram.old_version"), named, everybody=True)
    if sub == 2207042 or (code == 9 and not sub):
        return Wait(say("instagram.daily"), 3600, named, "instagram_daily")
    if sub == 2207027:
        return Wait(say("instagram.still_processing"), 30, named, "instagram_ready")
    if code == 368 or sub == 2207050 or (sub == 2207051 and not publishing):
        key = "instagram.blocked" if sub == 2207051 else "instagram.restricted"
        return Stop(say(key, message=message), named)
    if publishing and _proves_nothing(raw, code, sub, http):
        return Unknown(_fault(named), named)
    return _clear(raw, code, sub, http, regain_s)


def _proves_nothing(raw: Mapping[str, Any], code: int, sub: int, http: int) -> bool:
    """Answers to `media_publish` after which it may be live all the same."""
    servers = http >= 500 or not code or code in (-1, 1, 2)
    return servers or sub == 2207051 or code == 506 or raw.get("is_transient") is True


def _clear(
    raw: Mapping[str, Any], code: int, sub: int, http: int, regain_s: float
) -> PlatformError:
    """A clear no: for this post, or for now."""
    named = f"{code}/{sub}" if sub else str(code or http)
    message = str(raw.get("error_user_msg") or raw.get("message") or "")
    if sub in _FIX:
        return Fix(_words(sub, named, message), named, media=sub == _FORMAT)
    if code in _THROTTLED or http == 429:
        return Wait(say("instagram.throttled"), regain_s or 300.0, named, "instagram_rate")
    if code == 506:
        return Unknown(say("instagram.duplicate"), named)
    again = sub in _AGAIN or http >= 500 or code in _SERVERS or (code, sub) == (100, 33)
    if again or raw.get("is_transient") is True:
        return Wait(say(_WORDS[sub]) if sub in _WORDS else _fault(named), 60, named)
    return Fix(_words(sub, named, message), named)


def _fault(named: str) -> Say:
    return say("publish.platform_fault", platform="Instagram", code=named)


def _words(sub: int, named: str, message: str) -> Say:
    if sub in _WORDS:
        return say(_WORDS[sub])
    return say("publish.refused", platform="Instagram", code=named, message=message)


def container_failed(code: str, status: str) -> PlatformError:
    """Why a container will never be ready: from the text of its status."""
    found = re.search(r"22\d{5}", status)
    sub = int(found[0]) if found else 0
    if code == "EXPIRED":
        return Wait(say("instagram.expired"), 5, "EXPIRED", "instagram_ready")
    if sub in _FIX:
        return Fix(_words(sub, str(sub), status), str(sub), media=sub == _FORMAT)
    what = say(_WORDS[sub]) if sub in _WORDS else _fault(str(sub or code))
    return Wait(what, 60, str(sub or code))


def _int(raw: object) -> int:
    try:
        return int(str(raw))
    except ValueError:
        return 0
