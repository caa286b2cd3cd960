"""Waking others after a commit: the queue for a new job, the courier for a new message.

Repositories note what to ring on the session; when the transaction commits, the one function a
process has registered is called. A rolled-back transaction rings nothing, and nobody can forget.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

TOPIC_OUTBOX = "outbox"
TOPIC_JOBS = "jobs"
TOPIC_ARRIVALS = "arrivals"

Ring = Callable[[str, tuple[Any, ...]], None]
"""Called with a topic and what was noted for it; must not block and must not raise."""


def ring_after_commit(tx: AsyncSession, topic: str, *what: Any) -> None:
    """Note that `topic` is to be rung when this transaction is committed."""
    pending = tx.sync_session.info.setdefault("nudges", {})
    pending.setdefault(topic, []).append(what)


def listen_for_commits(sessions: type[Session], ring: Ring) -> None:
    """Call `ring` for every topic noted on a session of this class, after its commit."""

    def rung(session: Session) -> None:
        if session.in_nested_transaction():  # only a savepoint was released
            return
        for topic, notes in session.info.pop("nudges", {}).items():
            ring(topic, tuple(notes))

    def dropped(session: Session) -> None:
        if session.in_nested_transaction():
            return
        session.info.pop("nudges", None)

    event.listen(sessions, "after_commit", rung)
    event.listen(sessions, "after_rollback", dropped)
