"""Posts, their targets, and the state machine's compare-and-set.

Every change of a target names the fence of the claim it belongs to: a worker that was frozen and
wakes after its lease was taken changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import and_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.accounts import view as account_view
from core.db.tables import (
    NOT_OUT,
    AccountRow,
    AttemptRow,
    ClipRow,
    MemberRow,
    PostRow,
    RemoteRefRow,
    TargetRow,
)
from core.publish.views import AttemptView, PostView, State, TargetView
from core.say import Say, say_from_json, say_to_json

RESET = "reset"
"""Marks before this one belong to a try that is proven not to be there."""

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


@dataclass(frozen=True, slots=True)
class Ahead:
    """An earlier post of the same account that is not out yet."""

    state: str
    due_at: datetime | None
    rule: str | None
    why: Say | None


# ── making and reading ──────────────────────────────────────────────────────────────────────────


async def add_post(
    tx: AsyncSession,
    *,
    key: str,
    workspace_id: int,
    chat_id: int,
    clip_id: int,
    made_by: int,
    caption: str,
    settings: dict[str, Any],
    due_at: datetime,
    wall: datetime | None,
    zone: str | None,
    fold: int,
    undo_until: datetime,
    targets: Iterable[tuple[int, State]],
    now: datetime,
) -> int:
    """One post with a target per account; the known one when the key is known."""
    row = PostRow(
        key=key,
        workspace_id=workspace_id,
        chat_id=chat_id,
        clip_id=clip_id,
        made_by=made_by,
        approved_by=made_by,
        approved_at=now,
        caption=caption,
        settings_json=settings,
        due_at=due_at,
        wall=wall.isoformat() if wall else None,
        zone=zone,
        fold=fold,
        undo_until=undo_until,
        created_at=now,
    )
    try:
        async with tx.begin_nested():
            tx.add(row)
    except IntegrityError:  # the same press, handled a moment earlier
        known = await made_by_key(tx, workspace_id, key)
        assert known is not None
        return known
    for account_id, state in targets:
        tx.add(
            TargetRow(
                post_id=row.id,
                account_id=account_id,
                state=state,
                due_at=due_at,
                planned_at=due_at,
                created_at=now,
                changed_at=now,
            )
        )
    await tx.flush()
    return row.id


def _target(row: TargetRow, account: AccountRow) -> TargetView:
    fault = say_from_json(row.fault_json) if row.fault_json else None
    return TargetView(
        row.id, account_view(account), cast(State, row.state), row.due_at, row.url, fault, row.rule
    )


async def _view(tx: AsyncSession, row: PostRow) -> PostView:
    clip = await tx.get_one(ClipRow, row.clip_id)
    targets = await tx.execute(
        select(TargetRow, AccountRow)
        .join(AccountRow, AccountRow.id == TargetRow.account_id)
        .where(TargetRow.post_id == row.id)
        .order_by(TargetRow.id)
    )
    return PostView(
        row.id,
        row.clip_id,
        clip.title,
        row.caption,
        row.due_at,
        datetime.fromisoformat(row.wall) if row.wall else None,
        row.zone,
        row.undo_until,
        tuple(_target(t, a) for t, a in targets),
        await tx.scalar(select(MemberRow.name).where(MemberRow.id == row.approved_by)),
        row.approved_at,
        row.settings_json.get("accounts", {}),
    )


async def post(tx: AsyncSession, post_id: int, workspace_id: int) -> PostView | None:
    """None for a post of somebody else, as for one that does not exist."""
    row = await tx.get(PostRow, post_id)
    return await _view(tx, row) if row and row.workspace_id == workspace_id else None


async def waiting(tx: AsyncSession, workspace_id: int, limit: int = 50) -> tuple[PostView, ...]:
    """Posts with a target that is not over, soonest first."""
    open_states = (*STARTS, *WORKED_ON, "draft", "approved", "held", "missed", "unconfirmed")
    ids = select(TargetRow.post_id).where(TargetRow.state.in_(open_states)).distinct().subquery()
    rows = await tx.scalars(
        select(PostRow)
        .join(ids, ids.c.post_id == PostRow.id)
        .where(PostRow.workspace_id == workspace_id)
        .order_by(PostRow.due_at, PostRow.id)
        .limit(limit)
    )
    return tuple([await _view(tx, r) for r in rows])


async def posts_of_clip(tx: AsyncSession, clip_id: int) -> tuple[PostView, ...]:
    rows = await tx.scalars(select(PostRow).where(PostRow.clip_id == clip_id).order_by(PostRow.id))
    return tuple([await _view(tx, r) for r in rows])


async def post_id_of(tx: AsyncSession, target_id: int) -> int | None:
    return await tx.scalar(select(TargetRow.post_id).where(TargetRow.id == target_id))


async def made_by_key(tx: AsyncSession, workspace_id: int, key: str) -> int | None:
    """The post an earlier press of the same button made."""
    return await tx.scalar(
        select(PostRow.id).where(PostRow.workspace_id == workspace_id, PostRow.key == key)
    )


async def change_post(tx: AsyncSession, post_id: int, **changes: Any) -> None:
    await tx.execute(update(PostRow).where(PostRow.id == post_id).values(**changes))


async def settings_of(tx: AsyncSession, post_id: int) -> dict[str, Any]:
    return (await tx.get_one(PostRow, post_id)).settings_json


# ── the state machine ───────────────────────────────────────────────────────────────────────────


async def due(
    tx: AsyncSession, now: datetime, limit: int = 1000
) -> list[tuple[int, int, datetime]]:
    """Target, fence and time of everything that is due and that nobody works on."""
    rows = await tx.execute(
        select(TargetRow.id, TargetRow.fence, TargetRow.due_at)
        .where(
            TargetRow.due_at <= now,
            or_(TargetRow.lease_until.is_(None), TargetRow.lease_until < now),
            TargetRow.state.in_((*STARTS, *WORKED_ON, *FOLLOWED)),
        )
        .order_by(TargetRow.due_at, TargetRow.id)
        .limit(limit)
    )
    return [(i, f, d) for i, f, d in rows if d is not None]


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
    """Keep the claim. False when it is no longer ours."""
    kept = await tx.scalar(
        update(TargetRow)
        .where(TargetRow.id == claim.id, TargetRow.fence == claim.fence)
        .values(lease_until=now + timedelta(seconds=lease_s))
        .returning(TargetRow.id)
    )
    return kept is not None


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


def _before(planned_at: datetime | None, target_id: int) -> Any:
    """Planned earlier; of two at the same time the one that was made first."""
    same = and_(TargetRow.planned_at == planned_at, TargetRow.id < target_id)
    return or_(TargetRow.planned_at < planned_at, same)


async def ahead(tx: AsyncSession, claim: Claim, limit: int = 8) -> tuple[Ahead, ...]:
    """Posts of the same account that are planned earlier and not out yet, in their order."""
    rows = await tx.scalars(
        select(TargetRow)
        .where(
            TargetRow.account_id == claim.account_id,
            NOT_OUT,
            TargetRow.due_at.is_not(None),
            _before(claim.planned_at, claim.id),
        )
        .order_by(TargetRow.planned_at, TargetRow.id)
        .limit(limit)
    )
    return tuple(
        Ahead(r.state, r.due_at, r.rule, say_from_json(r.fault_json) if r.fault_json else None)
        for r in rows
    )


async def next_of(tx: AsyncSession, claim: Claim, now: datetime) -> int | None:
    """The next post of the account, when it only waited for this one; it is due now."""
    following = (
        select(TargetRow.id)
        .where(
            TargetRow.account_id == claim.account_id,
            NOT_OUT,
            TargetRow.rule == "order",
            ~_before(claim.planned_at, claim.id),
            TargetRow.id != claim.id,
        )
        .order_by(TargetRow.planned_at, TargetRow.id)
        .limit(1)
    )
    found: int | None = await tx.scalar(
        update(TargetRow)
        .where(
            TargetRow.id == following.scalar_subquery(),
            TargetRow.due_at > now,
            or_(TargetRow.lease_until.is_(None), TargetRow.lease_until < now),
        )
        .values(due_at=now)
        .returning(TargetRow.id)
    )
    return found


# ── what the platform gave, and every call ──────────────────────────────────────────────────────


async def mark(tx: AsyncSession, claim: Claim, kind: str, sealed: str, now: datetime) -> bool:
    """Store an id of the platform. False when the claim is lost: nothing more may be done then."""
    row = await tx.get_one(TargetRow, claim.id, with_for_update=True, populate_existing=True)
    if row.fence != claim.fence:
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


async def fence_of(tx: AsyncSession, target_id: int) -> int:
    """The number of its newest claim."""
    return await tx.scalar(select(TargetRow.fence).where(TargetRow.id == target_id)) or 0
