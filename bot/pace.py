"""How fast one may send: a bucket for each chat, and one for each network."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from core.chat.chat import Capabilities
from core.chat.message import ChatRef

BURST = 3
"""Messages a chat may get at once before its pace counts; Telegram allows short bursts."""


@dataclass(slots=True)
class Bucket:
    """A bucket of sends that fills at a pace."""

    per_s: float
    holds: float
    tokens: float = -1.0
    at: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    def __post_init__(self) -> None:
        self.tokens = self.holds

    def wait_s(self) -> float:
        """Take one send and give how long to wait before it."""
        now = asyncio.get_running_loop().time()
        self.tokens = min(self.holds, self.tokens + (now - self.at) * self.per_s) - 1
        self.at = now
        return max(0.0, -self.tokens / self.per_s)


class Pace:
    """Of one network: its own, and that of each of its chats."""

    def __init__(self, can: Capabilities) -> None:
        self._can = can
        self._all = Bucket(can.all_per_s, can.all_per_s / 2)
        self._chats: dict[str, Bucket] = {}
        self.under_way = 0

    @property
    def free(self) -> int:
        """How many more deliveries may be begun. What is begun cannot be overtaken by something
        more urgent, so it is never more than the network takes in a second."""
        return max(4, round(self._can.all_per_s)) - self.under_way

    def gap_s(self, shared: bool) -> float:
        """Shortest time between two edits in a chat; a group may need longer."""
        group = self._can.group_edit_gap_s
        return group if shared and group is not None else self._can.edit_gap_s

    async def turn(self, where: ChatRef, shared: bool) -> None:
        """Wait until a message may go to this chat; the topics of a group share its pace. The chat
        comes first: while it waits, others use the network."""
        group = self._can.group_sends_per_s
        per_s = group if shared and group is not None else self._can.sends_per_s
        chat = self._chats.setdefault(where.chat, Bucket(per_s, BURST))
        await asyncio.sleep(chat.wait_s())
        await asyncio.sleep(self._all.wait_s())
