"""Every code in the platforms' tables has its class, and words for a person."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from core.i18n.catalog import Catalog
from core.publish.errors import Fix, PlatformError, SignIn, Stale, Stop, Unknown, Wait
from core.publish.instagram import errors as instagram
from core.publish.instagram.wire import regain_s
from core.publish.quotas import pacific_midnight
from core.publish.tiktok import errors as tiktok
from core.publish.youtube import errors as youtube

TIKTOK: list[tuple[str, int, type[PlatformError]]] = [
    ("access_token_invalid", 401, Stale),
    ("scope_not_authorized", 401, SignIn),
    ("scope_permission_missed", 401, SignIn),
    ("invalid_param", 400, Fix),
    ("invalid_params", 400, Fix),
    ("invalid_file_upload", 400, Fix),
    ("rate_limit_exceeded", 429, Wait),
    ("internal_error", 500, Unknown),
    ("", 502, Unknown),
    ("", 429, Wait),
    ("spam_risk_too_many_posts", 200, Wait),
    ("spam_risk_too_many_posts", 403, Wait),
    ("spam_risk_too_many_pending_share", 403, Wait),
    ("spam_risk_user_banned_from_posting", 200, Stop),
    ("reached_active_user_cap", 200, Wait),
    ("unaudited_client_can_only_post_to_private_accounts", 403, Fix),
    ("privacy_level_option_mismatch", 403, Fix),
    ("invalid_publish_id", 400, Fix),
    ("token_not_authorized_for_specified_publish_id", 403, Fix),
]


@pytest.mark.parametrize(("code", "http", "kind"), TIKTOK)
def test_tiktok_codes(code: str, http: int, kind: type[PlatformError]) -> None:
    found = tiktok.error_of(code, http, "Something is wrong.")
    assert type(found) is kind
    _reads_well(found)


@pytest.mark.parametrize(
    ("code", "http", "kind"),
    [
        ("invalid_grant", 400, SignIn),
        ("invalid_client", 401, Stop),
        ("invalid_request", 400, Fix),
        ("server_error", 200, Unknown),
        ("temporarily_unavailable", 400, Unknown),
        ("", 503, Unknown),
    ],
)
def test_tiktok_token_codes(code: str, http: int, kind: type[PlatformError]) -> None:
    found = tiktok.oauth_error(code, "Something is wrong.", http)
    assert type(found) is kind
    if isinstance(found, Stop):
        assert found.everybody, "a wrong secret is no fault of the account"
    _reads_well(found)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("file_format_check_failed", Fix),
        ("duration_check_failed", Fix),
        ("frame_rate_check_failed", Fix),
        ("picture_size_check_failed", Fix),
        ("internal", Wait),
        ("video_pull_failed", Wait),
        ("publish_cancelled", Fix),
        ("auth_removed", SignIn),
        ("spam_risk_too_many_posts", Wait),
        ("spam_risk_user_banned_from_posting", Stop),
        ("spam_risk_text", Stop),
        ("spam_risk", Stop),
    ],
)
def test_tiktok_fail_reasons(reason: str, kind: type[PlatformError]) -> None:
    found = tiktok.fail_reason(reason).error
    assert type(found) is kind
    _reads_well(found)


CREATING: list[tuple[int, int, type[PlatformError]]] = [
    (-2, 2207003, Wait),
    (-2, 2207020, Wait),
    (-1, 2207001, Wait),
    (-1, 2207032, Wait),
    (-1, 2207053, Wait),
    (1, 2207057, Fix),
    (4, 2207051, Stop),
    (9, 2207042, Wait),
    (9004, 2207052, Wait),
    (9007, 2207027, Wait),
    (24, 2207006, Wait),
    (24, 2207008, Wait),
    (25, 2207050, Stop),
    (100, 2207023, Fix),
    (100, 2207028, Fix),
    (352, 2207026, Fix),
    (36000, 2207004, Fix),
    (36003, 2207009, Fix),
    (36004, 2207010, Fix),
    (0, 2207077, Wait),
    (0, 2207081, Fix),
    (0, 2207085, Wait),
    (1, 0, Wait),
    (2, 0, Wait),
    (4, 0, Wait),
    (17, 0, Wait),
    (80002, 0, Wait),
    (10, 0, SignIn),
    (200, 0, SignIn),
    (100, 0, Fix),
    (100, 33, Wait),
    (102, 0, Stale),
    (190, 463, Stale),
    (190, 460, Stale),
    (368, 0, Stop),
    (2635, 0, Stop),
]


@pytest.mark.parametrize(("code", "sub", "kind"), CREATING)
def test_graph_codes_before_publishing(code: int, sub: int, kind: type[PlatformError]) -> None:
    raw = {"code": code, "error_subcode": sub, "message": "Something is wrong."}
    found = instagram.error_of(raw, 400, publishing=False)
    assert type(found) is kind
    _reads_well(found)


@pytest.mark.parametrize(
    ("code", "sub", "http", "kind"),
    [
        (4, 2207051, 400, Unknown),  # seen with posts that were live
        (-1, 2207001, 400, Unknown),
        (1, 0, 500, Unknown),
        (2, 0, 500, Unknown),
        (0, 0, 502, Unknown),
        (506, 0, 400, Unknown),
        (9007, 2207027, 400, Wait),
        (9, 2207042, 400, Wait),
        (80002, 0, 400, Wait),
        (190, 463, 400, Stale),
        (25, 2207050, 400, Stop),
        (352, 2207026, 400, Fix),
    ],
)
def test_what_an_answer_to_media_publish_proves(
    code: int, sub: int, http: int, kind: type[PlatformError]
) -> None:
    found = instagram.error_of({"code": code, "error_subcode": sub}, http, publishing=True)
    assert type(found) is kind


def test_a_passing_fault_is_waited_out_whatever_its_code() -> None:
    raw = {"code": 12345, "is_transient": True}
    assert type(instagram.error_of(raw, 400, publishing=False)) is Wait
    assert type(instagram.error_of(raw, 400, publishing=True)) is Unknown


def test_both_usage_headers_are_read() -> None:
    business = {"1784": [{"call_count": 10, "estimated_time_to_regain_access": 19}]}
    assert regain_s({"X-Business-Use-Case-Usage": json.dumps(business)}) == 19 * 60
    assert regain_s({"x-app-usage": json.dumps({"call_count": 96})}) == 600
    assert regain_s({"x-app-usage": json.dumps({"call_count": 28})}) == 0
    assert regain_s({"x-app-usage": "no JSON", "X-Business-Use-Case-Usage": "[]"}) == 0


NOW = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reason", "http", "kind"),
    [
        ("uploadLimitExceeded", 400, Wait),
        ("quotaExceeded", 403, Wait),
        ("dailyLimitExceeded", 403, Wait),
        ("rateLimitExceeded", 403, Wait),
        ("userRateLimitExceeded", 403, Wait),
        ("", 429, Wait),
        ("invalidTitle", 400, Fix),
        ("invalidDescription", 400, Fix),
        ("invalidTags", 400, Fix),
        ("invalidCategoryId", 400, Fix),
        ("invalidPublishAt", 400, Fix),
        ("invalidVideoMetadata", 400, Fix),
        ("invalidRecordingDetails", 400, Fix),
        ("invalidFilename", 400, Fix),
        ("mediaBodyRequired", 400, Fix),
        ("defaultLanguageNotSet", 400, Fix),
        ("forbidden", 403, Stop),
        ("forbiddenPrivacySetting", 403, Fix),
        ("forbiddenLicenseSetting", 403, Fix),
        ("insufficientPermissions", 403, SignIn),
        ("authError", 401, Stale),
        ("authorizationRequired", 401, Stale),
        ("youtubeSignupRequired", 401, SignIn),
        ("authenticatedUserAccountSuspended", 403, Stop),
        ("authenticatedUserAccountClosed", 403, Stop),
        ("accessNotConfigured", 403, Stop),
        ("backendError", 500, Unknown),
        ("", 503, Unknown),
    ],
)
def test_youtube_reasons(reason: str, http: int, kind: type[PlatformError]) -> None:
    found = youtube.error_of(reason, http, "Something is wrong.", NOW)
    assert type(found) is kind
    _reads_well(found)


@pytest.mark.parametrize(
    ("error", "http", "kind"),
    [
        ("invalid_grant", 400, SignIn),
        ("invalid_client", 401, Stop),
        ("redirect_uri_mismatch", 400, Stop),
        ("invalid_request", 400, Fix),
        ("", 503, Unknown),
    ],
)
def test_google_token_errors(error: str, http: int, kind: type[PlatformError]) -> None:
    found = youtube.oauth_error(error, "Something is wrong.", http)
    assert type(found) is kind
    _reads_well(found)


@pytest.mark.parametrize(
    "reason",
    [
        *("codec", "conversion", "emptyFile", "invalidFile", "tooSmall", "uploadAborted"),
        *("claim", "copyright", "duplicate", "inappropriate", "legal", "length", "termsOfUse"),
        *("trademark", "uploaderAccountClosed", "uploaderAccountSuspended"),
    ],
)
def test_why_youtube_shows_a_video_to_nobody(reason: str) -> None:
    failed = reason in ("uploadAborted", "tooSmall") or reason in youtube._FAILED
    found = (youtube.upload_failed if failed else youtube.upload_rejected)(reason).error
    account = reason.startswith("uploaderAccount")
    again = reason == "uploadAborted"
    assert type(found) is (Stop if account else Wait if again else Fix)
    _reads_well(found)


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 11, 27, 17, 0, tzinfo=UTC), 15.0),  # 9 o'clock in California
        (datetime(2026, 11, 1, 7, 30, tzinfo=UTC), 24.5),  # the hour comes twice on that day
        (datetime(2027, 3, 14, 8, 30, tzinfo=UTC), 22.5),  # and is missing on this one
    ],
)
def test_googles_day_ends_at_midnight_in_california(now: datetime, hours: float) -> None:
    found = youtube.error_of("quotaExceeded", 403, "", now)
    assert isinstance(found, Wait)
    assert pacific_midnight(now) - now == timedelta(hours=hours, minutes=1)
    assert found.after_s == (hours * 60 + 1) * 60


def _reads_well(found: PlatformError) -> None:
    text = Catalog.load().text(found.say)
    assert len(text) > 15 and text.endswith(".") and "{" not in text
