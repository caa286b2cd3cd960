"""The practice platforms refuse what the real ones refuse, in their words."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from yarl import URL

from tests.core.practice.conftest import BACK, VERIFIER, Practice


async def test_a_challenge_in_base64_is_refused(practice: Practice) -> None:
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    async with practice.http.get(practice.tiktok_address(challenge)) as page:
        assert page.status == 400


async def test_codes_and_rotated_refresh_tokens_work_once(practice: Practice) -> None:
    code = await practice.sign_in_to_tiktok()
    again = await practice.tiktok_token(
        grant_type="authorization_code", code=code, redirect_uri=BACK, code_verifier=VERIFIER
    )
    assert again["error"] == "invalid_grant"
    old = practice.refresh
    new = await practice.tiktok_token(grant_type="refresh_token", refresh_token=old)
    assert new["refresh_token"] != old
    again = await practice.tiktok_token(grant_type="refresh_token", refresh_token=old)
    assert again["error"] == "invalid_grant"


SOURCE = {
    "source": "FILE_UPLOAD",
    "video_size": 50_000_123,
    "chunk_size": 10_000_000,
    "total_chunk_count": 5,
}
INFO = {"privacy_level": "SELF_ONLY", "brand_content_toggle": False, "title": "x"}


@pytest.mark.parametrize(
    ("source", "info", "code"),
    [
        ({}, {}, "ok"),
        ({"total_chunk_count": 6}, {}, "invalid_param"),
        ({"total_chunk_count": 4}, {}, "invalid_param"),
        ({"chunk_size": 4_999_999, "total_chunk_count": 10}, {}, "invalid_param"),
        ({"video_size": "50000123"}, {}, "invalid_param"),
        ({"video_size": 70_000_000, "chunk_size": 70_000_000, "total_chunk_count": 1}, {},
         "invalid_param"),
        ({}, {"privacy_level": "FOLLOWER_OF_CREATOR"}, "privacy_level_option_mismatch"),
        ({}, {"brand_content_toggle": True}, "invalid_param"),
        ({}, {"title": "😀" * 1100}, "ok"),
        ({}, {"title": "😀" * 1100 + "x"}, "invalid_param"),
    ],
)  # fmt: skip
async def test_what_a_direct_post_must_say(
    practice: Practice, source: dict[str, Any], info: dict[str, Any], code: str
) -> None:
    await practice.sign_in_to_tiktok()
    body = {"source_info": {**SOURCE, **source}, "post_info": {**INFO, **info}}
    _, before, _ = await practice.tiktok("post/publish/video/init", body)
    assert before == "invalid_param", "creator_info has to be asked first"
    await practice.tiktok("post/publish/creator_info/query", {})
    assert (await practice.tiktok("post/publish/video/init", body))[1] == code


async def test_an_upload_takes_its_own_credential_and_its_own_order(practice: Practice) -> None:
    await practice.sign_in_to_tiktok()
    source = {**SOURCE, "video_size": 1_000_000, "chunk_size": 1_000_000, "total_chunk_count": 1}
    _, _, made = await practice.tiktok("post/publish/inbox/video/init", {"source_info": source})
    headers = {"Content-Type": "video/mp4", "Content-Range": "bytes 0-999999/1000000"}

    async def put(**also: str) -> int:

        async with practice.http.put(
            URL(made["upload_url"], encoded=True),
            data=bytes(1_000_000),
            headers={**headers, **also},
        ) as answer:
            return answer.status

    assert await put(Authorization="Bearer x") == 400
    assert await put(**{"Content-Range": "bytes 0-999998/1000000"}) == 400
    assert await put(**{"Content-Type": "text/plain"}) == 400
    practice.clock.hurry(3601)
    assert await put() == 403  # an hour is over


async def test_the_inbox_takes_five_and_nothing_but_the_file(practice: Practice) -> None:
    await practice.sign_in_to_tiktok()
    body: dict[str, Any] = {"source_info": SOURCE, "post_info": INFO}
    assert (await practice.tiktok("post/publish/inbox/video/init", body))[1] == "invalid_param"
    for _ in range(6):
        _, code, _ = await practice.tiktok("post/publish/inbox/video/init", {"source_info": SOURCE})
        assert code == "ok"
    _, code, _ = await practice.tiktok("post/publish/inbox/video/init", {"source_info": SOURCE})
    assert code == "rate_limit_exceeded"  # six a minute


async def test_instagram_publishes_nothing_that_is_not_ready(practice: Practice) -> None:
    user = await practice.sign_in_to_instagram()
    form = {"media_type": "REELS", "upload_type": "resumable", "caption": "x"}
    _, made = await practice.graph("POST", f"{user}/media", form)
    status, refused = await practice.graph(
        "POST", f"{user}/media_publish", {"creation_id": made["id"]}
    )
    assert status == 400
    assert (refused["error"]["code"], refused["error"]["error_subcode"]) == (9007, 2207027)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"caption": "x" * 2201}, 36004),
        ({"media_type": "VIDEO"}, 100),
        ({"video_url": "https://example.org/x.mp4"}, 100),
        ({"upload_type": ""}, 100),
    ],
)
async def test_what_a_container_must_say(
    practice: Practice, form: dict[str, str], code: int
) -> None:
    user = await practice.sign_in_to_instagram()
    good = {"media_type": "REELS", "upload_type": "resumable", "caption": "x"}
    _, refused = await practice.graph("POST", f"{user}/media", {**good, **form})
    assert refused["error"]["code"] == code


async def test_old_versions_and_young_tokens_are_refused(practice: Practice) -> None:
    user = await practice.sign_in_to_instagram()
    _, refused = await practice.graph("GET", f"{user}/content_publishing_limit", version="v20.0")
    assert refused["error"]["code"] == 2635
    url = f"{practice.keys['instagram']['graph_root']}/refresh_access_token"
    query = {"grant_type": "ig_refresh_token", "access_token": practice.token}
    async with practice.http.get(url, params=query) as answer:
        assert answer.status == 400
    practice.clock.hurry(24 * 3600 + 1)
    async with practice.http.get(url, params=query) as answer:
        assert answer.status == 200
    practice.clock.hurry(61 * 86400)
    async with practice.http.get(url, params=query) as answer:
        error = (await answer.json())["error"]
        assert (error["code"], error["error_subcode"]) == (190, 463)


async def test_the_page_lets_anything_go_wrong_and_mends_it_again(practice: Practice) -> None:
    await practice.sign_in_to_tiktok()
    url = f"{practice.base}/faults"
    form = {"what": "tiktok creator_info code", "value": "reached_active_user_cap", "times": "-1"}
    async with practice.http.post(url, data=form) as page:
        text = await page.text()
        assert page.status == 200 and "reached_active_user_cap, always" in text
        assert "@ana" in text, "accounts can be signed out there"
    _, code, _ = await practice.tiktok("post/publish/creator_info/query", {})
    assert code == "reached_active_user_cap"
    async with practice.http.post(url, data={"clear": "1"}) as page:
        assert "Everything works as it should." in await page.text()
    _, code, _ = await practice.tiktok("post/publish/creator_info/query", {})
    assert code == "ok"
    async with practice.http.post(url, json={"platform": "tiktok", "fault": "no such"}) as answer:
        assert answer.status == 400
    act = {"platform": "tiktok", "account": "ana", "do": "expire"}
    async with practice.http.post(f"{practice.base}/act", json=act) as answer:
        assert answer.status == 200
    _, code, _ = await practice.tiktok("post/publish/creator_info/query", {})
    assert code == "access_token_invalid"


VIDEO = {
    "snippet": {"title": "On pricing", "description": "x", "tags": ["a"], "categoryId": "22"},
    "status": {"privacyStatus": "private", "selfDeclaredMadeForKids": False},
}


@pytest.mark.parametrize(
    ("snippet", "status", "reason"),
    [
        ({}, {}, ""),
        ({"title": "x" * 101}, {}, "invalidTitle"),
        ({"title": " "}, {}, "invalidTitle"),
        ({"title": "a < b"}, {}, "invalidTitle"),
        ({"description": "é" * 2501}, {}, "invalidDescription"),
        ({"tags": ["x" * 300, "y" * 300]}, {}, "invalidTags"),
        ({"categoryId": "999"}, {}, "invalidCategoryId"),
        ({}, {"privacyStatus": "friends"}, "invalidVideoMetadata"),
        ({}, {"publishAt": "tomorrow"}, "invalidPublishAt"),
        ({}, {"selfDeclaredMadeForKids": "no"}, "invalidVideoMetadata"),
    ],
)
async def test_what_must_be_said_of_a_video(
    practice: Practice, snippet: dict[str, Any], status: dict[str, Any], reason: str
) -> None:
    await practice.sign_in_to_youtube()
    body = {
        "snippet": {**VIDEO["snippet"], **snippet},
        "status": {**VIDEO["status"], **status},
    }
    assert (await practice.begin_video(body))[0] == reason


async def test_parts_of_a_video_keep_to_their_steps_and_their_order(practice: Practice) -> None:
    await practice.sign_in_to_youtube()
    _, session = await practice.begin_video(VIDEO, size_b=1_000_000)

    async def put(span: str, size_b: int) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {practice.token}", "Content-Range": f"bytes {span}"}
        async with practice.http.put(session, data=bytes(size_b), headers=headers) as answer:
            return answer.status, answer.headers.get("Range", "")

    assert await put("*/1000000", 0) == (308, "")
    assert await put("0-99999/1000000", 100_000) == (400, "")
    assert await put("262144-524287/1000000", 262_144) == (400, "")
    assert await put("0-262143/1000000", 262_144) == (308, "bytes=0-262143")
    assert await put("*/1000000", 0) == (308, "bytes=0-262143")
    practice.clock.hurry(8 * 86400)
    await practice.sign_in_to_youtube()
    assert (await put("*/1000000", 0))[0] == 404  # a week is over


async def test_a_hundred_uploads_a_day_until_midnight_in_california(practice: Practice) -> None:
    await practice.sign_in_to_youtube()
    for _ in range(100):
        reason, _ = await practice.begin_video({})  # wrong ones cost too
        assert reason == "invalidTitle"
    assert (await practice.begin_video(VIDEO))[0] == "quotaExceeded"
    practice.clock.hurry(25 * 3600)
    await practice.sign_in_to_youtube()
    assert (await practice.begin_video(VIDEO))[0] == ""
