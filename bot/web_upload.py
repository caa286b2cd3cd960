"""Files on their way from a browser into the media store, hashed as they come.

    POST   /api/uploads {name, size, mime}     -> {id, offset: 0}
    PUT    /api/uploads/{id}?offset=N          the bytes from N on, as the body
    GET    /api/uploads/{id}                   -> {offset, done}: where to go on after a broken line
    DELETE /api/uploads/{id}                   stop, and leave nothing behind

One stream is hashed and written from beginning to end, whatever number of requests brings it.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiohttp import web

from bot.gateway_session import Sessions
from bot.web_chat import MAX_UPLOAD_B
from bot.web_words import asked_in
from core.chat.message import InFile
from core.errors import Told, TooLarge
from core.media.receive import Received, receive, safe_name
from core.say import Bytes
from core.services import Services

log = structlog.get_logger()

STALL_S = 60.0
"""A body that brings nothing for so long is broken off; the upload can be gone on with."""
IDLE_S = 900.0
"""An upload nobody goes on with is dropped after this."""
KEPT_S = 3600.0
"""How long a finished upload waits for the message it belongs to."""
CHUNK_B = 256 * 1024
WAITING_CHUNKS = 8
"""Between the network and the disk: 2 MB a file, however large it is."""
AT_ONCE = 8
SPARE_B = 512 * 1024**2
"""Disk space an upload must leave for the work that follows."""


@dataclass(slots=True)
class Upload:
    """One file under way or arrived."""

    id: str
    member_id: int
    name: str
    size_b: int
    mime: str | None
    offset: int = 0
    turn: int = 0
    """Counts the requests that brought bytes; only the newest one may."""
    file: InFile | None = None
    fault: Told | None = None
    chunks: asyncio.Queue[bytes | None] = field(
        default_factory=lambda: asyncio.Queue(WAITING_CHUNKS)
    )
    in_order: asyncio.Lock = field(default_factory=asyncio.Lock)
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """It is in the store, or will not be."""
    task: asyncio.Task[None] | None = None

    async def put(self, chunk: bytes | None) -> None:
        async with self.in_order:
            if self.fault is None:
                await self.chunks.put(chunk)

    async def stream(self) -> AsyncIterator[bytes]:
        """The bytes as they come. Raises Told when nobody goes on."""
        while True:
            try:
                async with asyncio.timeout(IDLE_S):
                    chunk = await self.chunks.get()
            except TimeoutError as wrong:
                raise Told("web.upload_idle", name=self.name) from wrong
            if chunk is None:
                return
            yield chunk

    def about(self) -> dict[str, Any]:
        return {"id": self.id, "offset": self.offset, "done": self.file is not None}


class Uploads:
    """The routes under /api/uploads, and the files they brought."""

    def __init__(self, svc: Services, sessions: Sessions) -> None:
        self._svc = svc
        self._sessions = sessions
        self._uploads: dict[str, Upload] = {}
        self._folder = svc.settings.data_dir / "uploads"

    def open(self) -> None:
        """Begin with an empty folder: what a killed process left there cannot be gone on with."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for half in self._folder.iterdir():
            half.unlink()

    def taken(self, upload_id: str, member_id: int) -> InFile | None:
        """What arrived under this id, if this member sent it."""
        upload = self._uploads.get(upload_id)
        return upload.file if upload and upload.member_id == member_id else None

    async def close(self) -> None:
        """End what is under way; half files are removed."""
        tasks = [u.task for u in self._uploads.values() if u.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def begin(self, request: web.Request) -> web.Response:
        signed = await self._sessions.need(request)
        try:
            upload = self._plan(await _json(request), signed.member.id)
        except Told as told:
            return self._said(request, told, 413 if isinstance(told, TooLarge) else 422)
        self._uploads[upload.id] = upload
        upload.task = asyncio.create_task(self._receive(upload))
        return web.json_response(upload.about(), status=201)

    def _plan(self, asked: dict[str, Any], member_id: int) -> Upload:
        """Everything that can be known before the first byte is looked at now."""
        name, size = asked.get("name"), asked.get("size")
        if not isinstance(name, str) or type(size) is not int or size < 0:
            raise Told("web.unreadable")
        name = safe_name(name)
        if size == 0:
            raise Told("web.empty_file", name=name)
        if size > MAX_UPLOAD_B:
            raise TooLarge("web.too_large", name=name, limit=Bytes(MAX_UPLOAD_B))
        free = shutil.disk_usage(self._svc.settings.data_dir).free
        if size + SPARE_B > free:
            raise TooLarge("web.disk_full", name=name, size=Bytes(size), free=Bytes(free))
        mine = [u for u in self._uploads.values() if u.member_id == member_id]
        if sum(u.file is None and u.fault is None for u in mine) >= AT_ONCE:
            raise Told("web.too_many_uploads", n=AT_ONCE)
        mime = asked.get("mime")
        mime = mime[:100] if isinstance(mime, str) else None
        return Upload(secrets.token_urlsafe(16), member_id, name, size, mime)

    async def _receive(self, upload: Upload) -> None:
        """From the first byte to the file in the store, across all requests that bring it."""
        try:
            upload.file = await self._into_store(upload)
        except Told as told:
            upload.fault = told
        except OSError as wrong:
            log.warning("upload.failed", error=wrong.strerror)
            upload.fault = Told("web.cannot_write", name=upload.name, why=wrong.strerror or "?")
        except Exception:
            code = secrets.token_hex(4)
            log.exception("upload.fault", code=code)
            upload.fault = Told("web.fault", code=code)
        finally:
            upload.settled.set()
            while not upload.chunks.empty():  # whoever waits to put one more must not wait on
                upload.chunks.get_nowait()
        await asyncio.sleep(KEPT_S)
        self._uploads.pop(upload.id, None)

    async def _into_store(self, upload: Upload) -> InFile:
        got: Received = await receive(
            upload.stream(),
            self._folder / upload.id,
            limit_b=min(upload.size_b, MAX_UPLOAD_B),
            expect_b=upload.size_b,
        )
        try:
            key = f"in/{got.sha256}"
            await self._svc.store.adopt(got.path, key)
        finally:
            await asyncio.to_thread(got.path.unlink, True)
        log.info("upload.arrived", size_b=got.size_b)
        return InFile(upload.name, got.size_b, upload.mime, key)

    async def go_on(self, request: web.Request) -> web.Response:
        """PUT: more of the file, from where it stopped."""
        upload = await self._mine(request)
        if request.query.get("offset") != str(upload.offset):
            return web.json_response(upload.about(), status=409)
        try:
            await self._feed(upload, request)
        except (TimeoutError, ConnectionError):  # the line broke: it will come again
            return web.json_response(upload.about(), status=408)
        if upload.offset == upload.size_b and not upload.settled.is_set():
            await upload.put(None)
            await upload.settled.wait()
        if upload.fault is not None:
            return self._said(request, upload.fault, 422)
        return web.json_response(upload.about())

    async def _feed(self, upload: Upload, request: web.Request) -> None:
        upload.turn += 1
        turn = upload.turn
        while upload.fault is None:
            async with asyncio.timeout(STALL_S):
                chunk = await request.content.read(CHUNK_B)
            if not chunk or turn != upload.turn:
                return
            if upload.offset + len(chunk) > upload.size_b:
                raise web.HTTPBadRequest(text="More bytes than were announced.")
            upload.offset += len(chunk)
            await upload.put(chunk)

    async def state(self, request: web.Request) -> web.Response:
        upload = await self._mine(request)
        return web.json_response(upload.about())

    async def stop(self, request: web.Request) -> web.Response:
        upload = await self._mine(request)
        self._uploads.pop(upload.id, None)
        if upload.task:
            upload.task.cancel()
            await asyncio.gather(upload.task, return_exceptions=True)
        return web.json_response({})

    async def _mine(self, request: web.Request) -> Upload:
        signed = await self._sessions.need(request)
        upload = self._uploads.get(request.match_info["id"])
        if upload is None or upload.member_id != signed.member.id:
            raise web.HTTPNotFound(text=self._words(request, Told("web.upload_gone")))
        return upload

    def _said(self, request: web.Request, told: Told, status: int) -> web.Response:
        return web.json_response({"error": self._words(request, told)}, status=status)

    def _words(self, request: web.Request, told: Told) -> str:
        catalog = self._svc.catalog
        return catalog.text(told.say, asked_in(request, catalog))


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        given = await request.json()
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise Told("web.unreadable")
    return given
