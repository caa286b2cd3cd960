"""A network in memory with a face, as an adapter would offer it: for what all faces share."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

from aiohttp import web

from bot.faces import Adapter, Hall, Receive
from core.chat.chat import Capabilities
from core.chat.message import ChatRef, In, InFile, MessageRef, Out, Who
from core.say import Say, say
from core.settings import Settings

ANA = Who("telegram", "7", "Ana", "en")
HERE = ChatRef("telegram", "7")


class ToyFace:
    """Is `Face` and `Chat` at once; remembers what it showed."""

    def __init__(self) -> None:
        self.can = Capabilities("telegram", 1 << 20, 1 << 20, 3, 4096, 0.01, 1000, whispers=True)
        self.receive: Receive | None = None
        self.shown: dict[str, Out] = {}
        self.states: list[Out] = []
        """Every state of every message."""
        self.brought: list[str] = []
        self.content: dict[str, bytes] = {}
        self.lies_at: dict[str, Path] = {}
        self.faults: list[Callable[[], Exception]] = []
        self.pause_s = 0.0
        self.gate = asyncio.Event()
        """Nothing is brought to its end before this is set."""
        self.gate.set()
        self.falls: list[Callable[[], BaseException]] = []
        self.runs = 0
        self._keys = itertools.count(1)

    # ── as a face ───────────────────────────────────────────────────────────────────────────────

    @property
    def chat(self) -> ToyFace:
        return self

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        async def hook(_: web.Request) -> web.Response:
            return web.Response(text="heard")

        return (web.post("/hook/telegram", hook),)

    async def run(self, receive: Receive) -> None:
        self.runs += 1
        self.receive = receive
        if self.falls:
            raise self.falls.pop(0)()
        await asyncio.Event().wait()

    def adapter(self) -> Adapter:
        def open_face(_: Hall) -> ToyFace:
            return self

        async def check(_: Settings) -> Say | None:
            return say("queue.empty")

        return Adapter("telegram", open_face, check)

    async def hears(
        self, text: str = "", *files: InFile, key: str = "", who: Who = ANA, act: str | None = None
    ) -> Say | None:
        """Somebody does something."""
        while self.receive is None:
            await asyncio.sleep(0.01)
        number = next(self._keys)
        inn = In(
            key or f"toy:{number}",
            HERE,
            who,
            text,
            files,
            act,
            said=MessageRef(HERE, f"m{number}"),
        )
        return await self.receive(inn)

    # ── as a chat ───────────────────────────────────────────────────────────────────────────────

    async def say(
        self,
        to: ChatRef,
        out: Out,
        *,
        key: str,
        language: str,
        reply_to: MessageRef | None = None,
    ) -> MessageRef:
        self.shown[key] = out
        self.states.append(out)
        return MessageRef(to, key)

    async def change(self, at: MessageRef, out: Out, *, language: str) -> None:
        self.shown[at.id] = out
        self.states.append(out)

    async def remove(self, at: MessageRef) -> bool:
        return False

    async def bring(self, file: InFile, into: Path) -> Path:
        self.brought.append(file.handle)
        if self.faults:
            raise self.faults.pop(0)()
        if file.handle in self.lies_at:
            return self.lies_at[file.handle]
        content = self.content[file.handle]
        with into.open("wb") as out:
            half = len(content) // 2
            out.write(content[:half])
            out.flush()
            await asyncio.sleep(self.pause_s)
            await self.gate.wait()
            out.write(content[half:])
        return into

    def said(self, key: str) -> bool:
        """Whether a sentence stands in some message now."""
        return any(s.key == key for out in self.shown.values() for s in out.text)

    async def until(self, holds: Callable[[], bool], why: str = "", within_s: float = 15) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + within_s
        while not holds():
            shown = {k: [s.key for s in out.text] for k, out in self.shown.items()}
            assert loop.time() < end, f"{why}: {shown}"
            await asyncio.sleep(0.02)
