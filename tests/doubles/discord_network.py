"""What there is on the Discord of the tests: users, servers, channels and their messages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.discord_gateway import Gateway
from tests.doubles.discord_rules import LOADING
from tests.doubles.discord_wire import Call, Fault
from tests.doubles.discord_world import (
    DM,
    THREAD,
    Channel,
    File,
    Interaction,
    Message,
    Server,
    User,
)

TOKEN = "MTA.discord.token-of-the-tests"
APPLICATION = 1000


@dataclass
class Network:
    """The state of it."""

    token: str = TOKEN
    answer_s: float = 3.0
    token_life_s: float = 900.0
    pace: tuple[int, float] = (5, 5.0)
    """Messages in so many seconds in one channel; edits count apart."""
    bot: User = field(default_factory=lambda: User("Clipdesk", bot=True))
    users: dict[int, User] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    servers: list[Server] = field(default_factory=list)
    files: dict[int, File] = field(default_factory=dict)
    interactions: dict[int, Interaction] = field(default_factory=dict)
    commands: list[dict[str, Any]] = field(default_factory=list)
    syncs: int = 0
    faults: list[Fault] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    base: str = ""
    line: Gateway = field(init=False)

    def __post_init__(self) -> None:
        self._spent: dict[tuple[str, int], list[float]] = {}
        self._nonces: dict[tuple[int, str], Message] = {}
        self.news = asyncio.Condition()

    def server(self, name: str, *channels: str, tier: int = 0) -> Server:
        made = Server(name, tier)
        self.servers.append(made)
        for channel in channels:
            self._keep(Channel(channel, server=made), made)
        return made

    def thread(self, parent: Channel, name: str) -> Channel:
        assert parent.server is not None
        made = Channel(name, THREAD, parent.server, parent)
        return self._keep(made, parent.server)

    def dm(self, user: User) -> Channel:
        """The one direct conversation with a person."""
        found = (c for c in self.channels.values() if c.kind == DM and c.person is user)
        return next(found, None) or self._keep(Channel(kind=DM, person=user), None)

    def _keep(self, channel: Channel, server: Server | None) -> Channel:
        self.channels[channel.id] = channel
        if server is not None:
            server.channels.append(channel)
        return channel

    def shown(self, channel: Channel, *, to: User | None = None) -> list[Message]:
        """What a channel shows now, oldest first; ephemeral messages only to whom they are for."""
        return [
            m
            for m in channel.messages.values()
            if not m.removed and (not m.ephemeral or (to is not None and m.asked_by is to))
        ]

    async def tell(self) -> None:
        """Something changed: whoever waits looks again."""
        async with self.news:
            self.news.notify_all()

    async def until(self, holds: Callable[[], Any], why: str = "", within_s: float = 10) -> Any:
        """What `holds` gives as soon as it is true."""
        try:
            async with asyncio.timeout(within_s), self.news:
                return await self.news.wait_for(holds)
        except TimeoutError:
            raise AssertionError(f"it did not come: {why}\n{self.transcript()}") from None

    def transcript(self) -> str:
        """Everything every channel shows, to read."""
        lines = []
        for channel in self.channels.values():
            lines.append(f"── {channel.name or 'dm'}")
            lines += [
                f"{m.author.name}: {m.text} {[b['label'] for b in m.buttons]}"
                for m in channel.messages.values()
                if not m.removed
            ]
        return "\n".join(lines)

    # ── messages ──────────────────────────────────────────────────────────────────────────────────

    async def put(self, message: Message) -> Message:
        """A message appears."""
        message.channel.messages[message.id] = message
        message.states.append(message.text)
        for file in message.files:
            self.files[file.id] = file
        await self.line.message_created(message)
        await self.tell()
        return message

    async def _change(self, message: Message, body: dict[str, Any], files: list[File]) -> None:
        if "content" in body:
            message.content = body["content"] or ""
        if "embeds" in body:
            message.embeds = body["embeds"] or []
        if "components" in body:
            message.rows = body["components"] or []
        if "attachments" in body:
            stay = {str(a.get("id")) for a in body["attachments"] or ()}
            message.files = [f for f in message.files if str(f.id) in stay] + files
        for file in files:
            self.files[file.id] = file
        message.flags &= ~LOADING
        message.edits += 1
        message.states.append(message.text)
        await self.tell()
