"""What there is on the Discord of the tests: servers, channels, people, messages."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.discord_rules import EPHEMERAL, LOADING

EPOCH_MS = 1420070400000
MIB = 1024 * 1024
_numbers = itertools.count(1)

TEXT, DM, THREAD = 0, 1, 11
VIEW, SEND, FILES, THREADS = 1 << 10, 1 << 11, 1 << 15, 1 << 38
ALL = VIEW | SEND | FILES | THREADS


def snowflake(at: float | None = None) -> int:
    """An id that grows with time, as all ids of Discord do."""
    ms = int((time.time() if at is None else at) * 1000) - EPOCH_MS
    return (ms << 22) | (next(_numbers) & 0x3FFFFF)


def stamp() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + ".000000+00:00"


@dataclass
class User:
    name: str
    locale: str = "en-US"
    bot: bool = False
    closed: bool = False
    """Takes no direct messages."""
    id: int = field(default_factory=snowflake)

    def wire(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "username": self.name.lower(),
            "global_name": self.name,
            "discriminator": "0",
            "avatar": None,
            "bot": self.bot,
            "public_flags": 0,
        }


@dataclass
class Server:
    name: str
    tier: int = 0
    id: int = field(default_factory=snowflake)
    channels: list[Channel] = field(default_factory=list)

    @property
    def upload_b(self) -> int:
        return {2: 50 * MIB, 3: 100 * MIB}.get(self.tier, 10 * MIB)

    def wire(self, bot: User) -> dict[str, Any]:
        threads = [c.wire() for c in self.channels if c.kind == THREAD]
        member = {"user": bot.wire(), "roles": [], "joined_at": stamp(), "deaf": False}
        return {
            "id": str(self.id),
            "name": self.name,
            "owner_id": "1",
            "icon": None,
            "splash": None,
            "banner": None,
            "region": "",
            "afk_channel_id": None,
            "afk_timeout": 0,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "public_updates_channel_id": None,
            "preferred_locale": "en-US",
            "vanity_url_code": None,
            "description": None,
            "discovery_splash": None,
            "premium_tier": self.tier,
            "premium_subscription_count": 0,
            "premium_progress_bar_enabled": False,
            "features": [],
            "emojis": [],
            "stickers": [],
            "roles": [
                {
                    "id": str(self.id),
                    "name": "@everyone",
                    "permissions": str(ALL),
                    "position": 0,
                    "color": 0,
                    "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
                    "hoist": False,
                    "managed": False,
                    "mentionable": False,
                    "flags": 0,
                }
            ],
            "members": [{**member, "mute": False, "flags": 0}],
            "channels": [c.wire() for c in self.channels if c.kind == TEXT],
            "threads": threads,
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
            "joined_at": stamp(),
            "large": False,
            "unavailable": False,
            "member_count": 3,
        }


@dataclass
class Channel:
    name: str = ""
    kind: int = TEXT
    server: Server | None = None
    parent: Channel | None = None
    person: User | None = None
    """At the other end of a direct message."""
    id: int = field(default_factory=snowflake)
    bot_may: int = ALL
    gone: bool = False
    locked: bool = False
    messages: dict[int, Message] = field(default_factory=dict)

    @property
    def upload_b(self) -> int:
        return self.server.upload_b if self.server else 10 * MIB

    def wire(self) -> dict[str, Any]:
        about: dict[str, Any] = {"id": str(self.id), "type": self.kind, "flags": 0}
        about["last_message_id"] = None
        if self.kind == DM:
            assert self.person is not None
            return about | {"recipients": [self.person.wire()]}
        about |= {"name": self.name, "position": 0, "permission_overwrites": [], "nsfw": False}
        about |= {"topic": None, "rate_limit_per_user": 0, "parent_id": None}
        if self.server is not None:
            about["guild_id"] = str(self.server.id)
        if self.kind == THREAD:
            assert self.parent is not None
            meta = {"archived": False, "auto_archive_duration": 1440, "locked": self.locked}
            meta |= {"archive_timestamp": stamp(), "create_timestamp": stamp()}
            about |= {"parent_id": str(self.parent.id), "thread_metadata": meta, "owner_id": "1"}
            about |= {"message_count": 0, "member_count": 1}
        return about


@dataclass
class File:
    """Something attached, as it was uploaded."""

    name: str
    data: bytes
    kind: str = "application/octet-stream"
    description: str | None = None
    id: int = field(default_factory=snowflake)
    gone: bool = False
    """Its address has run out."""

    def wire(self, cdn: str, channel: int) -> dict[str, Any]:
        address = f"{cdn}/attachments/{channel}/{self.id}/{self.name}?ex=6f&is=6e&hm=ab"
        about: dict[str, Any] = {
            "id": str(self.id),
            "filename": self.name,
            "size": len(self.data),
            "url": address,
            "proxy_url": address,
            "content_type": self.kind,
        }
        return about | ({"description": self.description} if self.description else {})


@dataclass
class Message:
    """One message as it is now, and everything it was."""

    channel: Channel
    author: User
    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    flags: int = 0
    nonce: str | None = None
    reply_to: Message | None = None
    mentions: list[User] = field(default_factory=list)
    rings: list[User] = field(default_factory=list)
    """Whom it notifies by name."""
    asked_by: User | None = None
    """Whose interaction it answers."""
    removed: bool = False
    edits: int = 0
    states: list[str] = field(default_factory=list)
    id: int = field(default_factory=snowflake)

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def thinking(self) -> bool:
        return bool(self.flags & LOADING)

    @property
    def text(self) -> str:
        """Everything there is to read, embeds included."""
        return "\n".join([self.content, *(e.get("description") or "" for e in self.embeds)]).strip()

    @property
    def buttons(self) -> list[dict[str, Any]]:
        return [b for row in self.rows for b in row["components"]]

    def wire(self, cdn: str, *, hidden: bool = False) -> dict[str, Any]:
        """As the API gives it; `hidden` is what an app without the message content intent gets."""
        about: dict[str, Any] = {
            "id": str(self.id),
            "channel_id": str(self.channel.id),
            "author": self.author.wire(),
            "content": "" if hidden else self.content,
            "timestamp": stamp(),
            "edited_timestamp": stamp() if self.edits else None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [u.wire() for u in self.mentions],
            "mention_roles": [],
            "attachments": [] if hidden else [f.wire(cdn, self.channel.id) for f in self.files],
            "embeds": [] if hidden else self.embeds,
            "components": [] if hidden else self.rows,
            "pinned": False,
            "type": 19 if self.reply_to else 20 if self.asked_by else 0,
            "flags": self.flags,
        }
        if self.channel.server is not None:
            about["guild_id"] = str(self.channel.server.id)
        if self.reply_to is not None:
            about["message_reference"] = {
                "message_id": str(self.reply_to.id),
                "channel_id": str(self.channel.id),
            }
            about["referenced_message"] = self.reply_to.wire(cdn, hidden=hidden)
        if self.asked_by is not None:
            about["interaction_metadata"] = {
                "id": str(self.id),
                "type": 2,
                "user": self.asked_by.wire(),
                "authorizing_integration_owners": {},
            }
        return about


@dataclass
class Interaction:
    """Something a person asked through the client: it is answered in time or it failed."""

    kind: int
    user: User
    channel: Channel
    data: dict[str, Any]
    message: Message | None = None
    token: str = ""
    id: int = field(default_factory=snowflake)
    at: float = field(default_factory=time.monotonic)
    answered: int | None = None
    """Type of the first answer."""
    response: Message | None = None
    followups: list[Message] = field(default_factory=list)
    choices: list[dict[str, Any]] | None = None
    modal: dict[str, Any] | None = None
    refused: list[int] = field(default_factory=list)
    """Codes of answers that came too late or twice."""
