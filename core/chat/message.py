"""What travels between people and the bot, whatever the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

from core.say import Say, say_from_json, say_to_json

Network = Literal["telegram", "discord", "web"]

MAX_ACT_B = 64
"""Bytes of a packed act: Telegram's `callback_data` is the narrowest (1-64 bytes)."""


@dataclass(frozen=True, slots=True)
class ChatRef:
    """Where a conversation is. Safe to store; survives a restart."""

    network: Network
    chat: str
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class MessageRef:
    """One message of ours on its network."""

    chat: ChatRef
    id: str


@dataclass(frozen=True, slots=True)
class Who:
    """The person behind an update, as the network knows them."""

    network: Network
    user_id: str
    name: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """What a button does: `Act("post.undo", 12)` packs to `post.undo:c`."""

    name: str
    ids: tuple[int, ...] = ()

    @classmethod
    def of(cls, name: str, *ids: int) -> Self:
        return cls(name, ids)

    def pack(self) -> str:
        """At most 64 bytes. Raises ValueError for more."""
        packed = ":".join((self.name, *(f"{i:x}" for i in self.ids)))
        if len(packed.encode()) > MAX_ACT_B:
            raise ValueError(f"act {packed!r} has more than {MAX_ACT_B} bytes")
        return packed

    @classmethod
    def unpack(cls, packed: str) -> Self:
        """Raises ValueError for anything that `pack` did not write."""
        name, *ids = packed.split(":")
        if len(packed.encode()) > MAX_ACT_B or not name or not name.replace(".", "").isidentifier():
            raise ValueError("not an act")
        if any(not i or i.strip("0123456789abcdef") for i in ids):
            raise ValueError("not an act")
        return cls(name, tuple(int(i, 16) for i in ids))


Style = Literal["plain", "main", "danger"]


@dataclass(frozen=True, slots=True)
class Button:
    """A label and either an act or an address."""

    label: Say
    act: Act | None = None
    url: str | None = None
    style: Style = "plain"


Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class MediaOut:
    """A file to show, by its key in the media store."""

    kind: Literal["video", "picture", "file"]
    key: str
    name: str
    size_b: int
    width: int = 0
    height: int = 0
    duration_s: float = 0.0
    cover_key: str | None = None


@dataclass(frozen=True, slots=True)
class Out:
    """One thing to say: paragraphs, perhaps with a file and buttons. Each chat draws it its own
    way. `alt` describes the file to those who do not see it."""

    text: tuple[Say, ...]
    buttons: Rows = ()
    media: MediaOut | None = None
    alt: Say | None = None
    quiet: bool = False
    asks: bool = False
    """The next words of the person are the answer to this."""
    calls: str | None = None
    """Number on this network of the one person it concerns: where others read along, they are
    called by their name, if the network can."""

    @classmethod
    def of(cls, *text: Say, buttons: Rows = (), quiet: bool = False) -> Self:
        return cls(text, buttons, quiet=quiet)

    def to_json(self) -> dict[str, Any]:
        media = self.media
        return {
            "text": [say_to_json(s) for s in self.text],
            "buttons": [
                [
                    {
                        "label": say_to_json(b.label),
                        "act": b.act.pack() if b.act else None,
                        "url": b.url,
                        "style": b.style,
                    }
                    for b in row
                ]
                for row in self.buttons
            ],
            "media": {f: getattr(media, f) for f in MediaOut.__slots__} if media else None,
            "alt": say_to_json(self.alt) if self.alt else None,
            "quiet": self.quiet,
            "asks": self.asks,
            "calls": self.calls,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        def button(b: Mapping[str, Any]) -> Button:
            act = Act.unpack(b["act"]) if b["act"] else None
            return Button(say_from_json(b["label"]), act, b["url"], b["style"])

        return cls(
            tuple(say_from_json(s) for s in raw["text"]),
            tuple(tuple(button(b) for b in row) for row in raw["buttons"]),
            MediaOut(**raw["media"]) if raw["media"] else None,
            say_from_json(raw["alt"]) if raw["alt"] else None,
            raw["quiet"],
            raw.get("asks", False),
            raw.get("calls"),
        )


@dataclass(frozen=True, slots=True)
class InFile:
    """A file somebody sent, or a link to one.

    A `handle` without a scheme is a key of the media store: the file is here (`in/<sha256>`). With
    one (`telegram:…`, `discord:…`, `link:https://…`) it must be brought first."""

    name: str
    size_b: int | None
    mime: str | None
    handle: str

    @property
    def scheme(self) -> str:
        """`telegram`, `discord`, `link`; empty for what is here."""
        scheme, colon, _ = self.handle.partition(":")
        return scheme if colon else ""

    @property
    def is_here(self) -> bool:
        return not self.scheme


@dataclass(frozen=True, slots=True)
class In:
    """One thing a person did: wrote, sent files, or pressed a button (`act`)."""

    key: str
    """Unique per update of the network: the same update twice is handled once."""
    where: ChatRef
    who: Who
    text: str = ""
    files: tuple[InFile, ...] = ()
    act: str | None = None
    """The packed act as it came back: hostile until unpacked."""
    on: MessageRef | None = None
    """The message the button was on, or the one that was replied to."""
    said: MessageRef | None = None
    """The person's own message: what answers to it in a group, and finished clips, reply to."""
    chat_title: str = ""
    """Of a group, a channel, a thread: wherever others read along. Empty between two."""
    addressed: bool = False
    """In a group: it mentions us or answers a message of ours. Commands and buttons always speak to
    us; other words and files only so."""
    zone: str | None = None
    """IANA zone, when the network tells."""
    hints: Mapping[str, str] = field(default_factory=dict)
    """Typed arguments of a command, by name, where the network has them."""
    slot: str | None = None
    """The outbox slot of a message that stands for this request already: the first answer takes its
    place."""
    answers: Mapping[str, Any] | None = None
    """The question its files answer, by `name` and `kept`: it may be over when they are here."""
    aside: bool = False
    """Whoever asks can be told something nobody else sees, as with a button."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, for what is kept until its files are here."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        where = ChatRef(**raw["where"])
        given = dict(raw) | {
            "where": where,
            "who": Who(**raw["who"]),
            "files": tuple(InFile(**f) for f in raw["files"]),
            "on": MessageRef(where, raw["on"]["id"]) if raw["on"] else None,
            "said": MessageRef(where, raw["said"]["id"]) if raw["said"] else None,
        }
        return cls(**given)
