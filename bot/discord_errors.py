"""What Discord answers instead of doing it, in our words.

Codes: discord/discord-api-docs, topics/opcodes-and-status-codes#json-json-error-codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import discord

from core.chat.chat import ChatGone, Slower
from core.errors import Told
from core.say import say

GONE: Final[Mapping[int, str]] = {
    10003: "discord.channel_gone",  # Unknown Channel
    10004: "discord.channel_gone",  # Unknown Guild
    50001: "discord.no_right",  # Missing Access
    50007: "discord.dm_closed",  # Cannot send messages to this user
    50013: "discord.no_right",  # Missing Permissions
    50083: "discord.thread_locked",  # archived, and we may not open it
    50278: "discord.dm_closed",  # no server in common any more
    160005: "discord.thread_locked",
}
UNKNOWN_MESSAGE: Final = 10008
TOKEN_OVER: Final = frozenset({10015, 10062, 50027})
"""The 15 minutes of an interaction are over, or it was answered too late."""
TOO_LARGE: Final = 40005
NO_RIGHT: Final = 50013

CLOUDFLARE_S: Final = 300.0
"""What to wait when it is not Discord that says 429 but the wall before it: more bad requests would
only make the ban longer."""


@contextmanager
def translated() -> Iterator[None]:
    """The library's exceptions as those of `Chat`."""
    try:
        yield
    except discord.RateLimited as slow:
        raise Slower(slow.retry_after) from slow
    except discord.HTTPException as wrong:
        raise _meaning(wrong) from wrong


def _meaning(wrong: discord.HTTPException) -> Exception:
    """What it is for us; most of them are tried again as they are."""
    if wrong.status == 429:
        return Slower(CLOUDFLARE_S)
    if wrong.code in GONE:
        return ChatGone(say(GONE[wrong.code]))
    if wrong.status in (400, 413):
        return Told("discord.refused", why=wrong.text[:200])
    return wrong
