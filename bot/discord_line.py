"""The connection to Discord there is at this moment, and what one has to know about a place there.

The library's client lives as long as one connection to the gateway; whoever talks asks here for the
one there is now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import discord

from core.chat.limits import DISCORD_UPLOAD_B
from core.chat.message import ChatRef, MessageRef

AnyInteraction = discord.Interaction[Any]


class Away(ConnectionError):
    """There is no connection right now. Whatever was to be said is said when there is."""


class Line:
    """Holds the client, and the interactions that are still to be answered."""

    def __init__(self) -> None:
        self._client: discord.Client | None = None
        self.open: dict[str, AnyInteraction] = {}
        """By the id of the "is thinking…" message that waits for its words. Only here, never in the
        database: their tokens die after 15 minutes."""

    @property
    def client(self) -> discord.Client:
        """Raises Away."""
        if self._client is None or self._client.is_closed():
            raise Away("not connected to Discord")
        return self._client

    def use(self, client: discord.Client | None) -> None:
        self._client = client
        self.open.clear()

    def channel(self, where: ChatRef) -> discord.PartialMessageable:
        """Where to write: a thread is a channel of its own. Raises Away."""
        return self.client.get_partial_messageable(int(where.thread or where.chat))

    def message(self, at: MessageRef) -> discord.PartialMessage:
        return self.channel(at.chat).get_partial_message(int(at.id))

    def guild(self, where: ChatRef) -> discord.Guild | None:
        """The server of a conversation; None for a direct one, and while servers still arrive."""
        found = self.client.get_channel(int(where.chat))
        guild = getattr(found, "guild", None)
        return guild if isinstance(guild, discord.Guild) else None

    def upload_b(self, where: ChatRef) -> int:
        """Largest file that may be sent there."""
        guild = self.guild(where)
        return DISCORD_UPLOAD_B if guild is None else guild.filesize_limit


@dataclass(frozen=True, slots=True)
class Asked:
    """The message something answers. Of the answer to a command it is also known who gave that:
    the message is ours, so a reply to it would ring nobody."""

    message_id: int
    user_id: int | None = None

    def ref(self, where: ChatRef) -> MessageRef:
        return MessageRef(where, f"{self.message_id}/{self.user_id or ''}".rstrip("/"))

    @classmethod
    def of(cls, ref: MessageRef | None) -> Self | None:
        if ref is None:
            return None
        message, _, user = ref.id.partition("/")
        return cls(int(message), int(user) if user else None)
