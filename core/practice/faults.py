"""Misbehaviour on request: a person or a test can make a call of a platform fail.

    POST /faults {"platform": "tiktok", "call": "upload", "fault": "drop_after", "times": 1}

`drop_before` and `drop_after` cut the connection without an answer, before or after the work was
done; `http_500` and `http_429` answer so before any work; `token_expired` refuses the token;
`stuck` keeps a post processing; `fail:REASON` lets it fail there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

KNOWN = ("drop_before", "drop_after", "http_500", "http_429", "token_expired", "stuck")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Fault:
    """`times` runs down to 0; −1 is for ever."""

    platform: str
    call: str
    fault: str
    times: int

    def to_json(self) -> dict[str, Any]:
        return {
            "platform": self.platform,
            "call": self.call,
            "fault": self.fault,
            "times": self.times,
        }


class Faults:
    """Those that wait to happen."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, raw: dict[str, Any]) -> Fault:
        """Raises ValueError for one nobody knows."""
        fault = str(raw.get("fault", ""))
        if fault not in KNOWN and not fault.startswith("fail:"):
            raise ValueError(f"unknown fault {fault!r}")
        times = int(raw.get("times", 1))
        made = Fault(str(raw.get("platform", "")), str(raw.get("call", "")), fault, times)
        self.waiting.append(made)
        return made

    def clear(self) -> None:
        self.waiting.clear()

    def take(self, platform: str, call: str, *wanted: str) -> str | None:
        """The next fault for this call, of the wanted sorts."""
        for fault in self.waiting:
            fits = fault.platform == platform and fault.call == call
            if fits and any(fault.fault == w or fault.fault.startswith(w) for w in wanted):
                if fault.times > 0:
                    fault.times -= 1
                    if fault.times == 0:
                        self.waiting.remove(fault)
                return fault.fault
        return None

    def on(
        self, platform: str, call: str, refuse: Callable[[str], web.Response]
    ) -> Callable[[Handler], Handler]:
        """Wraps a handler; `refuse` makes the platform's own answer for a fault."""

        def wrap(handler: Handler) -> Handler:
            async def faulty(request: web.Request) -> web.StreamResponse:
                sorts = ("drop_", "http_", "token_expired")
                fault = self.take(platform, call, *sorts)
                if fault in ("http_500", "http_429", "token_expired"):
                    return refuse(fault)
                if fault == "drop_before":
                    await _drop(request)
                answer = await handler(request)
                if fault == "drop_after":
                    await _drop(request)
                return answer

            return faulty

        return wrap


async def _drop(request: web.Request) -> None:
    """Cut the connection in the middle of everything."""
    if request.transport is not None:
        request.transport.abort()
    raise asyncio.CancelledError
