"""Google's reasons, each with what is to be done about it. Sources: the error pages of the YouTube
Data API, and the enums of its `videos` resource."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.publish.errors import Fix, PlatformError, SignIn, Stale, Stop, Unknown, Wait
from core.publish.outcome import NotThere
from core.publish.quotas import pacific_midnight
from core.say import Say, say

_DAY_S = 24 * 3600.0
_PROJECT = ("quotaExceeded", "dailyLimitExceeded", "dailyLimitExceededUnreg")
_RATE = ("rateLimitExceeded", "userRateLimitExceeded")
_FIX = {
    "invalidTitle": "title",
    "invalidDescription": "description",
    "invalidTags": "description",
    "invalidCategoryId": "category",
    "invalidPublishAt": "metadata",
    "invalidVideoMetadata": "metadata",
    "invalidRecordingDetails": "metadata",
    "invalidFilename": "metadata",
    "mediaBodyRequired": "metadata",
    "defaultLanguageNotSet": "metadata",
    "forbiddenPrivacySetting": "privacy",
    "forbiddenLicenseSetting": "metadata",
}
_STOP = {
    "authenticatedUserAccountSuspended": "suspended",
    "authenticatedUserAccountClosed": "closed",
    "accountDelegationForbidden": "forbidden",
    "forbidden": "forbidden",
}
_FAILED = {
    "codec": "media_format",
    "conversion": "media_format",
    "invalidFile": "media_format",
    "emptyFile": "media_format",
    "tooSmall": "media_small",
}
_REJECTED = {
    "claim": "rejected_claim",
    "copyright": "rejected_claim",
    "trademark": "rejected_claim",
    "duplicate": "rejected_duplicate",
    "length": "rejected_length",
    "inappropriate": "rejected_rules",
    "legal": "rejected_rules",
    "termsOfUse": "rejected_rules",
    "uploaderAccountClosed": "stop_closed",
    "uploaderAccountSuspended": "stop_suspended",
}


def reason_of(body: Mapping[str, Any]) -> tuple[str, str]:
    """The reason and Google's own words; two empty ones where there is no error."""
    error = body.get("error")
    if not isinstance(error, dict):
        return (str(error), str(body.get("error_description") or "")) if error else ("", "")
    first = (error.get("errors") or [{}])[0]
    reason = first.get("reason") if isinstance(first, dict) else None
    return str(reason or error.get("status") or error.get("code") or ""), str(error.get("message"))


def error_of(reason: str, http: int, message: str, now: datetime) -> PlatformError:
    """The error for an answer that is none of the good ones."""
    named = reason or str(http)
    if reason in _PROJECT:
        wait_s = (pacific_midnight(now) - now).total_seconds()
        return Wait(say("youtube.quota"), wait_s, named, "youtube_daily")
    if reason == "uploadLimitExceeded":
        return Wait(say("youtube.channel_full"), _DAY_S, named, "youtube_channel")
    if reason in _RATE or http == 429:
        return Wait(say("youtube.rate"), 60, named, "youtube_rate")
    if reason == "youtubeSignupRequired":
        return SignIn(say("youtube.no_channel"), named)
    if reason == "insufficientPermissions" or reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT":
        return SignIn(say("youtube.scope"), named)
    if http == 401:
        return Stale(say("publish.signed_out", platform="YouTube"), named)
    if reason in _STOP:
        return Stop(say(f"youtube.stop_{_STOP[reason]}"), named)
    if reason in ("accessNotConfigured", "SERVICE_DISABLED"):
        return Stop(say("youtube.not_enabled"), named, everybody=True)
    if reason in _FIX:
        return Fix(say(f"youtube.fix_{_FIX[reason]}"), named)
    if http >= 500 or http == 408 or reason == "backendError":
        return Unknown(say("publish.platform_fault", platform="YouTube", code=named), named)
    return Fix(say("publish.refused", platform="YouTube", code=named, message=message), named)


def oauth_error(error: str, description: str, http: int) -> PlatformError:
    """The error for a token call."""
    if error == "invalid_grant":
        return SignIn(say("publish.signed_out", platform="YouTube"), error)
    if error in ("invalid_client", "unauthorized_client", "redirect_uri_mismatch"):
        return Stop(say("publish.bad_client", platform="YouTube"), error, everybody=True)
    if http == 429:
        return Wait(say("youtube.rate"), 60, error, "youtube_rate")
    if http >= 500 or not error:
        named = error or str(http)
        return Unknown(say("publish.platform_fault", platform="YouTube", code=named), named)
    return Fix(say("publish.code_refused", platform="YouTube", message=description), error)


def upload_failed(reason: str) -> NotThere:
    """What `uploadStatus: failed` means: nothing is there, and why."""
    if reason in ("uploadAborted", ""):
        again = Wait(say("publish.failed_there", platform="YouTube", code=reason), 60, reason)
        return NotThere(again, most=2)
    media = reason in ("codec", "conversion", "invalidFile")
    return NotThere(Fix(_words(_FAILED, reason), reason, media=media))


def upload_rejected(reason: str) -> NotThere:
    """The same for `rejected`: it was looked at, and is not shown to anybody."""
    if reason.startswith("uploaderAccount"):
        return NotThere(Stop(_words(_REJECTED, reason), reason))
    return NotThere(Fix(_words(_REJECTED, reason), reason))


def _words(known: Mapping[str, str], reason: str) -> Say:
    if reason in known:
        return say(f"youtube.{known[reason]}")
    return say("publish.failed_there", platform="YouTube", code=reason)
