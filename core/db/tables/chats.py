"""Where we talk, what was asked there, and what the networks were told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, key_of


class ChatRow(Base):
    __tablename__ = "chat"
    __table_args__ = (UniqueConstraint("network", "chat", "thread"),)
    workspace_id: Mapped[int] = key_of("workspace")
    network: Mapped[str] = mapped_column(String(16))
    chat: Mapped[str] = mapped_column(String(64))
    thread: Mapped[str] = mapped_column(String(64), default="")
    title: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str | None] = mapped_column(String(16))
    zone: Mapped[str | None] = mapped_column(String(64))
    dead_at: Mapped[datetime | None]
    """The network said nobody hears us here any more."""
    member_id: Mapped[int | None] = key_of("member")
    """Whose conversation with us alone it is; empty where others read along."""
    created_at: Mapped[datetime]


class DialogueRow(Base):
    """A question we asked one person in one chat; their next words are the answer."""

    __tablename__ = "dialogue"
    __table_args__ = (UniqueConstraint("chat_id", "member_id"),)
    chat_id: Mapped[int] = key_of("chat")
    member_id: Mapped[int] = key_of("member")
    name: Mapped[str] = mapped_column(String(64))
    args_json: Mapped[dict[str, Any]]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class KeptRow(Base):
    """One thing remembered over restarts, such as which commands a network was told."""

    __tablename__ = "kept"
    name: Mapped[str] = mapped_column(String(120), unique=True)
    value: Mapped[str] = mapped_column(Text)
