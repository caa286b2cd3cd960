"""The practice platforms alone, spoken to by hand."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from yarl import URL

from core.practice.serve import practising
from core.settings import Settings
from tests.doubles.bench import HurryingClock

VERIFIER = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
BACK = "http://127.0.0.1:1/oauth"
SCOPES = "user.info.basic,video.publish,video.upload"


@dataclass
class Practice:
    """The platforms and a client of ours that may be as wrong as a test likes."""

    base: str
    keys: dict[str, Any]
    http: aiohttp.ClientSession
    clock: HurryingClock
    token: str = ""
    refresh: str = ""

    async def consent(self, address: str) -> URL:
        form = {**dict(URL(address).query), "account": "ana", "answer": "allow"}
        async with self.http.post(address, data=form, allow_redirects=False) as back:
            return URL(back.headers["Location"])

    def tiktok_address(self, challenge: str) -> str:
        query = {
            "client_key": self.keys["tiktok"]["client_key"],
            "response_type": "code",
            "scope": SCOPES,
            "redirect_uri": BACK,
            "state": "s",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return str(URL(f"{self.base}/tiktok/www/v2/auth/authorize/").with_query(query))

    async def tiktok_token(self, **form: str) -> dict[str, Any]:
        keys = self.keys["tiktok"]
        ours = {"client_key": keys["client_key"], "client_secret": keys["client_secret"]}
        url = f"{keys['api_root']}/v2/oauth/token/"
        async with self.http.post(url, data={**ours, **form}) as answer:
            found: dict[str, Any] = await answer.json()
            return found

    async def sign_in_to_tiktok(self) -> str:
        """Gives the code, used up by then."""
        challenge = hashlib.sha256(VERIFIER.encode()).hexdigest()
        code = (await self.consent(self.tiktok_address(challenge))).query["code"]
        found = await self.tiktok_token(
            grant_type="authorization_code", code=code, redirect_uri=BACK, code_verifier=VERIFIER
        )
        self.token, self.refresh = found["access_token"], found["refresh_token"]
        return code

    async def tiktok(self, path: str, body: dict[str, Any]) -> tuple[int, str, dict[str, Any]]:
        """HTTP status, code and data."""
        url = f"{self.keys['tiktok']['api_root']}/v2/{path}/"
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.http.post(url, json=body, headers=headers) as answer:
            found = await answer.json()
            return answer.status, found["error"]["code"], found["data"]

    async def sign_in_to_instagram(self) -> str:
        keys = self.keys["instagram"]
        query = {
            "client_id": keys["app_id"],
            "redirect_uri": BACK,
            "response_type": "code",
            "scope": "instagram_business_basic",
            "state": "s",
        }
        back = await self.consent(
            str(URL(f"{keys['auth_root']}/oauth/authorize").with_query(query))
        )
        assert back.fragment == "_", "the code comes with #_ behind it"
        form = {
            "client_id": keys["app_id"],
            "client_secret": keys["app_secret"],
            "grant_type": "authorization_code",
            "redirect_uri": BACK,
            "code": back.query["code"],
        }
        url = f"{keys['api_root']}/oauth/access_token"
        async with self.http.post(url, data=form) as answer:
            short = (await answer.json())["data"][0]
        async with self.http.post(url, data=form) as answer:
            assert answer.status == 400, "a code works once"
            assert (await answer.json())["error_type"] == "OAuthException"
        query = {
            "grant_type": "ig_exchange_token",
            "client_secret": keys["app_secret"],
            "access_token": short["access_token"],
        }
        async with self.http.get(f"{keys['graph_root']}/access_token", params=query) as answer:
            self.token = (await answer.json())["access_token"]
        return str(short["user_id"])

    async def graph(
        self, method: str, path: str, form: dict[str, str] | None = None, version: str = "v25.0"
    ) -> tuple[int, dict[str, Any]]:
        url = f"{self.keys['instagram']['graph_root']}/{version}/{path}"
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.http.request(method, url, data=form, headers=headers) as answer:
            return answer.status, await answer.json()

    async def sign_in_to_youtube(self) -> None:
        keys = self.keys["youtube"]
        digest = hashlib.sha256(VERIFIER.encode()).digest()
        query = {
            "client_id": keys["client_id"],
            "redirect_uri": BACK,
            "response_type": "code",
            "scope": "https://www.googleapis.com/auth/youtube.upload",
            "state": "s",
            "code_challenge": urlsafe_b64encode(digest).decode().rstrip("="),
        }
        address = str(URL(f"{keys['auth_root']}/o/oauth2/v2/auth").with_query(query))
        form = {
            "client_id": keys["client_id"],
            "client_secret": keys["client_secret"],
            "grant_type": "authorization_code",
            "redirect_uri": BACK,
            "code": (await self.consent(address)).query["code"],
            "code_verifier": VERIFIER,
        }
        async with self.http.post(f"{keys['token_root']}/token", data=form) as answer:
            found = await answer.json()
        assert "refresh_token" not in found, "only who asks for offline access gets one"
        self.token = found["access_token"]

    async def begin_video(self, body: dict[str, Any], size_b: int = 1000) -> tuple[str, str]:
        """The reason of a refusal and the address of the session; one of them is empty."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "X-Upload-Content-Length": str(size_b),
            "X-Upload-Content-Type": "video/mp4",
        }
        url = f"{self.keys['youtube']['api_root']}/upload/youtube/v3/videos"
        query = {"uploadType": "resumable", "part": "snippet,status"}
        async with self.http.post(url, params=query, json=body, headers=headers) as answer:
            if answer.status == 200:
                return "", answer.headers["Location"]
            return (await answer.json())["error"]["errors"][0]["reason"], ""


@pytest.fixture
async def practice(settings: Settings) -> AsyncIterator[Practice]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    clock = HurryingClock()
    async with practising(settings, clock=clock) as base, aiohttp.ClientSession() as http:
        keys = json.loads((settings.data_dir / "practice.json").read_text())
        yield Practice(base, keys, http, clock)
