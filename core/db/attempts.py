"""What the platforms gave for a target, and every call that was made for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.tables import AttemptRow, RemoteRefRow, TargetRow
from core.db.targets import Claim, ours
from core.publish.views import AttemptView

RESET = "reset"
"""Marks before this one belong to a try that is proven not to be there."""


async def mark(tx: AsyncSession, claim: Claim, kind: str, sealed: str, now: datetime) -> bool:
    """Store an id of the platform. False when the claim is lost: nothing more may be done then."""
    if not await ours(tx, claim):
        return False
    tx.add(
        RemoteRefRow(target_id=claim.id, fence=claim.fence, kind=kind, value_sealed=sealed, at=now)
    )
    await tx.flush()
    return True


async def marks(tx: AsyncSession, target_id: int) -> dict[str, str]:
    """The newest of each kind since the last reset, sealed."""
    rows = await tx.execute(
        select(RemoteRefRow.kind, RemoteRefRow.value_sealed)
        .where(RemoteRefRow.target_id == target_id)
        .order_by(RemoteRefRow.id)
    )
    found: dict[str, str] = {}
    for kind, value in rows:
        if kind == RESET:
            found.clear()
        else:
            found[kind] = value
    return found


async def reset_marks(tx: AsyncSession, target_id: int, now: datetime) -> None:
    """What was marked so far belongs to something that is not there."""
    tx.add(RemoteRefRow(target_id=target_id, fence=0, kind=RESET, value_sealed="", at=now))
    await tx.flush()


async def note_attempt(
    tx: AsyncSession,
    claim: Claim,
    step: str,
    now: datetime,
    *,
    call: str,
    ok: bool,
    http: int | None,
    code: str | None,
    log_id: str | None,
    note: str | None,
    took_s: float,
) -> None:
    tx.add(
        AttemptRow(
            target_id=claim.id,
            fence=claim.fence,
            step=step,
            call=call[:80],
            ok=ok,
            http=http,
            code=code[:120] if code else None,
            log_id=log_id[:120] if log_id else None,
            note=note,
            took_s=took_s,
            at=now,
        )
    )
    await tx.flush()


async def story(tx: AsyncSession, post_id: int) -> tuple[AttemptView, ...]:
    """Every call for a post, oldest first."""
    rows = await tx.scalars(
        select(AttemptRow)
        .join(TargetRow, TargetRow.id == AttemptRow.target_id)
        .where(TargetRow.post_id == post_id)
        .order_by(AttemptRow.id)
        .limit(500)
    )
    return tuple(
        AttemptView(r.target_id, r.step, r.call, r.ok, r.http, r.code, r.log_id, r.note, r.at)
        for r in rows
    )
