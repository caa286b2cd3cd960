"""The page a browser finds after the sign-in on a platform."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from bot.app import talking
from core.chat.registry import Registry
from core.errors import Told
from core.posting.views import AccountView
from core.services import Services


class Platform:
    """Answers a finished sign-in the way it is told to."""

    def __init__(self, fault: Told | None) -> None:
        self.fault = fault
        self.query: Mapping[str, str] = {}

    async def finish_sign_in(self, query: Mapping[str, str], *_: Any) -> AccountView:
        self.query = query
        if self.fault:
            raise self.fault
        return AccountView(1, "tiktok", "<b>marta</b>", True, "ok", None, None)


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (None, 200, "Practice TikTok is connected: &lt;b&gt;marta&lt;/b&gt;"),
        (Told("web.cannot_write", name="<i>", why="no"), 400, "&lt;i&gt; could not be stored"),
    ],
)
async def test_it_says_how_it_went_and_leads_back_to_the_chat(
    svc: Services, registry: Registry, fault: Told | None, status: int, words: str
) -> None:
    platform = Platform(fault)
    told = dataclasses.replace(svc, posting=platform)  # type: ignore[arg-type]
    async with talking(told, registry) as port, aiohttp.ClientSession() as http:
        url = f"http://127.0.0.1:{port}/oauth/tiktok?state=s1&code=c1"
        async with http.get(url, headers={"Sec-Fetch-Site": "cross-site"}) as answer:
            page = await answer.text()
            assert answer.status == status
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert platform.query == {"state": "s1", "code": "c1"}
    assert words in page
    assert 'href="/"' in page
