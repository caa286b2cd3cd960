"""Connected accounts. Tokens are sealed before they get here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.tables import AccountRow, OAuthRow, PostRow, TargetRow
from core.publish.views import AccountView
from core.say import Say, say_from_json, say_to_json


@dataclass(frozen=True, slots=True)
class SealedGrant:
    """The tokens of an account, still sealed, and their version."""

    account_id: int
    sealed: str
    version: int


def view(row: AccountRow) -> AccountView:
    return AccountView(
        row.id,
        row.platform,
        row.username,
        row.practice,
        cast(Any, row.state),
        row.access_until,
        row.refresh_until,
        row.rules_json,
        say_from_json(row.fault_json) if row.fault_json else None,
        tuple(s for s in row.scopes.split(",") if s),
        row.remote_id,
    )


async def account(tx: AsyncSession, account_id: int) -> AccountView:
    return view(await tx.get_one(AccountRow, account_id))


async def accounts(
    tx: AsyncSession, workspace_id: int, *, all_states: bool = False
) -> tuple[AccountView, ...]:
    """The connected ones, in the order they were connected."""
    wanted = select(AccountRow).where(AccountRow.workspace_id == workspace_id)
    if not all_states:
        wanted = wanted.where(AccountRow.state != "removed")
    return tuple(view(r) for r in await tx.scalars(wanted.order_by(AccountRow.id)))


async def by_remote_id(tx: AsyncSession, platform: str, remote_id: str) -> tuple[AccountView, ...]:
    """The same account may be connected in several workspaces."""
    rows = await tx.scalars(
        select(AccountRow).where(
            AccountRow.platform == platform,
            AccountRow.remote_id == remote_id,
            AccountRow.state != "removed",
        )
    )
    return tuple(view(r) for r in rows)


async def keep_account(
    tx: AsyncSession,
    workspace_id: int,
    platform: str,
    *,
    remote_id: str,
    username: str,
    sealed: str,
    scopes: tuple[str, ...],
    access_until: datetime | None,
    refresh_until: datetime | None,
    practice: bool,
    rules: dict[str, Any],
    now: datetime,
) -> AccountView:
    """A new account, or the same one connected again: its rules stay."""
    row = await tx.scalar(
        select(AccountRow).where(
            AccountRow.workspace_id == workspace_id,
            AccountRow.platform == platform,
            AccountRow.remote_id == remote_id,
        )
    )
    if row is None:
        row = AccountRow(
            workspace_id=workspace_id,
            platform=platform,
            remote_id=remote_id,
            rules_json=rules,
            created_at=now,
            grant_version=0,
        )
        tx.add(row)
    row.username = username
    row.grant_sealed = sealed
    row.grant_version += 1
    row.scopes = ",".join(scopes)
    row.access_until, row.refresh_until = access_until, refresh_until
    row.state, row.fault_json, row.practice = "ok", None, practice
    row.refresh_lease_until = None
    await tx.flush()
    return view(row)


async def set_account(
    tx: AsyncSession,
    account_id: int,
    *,
    state: str | None = None,
    fault: Say | None = None,
    rules: dict[str, Any] | None = None,
) -> None:
    row = await tx.get_one(AccountRow, account_id, with_for_update=True)
    if state is not None:
        row.state = state
        row.fault_json = say_to_json(fault) if fault else None
    if rules is not None:
        row.rules_json = {**row.rules_json, **rules}
    await tx.flush()


async def grant(tx: AsyncSession, account_id: int) -> SealedGrant:
    row = await tx.get_one(AccountRow, account_id)
    return SealedGrant(row.id, row.grant_sealed, row.grant_version)


async def lease_refresh(
    tx: AsyncSession, account_id: int, version: int, now: datetime, lease_s: float
) -> bool:
    """One refresh at a time per account, over all processes. False for the losers, and for those
    whose version was renewed meanwhile."""
    result = await tx.execute(
        update(AccountRow)
        .where(
            AccountRow.id == account_id,
            AccountRow.grant_version == version,
            or_(AccountRow.refresh_lease_until.is_(None), AccountRow.refresh_lease_until < now),
        )
        .values(refresh_lease_until=now + timedelta(seconds=lease_s))
        .returning(AccountRow.id)
    )
    return result.one_or_none() is not None


async def keep_grant(
    tx: AsyncSession,
    account_id: int,
    version: int,
    sealed: str,
    access_until: datetime | None,
    refresh_until: datetime | None,
) -> None:
    """The tokens that version was renewed to; the old ones are no longer good. Nothing, when
    somebody signed in anew meanwhile."""
    await tx.execute(
        update(AccountRow)
        .where(AccountRow.id == account_id, AccountRow.grant_version == version)
        .values(
            grant_sealed=sealed,
            grant_version=AccountRow.grant_version + 1,
            access_until=access_until,
            refresh_until=refresh_until,
            refresh_lease_until=None,
        )
    )


async def end_refresh(tx: AsyncSession, account_id: int, version: int) -> None:
    """It did not work; the next one may try."""
    await tx.execute(
        update(AccountRow)
        .where(AccountRow.id == account_id, AccountRow.grant_version == version)
        .values(refresh_lease_until=None)
    )


async def sign_out(tx: AsyncSession, account_id: int, version: int, fault: Say) -> None:
    """That version of its sign-in is over. One that is newer stays."""
    await tx.execute(
        update(AccountRow)
        .where(
            AccountRow.id == account_id,
            AccountRow.grant_version == version,
            AccountRow.state == "ok",
        )
        .values(state="signed_out", fault_json=say_to_json(fault), refresh_lease_until=None)
    )


async def renewable(tx: AsyncSession, before: datetime) -> tuple[int, ...]:
    """Accounts whose refresh token lapses before that time."""
    rows = await tx.scalars(
        select(AccountRow.id).where(AccountRow.state == "ok", AccountRow.refresh_until < before)
    )
    return tuple(rows)


async def ending(tx: AsyncSession, now: datetime, before: datetime) -> tuple[AccountView, ...]:
    """Accounts whose sign-in ends between now and then, unless it is renewed."""
    rows = await tx.scalars(
        select(AccountRow).where(
            AccountRow.state == "ok",
            AccountRow.refresh_until > now,
            AccountRow.refresh_until < before,
        )
    )
    return tuple(view(r) for r in rows)


async def told_in(tx: AsyncSession, account_id: int) -> tuple[int, ...]:
    """The chats that hear what concerns an account: where it was connected last, and where posts
    for it wait."""
    row = await tx.get_one(AccountRow, account_id)
    connected = await tx.scalar(
        select(OAuthRow.chat_id)
        .where(OAuthRow.workspace_id == row.workspace_id, OAuthRow.platform == row.platform)
        .order_by(OAuthRow.used_at.is_(None), OAuthRow.id.desc())
        .limit(1)
    )
    waiting = await tx.scalars(
        select(PostRow.chat_id)
        .join(TargetRow, TargetRow.post_id == PostRow.id)
        .where(
            TargetRow.account_id == account_id,
            TargetRow.state.in_(("scheduled", "deferred", "held")),
        )
        .distinct()
    )
    return tuple(dict.fromkeys([*([connected] if connected else ()), *waiting]))


async def lock(tx: AsyncSession, account_id: int) -> AccountView:
    """The account, for this transaction alone: what is counted and then used must not be counted
    by two workers at once."""
    return view(await tx.get_one(AccountRow, account_id, with_for_update=True))
