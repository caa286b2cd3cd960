"""Videos, what was found in them, what was asked of them, and the clips that came out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Float, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Id, key_of


class SourceRow(Base):
    __tablename__ = "source"
    __table_args__ = (UniqueConstraint("workspace_id", "sha256"),)
    workspace_id: Mapped[int] = key_of("workspace")
    member_id: Mapped[int | None] = key_of("member")
    sha256: Mapped[str] = mapped_column(String(64))
    size_b: Mapped[int] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(200))
    media_key: Mapped[str] = mapped_column(String(200))
    facts_json: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]


class AnalysisRow(Base):
    __tablename__ = "analysis"
    __table_args__ = (UniqueConstraint("source_id", "version", "subtitles_sha256"),)
    source_id: Mapped[int] = key_of("source")
    version: Mapped[int]
    subtitles_sha256: Mapped[str] = mapped_column(String(64), default="")
    data_json: Mapped[dict[str, Any]]
    stages_json: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class CutRow(Base):
    """One request for clips of a source: the wish and how far it is."""

    __tablename__ = "cut"
    source_id: Mapped[int] = key_of("source")
    chat_id: Mapped[int] = key_of("chat")
    member_id: Mapped[int] = key_of("member")
    wish_json: Mapped[dict[str, Any]]
    subtitles_key: Mapped[str | None] = mapped_column(String(200))
    asked_on: Mapped[str | None] = mapped_column(String(64))
    """Id of the message that asked for it, on its network: finished clips reply to it."""
    state: Mapped[str] = mapped_column(String(16))  # working done failed cancelled
    planned: Mapped[int] = mapped_column(default=0)
    notes_json: Mapped[list[Any]]
    fault_json: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class ClipRow(Base):
    __tablename__ = "clip"
    __table_args__ = (UniqueConstraint("cut_id", "rank"),)
    source_id: Mapped[int] = key_of("source")
    cut_id: Mapped[int] = key_of("cut")
    rank: Mapped[int]
    span_json: Mapped[dict[str, Any]]
    title: Mapped[str] = mapped_column(Text)
    caption: Mapped[str] = mapped_column(Text)
    tags_json: Mapped[list[Any]]
    captions: Mapped[bool]
    rough: Mapped[bool]
    format: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(16))  # proposed ready failed discarded
    fault_json: Mapped[dict[str, Any] | None]
    looked_at: Mapped[datetime | None]
    """When a person approved rough captions."""
    created_at: Mapped[datetime]
    render_id: Mapped[int | None] = mapped_column(Id)
    """The version that is shown and would be posted; None: the newest one. (No foreign key: the
    versions point here.)"""
    wanted_json: Mapped[dict[str, Any] | None]
    """The recipe that was asked for last, while it is being made."""


class RenderRow(Base):
    """One version of a clip. Versions are kept: *Undo* goes back to one, and a post keeps the one
    that was approved."""

    __tablename__ = "render"
    clip_id: Mapped[int] = key_of("clip")
    format: Mapped[str] = mapped_column(String(8))
    media_key: Mapped[str] = mapped_column(String(200))
    cover_key: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    rendered_json: Mapped[dict[str, Any]]
    fit: Mapped[bool]
    took_s: Mapped[float] = mapped_column(Float)
    created_at: Mapped[datetime]
    recipe_json: Mapped[dict[str, Any] | None]
    """None for those made before there were versions."""
    words_json: Mapped[list[Any] | None]
    """The words of its captions, in the time of the clip."""
    before_id: Mapped[int | None] = mapped_column(Id)
    """The version it was made from: *Undo* leads there."""
