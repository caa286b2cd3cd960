"""The face on Discord: signs in, hears, and comes back after every outage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import discord
import structlog
from aiohttp import web
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.discord_chat import DiscordChat
from bot.discord_client import Ears
from bot.discord_line import Line
from bot.discord_settings import DiscordSettings
from core.errors import BadSetting
from core.say import Say, say
from core.settings import Settings

if TYPE_CHECKING:  # it lists us
    from bot.faces import Hall, Receive

log = structlog.get_logger()

MARK_S: Final = 20.0
"""How often it is written down until when everything was heard."""
TOKEN_REFUSED: Final = 4004
"""Close code of the gateway (docs: topics/opcodes-and-status-codes)."""


class DiscordFace:
    """One bot on Discord."""

    def __init__(self, hall: Hall, settings: DiscordSettings) -> None:
        self.hall = hall
        self._settings = settings
        self._line = Line()
        self._chat = DiscordChat(hall.svc, settings, self._line, hall.deliverable)
        _point(settings)

    @property
    def chat(self) -> DiscordChat:
        return self._chat

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """Everything comes through the gateway of Discord."""
        return ()

    async def run(self, receive: Receive) -> None:
        """One connection, resumed by the library for as long as Discord lets it; after anything
        worse a new one is made by whoever called. The library would try by itself, but waits up to
        17 minutes in a long outage."""
        ears = Ears(self.hall, self._line, receive)
        try:
            await _sign_in(ears, self._settings)
            self._line.use(ears)
            async with _marking(ears):
                await ears.connect(reconnect=False)
        except discord.ConnectionClosed as closed:
            if closed.code == TOKEN_REFUSED:
                raise BadSetting("discord.token_refused") from closed
            raise
        finally:
            self._line.use(None)
            await ears.close()


def open_face(hall: Hall) -> DiscordFace | None:
    """None without a token."""
    settings = DiscordSettings()
    return DiscordFace(hall, settings) if settings.token is not None else None


async def check(settings: Settings) -> Say | None:
    """For the doctor: as whom we are known there. Raises Told."""
    ours = DiscordSettings()
    if ours.token is None:
        return None
    _point(ours)
    client = discord.Client(intents=discord.Intents.none())
    try:
        await _sign_in(client, ours)
        assert client.user is not None
        return say("doctor.discord", name=client.user.name)
    except (OSError, discord.HTTPException) as wrong:
        raise BadSetting("discord.unreachable", why=str(wrong)[:120]) from wrong
    finally:
        await client.close()


async def _sign_in(client: discord.Client, settings: DiscordSettings) -> None:
    assert settings.token is not None
    try:
        await client.login(settings.token.get_secret_value())
    except discord.LoginFailure as wrong:
        raise BadSetting("discord.token_refused") from wrong


def _point(settings: DiscordSettings) -> None:
    """Tell the library where Discord is. Class variables are its only way (2.7.1, pinned)."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # voice is not used
    Route.BASE = settings.api_root.rstrip("/")
    DiscordWebSocket.DEFAULT_GATEWAY = URL(settings.gateway)


@asynccontextmanager
async def _marking(ears: Ears) -> AsyncIterator[None]:
    """Write down from time to time until when everything was heard."""

    async def mark() -> None:
        while True:
            await asyncio.sleep(MARK_S)
            try:
                await ears.mark_heard()
            except Exception:  # a database that is away for a moment
                log.exception("discord.not_marked")

    marking = asyncio.create_task(mark())
    try:
        yield
    finally:
        marking.cancel()
        await asyncio.gather(marking, return_exceptions=True)
