"""The tables: everything that is true. Redis may be emptied at any moment, these may not.

Times are aware UTC instants. Columns named `*_json` hold plain JSON written by a dataclass or a
sentence (`Say`). Rows stay in this room; what leaves it are frozen dataclasses.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only for INTEGER keys


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant. SQLite forgets zones; this refuses naive ones and gives UTC back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)


def _to(table: str, **kw: Any) -> Mapped[Any]:
    return mapped_column(Id, ForeignKey(f"{table}.id"), index=True, **kw)


# ── people ──────────────────────────────────────────────────────────────────────────────────────


class WorkspaceRow(Base):
    __tablename__ = "workspace"
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class MemberRow(Base):
    __tablename__ = "member"
    workspace_id: Mapped[int] = _to("workspace")
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
    member_id: Mapped[int] = _to("member")
    network: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))


class SessionRow(Base):
    """A signed-in browser. The token itself is never stored."""

    __tablename__ = "session"
    member_id: Mapped[int] = _to("member")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    agent: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class InviteRow(Base):
    """A code that works once. The very first one makes the owner."""

    __tablename__ = "invite"
    workspace_id: Mapped[int] = _to("workspace")
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    made_by: Mapped[int | None] = _to("member")
    joins: Mapped[int | None] = _to("member")
    """Lets this member in on one more network or browser, instead of making a new one."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by: Mapped[int | None] = _to("member")


# ── conversations ───────────────────────────────────────────────────────────────────────────────


class ChatRow(Base):
    __tablename__ = "chat"
    __table_args__ = (UniqueConstraint("network", "chat", "thread"),)
    workspace_id: Mapped[int] = _to("workspace")
    network: Mapped[str] = mapped_column(String(16))
    chat: Mapped[str] = mapped_column(String(64))
    thread: Mapped[str] = mapped_column(String(64), default="")
    title: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str | None] = mapped_column(String(16))
    zone: Mapped[str | None] = mapped_column(String(64))
    dead_at: Mapped[datetime | None]
    """The network said nobody hears us here any more."""
    member_id: Mapped[int | None] = _to("member")
    """Whose conversation with us alone it is; empty where others read along."""
    created_at: Mapped[datetime]


class DialogueRow(Base):
    """A question we asked one person in one chat; their next words are the answer."""

    __tablename__ = "dialogue"
    __table_args__ = (UniqueConstraint("chat_id", "member_id"),)
    chat_id: Mapped[int] = _to("chat")
    member_id: Mapped[int] = _to("member")
    name: Mapped[str] = mapped_column(String(64))
    args_json: Mapped[dict[str, Any]]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SeenRow(Base):
    """An update of a network that was handled; the same one again does nothing."""

    __tablename__ = "seen"
    key: Mapped[str] = mapped_column(String(120), unique=True)
    at: Mapped[datetime]


class KeptRow(Base):
    """One thing remembered over restarts, such as which commands a network was told."""

    __tablename__ = "kept"
    name: Mapped[str] = mapped_column(String(120), unique=True)
    value: Mapped[str] = mapped_column(Text)


class WebMessageRow(Base):
    """What Telegram's servers are to Telegram: the memory of the web chat, for replay."""

    __tablename__ = "web_message"
    __table_args__ = (Index("ix_web_message_replay", "chat_id", "version"),)
    chat_id: Mapped[int] = _to("chat")
    key: Mapped[str] = mapped_column(String(160), unique=True)
    version: Mapped[int] = mapped_column(Id)
    """Grows with every new message and every change in the chat: the cursor of a reconnect."""
    from_us: Mapped[bool]
    body_json: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class OutboxRow(Base):
    """One thing to say. Written in the transaction that made it true, delivered by the courier."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "state", "not_before"),
        Index("ix_outbox_slot", "chat_id", "slot"),
    )
    chat_id: Mapped[int] = _to("chat")
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


class ArrivalRow(Base):
    """What somebody sent, until its files are here and it can be handled."""

    __tablename__ = "arrival"
    __table_args__ = (Index("ix_arrival_due", "state", "not_before"),)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    """Of the update it came with."""
    chat_id: Mapped[int] = _to("chat")
    member_id: Mapped[int] = _to("member")
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


class RemoteFileRow(Base):
    """What a network calls a file of ours that it has already."""

    __tablename__ = "remote_file"
    __table_args__ = (UniqueConstraint("owner", "media_key"),)
    owner: Mapped[str] = mapped_column(String(64))
    media_key: Mapped[str] = mapped_column(String(240))
    names_json: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


# ── videos ──────────────────────────────────────────────────────────────────────────────────────


class SourceRow(Base):
    __tablename__ = "source"
    __table_args__ = (UniqueConstraint("workspace_id", "sha256"),)
    workspace_id: Mapped[int] = _to("workspace")
    member_id: Mapped[int | None] = _to("member")
    sha256: Mapped[str] = mapped_column(String(64))
    size_b: Mapped[int] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(200))
    media_key: Mapped[str] = mapped_column(String(200))
    facts_json: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]


class AnalysisRow(Base):
    __tablename__ = "analysis"
    __table_args__ = (UniqueConstraint("source_id", "version", "subtitles_sha256"),)
    source_id: Mapped[int] = _to("source")
    version: Mapped[int]
    subtitles_sha256: Mapped[str] = mapped_column(String(64), default="")
    data_json: Mapped[dict[str, Any]]
    stages_json: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class CutRow(Base):
    """One request for clips of a source: the wish and how far it is."""

    __tablename__ = "cut"
    source_id: Mapped[int] = _to("source")
    chat_id: Mapped[int] = _to("chat")
    member_id: Mapped[int] = _to("member")
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
    source_id: Mapped[int] = _to("source")
    cut_id: Mapped[int] = _to("cut")
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
    clip_id: Mapped[int] = _to("clip")
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


# ── posting ─────────────────────────────────────────────────────────────────────────────────────


class AccountRow(Base):
    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("workspace_id", "platform", "remote_id"),)
    workspace_id: Mapped[int] = _to("workspace")
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
    workspace_id: Mapped[int] = _to("workspace")
    member_id: Mapped[int] = _to("member")
    chat_id: Mapped[int] = _to("chat")
    platform: Mapped[str] = mapped_column(String(16))
    redirect_uri: Mapped[str] = mapped_column(Text)
    verifier_sealed: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PostRow(Base):
    """What goes out and when: the wall time, its zone and fold, and the instant they mean."""

    __tablename__ = "post"
    __table_args__ = (UniqueConstraint("workspace_id", "key"),)
    key: Mapped[str] = mapped_column(String(160))
    """Of the press that made it: the same press is the same post."""
    workspace_id: Mapped[int] = _to("workspace")
    chat_id: Mapped[int] = _to("chat")
    clip_id: Mapped[int] = _to("clip")
    render_id: Mapped[int | None] = mapped_column(Id)
    """The version of the clip that was approved; None: whatever the clip shows."""
    made_by: Mapped[int] = _to("member")
    approved_by: Mapped[int | None] = _to("member")
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
    post_id: Mapped[int] = _to("post")
    account_id: Mapped[int] = _to("account")
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
    target_id: Mapped[int] = _to("target")
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
    target_id: Mapped[int] = _to("target")
    fence: Mapped[int]
    kind: Mapped[str] = mapped_column(String(32))
    value_sealed: Mapped[str] = mapped_column(Text)
    """Encrypted: an upload address is a credential."""
    at: Mapped[datetime]


class FigureRow(Base):
    """How a post fared when it was so old. A row without numbers: asked, and nothing was told."""

    __tablename__ = "figure"
    __table_args__ = (UniqueConstraint("target_id", "age_h"),)
    target_id: Mapped[int] = _to("target")
    age_h: Mapped[int]
    views: Mapped[int | None] = mapped_column(Id)
    likes: Mapped[int | None] = mapped_column(Id)
    comments: Mapped[int | None] = mapped_column(Id)
    shares: Mapped[int | None] = mapped_column(Id)
    at: Mapped[datetime]


class QuotaEventRow(Base):
    """One use of something a platform counts."""

    __tablename__ = "quota_event"
    __table_args__ = (Index("ix_quota_event_window", "account_id", "kind", "at"),)
    account_id: Mapped[int] = _to("account")
    target_id: Mapped[int | None] = _to("target")
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


# ── work ────────────────────────────────────────────────────────────────────────────────────────


class JobRow(Base):
    """The row is the job; the queue carries its id and nothing else."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_due", "state", "run_at"),
        Index("ix_job_lease", "state", "lease_until"),
    )
    kind: Mapped[str] = mapped_column(String(32))
    queue: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(160), unique=True)
    """Idempotency: the same key is the same job."""
    args_json: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16))  # waiting running done failed cancelled
    attempt: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    lease: Mapped[str | None] = mapped_column(String(40))
    heartbeat_at: Mapped[datetime | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    pids_json: Mapped[list[Any]]
    """Child processes under way as [host, pid, start time]: what a killed worker leaves behind."""
    progress_json: Mapped[dict[str, Any] | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    cut_id: Mapped[int | None] = _to("cut")
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class AuditRow(Base):
    """Who did what."""

    __tablename__ = "audit"
    workspace_id: Mapped[int] = _to("workspace")
    member_id: Mapped[int | None] = _to("member")
    what: Mapped[str] = mapped_column(String(64))
    about: Mapped[str] = mapped_column(String(120))
    detail_json: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(Instant, index=True)
