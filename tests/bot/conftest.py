"""The talking process as a whole, on a free port, and a browser's side of it without a browser."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from yarl import URL

from bot.app import talking
from bot.deliverable import Deliverable
from bot.gateway_session import owner_code
from bot.media_links import MediaLinks
from bot.telegram_chat import TelegramChat, make_bot
from bot.telegram_settings import TelegramSettings
from core.chat.message import Act, Button, MediaOut, Out
from core.chat.registry import Ask, Entry, Registry
from core.say import Bytes, say
from core.services import Services
from tests.doubles.telegram import Telegram, telegram

PATIENCE_S = 10


async def _echo(ask: Ask, svc: Services) -> Out:
    """Say it back."""
    buttons = ((Button(say("web.back_to_chat"), Act.of("test.press", 7), style="main"),),)
    return Out.of(say("web.connected", platform="echo", username=ask.text), buttons=buttons)


async def _press(ask: Ask, svc: Services) -> Out:
    """Say that a button was pressed."""
    return Out.of(say("web.connected", platform="pressed", username=str(ask.ids)))


async def _video(ask: Ask, svc: Services) -> Out:
    """Say what arrived."""
    file = ask.files[0]
    facts = {"limit": Bytes(file.size_b or 0), "name": f"{file.name} at {file.handle}"}
    return Out.of(say("web.too_large", **facts))


@pytest.fixture
def registry() -> Registry:
    """Three things to ask for, so that these tests are about talking and nothing else."""
    made = Registry()
    made.commands["echo"] = Entry("echo", _echo, "viewer")
    made.acts["test.press"] = Entry("test.press", _press, "viewer")
    made.video = Entry("video", _video, "viewer")
    return made


@dataclass
class Tab:
    """One open page: what it was told, in order."""

    socket: aiohttp.ClientWebSocketResponse
    frames: list[dict[str, Any]] = field(default_factory=list)
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    cursor: int = 0
    keys: Any = field(default_factory=lambda: itertools.count(1))

    async def take(self) -> dict[str, Any]:
        frame = json.loads(await asyncio.wait_for(self.socket.receive_str(), PATIENCE_S))
        self.frames.append(frame)
        self.cursor = max(self.cursor, frame.get("cursor", 0))
        for message in frame.get("messages", ()):
            self.messages[message["id"]] = message
        return frame

    async def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first frame from here on for which it holds."""
        while not holds(frame := await self.take()):
            pass
        return frame

    async def hears(self, words: str) -> dict[str, Any]:
        """Wait for a message with these words, and give it."""
        while True:
            for message in self.messages.values():
                if words in text_of(message):
                    return message
            await self.take()

    async def send(self, text: str = "", files: tuple[str, ...] = (), key: str = "") -> str:
        key = key or f"key-{id(self)}-{next(self.keys)}"
        await self.socket.send_json({"t": "send", "key": key, "text": text, "files": files})
        return key

    async def press(self, message: dict[str, Any], act: str) -> str:
        key = f"press-{id(self)}-{next(self.keys)}"
        await self.socket.send_json({"t": "press", "key": key, "id": message["id"], "act": act})
        return key


def text_of(message: dict[str, Any]) -> str:
    return "\n".join("".join(r["text"] for r in runs) for runs in message.get("text", ()))


@dataclass
class Site:
    """The gateway as a browser reaches it."""

    http: aiohttp.ClientSession
    url: URL
    svc: Services

    async def sign_in(self) -> None:
        code = await owner_code(self.svc)
        async with self.http.post(self.url / "api/session", json={"code": code}) as answer:
            assert answer.status == 200, await answer.text()

    @asynccontextmanager
    async def tab(self, cursor: int = 0) -> AsyncIterator[Tab]:
        async with self.http.ws_connect(self.url / "api/chat") as socket:
            hello = {"t": "hello", "cursor": cursor, "zone": "Europe/Berlin", "language": "en-GB"}
            await socket.send_json(hello)
            tab = Tab(socket)
            await tab.until(lambda f: f["t"] == "welcome")
            yield tab


StartSite = Callable[[], AbstractAsyncContextManager[Site]]


@pytest.fixture
async def start(svc: Services, registry: Registry) -> StartSite:
    """Starts the talking process; more than once, for tests about restarts."""
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of a bare address

    @asynccontextmanager
    async def started() -> AsyncIterator[Site]:
        async with (
            aiohttp.ClientSession(cookie_jar=jar) as http,
            talking(svc, registry) as port,
        ):
            yield Site(http, URL(f"http://127.0.0.1:{port}"), svc)

    return started


@pytest.fixture
async def site(start: StartSite) -> AsyncIterator[Site]:
    async with start() as site:
        yield site


@pytest.fixture
async def home(site: Site) -> Site:
    """Signed in as the owner."""
    await site.sign_in()
    return site


# ── Telegram ────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Speaker:
    """The adapter with a real client, and the server it speaks to."""

    svc: Services
    tg: Telegram
    chat: TelegramChat

    async def kept(self, name: str, size: int = 4000, **shape: Any) -> MediaOut:
        """A clip in the store, with a cover."""
        import cv2
        import numpy as np

        folder = self.svc.settings.data_dir / "made"
        folder.mkdir(parents=True, exist_ok=True)
        clip, cover = folder / f"{name}.mp4", folder / f"{name}.jpg"
        clip.write_bytes(name.encode() * (size // len(name)))
        picture = np.random.default_rng(1).integers(0, 255, (1920, 1080, 3), np.uint8)
        cv2.imwrite(str(cover), picture)
        await self.svc.store.put(clip, f"clips/{name}.mp4")
        await self.svc.store.put(cover, f"clips/{name}.jpg")
        facts = {"width": 1080, "height": 1920, "duration_s": 27.4} | shape
        size_b = clip.stat().st_size
        key = f"clips/{name}"
        return MediaOut(
            "video", f"{key}.mp4", "on-pricing.mp4", size_b, **facts, cover_key=f"{key}.jpg"
        )


@pytest.fixture
async def tg() -> AsyncIterator[Telegram]:
    async with telegram() as server:
        yield server


OpenSpeaker = Callable[[Telegram], AbstractAsyncContextManager[Speaker]]


@pytest.fixture
def open_speaker(svc: Services, monkeypatch: pytest.MonkeyPatch) -> OpenSpeaker:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # as the face sets it

    @asynccontextmanager
    async def opened(tg: Telegram) -> AsyncIterator[Speaker]:
        settings = TelegramSettings(token=tg.token, api_root=tg.root, local=tg.local)
        links = MediaLinks(svc.vault, svc.clock, svc.store)
        async with make_bot(settings) as bot:
            yield Speaker(svc, tg, TelegramChat(svc, bot, settings, Deliverable(svc, links)))

    return opened


@pytest.fixture
async def speaker(tg: Telegram, open_speaker: OpenSpeaker) -> AsyncIterator[Speaker]:
    async with open_speaker(tg) as opened:
        yield opened
