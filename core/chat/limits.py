"""Limits of the chat itself, and the few that come from networks, with their sources."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

LANGUAGES: Final = ("en", "de", "es", "fr", "pt", "ru", "ar")
"""What times may be written in; the sentences are in all of them but French. Buttons carry the
place in this list: only ever add at its end."""

LANGUAGE_NAMES: Final = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "pt": "Português",
    "ru": "Русский",
    "ar": "العربية",
}

COMMAND_HELP_CHARS: Final = 100
"""What a command does, in one line: Discord takes 100 characters (reference, application-commands),
Telegram 256 (core.telegram.org/bots/api#botcommand)."""
BUTTON_CHARS: Final = 40
"""Discord cuts at 80; on a phone two buttons of more than this do not fit beside each other."""

QUICK_TIMES: Final = ("in 1h", "18:00", "tomorrow 9:00", "now")
"""Times with a button, as `read_when` takes them. Buttons carry the place: only ever add."""

QUEUE_SHOWN: Final = 8
"""Posts that get a message of their own in `/queue`; Telegram lets 20 a minute into a group
(core.telegram.org/bots/faq), and nobody scrolls through more."""

CAPTION_CHARS: Final = 5000
"""More than any platform takes; YouTube descriptions are the longest (5000)."""
TITLE_CHARS: Final = 100
"""YouTube titles end there; TikTok and Instagram have none."""

CODE_TRIES_A_DAY: Final = 10
"""For a stranger; a code is one of 31^8."""
INVITE_LIFE: Final = timedelta(days=7)
LOGIN_LIFE: Final = timedelta(minutes=15)
"""Whoever has such a code is that member: long enough to type it on a phone, no longer."""
UNDO_LIFE: Final = timedelta(seconds=60)
"""How long one tap takes something back (design §7)."""
KEY_CHARS: Final = 100
"""Of an update's key; what is longer is kept as its hash (`seen.key` has 120)."""

# ── Discord ─────────────────────────────────────────────────────────────────────────────────────
DISCORD_UPLOAD_B: Final = 10 << 20
"""Of one file, where neither the server nor an interaction allows more. The help pages say 20 MB;
the API answers 413/40005 above this (discord/discord-api-docs#8572)."""
DISCORD_DOWNLOAD_B: Final = 500 << 20
"""The most a person can upload, with Nitro (support.discord.com, File Attachments FAQ)."""
DISCORD_CONTENT_CHARS: Final = 2000
DISCORD_EMBED_CHARS: Final = 4096
DISCORD_EMBEDS_CHARS: Final = 6000
"""Of all embeds of a message together (docs: resources/message#embed-object-embed-limits)."""
DISCORD_LABEL_CHARS: Final = 80
DISCORD_ROW: Final = 5
DISCORD_ROWS: Final = 5
DISCORD_URL_CHARS: Final = 512
"""Buttons (docs: components/reference#button)."""
DISCORD_ALT_CHARS: Final = 1024
"""`description` of an attachment (docs: resources/message#attachment-object)."""
DISCORD_NONCE_CHARS: Final = 25
DISCORD_ANSWER_S: Final = 3.0
"""Until when an interaction must be answered (docs: interactions/receiving-and-responding)."""
DISCORD_FORM_TITLE_CHARS: Final = 45
DISCORD_FORM_CHARS: Final = 4000
"""Title and text of a form (docs: components/reference#text-input)."""
DISCORD_HELP_CHARS: Final = 100
DISCORD_CHOICES: Final = 25
"""Description of a command or an option, and what autocomplete may list (docs:
interactions/application-commands)."""

# ── Telegram ────────────────────────────────────────────────────────────────────────────────────
TELEGRAM_DOWNLOAD_B: Final = 20 << 20
"""What `getFile` gives out (tdlib/telegram-bot-api Client.h, MAX_DOWNLOAD_FILE_SIZE)."""
TELEGRAM_UPLOAD_B: Final = 50_000_000
"""Of a video or a file (core.telegram.org/bots/api#sending-files)."""
TELEGRAM_PHOTO_B: Final = 10_000_000
"""Of a photo (the same page)."""
TELEGRAM_LOCAL_B: Final = 2_000_000_000
"""Up and down on a server of one's own that runs with `--local` (tdlib/telegram-bot-api README);
a client cannot send more to Telegram either."""
TELEGRAM_THUMBNAIL_PX: Final = 320
TELEGRAM_THUMBNAIL_B: Final = 200_000
"""Of the JPEG shown before a video plays (core.telegram.org/bots/api#sendvideo)."""
