"""What was said to us and by us, and how far it is on its way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Id, key_of


class UpdateRow(Base):
    """What a network handed over; to be handled, or remembered because it may come again."""

    __tablename__ = "update_taken"
    __table_args__ = (UniqueConstraint("owner", "number"),)
    owner: Mapped[str] = mapped_column(String(64))
    """The network and the bot there: `telegram:4242`."""
    number: Mapped[int] = mapped_column(Id)
    body_json: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]


class SeenRow(Base):
    """An update of a network that was handled; the same one again does nothing."""

    __tablename__ = "seen"
    key: Mapped[str] = mapped_column(String(120), unique=True)
    at: Mapped[datetime]


class ArrivalRow(Base):
    """What somebody sent, until its files are here and it can be handled."""

    __tablename__ = "arrival"
    __table_args__ = (Index("ix_arrival_due", "state", "not_before"),)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    """Of the update it came with."""
    chat_id: Mapped[int] = key_of("chat")
    member_id: Mapped[int] = key_of("member")
    way: Mapped[str] = mapped_column(String(16))
    """Who brings it: the network it came from, or `link`."""
    in_json: Mapped[dict[str, Any]]
    """The whole update. Files that are here already carry the key they are stored under."""
    state: Mapped[str] = mapped_column(String(16))  # wanted here done failed cancelled
    tries: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    fault_json: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class OutboxRow(Base):
    """One thing to say. Written in the transaction that made it true, delivered by the courier."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "state", "not_before"),
        Index("ix_outbox_slot", "chat_id", "slot"),
    )
    chat_id: Mapped[int] = key_of("chat")
    key: Mapped[str] = mapped_column(String(160), unique=True)
    """The same key is the same message: said once."""
    slot: Mapped[str | None] = mapped_column(String(80))
    """Messages of one slot replace each other in place: the status message of a job."""
    urgent: Mapped[bool] = mapped_column(default=False)
    body_json: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16), default="waiting")  # waiting sending sent dead
    tries: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    """Counts changes of a body that was not delivered yet."""
    message_id: Mapped[str | None] = mapped_column(String(64))
    reply_to: Mapped[str | None] = mapped_column(String(64))
    """Id of the message it answers, on its network."""
    unsure: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often it was sent without our knowing whether it arrived."""
    fault: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class WebMessageRow(Base):
    """What Telegram's servers are to Telegram: the memory of the web chat, for replay."""

    __tablename__ = "web_message"
    __table_args__ = (Index("ix_web_message_replay", "chat_id", "version"),)
    chat_id: Mapped[int] = key_of("chat")
    key: Mapped[str] = mapped_column(String(160), unique=True)
    version: Mapped[int] = mapped_column(Id)
    """Grows with every new message and every change in the chat: the cursor of a reconnect."""
    from_us: Mapped[bool]
    body_json: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class RemoteFileRow(Base):
    """What a network calls a file of ours that it has already."""

    __tablename__ = "remote_file"
    __table_args__ = (UniqueConstraint("owner", "media_key"),)
    owner: Mapped[str] = mapped_column(String(64))
    media_key: Mapped[str] = mapped_column(String(240))
    names_json: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
