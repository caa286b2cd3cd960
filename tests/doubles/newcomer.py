"""Somebody in front of the web page, without the page: signs in, sends videos, presses, reads."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL


def words(message: dict[str, Any]) -> str:
    """The text of one message."""
    return "\n".join("".join(run["text"] for run in p) for p in message.get("text", []))


CODE = re.compile(r"\b[A-Z2-9]{4}-[A-Z2-9]{4}\b")


async def invitations(owner: Newcomer, many: int, role: str = "owner") -> list[str]:
    """Codes that let others in, each once."""
    for _ in range(many):
        await owner.send(f"/invite {role}")

    def made() -> list[str]:
        said = [m for m in owner.messages.values() if m.get("from") == "bot"]
        return [code[0] for m in said if (code := CODE.search(words(m)))]

    await owner.until(lambda: len(made()) == many)
    return made()


class Newcomer:
    """Speaks the protocol of the page (see bot/web_socket.py)."""

    def __init__(self, base: str, http: aiohttp.ClientSession) -> None:
        self.base, self._http = base, http
        self.messages: dict[int | str, dict[str, Any]] = {}
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None

    async def sign_in(self, code: str) -> None:
        async with self._http.post(
            f"{self.base}/api/session", json={"code": code}, headers={"Origin": self.base}
        ) as answer:
            assert answer.status < 300, await answer.text()

    @asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        await self.connect()
        try:
            yield
        finally:
            await self.hang_up()

    async def connect(self) -> None:
        """Open the chat, as the page does when it is loaded and after every broken line."""
        await self.hang_up()
        self._socket = await self._http.ws_connect(
            f"{self.base}/api/chat", headers={"Origin": self.base}, heartbeat=30
        )
        await self._socket.send_json(
            {"t": "hello", "cursor": 0, "zone": "Europe/Berlin", "language": "en"}
        )
        self._reading = asyncio.create_task(self._read(self._socket))

    async def hang_up(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        self._reading = self._socket = None

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            if frame.type is aiohttp.WSMsgType.TEXT:
                told = json.loads(frame.data)
                for message in told.get("messages", []):
                    self.messages[message["id"]] = message

    async def upload(self, path: Path) -> str:
        size = path.stat().st_size
        about = {"name": path.name, "size": size, "mime": "video/mp4"}
        origin = {"Origin": self.base}
        async with self._http.post(
            f"{self.base}/api/uploads", json=about, headers=origin
        ) as answer:
            assert answer.status < 300, await answer.text()
            upload = (await answer.json())["id"]
        with path.open("rb") as file:
            async with self._http.put(
                f"{self.base}/api/uploads/{upload}?offset=0", data=file, headers=origin
            ) as answer:
                assert answer.status < 300, await answer.text()
        return str(upload)

    async def send(self, text: str = "", *files: Path) -> None:
        uploads = [await self.upload(f) for f in files]
        assert self._socket is not None
        await self._socket.send_json(
            {"t": "send", "key": uuid.uuid4().hex, "text": text, "files": uploads}
        )

    async def press(self, label: str) -> None:
        """The newest button with this label."""
        assert self._socket is not None
        for message in sorted(self.messages.values(), key=lambda m: int(m["id"]), reverse=True):
            for row in message.get("buttons") or []:
                for button in row:
                    if button["label"] == label and button.get("act"):
                        await self._socket.send_json(
                            {
                                "t": "press",
                                "key": uuid.uuid4().hex,
                                "id": message["id"],
                                "act": button["act"],
                            }
                        )
                        return
        raise AssertionError(f"no button {label!r} in:\n{self.everything}")

    @property
    def everything(self) -> str:
        ordered = sorted(self.messages.values(), key=lambda m: int(m["id"]))
        return "\n---\n".join(words(m) for m in ordered)

    @property
    def cards(self) -> list[dict[str, Any]]:
        """Messages with a player."""
        return [
            m
            for m in self.messages.values()
            if (m.get("media") or {}).get("kind") == "video" and m.get("from") != "me"
        ]

    @property
    def addresses(self) -> list[str]:
        """Every address in a button or a text."""
        found = []
        for m in sorted(self.messages.values(), key=lambda m: int(m["id"])):
            found += [b["url"] for row in m.get("buttons") or [] for b in row if b.get("url")]
            found += [r["href"] for p in m.get("text", []) for r in p if r.get("href")]
        return found

    async def until(self, true: Callable[[], bool], within_s: float = 60) -> float:
        began = time.monotonic()
        while not true():
            assert time.monotonic() - began < within_s, f"it did not come:\n{self.everything}"
            await asyncio.sleep(0.02)
        return time.monotonic() - began

    async def hears(self, text: str, within_s: float = 60) -> float:
        return await self.until(lambda: text in self.everything, within_s)

    async def allow(self, address: str) -> None:
        """On the consent page of a practice platform: choose an account, allow, come back."""
        async with self._http.get(address) as page:
            assert page.status == 200
        form = {**dict(URL(address).query), "account": "ana.makes", "answer": "allow"}
        async with self._http.post(address, data=form, allow_redirects=False) as back:
            where = URL(back.headers["Location"]).with_fragment(None)
        async with self._http.get(where) as landed:
            assert landed.status == 200, await landed.text()
