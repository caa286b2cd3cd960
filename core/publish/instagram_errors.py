"""Graph codes and subcodes, each with what is to be done about it (instagram.md §11 has the
sources). The HTTP status is unreliable: throttling may come as 400."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.publish.base import Fix, PlatformError, Stale, Stop, Unknown, Wait
from core.say import say

_THROTTLED = {4, 17, 32, 341, 613, 80002}
_FIX = {
    2207004, 2207005, 2207009, 2207010, 2207023, 2207026, 2207028, 2207035, 2207036, 2207037,
    2207040, 2207057, 2207081,
}  # fmt: skip
_AGAIN = {2207001, 2207003, 2207020, 2207032, 2207052, 2207053, 2207077, 2207082, 2207085, 2207008}
_WORDS = {
    2207010: "instagram.caption_long",
    2207026: "instagram.format",
    2207009: "instagram.aspect",
    2207057: "instagram.cover",
}


def error_of(
    raw: Mapping[str, Any], http: int, *, publishing: bool, regain_s: float = 0.0
) -> PlatformError:
    """The error for an answer with an `error` object, or with none of use."""
    code, sub = _int(raw.get("code")), _int(raw.get("error_subcode"))
    named = f"{code}/{sub}" if sub else str(code or http)
    message = str(raw.get("error_user_msg") or raw.get("message") or "")
    if code in (190, 102):
        key = "instagram.checkpoint" if sub == 459 else "publish.signed_out"
        return Stale(say(key, platform="Instagram"), named)
    if sub == 2207042:
        return Wait(say("instagram.daily"), 3600, named, "instagram_daily")
    if sub == 2207027:
        return Wait(say("instagram.still_processing"), 30, named, "instagram_ready")
    if sub == 2207051 and not publishing:
        return Stop(say("instagram.blocked"), named)
    if code == 368 or sub == 2207050:
        return Stop(say("instagram.restricted", message=message), named)
    if publishing and (http >= 500 or not code or code in (-1, 1, 2) or sub == 2207051):
        return Unknown(say("publish.platform_fault", platform="Instagram", code=named), named)
    if code in _THROTTLED:
        wait_s = regain_s or 300.0
        return Wait(say("instagram.throttled"), wait_s, named, "instagram_rate")
    if code == 506:
        return Unknown(say("instagram.duplicate"), named)
    if code == 10 or 200 <= code <= 299:
        return Stop(say("instagram.permission", message=message), named)
    if sub in _AGAIN or http >= 500 or code in (-1, 1, 2) or (code, sub) == (100, 33):
        return Wait(say("publish.platform_fault", platform="Instagram", code=named), 60, named)
    if sub in _WORDS:
        return Fix(say(_WORDS[sub]), named)
    return Fix(say("publish.refused", platform="Instagram", code=named, message=message), named)


def container_failed(code: str, status: str) -> PlatformError:
    """Why a container will never be ready: from the text of its status."""
    found = re.search(r"22\d{5}", status)
    sub = int(found[0]) if found else 0
    if code == "EXPIRED":
        return Wait(say("instagram.expired"), 5, "EXPIRED", "instagram_ready")
    if sub in _FIX:
        key = _WORDS.get(sub)
        what = (
            say(key)
            if key
            else say("publish.refused", platform="Instagram", code=str(sub), message=status)
        )
        return Fix(what, str(sub))
    return Wait(say("publish.platform_fault", platform="Instagram", code=str(sub)), 60, str(sub))


def _int(raw: object) -> int:
    try:
        return int(str(raw))
    except ValueError:
        return 0
