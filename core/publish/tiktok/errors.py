"""TikTok's codes, each with what is to be done about it (tiktok.md §10, §11 name the sources)."""

from __future__ import annotations

from core.publish.errors import Fix, PlatformError, SignIn, Stale, Stop, Unknown, Wait
from core.publish.outcome import NotThere
from core.say import say

_DAY_S = 24 * 3600.0

_STOP = {
    "spam_risk_user_banned_from_posting": "banned",
    "spam_risk": "spam",
    "spam_risk_text": "spam",
    "app_version_check_failed": "app_old",
}
_WAIT = {
    "rate_limit_exceeded": (60.0, "rate"),
    "spam_risk_too_many_posts": (_DAY_S / 4, "daily"),
    "spam_risk_too_many_pending_share": (3600.0, "inbox"),
    "reached_active_user_cap": (_DAY_S / 2, "app_users"),
}
_MEDIA = {
    "file_format_check_failed": "format",
    "duration_check_failed": "duration",
    "frame_rate_check_failed": "frame_rate",
    "picture_size_check_failed": "picture_size",
}
_FAULTS = ("internal_error", "server_error", "temporarily_unavailable", "")
FORGOTTEN = ("invalid_publish_id", "token_not_authorized_for_specified_publish_id")
"""Answers to a status call after which nothing more will be learnt from it."""


def error_of(code: str, http: int, message: str = "") -> PlatformError:
    """The error for an answer that is not `ok`."""
    if code in _WAIT or http == 429:
        after_s, rule = _WAIT.get(code, _WAIT["rate_limit_exceeded"])
        return Wait(say(f"tiktok.wait_{rule}"), after_s, code, f"tiktok_{rule}")
    if code in _STOP:
        return Stop(say(f"tiktok.stop_{_STOP[code]}"), code)
    if code == "access_token_invalid":
        return Stale(say("publish.signed_out", platform="TikTok"), code)
    if code in ("scope_not_authorized", "scope_permission_missed"):
        return SignIn(say("publish.scope_missing", scope=message or code), code)
    if code == "privacy_level_option_mismatch":
        return Fix(say("tiktok.privacy"), code)
    if code == "unaudited_client_can_only_post_to_private_accounts":
        return Fix(say("tiktok.unaudited"), code)
    if http >= 500 or code in _FAULTS:
        return Unknown(
            say("publish.platform_fault", platform="TikTok", code=code or str(http)), code
        )
    return Fix(say("publish.refused", platform="TikTok", code=code, message=message), code)


def oauth_error(code: str, description: str, http: int) -> PlatformError:
    """The error for a token call; these answers are flat."""
    if code in ("invalid_grant", "access_denied"):
        return SignIn(say("publish.signed_out", platform="TikTok"), code)
    if code in ("invalid_client", "unauthorized_client"):
        return Stop(say("publish.bad_client", platform="TikTok"), code, everybody=True)
    if http == 429 or code == "rate_limit_exceeded":
        return Wait(say("tiktok.wait_rate"), 60, code, "tiktok_rate")
    if http >= 500 or code in _FAULTS:
        named = code or str(http)
        return Unknown(say("publish.platform_fault", platform="TikTok", code=named), code)
    return Fix(say("publish.refused", platform="TikTok", code=code, message=description), code)


def fail_reason(reason: str) -> NotThere:
    """What a FAILED status means: it is not there, and why."""
    if reason in _MEDIA:
        length = reason == "duration_check_failed"  # no other encoding makes it shorter
        what = say(f"tiktok.media_{_MEDIA[reason]}")
        return NotThere(Fix(what, reason, media=not length))
    if reason == "auth_removed":
        return NotThere(SignIn(say("publish.signed_out", platform="TikTok"), reason))
    if reason in _WAIT:
        after_s, rule = _WAIT[reason]
        return NotThere(Wait(say(f"tiktok.wait_{rule}"), after_s, reason, f"tiktok_{rule}"))
    if reason in _STOP:
        return NotThere(Stop(say(f"tiktok.stop_{_STOP[reason]}"), reason))
    why = say("publish.failed_there", platform="TikTok", code=reason)
    if reason in ("internal", "video_pull_failed"):
        return NotThere(Wait(why, 60, reason), most=2)
    return NotThere(Fix(why, reason))
