"""The networks we have a face on, beside the web page.

An adapter is one module with `open_face` and `check`; it is listed in `ADAPTERS`. Its face hears
(`run`) and speaks (`chat`); what it hears it hands to `Hall.receive`. A face that cannot sign in is
one line, and the others go on; an outage is waited out for ever.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from aiohttp import web

from bot import discord_face, telegram_face
from bot.arrivals import Arrivals
from bot.courier import Courier
from bot.deliverable import Deliverable
from core.chat.chat import Chat
from core.chat.message import In
from core.chat.registry import Registry
from core.errors import BadSetting
from core.say import Say
from core.services import Services
from core.settings import Settings
from handlers import _front_door

log = structlog.get_logger()

LONGEST_WAIT_S = 60.0
STEADY_S = 120.0
"""A face that ran for so long begins with short waits again when it falls."""


@dataclass(frozen=True, slots=True)
class Hall:
    """What a face is given."""

    svc: Services
    registry: Registry
    deliverable: Deliverable


class Face(Protocol):
    """One network, opened."""

    @property
    def chat(self) -> Chat:
        """For the courier. It may be asked before `run` is connected: raise then."""
        ...

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """For the gateway, under `/hook/<network>`; the face verifies what comes there itself."""
        ...

    async def run(self, receive: Receive) -> None:
        """Hear until cancelled; every update goes to `receive`. Raises BadSetting when the network
        will never let us in like this; after anything else it is called again."""
        ...


Receive = Callable[[In], Awaitable[Say | None]]
"""Hand over one thing a person did. What it gives is for this person alone, to be shown in a way
nobody else sees (`can.whispers`); None when everything there is to say waits in the outbox. Quick:
a few reads and one write, never a download."""


class OpenFace(Protocol):
    def __call__(self, hall: Hall) -> Face | None:
        """None without a token. Does not connect yet."""
        ...


Check = Callable[[Settings], Awaitable[Say | None]]
"""For the doctor: who we are on that network, or None without a token. Raises Told."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """One network, as a module offers it."""

    network: str
    open_face: OpenFace
    check: Check


ADAPTERS: tuple[Adapter, ...] = (
    Adapter("telegram", telegram_face.open_face, telegram_face.check),
    Adapter("discord", discord_face.open_face, discord_face.check),
)


class Faces:
    """Those that have a token, and what keeps them going."""

    def __init__(self, hall: Hall, adapters: Sequence[Adapter] = ADAPTERS) -> None:
        self._hall = hall
        self.open: dict[str, Face] = {}
        for adapter in adapters:
            face = adapter.open_face(hall)
            if face is not None:
                self.open[adapter.network] = face

    @property
    def chats(self) -> dict[str, Chat]:
        return {network: face.chat for network, face in self.open.items()}

    @property
    def routes(self) -> list[web.RouteDef]:
        return [route for face in self.open.values() for route in face.routes]

    async def run(self, courier: Courier, arrivals: Arrivals) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for network, face in self.open.items():
                tasks.create_task(self._keep(network, face, courier, arrivals))

    async def _keep(self, network: str, face: Face, courier: Courier, arrivals: Arrivals) -> None:
        """One face; what happens to it is of no concern to the others."""

        async def receive(inn: In) -> Say | None:
            svc, registry = self._hall.svc, self._hall.registry
            whisper = await _front_door.receive(inn, svc, registry, face.chat.can)
            await courier.heard(network)
            arrivals.wake()
            return whisper

        tries, loop = 0, asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await face.run(receive)
            except BadSetting as wrong:
                log.error("face.refused", network=network, why=wrong.say.key)
                self._print(wrong)
                courier.leave_out(network)
                return
            except Exception as wrong:
                log.warning("face.fell", network=network, error=repr(wrong))
            tries = 1 if loop.time() - began > STEADY_S else tries + 1
            wait_s = min(LONGEST_WAIT_S, 2.0 ** min(tries, 6)) * random.uniform(0.5, 1.0)
            await asyncio.sleep(wait_s)

    def _print(self, wrong: BadSetting) -> None:
        sys.stdout.write(f"clipdesk: {self._hall.svc.catalog.text(wrong.say)}\n")
        sys.stdout.flush()
