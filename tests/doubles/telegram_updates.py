"""How updates leave the Telegram of the tests: asked for, or brought to a webhook."""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from typing import Any

import aiohttp

from tests.doubles.telegram_markup import Refused, bad
from tests.doubles.telegram_world import World

MAX_POLL_S = 50


class Updates(World):
    """The methods about them."""

    def do_get_me(self, params: dict[str, Any], _: Any) -> Any:
        return self.me

    async def do_get_updates(self, params: dict[str, Any], _: Any) -> Any:
        if self.webhook:
            raise Refused(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook "
                "to delete the webhook first",
            )
        if self._poller and not self._poller.done():
            self._poller.set_exception(
                Refused(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one "
                    "bot instance is running",
                )
            )
        self._allow(params)
        offset = int(params.get("offset", 0))
        while self._updates and min(u["update_id"] for u in self._updates) < offset:
            self._updates = deque(u for u in self._updates if u["update_id"] >= offset)
        limit = min(100, int(params.get("limit", 100)))
        timeout_s = min(MAX_POLL_S, int(params.get("timeout", 0)))
        if not self._updates and timeout_s:
            await self._wait_for_news(timeout_s)
        return list(self._updates)[:limit]

    async def _wait_for_news(self, timeout_s: float) -> None:
        self._news.clear()
        mine = self._poller = asyncio.get_running_loop().create_future()
        news = asyncio.ensure_future(self._news.wait())
        try:
            await asyncio.wait((mine, news), timeout=timeout_s, return_when="FIRST_COMPLETED")
        finally:
            news.cancel()
            if self._poller is mine:
                self._poller = None
            if mine.done():
                mine.result()
            mine.cancel()

    def _allow(self, params: dict[str, Any]) -> None:
        if "allowed_updates" in params:
            self.allowed = json.loads(params["allowed_updates"])

    def do_set_webhook(self, params: dict[str, Any], _: Any) -> Any:
        url, secret = params.get("url", ""), params.get("secret_token", "")
        if not url:
            return self.do_delete_webhook(params, _)
        if not self.local and not url.startswith("https://"):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise bad("secret token contains unallowed characters")
        self._allow(params)
        self.webhook = {"url": url, "secret": secret}
        self._news.set()
        return True

    def do_delete_webhook(self, params: dict[str, Any], _: Any) -> Any:
        self.webhook = {}
        return True

    def do_get_webhook_info(self, params: dict[str, Any], _: Any) -> Any:
        return {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates),
        }

    async def deliver(self) -> None:
        """Bring updates to the webhook, in order, until the block ends."""
        async with aiohttp.ClientSession() as http:
            while True:
                await self._news.wait()
                self._news.clear()
                while self.webhook and self._updates:
                    if not await self._hand_over(http, self._updates[0]):
                        await asyncio.sleep(0.3)
                        continue
                    self._updates.popleft()

    async def _hand_over(self, http: aiohttp.ClientSession, update: dict[str, Any]) -> bool:
        url = self.webhook["url"]
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret"]}
        for public, real in self.proxies.items():
            if url.startswith(public):
                headers |= {"Host": public.split("//")[1], "X-Forwarded-For": "149.154.167.220"}
                url = real + url.removeprefix(public)
        try:
            async with http.post(url, json=update, headers=headers, allow_redirects=False) as got:
                return 200 <= got.status < 300
        except aiohttp.ClientError:
            return False
