"""The real ffmpeg, short videos made with it, and a listener that nobody may reach."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from core.media.ffmpeg import find, run
from core.media.inputs import file_arg
from core.settings import Settings

Make = Callable[..., Awaitable[Path]]


@pytest.fixture(scope="session")
def exe() -> str:
    return find(Settings(_env_file=None))


@pytest.fixture
def make(exe: str, tmp_path: Path) -> Make:
    """`await make("a.mp4", "-t", "2")`: test pictures with a tone, by any output options."""

    async def made(name: str, *options: str, size: str = "320x240", sound: bool = True) -> Path:
        path = tmp_path / name
        args = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25"]
        if sound:
            args += ["-f", "lavfi", "-i", "sine=frequency=300"]
        args += options if "-t" in options else ("-t", "2", *options)
        await run([*args, file_arg(path)], exe=exe, timeout_s=60)
        return path

    return made


class Listener:
    """A server on loopback that counts who comes."""

    def __init__(self) -> None:
        self.visits = 0
        self.port = 0

    async def visit(self, _: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        self.visits += 1
        out.close()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    heard = Listener()
    server = await asyncio.start_server(heard.visit, "127.0.0.1", 0)
    heard.port = server.sockets[0].getsockname()[1]
    async with server:
        yield heard
