"""Addresses of stored files that work for a while, for whoever holds them.

links.link("clips/12.mp4", name="On pricing.mp4")   # /media/clips/12.mp4?until=…&name=…&sig=…
"""

from __future__ import annotations

import mimetypes
import re
from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import quote

from aiohttp import web

from core.clock import Clock
from core.media.links import is_ours, media_path
from core.media.store import MediaStore
from core.secrets import Vault

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
"""What a key of the store looks like: no empty part, none that begins with a dot."""

INLINE = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
"""What a browser may show. Everything else is a download: an HTML or SVG file that somebody sent
must never run as a page of ours."""


class MediaLinks:
    """Makes the addresses and answers them."""

    def __init__(self, vault: Vault, clock: Clock, store: MediaStore) -> None:
        self._vault = vault
        self._clock = clock
        self._store = store

    def link(self, key: str, *, name: str = "", download: bool = False) -> str:
        """A path on this server. `name` is what a download is called."""
        return media_path(self._vault, self._clock.now(), key, name=name, download=download)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """GET /media/{key}: the file, or a part of it when the browser asks for a range."""
        key, facts = request.match_info["key"], dict(request.query)
        signature = facts.pop("sig", "")
        if not is_ours(self._vault, key, facts, signature):
            raise web.HTTPForbidden(text="This link is not one of ours.")
        if not _fresh(facts.get("until", ""), self._clock.now()):
            raise web.HTTPGone(text="This link is too old. Open the chat to get a new one.")
        if not _KEY.fullmatch(key):
            raise web.HTTPNotFound(text="There is no such file.")
        path = self._store.local_path(key)
        if path is None:
            raise web.HTTPNotFound(text="That file is no longer here.")
        return web.FileResponse(path, headers=_headers(key, facts))


def _fresh(until: str, now: datetime) -> bool:
    return until.isascii() and until.isdigit() and now.timestamp() < int(until)


def _headers(key: str, facts: dict[str, str]) -> dict[str, str]:
    name = facts.get("name") or PurePosixPath(key).name
    ending = PurePosixPath(name).suffix.lower() or PurePosixPath(key).suffix.lower()
    kind = INLINE.get(ending)
    how = "inline" if kind and "download" not in facts else "attachment"
    return {
        "Content-Type": kind or _harmless_type(ending),
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "private, max-age=86400, immutable",
        # A file that is opened by itself gets no rights at all.
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def _harmless_type(ending: str) -> str:
    guessed, _ = mimetypes.guess_type(f"x{ending}")
    is_media = guessed is not None and guessed.split("/")[0] in ("video", "audio")
    return guessed if guessed and is_media else "application/octet-stream"
