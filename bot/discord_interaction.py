"""What every interaction on Discord asks: where answers go, and whether there was time."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import aiohttp
import discord
import structlog

from bot import discord_updates as updates
from bot.discord_line import AnyInteraction
from core.chat.message import ChatRef

log = structlog.get_logger()

_Done = TypeVar("_Done")


async def place_of(interaction: AnyInteraction) -> ChatRef:
    """Where answers go: here, if we may write here; else to the person directly."""
    if may_write(interaction):
        return updates.where_of(interaction.channel)
    direct = await interaction.user.create_dm()
    return ChatRef("discord", str(direct.id))


def may_write(interaction: AnyInteraction) -> bool:
    """Whether the bot itself is here and may speak: an app that somebody brought along is not."""
    if interaction.guild_id is None:
        return True
    may = interaction.app_permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    speaks = may.send_messages_in_threads if in_thread else may.send_messages
    return interaction.is_guild_integration() and may.view_channel and speaks


async def in_time(answer: Awaitable[_Done]) -> _Done | None:
    """The first answer to an interaction. None when it came too late or Discord was not reached:
    the person was told that it failed, so nothing may be done."""
    try:
        return await answer
    except (discord.DiscordException, aiohttp.ClientError, OSError) as wrong:
        log.warning("discord.not_in_time", error=repr(wrong))
        return None
