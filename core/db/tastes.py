"""What became of the clips of a workspace and of its posts, and whether they may be learnt from."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clips.fares import Reading, shifts
from core.clips.taste import NO_TASTE, Judged, Taste, learn
from core.db import figures, kept
from core.db.tables import ClipRow, PostRow, SourceRow, TargetRow

_MOST = 300
"""Clips, the newest ones: what was liked long ago is not what is liked now."""
_MOST_READINGS = 1200
_LEFT_AFTER = timedelta(days=1)
"""A clip that lies so long beside one that was kept was not wanted."""
_LEFT_SURE = 0.5


@dataclass(frozen=True, slots=True)
class Learning:
    """Whether a workspace lets us learn, and from when on."""

    on: bool = True
    since: datetime | None = None
    posts: bool = True
    """Also from how posts fare."""


async def learning(tx: AsyncSession, workspace_id: int) -> Learning:
    raw = await kept.read(tx, _name(workspace_id))
    if raw is None:
        return Learning()
    read = json.loads(raw)
    since = datetime.fromisoformat(read["since"]) if read["since"] else None
    return Learning(bool(read["on"]), since, bool(read.get("posts", True)))


async def set_learning(tx: AsyncSession, workspace_id: int, to: Learning) -> None:
    since = to.since.isoformat() if to.since else None
    raw = json.dumps({"on": to.on, "since": since, "posts": to.posts})
    await kept.write(tx, _name(workspace_id), raw)


def _name(workspace_id: int) -> str:
    return f"learning:{workspace_id}"


async def taste_of(tx: AsyncSession, workspace_id: int, now: datetime) -> Taste:
    """What was learnt in this workspace, and only there."""
    may = await learning(tx, workspace_id)
    if not may.on:
        return NO_TASTE
    taste = learn(await _judged(tx, workspace_id, may.since, now))
    if not may.posts:
        return taste
    return replace(taste, fares=shifts(await read(tx, workspace_id, may.since)))


async def read(tx: AsyncSession, workspace_id: int, since: datetime | None) -> list[Reading]:
    """What posts came to."""
    return await figures.readings(tx, workspace_id, since, _MOST_READINGS)


async def _judged(
    tx: AsyncSession, workspace_id: int, since: datetime | None, now: datetime
) -> list[Judged]:
    wanted = (
        select(ClipRow.id, ClipRow.cut_id, ClipRow.span_json, ClipRow.state, ClipRow.created_at)
        .join(SourceRow, SourceRow.id == ClipRow.source_id)
        .where(SourceRow.workspace_id == workspace_id, ClipRow.state.in_(("ready", "discarded")))
        .order_by(ClipRow.id.desc())
        .limit(_MOST)
    )
    if since is not None:
        wanted = wanted.where(ClipRow.created_at >= since)
    rows = (await tx.execute(wanted)).all()
    planned = await _planned(tx, workspace_id)
    cuts_used = {row.cut_id for row in rows if row.id in planned}
    found = []
    for row in rows:
        lies = now - row.created_at >= _LEFT_AFTER and row.cut_id in cuts_used
        if row.id in planned:
            found.append(_judgement(row.span_json, kept=True))
        elif row.state == "discarded":
            found.append(_judgement(row.span_json, kept=False))
        elif lies:
            found.append(_judgement(row.span_json, kept=False, sure=_LEFT_SURE))
    return found


def _judgement(span: dict[str, Any], *, kept: bool, sure: float = 1.0) -> Judged:
    return Judged(span.get("parts") or {}, span["end_s"] - span["start_s"], kept, sure)


async def _planned(tx: AsyncSession, workspace_id: int) -> set[int]:
    """Clips somebody wanted to go out, and did not take back."""
    ids = await tx.scalars(
        select(PostRow.clip_id)
        .join(TargetRow, TargetRow.post_id == PostRow.id)
        .where(PostRow.workspace_id == workspace_id, TargetRow.state != "cancelled")
        .distinct()
    )
    return set(ids)
