"""Posts as people plan and read them; each has a target per account (`targets`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.accounts import view as account_view
from core.db.tables import AccountRow, ClipRow, MemberRow, PostRow, RenderRow, TargetRow
from core.db.targets import STARTS, WORKED_ON
from core.publish.views import PostView, State, TargetView
from core.say import say_from_json


async def add_post(
    tx: AsyncSession,
    *,
    key: str,
    workspace_id: int,
    chat_id: int,
    clip_id: int,
    render_id: int | None,
    made_by: int,
    caption: str,
    settings: dict[str, Any],
    due_at: datetime,
    wall: datetime | None,
    zone: str | None,
    fold: int,
    undo_until: datetime,
    targets: Iterable[tuple[int, State, datetime]],
    now: datetime,
) -> int:
    """One post with a target per account, each with the time to begin it; the known one when the
    key is known."""
    row = PostRow(
        key=key,
        workspace_id=workspace_id,
        chat_id=chat_id,
        clip_id=clip_id,
        render_id=render_id,
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
    for account_id, state, begin_at in targets:
        tx.add(
            TargetRow(
                post_id=row.id,
                account_id=account_id,
                state=state,
                due_at=begin_at,
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
        row.render_id,
        await _has_logo(tx, row),
    )


async def _has_logo(tx: AsyncSession, row: PostRow) -> bool:
    """Whether the version that was approved was made in a brand with a logo."""
    recipe = await tx.scalar(select(RenderRow.recipe_json).where(RenderRow.id == row.render_id))
    return bool(recipe and (recipe.get("brand") or {}).get("logo"))


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


async def made_by_key(tx: AsyncSession, workspace_id: int, key: str) -> int | None:
    """The post an earlier press of the same button made."""
    return await tx.scalar(
        select(PostRow.id).where(PostRow.workspace_id == workspace_id, PostRow.key == key)
    )


async def planned_by(tx: AsyncSession, post_id: int) -> int:
    """The member who made it."""
    return (await tx.get_one(PostRow, post_id)).made_by


async def change_post(tx: AsyncSession, post_id: int, **changes: Any) -> None:
    await tx.execute(update(PostRow).where(PostRow.id == post_id).values(**changes))


async def settings_of(tx: AsyncSession, post_id: int) -> dict[str, Any]:
    return (await tx.get_one(PostRow, post_id)).settings_json
