"""What goes wrong at each call, decided by a seed.

A decision depends on the seed, the post, the call and how often that post made it, and on nothing
else: with the same seed the same step of the same post meets the same trouble, however the
processes happen to be scheduled. How often a post asks for its status does depend on that; so later
steps may differ, the first ones do not.
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

TARGET = "X-Target"
"""The header by which a worker tells for which post on which account it calls."""
ODDS = {
    "kill_before": 0.008,
    "kill_after": 0.010,
    "kill_soon": 0.008,
    "kill_any": 0.004,
    "drop_before": 0.008,
    "drop_after": 0.012,
    "fault_before": 0.008,
    "fault_after": 0.008,
    "delay": 0.008,
    "freeze": 0.002,
    "freeze_any": 0.001,
    "expire": 0.006,
    "double": 0.006,
    "flush": 0.002,
    "restart": 0.0005,
}
"""Per call; in the rest of all cases nothing happens."""
RENEWALS = 10
"""A sign-in is renewed seldom: so many times the odds."""
STEPS = {
    "tiktok": ("creator_info", "init", "upload", "status", "video_query"),
    "instagram": ("limit", "media", "upload", "object", "media_publish"),
}
"""Where a worker is killed for certain, before the call and after it."""
FREEZE_S = 100.0
"""Longer than a lease."""
SOON_S = 0.2
"""Real seconds after the answer within which a worker dies at whatever line it is then."""
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

Act = Callable[[int], Awaitable[None]]


def call_of(path: str) -> str | None:
    """The name of a publishing call; None for everything else (sign-in, pages)."""
    return next((name for name, pattern in _CALLS if re.search(pattern, path)), None)


class Trouble:
    """Sits between the workers and the practice platforms."""

    def __init__(self, seed: int, clock: FastClock) -> None:
        self._seed, self._clock = seed, clock
        self.acts: dict[str, Act] = {}
        """What happens elsewhere at a call for a target."""
        self.certain: dict[int, dict[str, str]] = {}
        """By target and call: what happens the first time, whatever the dice say."""
        self._nth: Counter[tuple[int, str]] = Counter()
        self.met: Counter[str] = Counter()
        """How often each trouble was met, by `trouble call`."""
        self.troubled: set[int] = set()
        """Targets that met any."""
        self.quiet = True
        self._later: set[asyncio.Task[None]] = set()

    def certainly(self, targets: dict[str, list[int]]) -> None:
        """Spread a kill before and after every step over the posts of each platform."""
        for platform, calls in STEPS.items():
            plans = [{call: f"kill_{when}"} for call in calls for when in ("before", "after")]
            if platform == "tiktok":
                plans += [{"status": "expire", "token": f"kill_{w}"} for w in ("before", "after")]
                plans.append({"upload": "expire"})
            turn = self._seed % len(plans)
            plans = plans[turn:] + plans[:turn]
            apart = max(2, len(targets[platform]) // len(plans))
            self.certain |= dict(zip(targets[platform][::apart], plans, strict=False))

    def _decide(self, target: int, call: str) -> str | None:
        self._nth[target, call] += 1
        nth = self._nth[target, call]
        if nth == 1 and (certain := self.certain.get(target, {}).get(call)):
            return certain
        dice = random.Random(f"{self._seed} {target} {call} {nth}").random()
        for name, odds in ODDS.items():
            dice -= odds * (RENEWALS if call == "token" else 1)
            if dice < 0:
                return name
        return None

    @property
    def around(self) -> Middleware:
        """What sits between."""

        @web.middleware
        async def troubled(request: web.Request, handler: Handler) -> web.StreamResponse:
            call, who = call_of(request.path), _worker(request)
            if self.quiet or call is None or who is None:
                return await handler(request)
            pid, target = who
            trouble = self._decide(target, call)
            if trouble is None:
                return await handler(request)
            self.met[f"{trouble} {call}"] += 1
            self.troubled.add(target)
            return await self._happens(trouble, pid, target, request, handler)

        return troubled

    async def _happens(
        self, trouble: str, pid: int, target: int, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        match trouble:
            case "kill_before":
                _signal(pid, signal.SIGKILL)
                await drop(request)
            case "drop_before":
                await drop(request)
            case "fault_before":
                return web.Response(status=503)
            case "delay":
                await self._clock.sleep(random.Random(target).uniform(5, 40))
            case "freeze":
                _signal(pid, signal.SIGSTOP)
                self._in(FREEZE_S / self._clock.scale, pid, signal.SIGCONT)
            case "kill_any" | "freeze_any" | "expire" | "double" | "flush" | "restart":
                with contextlib.suppress(Exception):  # the database may be away just then
                    await self.acts[trouble](target)
        answer = await handler(request)
        match trouble:
            case "kill_after":
                _signal(pid, signal.SIGKILL)
                await drop(request)
            case "kill_soon":
                soon = random.Random(f"{self._seed} {target}").uniform(0, SOON_S)
                self._in(soon, pid, signal.SIGKILL)
            case "drop_after":
                await drop(request)
            case "fault_after":
                return web.Response(status=503)
        return answer

    def _in(self, seconds: float, pid: int, number: signal.Signals) -> None:
        """Real seconds from now."""

        async def later() -> None:
            await asyncio.sleep(seconds)
            _signal(pid, number)

        task = asyncio.create_task(later())
        self._later.add(task)
        task.add_done_callback(self._later.discard)


def _worker(request: web.Request) -> tuple[int, int] | None:
    """Process and target of a call; None for calls of the runner itself."""
    name, _, pid = request.headers.get("User-Agent", "").partition("/")
    target = request.headers.get(TARGET, "")
    return (int(pid), int(target)) if name == "worker" and target.isdigit() else None


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
