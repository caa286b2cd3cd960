"""Targets: one post on one account each, and the state machine's compare-and-set.

Every change of a target names the fence of the claim it belongs to: a worker that was frozen and
wakes after its lease was taken changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.tables import AccountRow, ClipRow, PostRow, TargetRow
from core.publish.views import State
from core.say import Say, say_to_json

WORKED_ON = ("claimed", "preparing", "committing", "confirming")
STARTS = ("scheduled", "deferred")
LOOKED_AT = ("committing", "confirming", "published", "inbox", "unconfirmed")
"""Something is to be learnt from the platform."""
FOLLOWED = ("published", "inbox", "unconfirmed")
"""Settled as far as we can, and looked at for a while: for a link, a finished draft, evidence.
Nothing is sent in these."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A target that is ours until the lease runs out."""

    id: int
    post_id: int
    account_id: int
    workspace_id: int
    chat_id: int
    clip_id: int
    state: State
    fence: int
    tries: int
    looks: int
    due_at: datetime | None
    planned_at: datetime | None
    rule: str | None
    window_s: int
    caption: str
    settings: dict[str, Any]
    intent_at: datetime | None
    remote_id: str | None
    url: str | None
    published_at: datetime | None


async def due(
    tx: AsyncSession, now: datetime, limit: int = 1000
) -> list[tuple[int, int, datetime, datetime | None]]:
    """Target, fence, time and run-out lease of everything that is due and nobody works on."""
    rows = await tx.execute(
        select(TargetRow.id, TargetRow.fence, TargetRow.due_at, TargetRow.lease_until)
        .where(
            TargetRow.due_at <= now,
            or_(TargetRow.lease_until.is_(None), TargetRow.lease_until < now),
            TargetRow.state.in_((*STARTS, *WORKED_ON, *FOLLOWED)),
        )
        .order_by(TargetRow.due_at, TargetRow.id)
        .limit(limit)
    )
    return [(i, f, d, lapsed) for i, f, d, lapsed in rows if d is not None]


async def claim(tx: AsyncSession, target_id: int, now: datetime, lease_s: float) -> Claim | None:
    """Take a target that is due. None when somebody has it, or there is nothing to do."""
    taken = await tx.scalar(
        update(TargetRow)
        .where(
            TargetRow.id == target_id,
            TargetRow.state.in_((*STARTS, *WORKED_ON, *FOLLOWED)),
            TargetRow.due_at <= now,
            or_(TargetRow.lease_until.is_(None), TargetRow.lease_until < now),
        )
        .values(fence=TargetRow.fence + 1, lease_until=now + timedelta(seconds=lease_s))
        .returning(TargetRow.id)
    )
    if taken is None:
        return None
    row = await tx.get_one(TargetRow, target_id, populate_existing=True)
    of = await tx.get_one(PostRow, row.post_id)
    account = await tx.get_one(AccountRow, row.account_id)
    chosen = of.settings_json.get("accounts", {}).get(str(row.account_id), {})
    began = (row.intent_json or {}).get("at")
    return Claim(
        row.id,
        row.post_id,
        row.account_id,
        of.workspace_id,
        of.chat_id,
        of.clip_id,
        cast(State, row.state),
        row.fence,
        row.tries,
        row.looks,
        row.due_at,
        row.planned_at,
        row.rule,
        of.window_s,
        of.caption,
        {**account.rules_json, **chosen},
        datetime.fromisoformat(began) if began else None,
        row.remote_id,
        row.url,
        row.published_at,
    )


async def step(
    tx: AsyncSession,
    claim: Claim,
    from_states: tuple[str, ...],
    to: State,
    now: datetime,
    *,
    due_at: datetime | None = None,
    release: bool = True,
    fault: Say | None = None,
    rule: str | None = None,
    **also: Any,
) -> bool:
    """Move a claimed target on. False when it is no longer ours, or not where we think it is.
    `release` gives the lease back; without it we go on working. Looks are counted anew in every
    state."""
    values: dict[str, Any] = {
        **({} if to == claim.state else {"looks": 0}),
        "state": to,
        "changed_at": now,
        "rule": rule,
        "fault_json": say_to_json(fault) if fault else None,
        **also,
    }
    if release:
        values |= {"lease_until": None, "due_at": due_at}
    moved = await tx.scalar(
        update(TargetRow)
        .where(
            TargetRow.id == claim.id,
            TargetRow.fence == claim.fence,
            TargetRow.state.in_(from_states),
        )
        .values(**values)
        .returning(TargetRow.id)
    )
    return moved is not None


async def beat(tx: AsyncSession, claim: Claim, now: datetime, lease_s: float) -> bool:
    """Keep the claim. False when it is no longer ours. One that was given back stays given back:
    a lease nobody holds would turn away the job that takes the target further."""
    kept = await tx.scalar(
        update(TargetRow)
        .where(
            TargetRow.id == claim.id,
            TargetRow.fence == claim.fence,
            TargetRow.lease_until.is_not(None),
        )
        .values(lease_until=now + timedelta(seconds=lease_s))
        .returning(TargetRow.id)
    )
    return kept is not None or await fence_of(tx, claim.id) == claim.fence


async def ours(tx: AsyncSession, claim: Claim) -> bool:
    """Whether it is still ours; nobody else can take it before this transaction ends."""
    row = await tx.get_one(TargetRow, claim.id, with_for_update=True, populate_existing=True)
    return row.fence == claim.fence


async def by_hand(
    tx: AsyncSession,
    target_id: int,
    from_states: tuple[str, ...],
    to: State,
    now: datetime,
    **also: Any,
) -> bool:
    """A person moves a target nobody works on; the fence grows, so that a late worker finds out."""
    moved = await tx.scalar(
        update(TargetRow)
        .where(TargetRow.id == target_id, TargetRow.state.in_(from_states))
        .values(state=to, changed_at=now, fence=TargetRow.fence + 1, lease_until=None, **also)
        .returning(TargetRow.id)
    )
    return moved is not None


async def planned(
    tx: AsyncSession, account_id: int, after: datetime
) -> tuple[tuple[str, datetime], ...]:
    """Title and time of every post that waits to go out on an account after that."""
    rows = await tx.execute(
        select(ClipRow.title, TargetRow.planned_at)
        .join(PostRow, PostRow.id == TargetRow.post_id)
        .join(ClipRow, ClipRow.id == PostRow.clip_id)
        .where(
            TargetRow.account_id == account_id,
            TargetRow.state.in_(("draft", *STARTS, "held")),
            TargetRow.planned_at >= after,
        )
        .order_by(TargetRow.planned_at, TargetRow.id)
        .limit(1000)
    )
    return tuple((title, at) for title, at in rows if at is not None)


async def hurry(tx: AsyncSession, target_id: int, now: datetime) -> bool:
    """Make the next step due now, if one is to come and nobody works on it."""
    moved = await tx.scalar(
        update(TargetRow)
        .where(
            TargetRow.id == target_id,
            TargetRow.due_at > now,
            or_(TargetRow.lease_until.is_(None), TargetRow.lease_until < now),
        )
        .values(due_at=now)
        .returning(TargetRow.id)
    )
    return moved is not None


async def of_account(
    tx: AsyncSession, account_id: int, *states: str, rule: str | None = None
) -> tuple[int, ...]:
    """Targets of an account in these states, in the order they were planned."""
    wanted = select(TargetRow.id).where(
        TargetRow.account_id == account_id, TargetRow.state.in_(states)
    )
    if rule is not None:
        wanted = wanted.where(TargetRow.rule == rule)
    return tuple(await tx.scalars(wanted.order_by(TargetRow.planned_at, TargetRow.id)))


async def post_id_of(tx: AsyncSession, target_id: int) -> int | None:
    return await tx.scalar(select(TargetRow.post_id).where(TargetRow.id == target_id))


async def fence_of(tx: AsyncSession, target_id: int) -> int:
    """The number of its newest claim."""
    return await tx.scalar(select(TargetRow.fence).where(TargetRow.id == target_id)) or 0
