"""The HTTP side of the program: page, sign-in, uploads, media, sign-ins of platforms, health."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import structlog
from aiohttp import WSCloseCode, web

from bot.gateway_guard import Guard
from bot.gateway_health import Health
from bot.gateway_oauth import OAuth
from bot.gateway_webhooks import Webhooks
from bot.media_links import MediaLinks
from bot.web_socket import Connection, Desk
from bot.web_words import asked_in, worded
from core.errors import BadSetting
from core.settings import Settings

log = structlog.get_logger()

MAX_BODY_B = 64 * 1024
"""Of everything but uploads, which are streamed and have their own limit."""
MAX_FRAME_B = 64 * 1024
HEARTBEAT_S = 20.0
GOODBYE_S = 0.7
"""For open pages to hear it, and then for requests under way; all must be over within 3 s."""
STATIC = Path(__file__).parent / "web"
TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


class Gateway:
    """Routes and the sockets that are open."""

    def __init__(
        self,
        desk: Desk,
        guard: Guard,
        links: MediaLinks,
        hooks: Sequence[web.RouteDef] = (),
    ) -> None:
        self._desk = desk
        self._hooks = hooks
        self._guard = guard
        self._links = links
        self._sockets: set[web.WebSocketResponse] = set()

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard.middleware], client_max_size=MAX_BODY_B)
        app.on_response_prepare.append(self._guard.add_headers)
        app.on_shutdown.append(self._say_goodbye)
        desk, health = self._desk, Health(self._desk.svc)
        hooks = Webhooks(self._desk.svc)
        app.add_routes(
            [
                web.get("/", self._index),
                web.get("/api/me", desk.sessions.me),
                web.post("/api/session", desk.sessions.sign_in),
                web.delete("/api/session", desk.sessions.sign_out),
                web.post("/api/uploads", desk.uploads.begin),
                web.get("/api/uploads/{id}", desk.uploads.state),
                web.put("/api/uploads/{id}", desk.uploads.go_on),
                web.delete("/api/uploads/{id}", desk.uploads.stop),
                web.get("/api/chat", self._chat),
                web.get("/media/{key:.+}", self._links.serve),
                web.get("/oauth/{platform:[a-z]+}", OAuth(desk.svc).finish),
                web.get("/webhooks/{platform:[a-z]+}", hooks.verify),
                web.post("/webhooks/{platform:[a-z]+}", hooks.hear),
                web.get("/healthz", health.alive),
                web.get("/readyz", health.ready),
                web.get("/{file:[a-z_]+\\.(css|js|svg)}", self._static),
                *self._hooks,
            ]
        )
        return app

    async def _index(self, request: web.Request) -> web.StreamResponse:
        # A link on another site could sign somebody in as someone else without their noticing.
        # Such a visit has to press the button; a typed or clicked local address has not.
        foreign = request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
        if foreign and "code" in request.query and "ask" not in request.query:
            asked = urlencode({"code": request.query["code"], "ask": "1"})
            raise web.HTTPSeeOther(f"/?{asked}")
        return await self._page(request)

    async def _page(self, request: web.Request) -> web.Response:
        """The page in the language its reader chose, else in the one the browser asks for."""
        catalog = self._desk.svc.catalog
        signed = await self._desk.sessions.who(request)
        chosen = signed.member.language if signed else None
        html = (STATIC / "index.html").read_text(encoding="utf-8")
        words = worded(html, catalog, chosen or asked_in(request, catalog))
        headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie"}
        return web.Response(text=words, content_type="text/html", headers=headers)

    async def _static(self, request: web.Request) -> web.StreamResponse:
        return _file(request.match_info["file"])

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        signed = await self._desk.sessions.need(request)
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_FRAME_B)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await Connection(self._desk, signed, socket).run()
        except* (TypeError, TimeoutError):  # no hello, or none that can be read
            await socket.close(code=WSCloseCode.PROTOCOL_ERROR)
        except* ConnectionError:  # the page went away while we spoke to it
            log.debug("web.gone")
        finally:
            self._sockets.discard(socket)
        return socket

    async def _say_goodbye(self, app: web.Application) -> None:
        """Open pages show "reconnecting" at once instead of after a silence."""
        farewells = [
            s.close(code=WSCloseCode.SERVICE_RESTART, message=b"restart", drain=False)
            for s in self._sockets
        ]
        try:
            async with asyncio.timeout(GOODBYE_S):
                await asyncio.gather(*farewells, return_exceptions=True)
        except TimeoutError:
            return


def _file(name: str) -> web.StreamResponse:
    path = STATIC / name
    if not path.is_file():
        raise web.HTTPNotFound
    kind = TYPES[path.suffix]
    # Asked anew every time and answered from the date of the file: an update is seen at once.
    headers = {"Content-Type": f"{kind}; charset=utf-8", "Cache-Control": "no-cache"}
    return web.FileResponse(path, headers=headers)


@asynccontextmanager
async def listening(app: web.Application, settings: Settings) -> AsyncIterator[int]:
    """Serve until the block ends; gives the port. Raises BadSetting when it is taken."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=GOODBYE_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port)
        try:
            await site.start()
        except OSError as wrong:
            raise BadSetting(
                "web.cannot_listen",
                host=settings.host,
                port=str(settings.port),
                why=wrong.strerror or str(wrong),
            ) from wrong
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
