"""`clipdesk up` as a newcomer runs it, and somebody in front of it."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import psutil

from tests.doubles.newcomer import Newcomer

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Product:
    """`clipdesk up` in a folder of its own."""

    def __init__(self, data_dir: Path, port: int, env: Mapping[str, str] | None = None) -> None:
        self.data_dir, self.port, self.env = data_dir, port, dict(env or {})
        self.process: subprocess.Popen[str] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> str:
        """The one-time code it prints."""
        env = {
            **os.environ,
            "DATA_DIR": str(self.data_dir),
            "PORT": str(self.port),
            "SPEECH_ENGINE": "none",
            **self.env,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "up"],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"\?code=([A-Z0-9-]+)", line):
                return found[1]
        raise AssertionError("it did not start")

    def processes(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def worker(self, queue: str) -> psutil.Process:
        return next(p for p in self.processes() if p.cmdline()[-2:] == ["workers", queue])

    def stop(self) -> tuple[float, list[psutil.Process]]:
        """Ctrl-C: how long it took, and who is still there."""
        assert self.process is not None
        everyone = self.processes()
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        took = time.monotonic() - began
        if self.process.stdout:
            self.process.stdout.close()
        return took, [p for p in everyone if p.is_running() and p.status() != "zombie"]

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(f"file:{self.data_dir}/clipdesk.db?mode=ro", uri=True) as db:
            found = db.execute(query).fetchall()
        db.close()
        return found


@contextmanager
def running(tmp_path: Path) -> Iterator[tuple[Product, str]]:
    product = Product(tmp_path / "data", free_port())
    code = product.start()
    try:
        yield product, code
    finally:
        if product.process and product.process.poll() is None:
            product.stop()


@asynccontextmanager
async def newcomer(product: Product, code: str) -> AsyncIterator[Newcomer]:
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address in numbers
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        person = Newcomer(product.base, http)
        await person.sign_in(code)
        async with person.talking():
            yield person
