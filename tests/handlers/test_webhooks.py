"""Webhooks are believed over their raw bytes only, and only hurry a look that would come anyway."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest

from bot.app import talking
from core.chat.registry import Registry
from core.db.tables import JobRow, TargetRow
from core.publish.instagram import Instagram
from core.publish.practice_room import write_practice
from core.publish.tiktok import TikTok
from core.services import Services
from tests.handlers.conftest import Connect, MakeClip
from tests.handlers.talk import Talk

SECRET = "secret_test"


@asynccontextmanager
async def gateway(svc: Services) -> AsyncIterator[str]:
    """Everything that talks, with a practice app whose secret we know. Its courier delivers what a
    `Talk` would read: whatever is to be said must be said before."""
    svc.settings.data_dir.mkdir(parents=True, exist_ok=True)
    root = "http://127.0.0.1:9"
    tiktok = {"client_key": "ck_test", "client_secret": SECRET, "api_root": root, "auth_root": root}
    roots = {f"{n}_root": root for n in ("api", "graph", "upload", "auth")}
    instagram = {"app_id": "1", "app_secret": SECRET, **roots}
    write_practice(svc.settings, {"tiktok": tiktok, "instagram": instagram})
    async with talking(svc, Registry()) as port:
        yield f"http://127.0.0.1:{port}/webhooks"


@pytest.fixture
async def address(svc: Services) -> AsyncIterator[str]:
    async with gateway(svc) as address:
        yield address


async def _send(address: str, raw: bytes, headers: dict[str, str]) -> int:
    async with (
        aiohttp.ClientSession() as http,
        http.post(address, data=raw, headers=headers) as answer,
    ):
        return answer.status


def _tiktok(raw: bytes, t: int) -> dict[str, str]:
    mac = hmac.new(SECRET.encode(), f"{t}.".encode() + raw, hashlib.sha256).hexdigest()
    return {"Tiktok-Signature": f"t={t},s={mac}"}


def test_the_signature_vectors_of_both_platforms(svc: Services, address: str) -> None:
    raw = (
        b'{"client_key":"ck_test","event":"post.publish.complete","create_time":1633174587,'
        b'"user_openid":"o1","content":"{\\"publish_id\\":\\"v_pub_file~v2-1.1\\",'
        b'\\"publish_type\\":\\"DIRECT_PUBLISH\\"}"}'
    )
    from datetime import UTC, datetime

    at = datetime.fromtimestamp(1633174587, UTC)
    mac = "de3bea868d2de276c6a93b2a471944a59662461288e9c607bf004b9f5e910cae"
    (hint,) = TikTok(svc.settings).hints(raw, {"TikTok-Signature": f"t=1633174587,s={mac}"}, at)
    assert hint.remote_id == "o1" and not hint.ended
    late = TikTok(svc.settings).hints(
        raw, {"TikTok-Signature": f"t=1633174587,s={mac}"}, at + timedelta(hours=1)
    )
    assert late == ()
    meta = (
        b'{"object":"instagram","entry":[{"id":"1","time":1,"changes":'
        b'[{"field":"comments","value":{"text":"\\u00e4"}}]}]}'
    )
    mac = "bd0811a2de874e2966f2b1ef9f0bf402c1eb5e5fefacd58393b2e020589b430e"
    (hint,) = Instagram(svc.settings).hints(meta, {"x-hub-signature-256": f"sha256={mac}"}, at)
    assert hint.remote_id == "1"


async def test_only_what_is_signed_is_heard(svc: Services, address: str) -> None:
    now = int(svc.clock.now().timestamp())
    raw = json.dumps({"client_key": "ck_test", "event": "x", "user_openid": "nobody"}).encode()
    assert await _send(f"{address}/tiktok", raw, _tiktok(raw, now)) == 200
    assert await _send(f"{address}/tiktok", raw + b" ", _tiktok(raw, now)) == 403
    assert await _send(f"{address}/tiktok", raw, {}) == 403
    assert await _send(f"{address}/instagram", raw, {"X-Hub-Signature-256": "sha256=00"}) == 403
    assert await _send(f"{address}/myspace", raw, {}) == 404
    assert await _send(f"{address}/tiktok", b"no json", _tiktok(b"no json", now)) == 200


async def test_instagram_verifies_the_address_with_our_word(
    svc: Services, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "word"}
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{address}/instagram", params=query) as answer:
            assert answer.status == 403  # none was set
        monkeypatch.setenv("INSTAGRAM_VERIFY_TOKEN", "word")
        async with http.get(f"{address}/instagram", params=query) as answer:
            assert (answer.status, await answer.text()) == (200, "1158201444")
        async with http.get(
            f"{address}/instagram", params={**query, "hub.verify_token": "other"}
        ) as answer:
            assert answer.status == 403


async def test_an_event_hurries_the_next_look_and_nothing_else(
    svc: Services, chat: Talk, make_clip: MakeClip, connect: Connect
) -> None:
    await connect("tiktok")  # its id there is tiktok-ana
    await make_clip(chat)
    await chat.press("Post now")
    now = svc.clock.now()
    later = now + timedelta(minutes=15)
    async with svc.db.write() as tx:
        target = await tx.get_one(TargetRow, 1)
        target.state, target.due_at = "confirming", later
    raw = json.dumps(
        {"client_key": "ck_test", "event": "post.publish.complete", "user_openid": "tiktok-ana"}
    ).encode()
    async with gateway(svc) as address:
        for _ in range(3):  # the same one may come more than once
            signed = _tiktok(raw, int(now.timestamp()))
            assert await _send(f"{address}/tiktok", raw, signed) == 200
    async with svc.db.read() as tx:
        target = await tx.get_one(TargetRow, 1)
        assert (target.state, target.due_at) == ("confirming", now)


async def test_a_removed_app_is_checked_not_believed(
    svc: Services,
    address: str,
    chat: Talk,
    connect: Connect,
) -> None:
    account = await connect("tiktok")
    raw = json.dumps(
        {"client_key": "ck_test", "event": "authorization.removed", "user_openid": "tiktok-ana"}
    ).encode()
    now = int(svc.clock.now().timestamp())
    assert await _send(f"{address}/tiktok", raw, _tiktok(raw, now)) == 200
    async with svc.db.read() as tx:
        job = await tx.get_one(JobRow, 1)
        assert (job.kind, job.args_json) == ("refresh", {"account": account, "ended": True})
