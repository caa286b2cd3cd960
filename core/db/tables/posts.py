"""Posts, how far each is on each account, and how it fared."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Id, Instant, key_of


class PostRow(Base):
    """What goes out and when: the wall time, its zone and fold, and the instant they mean."""

    __tablename__ = "post"
    __table_args__ = (UniqueConstraint("workspace_id", "key"),)
    key: Mapped[str] = mapped_column(String(160))
    """Of the press that made it: the same press is the same post."""
    workspace_id: Mapped[int] = key_of("workspace")
    chat_id: Mapped[int] = key_of("chat")
    clip_id: Mapped[int] = key_of("clip")
    render_id: Mapped[int | None] = mapped_column(Id)
    """The version of the clip that was approved; None: whatever the clip shows."""
    made_by: Mapped[int] = key_of("member")
    approved_by: Mapped[int | None] = key_of("member")
    approved_at: Mapped[datetime | None]
    caption: Mapped[str] = mapped_column(Text)
    settings_json: Mapped[dict[str, Any]]
    """What was shown to the person who approved: privacy, disclosures, mode … per account."""
    due_at: Mapped[datetime | None] = mapped_column(Instant, index=True)
    wall: Mapped[str | None] = mapped_column(String(32))
    zone: Mapped[str | None] = mapped_column(String(64))
    fold: Mapped[int] = mapped_column(default=0)
    window_s: Mapped[int] = mapped_column(default=1800)
    undo_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


NOT_OUT = text("state IN ('scheduled', 'deferred', 'claimed', 'preparing', 'committing')")


class TargetRow(Base):
    """One post on one account: the state machine."""

    __tablename__ = "target"
    __table_args__ = (
        UniqueConstraint("post_id", "account_id"),
        # Whatever is to be done next, however many posts wait for a day that is far away.
        Index("ix_target_next", "due_at"),
        Index("ix_target_published_at", "published_at"),
        # What is not out yet of one account, in order; small, however much was posted before.
        Index(
            "ix_target_order",
            "account_id",
            "planned_at",
            postgresql_where=NOT_OUT,
            sqlite_where=NOT_OUT,
        ),
    )
    post_id: Mapped[int] = key_of("post")
    account_id: Mapped[int] = key_of("account")
    state: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[datetime | None]
    """When the next step is due: the post's time at first, then the next poll. None when nothing is
    to be done by itself."""
    planned_at: Mapped[datetime | None]
    """The time it was planned for: its place among the posts of its account."""
    fence: Mapped[int] = mapped_column(default=0)
    """Grows with every claim; only the holder of the newest may write."""
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    """Faults in a row."""
    looks: Mapped[int] = mapped_column(default=0)
    """How often the platform was asked what became of it, in this state."""
    intent_json: Mapped[dict[str, Any] | None]
    """Written before the call that could make it visible, with the time of it."""
    rule: Mapped[str | None] = mapped_column(String(40))
    fault_json: Mapped[dict[str, Any] | None]
    remote_id: Mapped[str | None] = mapped_column(String(120))
    url: Mapped[str | None] = mapped_column(Text)
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class AttemptRow(Base):
    """Every call to a platform that mattered: what was asked, what came back."""

    __tablename__ = "attempt"
    target_id: Mapped[int] = key_of("target")
    fence: Mapped[int]
    step: Mapped[str] = mapped_column(String(16))
    call: Mapped[str] = mapped_column(String(80))
    ok: Mapped[bool]
    http: Mapped[int | None]
    code: Mapped[str | None] = mapped_column(String(120))
    log_id: Mapped[str | None] = mapped_column(String(120))
    note: Mapped[str | None] = mapped_column(Text)
    took_s: Mapped[float]
    at: Mapped[datetime]


class RemoteRefRow(Base):
    """Every id a platform gave us, committed before the next step."""

    __tablename__ = "remote_ref"
    target_id: Mapped[int] = key_of("target")
    fence: Mapped[int]
    kind: Mapped[str] = mapped_column(String(32))
    value_sealed: Mapped[str] = mapped_column(Text)
    """Encrypted: an upload address is a credential."""
    at: Mapped[datetime]


class FigureRow(Base):
    """How a post fared when it was so old. A row without numbers: asked, and nothing was told."""

    __tablename__ = "figure"
    __table_args__ = (UniqueConstraint("target_id", "age_h"),)
    target_id: Mapped[int] = key_of("target")
    age_h: Mapped[int]
    views: Mapped[int | None] = mapped_column(Id)
    likes: Mapped[int | None] = mapped_column(Id)
    comments: Mapped[int | None] = mapped_column(Id)
    shares: Mapped[int | None] = mapped_column(Id)
    at: Mapped[datetime]
