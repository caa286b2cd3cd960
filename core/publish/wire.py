"""One HTTP call to a platform: bounded in time, without redirects, written down, never logged with
its secrets. Whatever went wrong on the way comes out as `NoAnswer`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from core.publish.base import TIMEOUT, Call, Stopwatch, Tell


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


async def nobody(_: Call) -> None:
    """For calls that belong to no post."""


async def call(
    http: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    data: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: aiohttp.ClientTimeout = TIMEOUT,
) -> Answer:
    """Ask once. Raises NoAnswer when the connection failed, broke off or took too long."""
    watch = Stopwatch()
    payload: Any = form if form is not None else data
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
