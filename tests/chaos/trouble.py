"""What goes wrong at each call, decided by a seed.

A decision depends on the seed, the account, the call and how often that account made it, and on
nothing else: with the same seed the same call of the same account meets the same trouble, however
the processes happen to be scheduled.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import signal
from collections import Counter
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from core.practice.faults import drop
from tests.chaos.clock import FastClock

ODDS = {
    "kill_before": 0.02,
    "kill_after": 0.03,
    "drop_before": 0.02,
    "drop_after": 0.03,
    "fault_before": 0.02,
    "fault_after": 0.02,
    "delay": 0.02,
    "freeze": 0.005,
    "expire": 0.01,
}
"""Per call; in the rest of all cases nothing happens."""
FREEZE_S = 100.0
"""Longer than a lease."""
_CALLS = (
    ("creator_info", r"/creator_info/query/$"),
    ("init", r"/video/init/$"),
    ("upload", r"^/tiktok/upload/|^/instagram/rupload/"),
    ("status", r"/status/fetch/$"),
    ("video_query", r"/video/query/$"),
    ("token", r"/oauth/token/$|/refresh_access_token$"),
    ("limit", r"/content_publishing_limit$"),
    ("media", r"/\d+/media$"),
    ("media_publish", r"/media_publish$"),
    ("object", r"/graph/v[\d.]+/\d+$"),
)


def call_of(path: str) -> str | None:
    """The name of a publishing call; None for everything else (sign-in, pages)."""
    return next((name for name, pattern in _CALLS if re.search(pattern, path)), None)


class Trouble:
    """Sits between the workers and the practice platforms."""

    def __init__(self, seed: int, clock: FastClock) -> None:
        self._seed, self._clock = seed, clock
        self.expire: Callable[[str], Awaitable[None]] = _nothing
        """Ends an access token at once."""
        self._nth: Counter[str] = Counter()
        self.met: Counter[str] = Counter()
        """How often each trouble was met, by `trouble call`."""
        self.quiet = True
        self._waking: set[asyncio.Task[None]] = set()

    def _decide(self, who: str, call: str) -> str | None:
        key = f"{who} {call}"
        self._nth[key] += 1
        rng = random.Random(f"{self._seed} {key} {self._nth[key]}")
        dice = rng.random()
        for name, odds in ODDS.items():
            dice -= odds
            if dice < 0:
                return name
        return None

    @property
    def around(self) -> Middleware:
        """What sits between."""

        @web.middleware
        async def troubled(request: web.Request, handler: Handler) -> web.StreamResponse:
            call = call_of(request.path)
            pid = _worker(request)
            if self.quiet or call is None or pid is None:
                return await handler(request)
            # The token stands for the account: it changes with a renewal, and then so do decisions.
            who = request.headers.get("Authorization", "")[-8:] or request.path[-12:]
            trouble = self._decide(who, call)
            if trouble is None:
                return await handler(request)
            self.met[f"{trouble} {call}"] += 1
            return await self._happens(trouble, pid, request, handler)

        return troubled

    async def _happens(
        self, trouble: str, pid: int, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        fault = web.Response(status=503)
        match trouble:
            case "kill_before":
                _signal(pid, signal.SIGKILL)
                await drop(request)
            case "drop_before":
                await drop(request)
            case "fault_before":
                return fault
            case "delay":
                await self._clock.sleep(random.Random(pid).uniform(5, 40))
            case "freeze":
                _signal(pid, signal.SIGSTOP)
                self._later(FREEZE_S, pid)
            case "expire":
                await self.expire(request.headers.get("Authorization", "").partition(" ")[2])
        answer = await handler(request)
        match trouble:
            case "kill_after":
                _signal(pid, signal.SIGKILL)
                await drop(request)
            case "drop_after":
                await drop(request)
            case "fault_after":
                return fault
        return answer

    def _later(self, seconds: float, pid: int) -> None:
        """Let a frozen worker wake after its lease is over."""

        async def wake() -> None:
            await self._clock.sleep(seconds)
            _signal(pid, signal.SIGCONT)

        task = asyncio.create_task(wake())
        self._waking.add(task)
        task.add_done_callback(self._waking.discard)


async def _nothing(_: str) -> None:
    """Until the platforms are there."""


def _worker(request: web.Request) -> int | None:
    name, _, pid = request.headers.get("User-Agent", "").partition("/")
    return int(pid) if name == "worker" and pid.isdigit() else None


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
