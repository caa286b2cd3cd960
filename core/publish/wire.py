"""One HTTP call to a platform: bounded in time, without redirects, written down, never logged with
its secrets. Whatever went wrong on the way comes out as `NoAnswer`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from core.publish.hand import Call, Stopwatch, Tell

TIMEOUT = aiohttp.ClientTimeout(total=120, sock_connect=10, sock_read=60)
_PIECE_B = 1 << 20


class NoAnswer(Exception):
    """The call may have arrived or not; nothing is known."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `body` is the JSON object, or empty where there was none."""

    http: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    took_s: float


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `first` … `last` (both inside) of a file, read piece by piece while they are sent.
    `ours` is asked before each piece: who was frozen in the middle sends nothing more."""

    path: Path
    first: int
    last: int
    ours: Callable[[], None]

    @property
    def size_b(self) -> int:
        return max(0, self.last - self.first + 1)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Opened for each piece: a connection that breaks off leaves no open file behind."""
        at = self.first
        while at <= self.last:
            self.ours()
            piece = await asyncio.to_thread(self._read, at)
            if not piece:
                return
            at += len(piece)
            yield piece

    def _read(self, at: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(at)
            return file.read(min(_PIECE_B, self.last - at + 1))


async def nobody(_: Call) -> None:
    """For calls that belong to no post."""


async def call(
    http: aiohttp.ClientSession,
    method: str,
    url: str | URL,
    *,
    params: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    data: Part | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: aiohttp.ClientTimeout = TIMEOUT,
) -> Answer:
    """Ask once. Raises NoAnswer when the connection failed, broke off or took too long."""
    watch = Stopwatch()
    payload: Any = form if form is not None else data.pieces() if data is not None else None
    try:
        async with http.request(
            method,
            url,
            params=params,
            data=payload,
            json=body,
            headers=headers,
            timeout=timeout,
            allow_redirects=False,  # credentials are for this address and no other
        ) as answer:
            raw = await answer.read()
            found = Answer(answer.status, _object(raw), dict(answer.headers), watch.s)
    except (aiohttp.ClientError, TimeoutError, OSError) as wrong:
        raise NoAnswer(type(wrong).__name__) from wrong
    return found


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(raw) if raw else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


async def unanswered(tell: Tell, name: str, watch: Stopwatch, why: str) -> None:
    """Write down a call that brought no answer."""
    await tell(Call(name, False, None, None, None, watch.s, why))
