"""How often an account used what a platform counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.tables import AccountRow, QuotaEventRow


async def note_use(
    tx: AsyncSession, account_id: int, target_id: int | None, kind: str, now: datetime
) -> None:
    tx.add(QuotaEventRow(account_id=account_id, target_id=target_id, kind=kind, at=now))
    await tx.flush()


async def used_since(
    tx: AsyncSession, of: int | str, kind: str, since: datetime, last: int | None = None
) -> tuple[int, datetime | None]:
    """How often an account, or all of a platform, used it; and the time of the oldest use that
    counts. With `last` only so many of the newest count: the oldest of those must leave the window
    before there is room again."""
    wanted = select(QuotaEventRow.at).where(QuotaEventRow.kind == kind, QuotaEventRow.at > since)
    if isinstance(of, int):
        wanted = wanted.where(QuotaEventRow.account_id == of)
    else:
        wanted = wanted.join(AccountRow, AccountRow.id == QuotaEventRow.account_id)
        wanted = wanted.where(AccountRow.platform == of)
    times = list(await tx.scalars(wanted.order_by(QuotaEventRow.at.desc()).limit(last)))
    return len(times), times[-1] if times else None


async def last_use(tx: AsyncSession, account_id: int, kind: str) -> datetime | None:
    return await tx.scalar(
        select(func.max(QuotaEventRow.at)).where(
            QuotaEventRow.account_id == account_id, QuotaEventRow.kind == kind
        )
    )


async def take_back_use(tx: AsyncSession, target_id: int, kinds: tuple[str, ...]) -> None:
    """It was proven that nothing came of it: the platform does not count it either."""
    newest = await tx.scalar(
        select(func.max(QuotaEventRow.id)).where(
            QuotaEventRow.target_id == target_id, QuotaEventRow.kind.in_(kinds)
        )
    )
    if newest is not None:
        await tx.execute(delete(QuotaEventRow).where(QuotaEventRow.id == newest))
