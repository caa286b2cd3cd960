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
from typing import Any

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
        self.process = self._run("up", stdout=subprocess.PIPE)
        return _code_of(self.process)

    def _run(self, *command: str, **streams: Any) -> subprocess.Popen[str]:
        own = {"DATA_DIR": str(self.data_dir), "PORT": str(self.port), "SPEECH_ENGINE": "none"}
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *command],
            cwd=ROOT,
            env={**os.environ, **own, **self.env},
            text=True,
            start_new_session=True,
            **streams,
        )

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


class Fleet(Product):
    """The same in a handful of processes that nobody watches over: any of them can be killed."""

    PARTS: Mapping[str, tuple[str, ...]] = {
        "bot": ("bot",),
        "practice": ("practice",),
        **{f"worker {queue}": ("worker", queue) for queue in ("media", "publish", "light")},
    }

    def __init__(self, data_dir: Path, port: int, env: Mapping[str, str]) -> None:
        super().__init__(data_dir, port, env)
        self._parts: dict[str, subprocess.Popen[str]] = {}

    def start(self) -> str:
        """Whatever does not run; gives the code the bot prints."""
        if not self.data_dir.exists():
            self.data_dir.mkdir(parents=True)
            with (self.data_dir / "migrate.log").open("a") as log:
                assert self._run("migrate", stdout=log, stderr=log).wait(60) == 0
        for name, command in self.PARTS.items():
            if name not in self._parts:
                with (self.data_dir / f"{name}.log").open("a") as log:
                    stdout = subprocess.PIPE if name == "bot" else log
                    self._parts[name] = self._run(*command, stdout=stdout, stderr=log)
        return _code_of(self._parts["bot"])

    def kill(self, *names: str) -> None:
        """With -9, at whatever they were; all of them when none is named, except for the platforms:
        those are somebody else's."""
        for name in names or [n for n in self._parts if n != "practice"]:
            process = self._parts.pop(name)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
            if process.stdout is not None:
                process.stdout.close()


def _code_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"\?code=([A-Z0-9-]+)", line):
            return found[1]
    raise AssertionError("it did not start")


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
