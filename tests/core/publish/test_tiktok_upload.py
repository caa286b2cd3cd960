"""In which parts a file goes to TikTok: the table of its media transfer guide."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest

from core.practice.tiktok_upload import check_chunks
from core.publish.practice_room import write_practice
from core.publish.tiktok import TikTok
from core.publish.tiktok.upload import chunks, next_part, source_info
from core.settings import Settings


@pytest.mark.parametrize(
    ("size_b", "chunk_b", "count", "last_b"),
    [
        (3_145_728, 3_145_728, 1, 3_145_728),
        (5_000_000, 5_000_000, 1, 5_000_000),
        (64_000_000, 64_000_000, 1, 64_000_000),
        (64_000_001, 10_000_000, 6, 14_000_001),
        (150_000_000, 10_000_000, 15, 10_000_000),
        (159_999_999, 10_000_000, 15, 19_999_999),
        (4_000_000_000, 10_000_000, 400, 10_000_000),
    ],
)
def test_a_file_is_announced_by_the_floor_rule(
    size_b: int, chunk_b: int, count: int, last_b: int
) -> None:
    info = source_info(size_b)
    assert (info["chunk_size"], info["total_chunk_count"]) == (chunk_b, count)
    parts = chunks(size_b)
    assert len(parts) == count and parts[0][0] == 0 and parts[-1][1] == size_b - 1
    assert parts[-1][1] - parts[-1][0] + 1 == last_b
    assert all(a[1] + 1 == b[0] for a, b in pairwise(parts))
    assert check_chunks(size_b, chunk_b, count)


@pytest.mark.parametrize(
    ("have", "last"),
    [
        (0, 9_999_999),
        (10_000_000, 19_999_999),
        (14_999_999, 19_999_999),  # 5,000,001 bytes are left of this chunk: enough alone
        (16_000_000, 29_999_999),  # 4,000,000 are not: the next chunk goes with it
        (56_000_000, 69_999_999),  # and the last one ends the file
        (60_000_000, 69_999_999),
    ],
)
def test_after_a_break_no_part_is_smaller_than_tiktok_takes(have: int, last: int) -> None:
    first, ends = next_part(70_000_000, have)
    assert (first, ends) == (have, last)
    assert 5_000_000 <= ends - first + 1 <= 64_000_000


@pytest.fixture
def tiktok(settings: Settings) -> TikTok:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    write_practice(
        settings,
        {
            "tiktok": {
                "client_key": "key",
                "client_secret": "secret",
                "api_root": "http://127.0.0.1:9",
                "auth_root": "http://127.0.0.1:9",
            }
        },
    )
    return TikTok(settings)


def test_the_pkce_challenge_of_a_desktop_app_is_hex(tiktok: TikTok) -> None:
    verifier = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    address = tiktok.sign_in_address("http://127.0.0.1:8080/oauth/tiktok", "s", verifier)
    query = parse_qs(urlsplit(address).query)
    assert query["code_challenge"] == [
        "7d1e227d2004cbeeccbba83b14766e94f2abb63a9d027502c1114026dd8916c0"
    ]
    assert query["code_challenge"] == [hashlib.sha256(verifier.encode()).hexdigest()]
    assert query["code_challenge_method"] == ["S256"]
    assert query["scope"][0].split(",")[0] == "user.info.basic"


def test_a_web_app_has_no_pkce(tiktok: TikTok) -> None:
    address = tiktok.sign_in_address("https://clips.example.org/oauth/tiktok", "s", "v" * 43)
    assert "code_challenge" not in parse_qs(urlsplit(address).query)
