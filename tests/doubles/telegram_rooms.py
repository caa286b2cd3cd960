"""What a Telegram server remembers: people, rooms, messages as they stand now, files."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Person:
    """Somebody with a Telegram account."""

    id: int
    name: str
    language: str | None = "en"

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"id": self.id, "is_bot": False, "first_name": self.name}
        return found | ({"language_code": self.language} if self.language else {})


@dataclass(slots=True)
class StoredFile:
    """A file on the server. Without a path only its size is known."""

    id: str
    unique_id: str
    size: int
    name: str = ""
    path: Path | None = None
    content: bytes | None = None
    mime: str = "video/mp4"

    def read(self) -> bytes:
        if self.content is not None:
            return self.content
        return self.path.read_bytes() if self.path else b"\0" * self.size


@dataclass(slots=True)
class Shown:
    """One message as it stands in its chat now."""

    id: int
    room: int
    thread: int | None = None
    from_bot: bool = True
    sender: Person | None = None
    text: str = ""
    entities: list[dict[str, Any]] = field(default_factory=list)
    rows: list[list[dict[str, Any]]] = field(default_factory=list)
    kind: str = ""
    """video, photo, document, video_note; empty for text."""
    media: dict[str, Any] = field(default_factory=dict)
    reply_to: int | None = None
    quiet: bool = False
    preview_off: bool = False
    group: str | None = None
    date: int = 0
    states: list[str] = field(default_factory=list)
    """Every text it had, the newest last."""

    @property
    def labels(self) -> list[str]:
        return [b["text"] for row in self.rows for b in row]

    @property
    def urls(self) -> list[str]:
        return [b["url"] for row in self.rows for b in row if "url" in b] + [
            e["url"] for e in self.entities if e["type"] == "text_link"
        ]

    def data(self, label: str) -> str:
        return next(b["callback_data"] for row in self.rows for b in row if b["text"] == label)

    def __str__(self) -> str:
        head = f"[{self.kind}] " if self.kind else ""
        rows = "".join("\n" + "  ".join(f"[{b['text']}]" for b in row) for row in self.rows)
        return f"{head}{self.text}{rows}"


@dataclass(slots=True)
class Room:
    """A private chat, a group, a supergroup."""

    id: int
    type: str
    title: str = ""
    person: Person | None = None
    topics: set[int] = field(default_factory=set)
    forum: bool = False
    bot: str = "member"
    """Status of the bot: member, administrator, restricted, kicked, left."""
    may_send_text: bool = True
    may_send_media: bool = True
    blocked: bool = False
    deactivated: bool = False
    migrated_to: int | None = None
    messages: dict[int, Shown] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    ids: Any = field(default_factory=lambda: itertools.count(1))

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"id": self.id, "type": self.type}
        if self.person is not None:
            return found | {"first_name": self.person.name}
        return found | {"title": self.title} | ({"is_forum": True} if self.forum else {})

    @property
    def shown(self) -> list[Shown]:
        """The messages of the bot, oldest first."""
        return [m for _, m in sorted(self.messages.items()) if m.from_bot]

    @property
    def everything(self) -> str:
        """The whole conversation, for reading aloud."""
        lines = []
        for _, m in sorted(self.messages.items()):
            who = "bot" if m.from_bot else (m.sender.name if m.sender else "?")
            lines.append(f"{who}: {m}")
        return "\n\n".join(lines)
