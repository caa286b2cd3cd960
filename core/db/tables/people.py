"""Who works here, how they get in, and who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Instant, key_of


class WorkspaceRow(Base):
    __tablename__ = "workspace"
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class MemberRow(Base):
    __tablename__ = "member"
    workspace_id: Mapped[int] = key_of("workspace")
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(16))  # owner, approver, editor, viewer
    language: Mapped[str | None] = mapped_column(String(16))
    zone: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class IdentityRow(Base):
    """Who a member is on one network."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("network", "user_id"),)
    member_id: Mapped[int] = key_of("member")
    network: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))


class SessionRow(Base):
    """A signed-in browser. The token itself is never stored."""

    __tablename__ = "session"
    member_id: Mapped[int] = key_of("member")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    agent: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class InviteRow(Base):
    """A code that works once. The very first one makes the owner."""

    __tablename__ = "invite"
    workspace_id: Mapped[int] = key_of("workspace")
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    made_by: Mapped[int | None] = key_of("member")
    joins: Mapped[int | None] = key_of("member")
    """Lets this member in on one more network or browser, instead of making a new one."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by: Mapped[int | None] = key_of("member")


class AuditRow(Base):
    """Who did what."""

    __tablename__ = "audit"
    workspace_id: Mapped[int] = key_of("workspace")
    member_id: Mapped[int | None] = key_of("member")
    what: Mapped[str] = mapped_column(String(64))
    about: Mapped[str] = mapped_column(String(120))
    detail_json: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(Instant, index=True)
