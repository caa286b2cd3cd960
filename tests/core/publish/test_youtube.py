"""YouTube: parts of a file, words of a video, and what its status proves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from core.publish.outcome import NotThere, Seen
from core.publish.post import Post
from core.publish.practice_room import write_practice
from core.publish.youtube import YouTube
from core.publish.youtube.session import STEP_B, next_part
from core.publish.youtube.sign_in import grant_of
from core.publish.youtube.video import metadata, seen
from core.settings import Settings

NOW = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)


def _post(**other: object) -> Post:
    good: dict[str, object] = {
        "file": Path("clip.mp4"),
        "size_b": 5_000_000,
        "duration_s": 30.0,
        "width": 1080,
        "height": 1920,
        "caption": "Prices <b> #pricing #money #pricing",
        "title": "On <pricing>",
        "settings": {"privacy": "public", "kids": False},
    }
    return Post(**{**good, **other})  # type: ignore[arg-type]


@pytest.mark.parametrize("size_b", [1, STEP_B, STEP_B + 1, 5_000_000, 128 * STEP_B, 100_000_000])
def test_all_but_a_small_tail_goes_in_whole_steps(size_b: int) -> None:
    have, parts = 0, 0
    while (part := next_part(size_b, have))[1] < size_b - 1:
        assert part[0] == have and (part[1] - part[0] + 1) % STEP_B == 0
        have, parts = part[1] + 1, parts + 1
    assert 1 <= size_b - have <= STEP_B
    assert parts == -(-((size_b - 1) // STEP_B) // 128)


def test_after_a_break_parts_are_whole_steps_again() -> None:
    assert next_part(100_000_000, 3 * STEP_B) == (3 * STEP_B, 131 * STEP_B - 1)


def test_what_a_video_is_announced_with() -> None:
    body = metadata(_post(), "22", NOW)
    assert body["snippet"] == {
        "title": "On ‹pricing›",
        "description": "Prices ‹b› #pricing #money #pricing",
        "tags": ["pricing", "money"],
        "categoryId": "22",
    }
    assert body["status"] == {
        "privacyStatus": "public",
        "selfDeclaredMadeForKids": False,
        "containsSyntheticMedia": False,
    }
    made = metadata(_post(settings={"privacy": "unlisted", "kids": True, "ai": True}), "1", NOW)
    assert made["status"]["selfDeclaredMadeForKids"] and made["status"]["containsSyntheticMedia"]
    assert metadata(_post(settings={}), "1", NOW)["status"]["privacyStatus"] == "private"


def test_a_time_of_its_own_works_only_with_private() -> None:
    later = _post(public_at=NOW + timedelta(minutes=10))
    status = metadata(later, "22", NOW)["status"]
    assert (status["privacyStatus"], status["publishAt"]) == ("private", "2026-11-27T17:10:00Z")
    near = metadata(_post(public_at=NOW + timedelta(seconds=30)), "22", NOW)["status"]
    assert near["privacyStatus"] == "public" and "publishAt" not in near
    hidden = _post(public_at=NOW + timedelta(hours=1), settings={"privacy": "unlisted"})
    assert "publishAt" not in metadata(hidden, "22", NOW)["status"]


def test_what_the_status_of_a_video_proves() -> None:
    done = {"uploadStatus": "processed", "privacyStatus": "public"}
    assert seen(done, _post(), NOW, late=False) == Seen("public")
    assert seen({**done, "uploadStatus": "uploaded"}, _post(), NOW, late=False) is None
    late = seen({**done, "uploadStatus": "uploaded"}, _post(), NOW, late=True)
    assert isinstance(late, Seen) and late.why and late.why.key == "youtube.still_processing"
    private = {**done, "privacyStatus": "private"}
    locked = seen(private, _post(), NOW, late=False)
    assert isinstance(locked, Seen) and locked.why and locked.why.key == "youtube.locked"
    assert seen(private, _post(settings={"privacy": "private"}), NOW, late=False) == Seen("private")
    refused = seen(
        {"uploadStatus": "rejected", "rejectionReason": "claim"}, _post(), NOW, late=True
    )
    assert isinstance(refused, NotThere)


def test_a_video_that_waits_for_its_time_is_not_called_locked() -> None:
    post = _post(public_at=NOW + timedelta(minutes=10))
    waits = {
        "uploadStatus": "processed",
        "privacyStatus": "private",
        "publishAt": "2026-11-27T17:10:00Z",
    }
    assert seen(waits, post, NOW, late=False) is None
    assert seen(waits, post, NOW + timedelta(minutes=15), late=False) is None
    missed = seen(waits, post, NOW + timedelta(minutes=21), late=False)
    assert isinstance(missed, Seen) and missed.why and missed.why.key == "youtube.not_flipped"


@pytest.fixture
def youtube(settings: Settings) -> YouTube:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    names = ("client_id", "client_secret", "auth_root", "token_root", "api_root", "site_root")
    write_practice(settings, {"youtube": dict.fromkeys(names, "http://127.0.0.1:9")})
    return YouTube(settings)


def test_the_sign_in_asks_for_a_refresh_token_and_shows_a_challenge_in_base64(
    youtube: YouTube,
) -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    address = youtube.sign_in_address("http://127.0.0.1:8080/oauth/youtube", "s", verifier)
    query = parse_qs(urlsplit(address).query)
    assert query["access_type"] == ["offline"] and query["prompt"] == ["consent"]
    # RFC 7636, appendix B
    assert query["code_challenge"] == ["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"]


@pytest.mark.parametrize(
    ("address", "there"),
    [
        ("https://clips.example.org", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost:8080", True),
        ("http://192.168.1.5:8080", False),
    ],
)
def test_google_leads_back_to_https_and_to_this_machine(
    youtube: YouTube, address: str, there: bool
) -> None:
    assert youtube.reaches_back(address) is there


def test_a_refresh_keeps_the_token_and_gives_it_another_half_year() -> None:
    raw = {"access_token": "a", "expires_in": 3599, "scope": "x y"}
    first = grant_of({**raw, "refresh_token": "r"}, NOW)
    assert (first.refresh, first.scopes) == ("r", ("x", "y"))
    later = NOW + timedelta(days=100)
    second = grant_of(raw, later, first)
    assert second.refresh == "r" and second.refresh_until == later + timedelta(days=180)


def test_a_sign_in_of_a_testing_app_ends_after_a_week_whatever_is_done(youtube: YouTube) -> None:
    raw = {"access_token": "a", "refresh_token": "r", "refresh_token_expires_in": 604_800}
    first = grant_of(raw, NOW)
    again = grant_of({"access_token": "b"}, NOW + timedelta(days=3), first)
    assert again.refresh_until == first.refresh_until == NOW + timedelta(days=7)
    rested = replace(again, access_until=NOW + timedelta(days=5))
    assert not youtube.due_for_refresh(rested, NOW + timedelta(days=3, hours=1)), "only once a day"
