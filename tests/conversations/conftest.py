"""One running product for all conversations, and somebody new on each face of it for each of them.

A network joins by one line in `FACES`: an async context manager that is given the running product
and a code, and gives the face of a person who is in. What the product must be started with so that
it speaks to the double of that network is in `DOUBLES`.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.media.ffmpeg import find
from core.settings import Settings
from tests.conversations.discord_face import DiscordFace, DiscordThere, discord_there
from tests.conversations.face import Teller
from tests.conversations.telegram_face import Server, TelegramFace, telegram_double
from tests.conversations.web_face import WebFace
from tests.doubles.newcomer import invitations
from tests.doubles.product import Product, free_port, newcomer

INVITED = 18
"""As many people as there are conversations, and a few more."""


@dataclass
class Running:
    """The product, and the doubles it speaks to by the name of their network."""

    product: Product
    codes: Iterator[str]
    """Each lets one more owner in."""
    doubles: dict[str, object]


OpenFace = Callable[[Running, str], AbstractAsyncContextManager[Teller]]
OpenDouble = Callable[[], AbstractContextManager[tuple[object, dict[str, str]]]]
"""Runs the double of a network in a process or thread of its own; gives it, and the environment
that points the product at it."""


@asynccontextmanager
async def _web(running: Running, code: str) -> AsyncIterator[Teller]:
    async with newcomer(running.product, code) as person:
        yield WebFace(person)


@asynccontextmanager
async def _discord(running: Running, code: str) -> AsyncIterator[Teller]:
    there = running.doubles["discord"]
    assert isinstance(there, DiscordThere)
    face = DiscordFace(there)
    await face.come_in(code)
    yield face


@asynccontextmanager
async def _telegram(running: Running, code: str) -> AsyncIterator[Teller]:
    server = running.doubles["telegram"]
    assert isinstance(server, Server)
    face = TelegramFace(server)
    await face.come_in(code)
    yield face


FACES: dict[str, OpenFace] = {"web": _web, "telegram": _telegram, "discord": _discord}
DOUBLES: dict[str, OpenDouble] = {"telegram": telegram_double, "discord": discord_there}


@contextlib.contextmanager
def all_doubles() -> Iterator[tuple[dict[str, object], dict[str, str]]]:
    """Every network there is, and what the product must be started with to speak on all of them."""
    with contextlib.ExitStack() as stack:
        opened = {name: stack.enter_context(double()) for name, double in DOUBLES.items()}
        env = {"LINK_ALLOW": "127.0.0.2/32"}
        for _, more in opened.values():
            env |= more
        yield {name: double for name, (double, _) in opened.items()}, env


@pytest.fixture(params=tuple(FACES))
def network(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`clipdesk up`, on every network."""
    with all_doubles() as (doubles, env):
        product = Product(tmp_path_factory.mktemp("product") / "data", free_port(), env)
        code = product.start()
        try:
            yield Running(product, iter(invited(product, code)), doubles)
        finally:
            product.stop()


def invited(product: Product, code: str, many: int = INVITED) -> list[str]:
    """Codes the owner makes for others. In a loop of its own: every test has another."""
    codes: list[str] = []

    async def ask() -> None:
        async with newcomer(product, code) as owner:
            codes.extend(await invitations(owner, many))

    thread = threading.Thread(target=asyncio.run, args=(ask(),))
    thread.start()
    thread.join(60)
    assert len(codes) == many, "the owner could not invite anybody"
    return codes


@pytest.fixture
async def chat(network: str, running: Running) -> AsyncIterator[Teller]:
    """Somebody who came in just now, alone with the bot on this network."""
    async with FACES[network](running, next(running.codes)) as face:
        yield face


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen seconds with a cut every four, and sound; less than 2 MB."""
    out = tmp_path_factory.mktemp("video") / "holiday.mp4"
    sources = ("testsrc2", "smptehdbars", "testsrc", "rgbtestsrc")
    inputs = [a for s in sources for a in ("-f", "lavfi", "-t", "4", "-i", f"{s}=s=640x360:r=25")]
    joined = "".join(f"[{i}:v]setsar=1,format=yuv420p[v{i}];" for i in range(4))
    joined += "".join(f"[v{i}]" for i in range(4)) + "concat=n=4:v=1[v]"
    subprocess.run(
        [
            find(Settings(_env_file=None)),  # type: ignore[call-arg]
            *("-v", "error", *inputs, "-f", "lavfi", "-t", "16", "-i", "sine=330:r=48000"),
            *("-filter_complex", joined, "-map", "[v]", "-map", "4:a"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(out)),
        ],
        check=True,
    )
    return out


Another = Callable[[str], Path]


@pytest.fixture(scope="session")
def another(video: Path, tmp_path_factory: pytest.TempPathFactory) -> Another:
    """The same with other pictures and other sound, for each name: nobody has seen it before."""
    looks = {"web": "null", "telegram": "hflip", "discord": "vflip"}

    def make(name: str) -> Path:
        out = tmp_path_factory.mktemp(name) / video.name
        subprocess.run(
            [
                find(Settings(_env_file=None)),  # type: ignore[call-arg]
                *("-v", "error", "-i", str(video), "-vf", looks[name]),
                *("-af", f"volume={0.5 + 0.1 * len(name)}"),
                *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(out)),
            ],
            check=True,
        )
        return out

    return make
