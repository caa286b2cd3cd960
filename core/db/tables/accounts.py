"""Accounts on the platforms: how we got in, and how much they may take."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, key_of


class AccountRow(Base):
    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("workspace_id", "platform", "remote_id"),)
    workspace_id: Mapped[int] = key_of("workspace")
    platform: Mapped[str] = mapped_column(String(16))
    remote_id: Mapped[str] = mapped_column(String(80))
    username: Mapped[str] = mapped_column(String(120))
    grant_sealed: Mapped[str] = mapped_column(Text)
    """Tokens, encrypted with the key from SECRET_KEY."""
    grant_version: Mapped[int] = mapped_column(default=1)
    scopes: Mapped[str] = mapped_column(Text, default="")
    access_until: Mapped[datetime | None]
    refresh_until: Mapped[datetime | None]
    refresh_lease_until: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(16))  # ok, signed_out, removed
    practice: Mapped[bool] = mapped_column(default=False)
    rules_json: Mapped[dict[str, Any]]
    fault_json: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]


class OAuthRow(Base):
    """A sign-in under way. `state` works once and not for long."""

    __tablename__ = "oauth"
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    workspace_id: Mapped[int] = key_of("workspace")
    member_id: Mapped[int] = key_of("member")
    chat_id: Mapped[int] = key_of("chat")
    platform: Mapped[str] = mapped_column(String(16))
    redirect_uri: Mapped[str] = mapped_column(Text)
    verifier_sealed: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class QuotaEventRow(Base):
    """One use of something a platform counts."""

    __tablename__ = "quota_event"
    __table_args__ = (Index("ix_quota_event_window", "account_id", "kind", "at"),)
    account_id: Mapped[int] = key_of("account")
    target_id: Mapped[int | None] = key_of("target")
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]


class BreakerRow(Base):
    """Posting to one account, or to a whole platform, is stopped until it is tried again."""

    __tablename__ = "breaker"
    scope: Mapped[str] = mapped_column(String(40), unique=True)
    """`tiktok`, or `tiktok/12` for account 12."""
    failures: Mapped[int] = mapped_column(default=0)
    """In a row, while it is closed."""
    trips: Mapped[int] = mapped_column(default=0)
    """How often it opened without a success between: each time it stays open longer."""
    probe_at: Mapped[datetime | None]
    """When one post may try again. None: it is closed."""
    why_json: Mapped[dict[str, Any] | None]
    opened_at: Mapped[datetime | None]
