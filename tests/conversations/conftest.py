"""One running product, and a person on each face of it.

A network joins by one line in `FACES`: an async context manager that is given the running product
and gives the face of a person who is in. What the product must be started with so that it speaks to
the double of that network is in `doubles()`.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.media.ffmpeg import find
from core.settings import Settings
from tests.conversations.discord_face import DiscordThere, discord_chat, discord_there
from tests.conversations.face import Teller
from tests.conversations.telegram_face import Server, TelegramFace, telegram_double
from tests.conversations.web_face import WebFace
from tests.doubles.product import Product, free_port, newcomer


@dataclass
class Running:
    """The product, and the doubles it speaks to by the name of their network."""

    product: Product
    code: str
    """Signs the owner in on the page; used once."""
    doubles: dict[str, object]


OpenFace = Callable[[Running], AbstractAsyncContextManager[Teller]]
OpenDouble = Callable[[], AbstractContextManager[tuple[object, dict[str, str]]]]
"""Runs the double of a network in a process or thread of its own; gives it, and the environment
that points the product at it."""


@asynccontextmanager
async def _web(running: Running) -> AsyncIterator[Teller]:
    async with newcomer(running.product, running.code) as person:
        yield WebFace(person)


@asynccontextmanager
async def _discord(running: Running) -> AsyncIterator[Teller]:
    there = running.doubles["discord"]
    assert isinstance(there, DiscordThere)
    async with discord_chat(there, running.code) as face:
        yield face


@asynccontextmanager
async def _telegram(running: Running) -> AsyncIterator[Teller]:
    server = running.doubles["telegram"]
    assert isinstance(server, Server)
    face = TelegramFace(server)
    if not face.messages:  # the first time she comes with the code
        await face.write(f"/start {running.code}")
        await face.hears("Welcome")
        await face.write("/timezone Berlin")  # Telegram does not tell where somebody is
        await face.hears("Europe/Berlin")
    yield face


FACES: dict[str, OpenFace] = {"web": _web, "telegram": _telegram, "discord": _discord}
DOUBLES: dict[str, OpenDouble] = {"telegram": telegram_double, "discord": discord_there}


@pytest.fixture(params=tuple(FACES))
def network(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def running(network: str, tmp_path: Path) -> Iterator[Running]:
    """`clipdesk up` with the network of this test."""
    with contextlib.ExitStack() as stack:
        env: dict[str, str] = {"LINK_ALLOW": "127.0.0.2/32"}
        doubles: dict[str, object] = {}
        if network in DOUBLES:
            doubles[network], extra = stack.enter_context(DOUBLES[network]())
            env |= extra
        product = Product(tmp_path / "data", free_port(), env)
        code = product.start()
        try:
            yield Running(product, code, doubles)
        finally:
            if product.process and product.process.poll() is None:
                product.stop()


@pytest.fixture
async def chat(network: str, running: Running) -> AsyncIterator[Teller]:
    """The owner, alone with the bot on this network."""
    async with FACES[network](running) as face:
        yield face


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty-two seconds with a cut every eight, and sound; less than 2 MB."""
    out = tmp_path_factory.mktemp("video") / "holiday.mp4"
    sources = ("testsrc2", "smptehdbars", "testsrc", "rgbtestsrc")
    inputs = [a for s in sources for a in ("-f", "lavfi", "-t", "8", "-i", f"{s}=s=640x360:r=25")]
    joined = "".join(f"[{i}:v]setsar=1,format=yuv420p[v{i}];" for i in range(4))
    joined += "".join(f"[v{i}]" for i in range(4)) + "concat=n=4:v=1[v]"
    subprocess.run(
        [
            find(Settings(_env_file=None)),  # type: ignore[call-arg]
            *("-v", "error", *inputs, "-f", "lavfi", "-t", "32", "-i", "sine=330:r=48000"),
            *("-filter_complex", joined, "-map", "[v]", "-map", "4:a"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(out)),
        ],
        check=True,
    )
    return out
