"""The talking process: gateway, faces and courier, in one loop and one TaskGroup."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog

import handlers
from bot.arrivals import Arrivals
from bot.courier import Courier
from bot.deliverable import Deliverable
from bot.faces import ADAPTERS, Adapter, Faces, Hall
from bot.gateway import Gateway, listening
from bot.gateway_guard import Guard
from bot.gateway_session import Sessions, owner_code
from bot.media_links import MediaLinks
from bot.up import check_port
from bot.web_chat import WebChat
from bot.web_draw import Drawing
from bot.web_rooms import Rooms
from bot.web_socket import Desk
from bot.web_upload import Uploads
from core.chat.registry import Registry, discover
from core.db.migrate import check_ready
from core.say import say
from core.services import Services, open_services
from core.settings import Settings

log = structlog.get_logger()


async def run_bot(settings: Settings) -> None:
    """Talk until SIGTERM or SIGINT. Raises BadSetting for what keeps it from starting."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    check_port(settings)
    async with open_services(settings) as svc:
        await check_ready(svc.db, settings)
        async with talking(svc, discover(handlers)) as port:
            address = await address_with_code(svc, port)
            sys.stdout.write(f"{svc.catalog.text(say('web.open', address=address))}\n")
            sys.stdout.flush()
            await stop.wait()
            log.info("bot.stopping")


@asynccontextmanager
async def talking(
    svc: Services, registry: Registry, adapters: Sequence[Adapter] = ADAPTERS
) -> AsyncIterator[int]:
    """Everything that talks, until the block ends; gives the port of the page. A part that falls
    over takes the whole process with it, so that it is started again whole; a face is a world of
    its own and only falls for itself."""
    rooms, guard = Rooms(), Guard(svc.settings)
    sessions = Sessions(svc, guard)
    uploads = Uploads(svc, sessions)
    uploads.open()
    links = MediaLinks(svc.vault, svc.clock, svc.store)
    drawing = Drawing(svc.catalog, links)
    faces = Faces(Hall(svc, registry, Deliverable(svc, links)), adapters)
    courier = Courier(svc, {"web": WebChat(svc, rooms), **faces.chats})
    arrivals = Arrivals(svc, registry, faces.chats, courier)
    desk = Desk(svc, registry, sessions, uploads, drawing, rooms, courier)
    async with asyncio.TaskGroup() as tasks:
        working = [
            tasks.create_task(courier.run()),
            tasks.create_task(arrivals.run()),
            tasks.create_task(faces.run(courier, arrivals)),
        ]
        try:
            app = Gateway(desk, guard, links, faces.routes).app()
            async with listening(app, svc.settings) as port:
                log.info("bot.ready", port=port)
                yield port
        finally:
            for task in working:
                task.cancel()
            await uploads.close()


async def address_with_code(svc: Services, port: int) -> str:
    """Where to open the page, with a code that signs the owner in once."""
    settings = svc.settings
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    base = settings.public_url or f"http://{host}:{port}"
    return f"{base.rstrip('/')}/?code={await owner_code(svc)}"
