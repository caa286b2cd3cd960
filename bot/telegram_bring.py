"""Files people sent: fetched from Telegram, or taken where a server of one's own put them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog
from telegram import Bot, File
from telegram.error import BadRequest

from bot.telegram_errors import NotSent, Revoked, says, understood
from core.chat.message import ChatRef, InFile
from core.errors import Later, Told, TooLarge, Unsure
from core.media.receive import chunks_of, receive
from core.say import Bytes
from core.services import Services

log = structlog.get_logger()

AGAIN_S = 5.0
CHUNK_B = 1 << 20
NOWHERE = ChatRef("telegram", "0")
"""Files are in no chat."""


class Bringer:
    """Fetches by the ids in `InFile.handle`."""

    def __init__(self, svc: Services, bot: Bot, limit_b: int) -> None:
        self._svc = svc
        self._bot = bot
        self._limit_b = limit_b

    async def bring(self, file: InFile, into: Path) -> Path:
        """See `core.chat.chat.Chat.bring`."""
        if (file.size_b or 0) > self._limit_b:
            raise self._too_large(file)
        found = await self._found(file)
        if found.file_path is None:
            raise Later(AGAIN_S, "no path yet")
        if self._bot.local_mode:
            # A path it cannot see the library takes for one below an address, token included.
            lies = found.file_path.removeprefix(f"{self._bot.base_file_url}/")
            return await self._taken_over(file, Path("/", lies), into)
        await self._streamed(found, into)
        return into

    async def _found(self, file: InFile) -> File:
        try:
            async with understood(NOWHERE):
                try:
                    return await self._bot.get_file(file.handle.removeprefix("telegram:"))
                except BadRequest as wrong:
                    if says(wrong, "file is too big"):
                        raise self._too_large(file) from wrong
                    raise Told("telegram.file_gone", name=file.name) from wrong
        except (NotSent, Unsure, Revoked) as wrong:
            raise Later(AGAIN_S, str(wrong)) from wrong

    async def _streamed(self, found: File, into: Path) -> None:
        assert found.file_path is not None
        async with self._svc.http.get(found.file_path) as answer:
            if answer.status != 200:  # an address holds for an hour; the next try gets a new one
                raise Later(AGAIN_S, f"HTTP {answer.status}")
            chunks = answer.content.iter_chunked(CHUNK_B)
            await receive(chunks, into, limit_b=self._limit_b, expect_b=found.file_size or 0)

    async def _taken_over(self, file: InFile, lies: Path, into: Path) -> Path:
        """A server on this machine has put it where we can reach it, or should have. It keeps
        what it fetched for ever, so the file is moved rather than copied."""
        out_of_reach = Told("telegram.local_path", name=file.name, path=str(lies))
        if not lies.is_file():
            log.error("telegram.local_path", path=str(lies))
            raise out_of_reach
        try:
            await asyncio.to_thread(lies.rename, into)
        except OSError:  # another disk, or a folder that is not ours
            try:
                await receive(chunks_of(lies), into, limit_b=self._limit_b)
            except PermissionError as wrong:
                log.error("telegram.local_path", path=str(lies), why=str(wrong))
                raise out_of_reach from wrong
        return into

    def _too_large(self, file: InFile) -> TooLarge:
        """With the ways out."""
        return TooLarge(
            "arrival.too_large_telegram",
            name=file.name,
            size=Bytes(file.size_b or 0),
            limit=Bytes(self._limit_b),
            address=self._svc.settings.address,
        )
