"""Somebody with Telegram on their phone, in front of the double of its servers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tests.conversations.face import Heard, Teller
from tests.doubles.telegram import Shown, Telegram, telegram

T = TypeVar("T")
KINDS = {"video": "video", "photo": "picture", "document": "file"}


class Server:
    """The double in a thread of its own; the product restarts in front of it."""

    def __init__(self, tg: Telegram, loop: asyncio.AbstractEventLoop) -> None:
        self.tg = tg
        self._loop = loop

    async def do(self, what: Callable[[], T]) -> T:
        """Something somebody does there."""

        async def done() -> T:
            return what()

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(done(), self._loop))


@contextmanager
def telegram_double() -> Iterator[tuple[Server, dict[str, str]]]:
    """The server, and the settings that point the product at it."""
    loop, ready, end = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    found: list[Telegram] = []

    async def serve() -> None:
        async with telegram() as tg:
            found.append(tg)
            ready.set()
            await end.wait()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:  # polls of a product that was stopped
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    tg = found[0]
    try:
        env = {"TELEGRAM_TOKEN": tg.token, "TELEGRAM_API_ROOT": tg.root}
        yield Server(tg, loop), env
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(10)
        loop.close()


class TelegramFace(Teller):
    """Ana, alone with the bot."""

    name = "telegram"

    def __init__(self, server: Server) -> None:
        self._server, self._tg = server, server.tg
        self._ana = server.tg.person("Ana")

    async def come_in(self, code: str) -> None:
        await self.write(f"/start {code}")
        await self.hears("Welcome")
        await self.write("/timezone Berlin")  # Telegram does not tell where somebody is
        await self.hears("Europe/Berlin")

    async def come_back(self) -> None:
        """What is written waits at Telegram until it is fetched."""

    async def write(self, text: str) -> None:
        await self._server.do(lambda: self._tg.write(self._ana, text))

    async def send(self, text: str, *files: Path) -> None:
        def sent() -> None:
            if len(files) == 1:
                self._tg.send(self._ana, files[0], text, name=files[0].name)
            else:
                self._tg.album(self._ana, list(files), text)

        await self._server.do(sent)

    async def press(self, label: str) -> None:
        heard = await self.sees(self.having(label), why=f"[{label}]")
        shown = self._tg.private(self._ana).messages[int(heard.id)]
        await self._server.do(lambda: self._tg.press(self._ana, shown, label))

    @property
    def messages(self) -> list[Heard]:
        return [_heard(m) for m in self._tg.private(self._ana).shown]


def _heard(m: Shown) -> Heard:
    return Heard(
        str(m.id),
        m.text,
        tuple(b["text"] for row in m.rows for b in row if "callback_data" in b),
        tuple(m.urls),
        KINDS.get(m.kind),
        # There is no alternative text on Telegram: a screen reader reads the caption.
        m.text if m.kind else "",
        m.quiet,
        str(m.reply_to) if m.reply_to else None,
    )
