"""`clipdesk practice`: all practice platforms on one port of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from core.clock import Clock, SystemClock
from core.practice.base import PracticePlatform
from core.practice.control import Control
from core.practice.faults import Faults
from core.practice.instagram import Instagram
from core.practice.pages import Pages
from core.practice.state import State
from core.practice.tiktok import TikTok
from core.practice.youtube import YouTube
from core.publish.practice_room import read_practice, write_practice
from core.servers.parent import end_with_parent
from core.settings import Settings

Around = Middleware
"""What a test puts between a client and a platform."""

PLATFORMS: tuple[type[PracticePlatform], ...] = (TikTok, Instagram, YouTube)

log = structlog.get_logger()


async def serve(
    settings: Settings, *, host: str, port: int, ready: Callable[[int], None] | None = None
) -> int:
    """Until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    watching = asyncio.create_task(end_with_parent())
    async with practising(settings, host=host, port=port) as base:
        if ready is not None:
            ready(int(base.rsplit(":", 1)[1]))
        await stop.wait()
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    return 0


@asynccontextmanager
async def practising(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    clock: Clock | None = None,
    around: Around | None = None,
) -> AsyncIterator[str]:
    """All platforms while the block runs; gives their address. It is written into the data folder,
    where the clients look for it, and stays the same over restarts as far as the port is free.
    `around` is put around every call."""
    folder = settings.data_dir / "practice"
    folder.mkdir(parents=True, exist_ok=True)
    state = State(folder, clock or SystemClock())
    faults = Faults({p.name: p.faults for p in PLATFORMS})
    app = web.Application(client_max_size=4 << 30, middlewares=[around] if around else [])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    socket_host = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104
    wanted = int(read_practice(settings).get("port") or port)
    bound = await asyncio.to_thread(_free_port, socket_host, wanted)
    base = f"http://{socket_host}:{bound}"
    platforms = [p(state, faults, base) for p in PLATFORMS]
    for platform in platforms:
        platform.routes(app)
    Pages(state, platforms).routes(app)
    Control(state, faults, platforms).routes(app)
    try:
        await runner.setup()
        await web.TCPSite(runner, host or socket_host, bound).start()
        write_practice(
            settings, {"url": base, "port": bound, **{p.name: dict(p.room()) for p in platforms}}
        )
        log.info("practice.ready", port=bound)
        yield base
    finally:
        with contextlib.suppress(Exception):
            await runner.cleanup()
        state.close()


def _free_port(host: str, wanted: int) -> int:
    """The wanted one, or any other when somebody has it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return wanted
