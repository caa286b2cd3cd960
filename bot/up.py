"""`clipdesk up`: everything on one machine. Starts the servers and processes, starts again what
falls over, and ends all of it within five seconds of Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.db.migrate import migrate
from core.errors import BadSetting
from core.i18n.catalog import Catalog
from core.jobs.queue import Queue
from core.media.ffmpeg import find as find_ffmpeg
from core.media.ffmpeg import version as ffmpeg_version
from core.say import say
from core.secrets import Vault
from core.servers import redis
from core.servers.socket import socket_path
from core.settings import Settings

GRACE_S = 2.5
"""After Ctrl-C, until what has not ended is killed; all must be gone within 5 s, and on a busy
machine our own end takes two of them. Whatever is killed goes on after the next start."""
LOG_MAX_B = 10_000_000
QUICK_S = 10.0
"""A process that ends sooner than this after its start has a lasting problem."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the product."""

    name: str
    command: tuple[str, ...]
    talks: bool = False
    """Its words go to the terminal: the bot prints the address."""


def parts() -> tuple[Part, ...]:
    """Everything that runs beside Redis."""
    python = sys.executable
    return (
        Part("practice", (python, "-m", "bot", "practice")),
        Part("bot", (python, "-m", "bot", "bot"), talks=True),
        *(
            Part(f"worker-{queue}", (python, "-m", "workers", queue))
            for queue in ("media", "publish", "light")
        ),
    )


async def up(settings: Settings) -> int:
    """Run until Ctrl-C or SIGTERM. Raises BadSetting for whatever keeps it from starting."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(sig, stop.set)
    check_folder(settings)
    with _only_one(settings):
        check_port(settings)
        await ffmpeg_version(find_ffmpeg(settings))
        Vault(settings)
        _tell("up.starting")
        async with _redis(settings):
            await migrate(settings)
            async with asyncio.TaskGroup() as tasks:
                for part in parts():
                    tasks.create_task(_keep_running(part, settings, stop))
                await stop.wait()
                _tell("up.stopping")
    return 0


def _tell(key: str, **facts: str | int) -> None:
    sys.stdout.write(f"{Catalog.load().text(say(key, **facts))}\n")
    sys.stdout.flush()


# ── before the start ────────────────────────────────────────────────────────────────────────────


def check_folder(settings: Settings) -> None:
    """Raises BadSetting when the data folder cannot be made or written, or its disk is full."""
    probe = settings.data_dir / ".write-test"
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"x" * 65536)
    except OSError as wrong:
        raise BadSetting(
            "setting.data_dir", path=str(settings.data_dir), why=wrong.strerror or str(wrong)
        ) from wrong
    finally:
        with contextlib.suppress(OSError):
            probe.unlink(missing_ok=True)


def check_port(settings: Settings) -> None:
    """Raises BadSetting when somebody else listens on our port."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as wrong:
            raise BadSetting(
                "setting.port",
                port=str(settings.port),
                host=settings.host,
                why=wrong.strerror or str(wrong),
            ) from wrong


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """One supervisor per data folder."""
    with (settings.data_dir / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as wrong:
            raise BadSetting("setting.already_up", path=str(settings.data_dir)) from wrong
        yield


# ── the processes ───────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def _redis(settings: Settings) -> AsyncIterator[None]:
    """The embedded Redis, unless the settings name another one."""
    if settings.redis_url:
        await (await Queue.connect(settings)).close()  # told once, here, and not by every part
        yield
        return
    where = socket_path(settings)
    if not await redis.answers(where):
        Path(where).unlink(missing_ok=True)  # left behind by a machine that lost power
    with _log("redis", settings) as log:
        process = await redis.run(settings, stdout=log, stderr=log)
        try:
            await redis.ready(settings, process)
            watch = asyncio.create_task(_keep_redis(settings, process))
            try:
                yield
            finally:
                watch.cancel()
                await asyncio.gather(watch, return_exceptions=True)
        finally:
            await _end(process)


async def _keep_redis(settings: Settings, first: asyncio.subprocess.Process) -> None:
    """Start Redis again when it falls over; it holds nothing that could be lost."""
    process = first
    while True:
        try:
            await process.wait()
        except asyncio.CancelledError:
            if process is not first:
                await _end(process)
            raise
        with _log("redis", settings) as log:
            process = await redis.run(settings, stdout=log, stderr=log)


def _log_path(name: str, settings: Settings) -> Path:
    return settings.data_dir / "logs" / f"{name}.log"


@contextmanager
def _log(name: str, settings: Settings) -> Iterator[IO[bytes]]:
    """The log file of a part; one that grew too big begins anew, the old one is kept aside."""
    path = _log_path(name, settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_MAX_B:
        path.replace(path.with_suffix(".log.1"))
    with path.open("ab") as log:
        yield log


async def _start(part: Part, log: IO[bytes]) -> asyncio.subprocess.Process:
    # A session of its own: Ctrl-C reaches us alone, and we end the parts in good order.
    return await asyncio.create_subprocess_exec(
        *part.command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=None if part.talks else log,
        stderr=log,
        start_new_session=True,
        env={**os.environ, "CLIPDESK_PARENT": str(os.getpid()), "PYTHONUNBUFFERED": "1"},
    )


async def _keep_running(part: Part, settings: Settings, stop: asyncio.Event) -> None:
    """Run a part until the stop; start it again when it ends by itself."""
    wait_s = 1.0
    loop = asyncio.get_running_loop()
    while not stop.is_set():
        began = loop.time()
        with _log(part.name, settings) as log:
            process = await _start(part, log)
            code = await _until(process, stop)
        if code is None:
            return
        log_path = _log_path(part.name, settings)
        why = _last_words(log_path) or f"code {code}"
        _tell("up.fell_over", name=part.name, why=why, log=str(log_path))
        wait_s = 1.0 if loop.time() - began > QUICK_S else min(30.0, wait_s * 2)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await stop.wait()


def _last_words(log: Path) -> str:
    """The one line a part says when it cannot start; empty when it ended in another way."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 2000))
        last = file.read().decode("utf-8", "replace").rstrip().rpartition("\n")[2]
    said = last.partition("clipdesk: ")
    return "" if said[0] else said[2]


async def _until(process: asyncio.subprocess.Process, stop: asyncio.Event) -> int | None:
    """The exit code of a process that ended by itself; None when we were told to stop."""
    ended = asyncio.create_task(process.wait())
    told = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((ended, told), return_when=asyncio.FIRST_COMPLETED)
        return process.returncode
    finally:
        told.cancel()
        await _end(process)
        await asyncio.gather(ended, told, return_exceptions=True)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask, wait a little, then kill the whole group: nothing stays behind."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await process.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
