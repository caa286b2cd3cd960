"""Fetch a video from an address somebody wrote: from the public Internet only, bounded in size and
time, and only what can be a video.

    got = await fetch("https://host/talk.mp4", into=folder / "talk", limit_b=10 << 30)

Every redirect is looked at again, and every connection when it is made (public.py). Nothing is ever
unpacked, and no second address is followed: a playlist or a page is named as what it is.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import unquote

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from core.clock import SystemClock
from core.errors import Later, NotUsable, Told, TooLarge
from core.media.public import Gate, Network
from core.media.receive import receive, safe_name
from core.say import Bytes

LIMIT_B = 10 << 30
"""Of what one address may give; what the page of ours takes is about as much."""
REDIRECTS = 5
CONNECT_S = 15.0
SILENCE_S = 30.0
"""A server that sends nothing for so long has gone away."""
LEAST_BPS = 16 * 1024
"""Bytes a second, on average over `PATIENCE_S`: a drip that never ends holds a place for ever."""
PATIENCE_S = 30.0
LONGEST_S = 3 * 3600.0
CHUNK_B = 256 * 1024
SNIFF_B = 512
AGENT = "Clipdesk (fetches videos people ask for)"

_PLAYLISTS = ("mpegurl", "dash+xml", "x-scpls", "xspf")
_PAGES = ("text/html", "application/xhtml+xml")
_NO_MEDIA = ("text/", "image/svg", "application/json", "application/xml", "application/pdf")


@dataclass(frozen=True, slots=True)
class About:
    """What the server says of the file, before the first byte of it."""

    name: str
    size_b: int | None
    mime: str | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that arrived whole."""

    path: Path
    sha256: str
    size_b: int
    about: About


Learn = Callable[[About], None]


async def fetch(
    address: str,
    into: Path,
    *,
    limit_b: int = LIMIT_B,
    allowed: tuple[Network, ...] = (),
    learn: Learn | None = None,
    resolver: AbstractResolver | None = None,
    silence_s: float = SILENCE_S,
    patience_s: float = PATIENCE_S,
) -> Fetched:
    """Raises Told for what will never work, TooLarge among it, and Later for what may work soon.
    After any failure no file is left."""
    gate = Gate(allowed)
    try:
        async with asyncio.timeout(LONGEST_S), _session(gate, resolver, silence_s) as session:
            return await _follow(session, address, into, limit_b, learn, patience_s)
    except aiohttp.ClientConnectorCertificateError as wrong:
        raise Told("link.certificate", host=wrong.host) from wrong
    except aiohttp.ClientConnectorError as wrong:
        if gate.refused:
            raise Told("link.not_public", host=wrong.host) from wrong
        raise Later(15, f"{type(wrong).__name__}") from wrong
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as wrong:
        raise Told("link.unreadable") from wrong
    except (aiohttp.ClientError, ssl.SSLError, OSError) as wrong:
        raise Later(15, type(wrong).__name__) from wrong


@asynccontextmanager
async def _session(
    gate: Gate, resolver: AbstractResolver | None, silence_s: float
) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(
        socket_factory=gate.socket,
        resolver=resolver,
        use_dns_cache=False,
        force_close=True,
        happy_eyeballs_delay=None,
    )
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=silence_s)
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        headers={"User-Agent": AGENT, "Accept": "video/*,*/*;q=0.5", "Accept-Encoding": "identity"},
    ) as session:
        yield session


async def _follow(
    session: aiohttp.ClientSession,
    address: str,
    into: Path,
    limit_b: int,
    learn: Learn | None,
    patience_s: float,
) -> Fetched:
    """From one address to the next, each looked at anew."""
    at = _checked(address)
    for _ in range(REDIRECTS + 1):
        async with session.get(at, allow_redirects=False) as answer:
            if answer.status in (301, 302, 303, 307, 308) and "Location" in answer.headers:
                at = _checked(answer.headers["Location"], at)
                continue
            _check_status(answer)
            about = _about(answer)
            _check_kind(about.mime)
            if about.size_b is not None and about.size_b > limit_b:
                raise TooLarge("link.too_large", size=Bytes(about.size_b), limit=Bytes(limit_b))
            if learn is not None:
                learn(about)
            chunks = _looked_at(_in_time(answer, patience_s))
            got = await receive(chunks, into, limit_b=limit_b, expect_b=about.size_b or 0)
            return Fetched(got.path, got.sha256, got.size_b, about)
    raise Told("link.redirects", n=REDIRECTS)


def _checked(address: str, base: URL | None = None) -> URL:
    """Raises Told for anything but a plain web address."""
    try:
        at = URL(address)
        at = base.join(at) if base is not None else at
        good = at.scheme in ("http", "https") and bool(at.host) and at.port is not None
    except ValueError as wrong:
        raise Told("link.unreadable") from wrong
    if not good:
        raise Told("link.unreadable")
    if at.user is not None or at.password is not None:
        raise Told("link.password")
    return at.with_fragment(None)


def _check_status(answer: aiohttp.ClientResponse) -> None:
    status, host = answer.status, answer.url.host or ""
    if status == 200:
        return
    if status in (404, 410):
        raise Told("link.gone", host=host)
    if status in (401, 403, 407, 451):
        raise Told("link.private", host=host)
    if status in (408, 425, 429) or status >= 500:
        raise Later(_wait_s(answer.headers.get("Retry-After", "")), str(status))
    raise Told("link.refused", host=host, status=status)


def _wait_s(written: str) -> float:
    """What `Retry-After` asks for, within reason."""
    if written.isdecimal():
        return min(600.0, max(5.0, float(written)))
    try:
        left = (parsedate_to_datetime(written) - SystemClock().now()).total_seconds()
    except (ValueError, TypeError):
        return 30.0
    return min(600.0, max(5.0, left))


def _about(answer: aiohttp.ClientResponse) -> About:
    if answer.headers.get("Content-Encoding", "identity").lower() not in ("identity", ""):
        raise NotUsable("link.packed")
    named = answer.content_disposition.filename if answer.content_disposition else None
    last = unquote(answer.url.raw_path).rstrip("/").rsplit("/", 1)[-1]
    name = safe_name(named or last or answer.url.host or "video")
    mime = answer.content_type if "Content-Type" in answer.headers else None
    return About(name, answer.content_length, mime)


def _check_kind(mime: str | None) -> None:
    kind = (mime or "").lower()
    if any(p in kind for p in _PLAYLISTS):
        raise NotUsable("link.playlist")
    if kind.startswith(_PAGES):
        raise NotUsable("link.page")
    if kind.startswith(_NO_MEDIA) and kind != "text/plain":  # some servers call everything that
        raise NotUsable("link.no_video", kind=kind[:60])


async def _in_time(answer: aiohttp.ClientResponse, patience_s: float) -> AsyncIterator[bytes]:
    """The bytes as they come. Raises Told when they only drip."""
    began, brought = time.monotonic(), 0
    while chunk := await answer.content.readany():
        brought += len(chunk)
        took = time.monotonic() - began
        if took > patience_s:
            if brought < LEAST_BPS * took:
                raise Told("link.too_slow", host=answer.url.host or "")
            began, brought = time.monotonic(), 0
        yield chunk


async def _looked_at(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes; the first ones are read before any of them is kept."""
    head = b""
    async for chunk in chunks:
        if len(head) < SNIFF_B:
            head += chunk
            if len(head) < SNIFF_B:
                continue
            _check_head(head)
            chunk = head
        yield chunk
    if not head:
        raise NotUsable("media.empty")
    if len(head) < SNIFF_B:
        _check_head(head)
        yield head


def _check_head(head: bytes) -> None:
    """Whatever it is called: a page and a playlist give themselves away in their first words."""
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if begin.startswith(b"#extm3u") or (begin.startswith(b"<?xml") and b"<mpd" in begin):
        raise NotUsable("link.playlist")
    if begin.startswith((b"<!doctype html", b"<html", b"<head", b"<script")):
        raise NotUsable("link.page")
