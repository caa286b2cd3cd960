"""Jobs: the work that takes long."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, key_of


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
    cut_id: Mapped[int | None] = key_of("cut")
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
