"""How the captions of a workspace look unless a clip is told otherwise."""

from __future__ import annotations

import json
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from core.captions.look import Look
from core.db import kept


async def of_workspace(tx: AsyncSession, workspace_id: int) -> Look:
    raw = await kept.read(tx, _name(workspace_id))
    return Look.from_json(json.loads(raw)) if raw else Look()


async def keep(tx: AsyncSession, workspace_id: int, look: Look) -> None:
    """For everything that is cut from now on; what was corrected in one clip stays there."""
    raw = json.dumps(replace(look, fixes=()).to_json())
    await kept.write(tx, _name(workspace_id), raw)


def _name(workspace_id: int) -> str:
    return f"captions:{workspace_id}"
