"""The settings of the bot on Discord, and what can be done there."""

from __future__ import annotations

from typing import Final

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict
from yarl import URL

from core.chat.chat import Capabilities
from core.chat.limits import DISCORD_CONTENT_CHARS, DISCORD_DOWNLOAD_B, DISCORD_UPLOAD_B
from core.settings import Section

API: Final = "https://discord.com/api/v10"
_FILES: Final = frozenset({"cdn.discordapp.com", "media.discordapp.net"})


class DiscordSettings(Section):
    """Without a token there is no bot on Discord."""

    model_config = SettingsConfigDict(env_prefix="DISCORD_")

    token: SecretStr | None = None
    """From the developer portal, page *Bot*."""
    api_root: str = API
    """Where the REST API is spoken to."""
    gateway: str = "wss://gateway.discord.gg/"
    """Where events come from."""

    def keeps(self, url: str) -> bool:
        """Whether an address is one of Discord's files: nothing else is fetched on its behalf."""
        address, root = URL(url), URL(self.api_root)
        if self.api_root != API:
            return (address.scheme, address.authority) == (root.scheme, root.authority)
        return address.scheme == "https" and address.host in _FILES


CAN: Final = Capabilities(
    network="discord",
    max_upload_b=DISCORD_UPLOAD_B,
    max_download_b=DISCORD_DOWNLOAD_B,
    buttons_per_row=5,
    text_chars=DISCORD_CONTENT_CHARS,
    edit_gap_s=2.0,
    sends_per_s=1.0,
    all_per_s=45.0,
    whispers=True,
)
