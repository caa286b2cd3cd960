"""Who may use this: workspaces, members, their identities, sessions, and codes that work once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.message import Who
from core.db.tables import IdentityRow, InviteRow, MemberRow, SessionRow, WorkspaceRow
from core.secrets import Vault, one_time_code


@dataclass(frozen=True, slots=True)
class Member:
    """One person in one workspace."""

    id: int
    workspace_id: int
    name: str
    role: str
    language: str | None
    zone: str | None


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One signed-in browser, as its owner may see it."""

    id: int
    member_id: int
    agent: str
    created_at: datetime
    seen_at: datetime


def _member(row: MemberRow) -> Member:
    return Member(row.id, row.workspace_id, row.name, row.role, row.language, row.zone)


async def make_workspace(tx: AsyncSession, name: str, now: datetime) -> int:
    row = WorkspaceRow(name=name, created_at=now)
    tx.add(row)
    await tx.flush()
    return row.id


async def first_workspace(tx: AsyncSession) -> int | None:
    """The oldest one; None before the first start."""
    return await tx.scalar(select(func.min(WorkspaceRow.id)))


async def find_member(tx: AsyncSession, network: str, user_id: str) -> Member | None:
    """None for strangers and for those who were removed."""
    row = await tx.scalar(
        select(MemberRow)
        .join(IdentityRow, IdentityRow.member_id == MemberRow.id)
        .where(
            IdentityRow.network == network,
            IdentityRow.user_id == user_id,
            MemberRow.removed_at.is_(None),
        )
    )
    return _member(row) if row else None


async def member(tx: AsyncSession, member_id: int) -> Member:
    return _member(await tx.get_one(MemberRow, member_id))


async def find_by_id(tx: AsyncSession, member_id: int) -> Member | None:
    """Also somebody who was removed; None for a number that is nobody's."""
    row = await tx.get(MemberRow, member_id)
    return _member(row) if row else None


async def members(tx: AsyncSession, workspace_id: int) -> tuple[Member, ...]:
    """Everyone who is still in, in the order they came."""
    rows = await tx.scalars(
        select(MemberRow)
        .where(MemberRow.workspace_id == workspace_id, MemberRow.removed_at.is_(None))
        .order_by(MemberRow.id)
    )
    return tuple(_member(r) for r in rows)


async def known_on(tx: AsyncSession, network: str) -> tuple[str, ...]:
    """Who of those who are in has a name on a network, by their number there."""
    rows = await tx.scalars(
        select(IdentityRow.user_id)
        .join(MemberRow, MemberRow.id == IdentityRow.member_id)
        .where(IdentityRow.network == network, MemberRow.removed_at.is_(None))
        .order_by(IdentityRow.id)
    )
    return tuple(rows)


async def name_on(tx: AsyncSession, member_id: int, network: str) -> str | None:
    """The number of a member on a network."""
    return await tx.scalar(
        select(IdentityRow.user_id)
        .where(IdentityRow.member_id == member_id, IdentityRow.network == network)
        .order_by(IdentityRow.id.desc())
        .limit(1)
    )


async def owner(tx: AsyncSession) -> Member | None:
    """The first owner; None until somebody used the first code."""
    row = await tx.scalar(
        select(MemberRow)
        .where(MemberRow.role == "owner", MemberRow.removed_at.is_(None))
        .order_by(MemberRow.id)
        .limit(1)
    )
    return _member(row) if row else None


async def set_member(tx: AsyncSession, member_id: int, **changes: Any) -> None:
    """Change role, language, zone, name or removed_at."""
    await tx.execute(update(MemberRow).where(MemberRow.id == member_id).values(**changes))


async def make_invite(
    tx: AsyncSession,
    vault: Vault,
    workspace_id: int,
    role: str,
    *,
    by: int | None,
    now: datetime,
    life: timedelta,
    joins: int | None = None,
) -> str:
    """A code that works once. With `joins` it lets that member in on one more network or browser
    instead of making a new one. The code is shown once and stored as a fingerprint."""
    code = one_time_code()
    tx.add(
        InviteRow(
            workspace_id=workspace_id,
            code_hash=vault.fingerprint("invite", code),
            role=role,
            made_by=by,
            joins=joins,
            created_at=now,
            expires_at=now + life,
        )
    )
    await tx.flush()
    return code


async def use_invite(
    tx: AsyncSession, vault: Vault, code: str, who: Who, now: datetime
) -> Member | None:
    """Let somebody in. None when the code is unknown, used or too old. A compare-and-set takes
    the code, so that two people with the same code cannot both come in."""
    invite = await _take_invite(tx, vault, code, now)
    if invite is None:
        return None
    joined = await _joined(tx, invite, who, now)
    await _know(tx, joined.id, who)
    invite.used_by = joined.id
    return _member(joined)


async def _take_invite(
    tx: AsyncSession, vault: Vault, code: str, now: datetime, *, login: bool = False
) -> InviteRow | None:
    taken = await tx.scalar(
        update(InviteRow)
        .where(_good(vault, code, now), InviteRow.joins.is_not(None) if login else true())
        .values(used_at=now)
        .returning(InviteRow.id)
    )
    return await tx.get_one(InviteRow, taken) if taken is not None else None


def _good(vault: Vault, code: str, now: datetime) -> Any:
    return (
        (InviteRow.code_hash == vault.fingerprint("invite", code.strip().upper()))
        & InviteRow.used_at.is_(None)
        & (InviteRow.expires_at > now)
    )


async def _joined(tx: AsyncSession, invite: InviteRow, who: Who, now: datetime) -> MemberRow:
    """Whoever comes in with it: the member it joins, whoever is in already, or somebody new."""
    if invite.joins is not None:
        return await tx.get_one(MemberRow, invite.joins)
    known = await find_member(tx, who.network, who.user_id)
    if known is not None:
        return await tx.get_one(MemberRow, known.id)
    row = MemberRow(
        workspace_id=invite.workspace_id, name=who.name, role=invite.role, created_at=now
    )
    tx.add(row)
    await tx.flush()
    return row


async def is_invite(tx: AsyncSession, vault: Vault, code: str, now: datetime) -> bool:
    """Whether a code would let somebody in now."""
    return await tx.scalar(select(InviteRow.id).where(_good(vault, code, now))) is not None


async def use_login(
    tx: AsyncSession, vault: Vault, code: str, who: Who, now: datetime
) -> Member | None:
    """Make somebody who is in already the member a code of theirs belongs to, on this network.
    None for any other code, which is left as it is."""
    invite = await _take_invite(tx, vault, code, now, login=True)
    if invite is None:
        return None
    joined = await _joined(tx, invite, who, now)
    if joined.removed_at is not None:
        return None
    await _know(tx, joined.id, who)
    invite.used_by = joined.id
    return _member(joined)


async def _know(tx: AsyncSession, member_id: int, who: Who) -> None:
    """Tie an identity to a member; one that was tied to a removed member moves over."""
    row = await tx.scalar(
        select(IdentityRow).where(
            IdentityRow.network == who.network, IdentityRow.user_id == who.user_id
        )
    )
    if row is None:
        tx.add(
            IdentityRow(
                member_id=member_id, network=who.network, user_id=who.user_id, name=who.name
            )
        )
    else:
        row.member_id = member_id
        row.name = who.name
    await tx.flush()


async def open_session(
    tx: AsyncSession, vault: Vault, member_id: int, agent: str, now: datetime, life: timedelta
) -> str:
    """Sign a browser in. Gives the token for its cookie; only the fingerprint is stored."""
    token = secrets.token_urlsafe(32)
    tx.add(
        SessionRow(
            member_id=member_id,
            token_hash=vault.fingerprint("session", token),
            agent=agent[:200],
            created_at=now,
            seen_at=now,
            expires_at=now + life,
        )
    )
    await tx.flush()
    return token


async def session_member(
    tx: AsyncSession, vault: Vault, token: str, now: datetime
) -> Member | None:
    """Whose browser this is; None when the session is unknown, over or revoked."""
    row = await tx.scalar(
        select(MemberRow)
        .join(SessionRow, SessionRow.member_id == MemberRow.id)
        .where(
            SessionRow.token_hash == vault.fingerprint("session", token),
            SessionRow.revoked_at.is_(None),
            SessionRow.expires_at > now,
            MemberRow.removed_at.is_(None),
        )
    )
    return _member(row) if row else None


async def sessions(tx: AsyncSession, member_id: int, now: datetime) -> tuple[OpenSession, ...]:
    """The browsers a member is signed in with."""
    rows = await tx.scalars(
        select(SessionRow)
        .where(
            SessionRow.member_id == member_id,
            SessionRow.revoked_at.is_(None),
            SessionRow.expires_at > now,
        )
        .order_by(SessionRow.id)
    )
    return tuple(OpenSession(r.id, r.member_id, r.agent, r.created_at, r.seen_at) for r in rows)


async def revoke_session(tx: AsyncSession, session_id: int, now: datetime) -> None:
    await tx.execute(update(SessionRow).where(SessionRow.id == session_id).values(revoked_at=now))


async def revoke_token(tx: AsyncSession, vault: Vault, token: str, now: datetime) -> None:
    """Sign out the browser that holds this token."""
    await tx.execute(
        update(SessionRow)
        .where(SessionRow.token_hash == vault.fingerprint("session", token))
        .values(revoked_at=now)
    )
