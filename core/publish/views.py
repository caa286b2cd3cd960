"""Posts and accounts as the handlers and the gateway see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from core.say import Say

State = Literal[
    "draft",
    "approved",
    "scheduled",
    "claimed",
    "preparing",
    "committing",
    "confirming",
    "published",
    "inbox",
    "private",
    "held",
    "deferred",
    "missed",
    "failed",
    "unconfirmed",
    "cancelled",
]
FINAL: frozenset[str] = frozenset({"published", "inbox", "private", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class AccountView:
    """A connected account, without its tokens."""

    id: int
    platform: str
    username: str
    practice: bool
    state: Literal["ok", "signed_out", "removed"]
    access_until: datetime | None
    refresh_until: datetime | None
    rules: Mapping[str, Any] = field(default_factory=dict)
    fault: Say | None = None
    scopes: tuple[str, ...] = ()
    remote_id: str = ""


@dataclass(frozen=True, slots=True)
class TargetView:
    """One post on one account."""

    id: int
    account: AccountView
    state: State
    due_at: datetime | None
    url: str | None = None
    fault: Say | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class PostView:
    """What goes out, when, and how far each account is."""

    id: int
    clip_id: int
    title: str
    caption: str
    due_at: datetime | None
    wall: datetime | None
    zone: str | None
    undo_until: datetime | None
    targets: tuple[TargetView, ...]
    approved_by: str | None = None
    """Who said that it goes out, and when; `settings` is what they were shown, by account."""
    approved_at: datetime | None = None
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    render_id: int | None = None
    """The version of the clip that was approved."""
    logo: bool = False
    """It has a logo, which is shown where the platform allows one."""


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One call that was made, for the story of a post."""

    target_id: int
    step: str
    call: str
    ok: bool
    http: int | None
    code: str | None
    log_id: str | None
    note: str | None
    at: datetime
