"""The settings of the bot on Telegram, and what they allow there."""

from __future__ import annotations

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from core.chat.chat import Capabilities
from core.chat.limits import TELEGRAM_DOWNLOAD_B, TELEGRAM_LOCAL_B, TELEGRAM_UPLOAD_B
from core.settings import Section

CLOUD = "https://api.telegram.org"


class TelegramSettings(Section):
    """Without a token there is no bot on Telegram."""

    model_config = SettingsConfigDict(env_prefix="TELEGRAM_")

    token: SecretStr | None = None
    """From @BotFather: `123456:ABC…`."""
    api_root: str = CLOUD
    """Where the Bot API is spoken to: the real one, or a server of your own."""
    local: bool = False
    """The server at `api_root` runs with `--local`: 2 GB both ways, files by their path."""
    webhook: str | None = None
    """The https address Telegram reaches this program at; long polling when unset."""

    @property
    def root(self) -> str:
        return self.api_root.rstrip("/")


def capabilities(settings: TelegramSettings) -> Capabilities:
    """What one can do there."""
    return Capabilities(
        network="telegram",
        max_upload_b=TELEGRAM_LOCAL_B if settings.local else TELEGRAM_UPLOAD_B,
        max_download_b=TELEGRAM_LOCAL_B if settings.local else TELEGRAM_DOWNLOAD_B,
        buttons_per_row=8,
        text_chars=4096,
        edit_gap_s=3.0,
        sends_per_s=1.0,
        # 20 a minute in a group (core.telegram.org/bots/faq); edits spend the same budget (levlam,
        # tdlib/td#3034).
        group_edit_gap_s=6.0,
        group_sends_per_s=20 / 60,
        all_per_s=30.0,
    )
