"""The music of a workspace: what lies under its clips unless a clip is told otherwise."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from core.db import kept


async def of_workspace(tx: AsyncSession, workspace_id: int) -> str:
    """The key of its file in the store; empty without one."""
    return await kept.read(tx, _name(workspace_id)) or ""


async def keep(tx: AsyncSession, workspace_id: int, media_key: str) -> None:
    """For everything that is cut from now on; empty for none. The file was heard before
    (`core.render.bed.check_music`) and stays in the store while a clip was made with it."""
    await kept.write(tx, _name(workspace_id), media_key)


def _name(workspace_id: int) -> str:
    return f"music:{workspace_id}"
