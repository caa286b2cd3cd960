"""Misbehaviour on request: a person or a test can make a call of a platform fail.

    POST /faults {"platform": "tiktok", "call": "upload", "fault": "drop_after", "times": 1}

`times` −1 is for ever; `after` lets so many calls pass first; `account` limits it to one. A fault
with a value carries it after a colon: `fail:frame_rate_check_failed`, `delay:20`.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web

ANY_CALL = {
    "drop_before": "the connection breaks off before anything was done",
    "drop_after": "it was done, and the answer never arrives",
    "http_500": "a fault of the platform, before anything was done",
    "http_500_after": "it was done, and the answer is a fault",
    "http_429": "too many calls",
    "token_expired": "the access token is not accepted",
    "delay": "the answer takes so many seconds",
    "code": "refused with this code; Instagram's are code/subcode",
    "extra_fields": "the answer has fields nobody knows",
}
"""For every call of every platform."""
Special = Mapping[str, Mapping[str, str]]
"""By call, what only one platform does wrong, in words."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Refuse = Callable[[str], web.Response]


@dataclass(slots=True)
class Fault:
    """`times` runs down to 0; −1 is for ever. `after` calls pass first."""

    platform: str
    call: str
    fault: str
    times: int = 1
    after: int = 0
    account: str = ""

    @property
    def name(self) -> str:
        return self.fault.split(":")[0]

    @property
    def value(self) -> str:
        return self.fault.partition(":")[2]


class Faults:
    """Those that wait to happen."""

    def __init__(self, special: Mapping[str, Special]) -> None:
        self.special = special
        """By platform."""
        self.waiting: list[Fault] = []

    def knows(self, platform: str, call: str, fault: str) -> bool:
        """Whether this fault can be asked for at this call."""
        if platform not in self.special:
            return False
        name = fault.split(":")[0]
        return name in ANY_CALL or name in self.special[platform].get(call, {})

    def to_json(self) -> list[dict[str, Any]]:
        return [asdict(f) for f in self.waiting]

    def add(self, raw: Mapping[str, Any]) -> Fault:
        """Raises ValueError for one nobody knows."""
        platform, call = str(raw.get("platform", "")), str(raw.get("call", ""))
        fault = str(raw.get("fault", ""))
        if not self.knows(platform, call, fault):
            raise ValueError(f"unknown fault {fault!r} for {platform} {call}")
        made = Fault(
            platform,
            call,
            fault,
            int(raw.get("times") or 1),
            int(raw.get("after") or 0),
            str(raw.get("account") or ""),
        )
        if made.name == "delay" and not _is_number(made.value):
            raise ValueError("a delay needs its seconds as value")
        self.waiting.append(made)
        return made

    def clear(self) -> None:
        self.waiting.clear()

    def take(self, platform: str, call: str, *names: str, account: str = "") -> Fault | None:
        """The next fault for this call, of these names."""
        for fault in self.waiting:
            if (fault.platform, fault.call) != (platform, call) or fault.name not in names:
                continue
            if fault.account and fault.account != account:
                continue
            if fault.after > 0:
                fault.after -= 1
                return None
            if fault.times > 0:
                fault.times -= 1
                if fault.times == 0:
                    self.waiting.remove(fault)
            return fault
        return None

    def on(
        self,
        platform: str,
        call: str,
        refuse: Refuse,
        sleep: Callable[[float], Awaitable[None]],
        who: Callable[[web.Request], str],
    ) -> Callable[[Handler], Handler]:
        """Wraps a handler; `refuse` makes the platform's own answer for a fault."""

        def wrap(handler: Handler) -> Handler:
            async def faulty(request: web.Request) -> web.StreamResponse:
                account = who(request)
                if slow := self.take(platform, call, "delay", account=account):
                    await sleep(float(slow.value))
                names = ("drop_before", "drop_after", "http_500", "http_500_after", "http_429")
                also = ("token_expired", "code", "extra_fields")
                fault = self.take(platform, call, *names, *also, account=account)
                if fault is None:
                    return await handler(request)
                if fault.name in ("http_500", "http_429", "token_expired", "code"):
                    return refuse(fault.fault)
                if fault.name == "drop_before":
                    await drop(request)
                answer = await handler(request)
                if fault.name == "drop_after":
                    await drop(request)
                if fault.name == "http_500_after":
                    return refuse("http_500")
                return _with_extras(answer) if fault.name == "extra_fields" else answer

            return faulty

        return wrap


def _with_extras(answer: web.StreamResponse) -> web.StreamResponse:
    body = answer.body if isinstance(answer, web.Response) else None
    if isinstance(answer, web.Response) and isinstance(body, bytes) and body[:2] == b'{"':
        answer.body = b'{"brand_new": {"x": [1]}, ' + body[1:]
    return answer


async def drop(request: web.Request) -> None:
    """Cut the connection in the middle of everything."""
    if request.transport is not None:
        request.transport.abort()
    raise asyncio.CancelledError


def _is_number(raw: str) -> bool:
    try:
        return math.isfinite(float(raw))
    except ValueError:
        return False
