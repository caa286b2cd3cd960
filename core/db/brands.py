"""The brand of a workspace: how everything it cuts looks and sounds from now on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from core.brand.brand import Brand
from core.db import kept


@dataclass(frozen=True, slots=True)
class KeptBrand:
    """What holds, and the way back."""

    brand: Brand = field(default_factory=Brand)
    before: Brand | None = None
    """What held before the last change; None when there is nothing to take back."""
    number: int = 0
    """Of the last change: an old *Undo* takes back nothing newer."""


async def of_workspace(tx: AsyncSession, workspace_id: int) -> Brand:
    return (await read(tx, workspace_id)).brand


async def read(tx: AsyncSession, workspace_id: int) -> KeptBrand:
    raw = await kept.read(tx, _name(workspace_id))
    if raw is None:
        return KeptBrand()
    found = json.loads(raw)
    before = Brand.from_json(found["before"]) if found["before"] is not None else None
    return KeptBrand(Brand.from_json(found["brand"]), before, found["number"])


async def keep(tx: AsyncSession, workspace_id: int, brand: Brand) -> KeptBrand:
    """For everything that is cut from now on. Its files stay: clips were made with them."""
    was = await read(tx, workspace_id)
    return await _write(tx, workspace_id, KeptBrand(brand, was.brand, was.number + 1))


async def undo(tx: AsyncSession, workspace_id: int, number: int) -> KeptBrand | None:
    """Back to before this change; None when it is not the last one any more."""
    was = await read(tx, workspace_id)
    if was.before is None or was.number != number:
        return None
    return await _write(tx, workspace_id, KeptBrand(was.before, None, was.number + 1))


async def _write(tx: AsyncSession, workspace_id: int, kept_brand: KeptBrand) -> KeptBrand:
    before = kept_brand.before
    raw = {
        "brand": kept_brand.brand.to_json(),
        "before": before.to_json() if before is not None else None,
        "number": kept_brand.number,
    }
    await kept.write(tx, _name(workspace_id), json.dumps(raw))
    return kept_brand


def _name(workspace_id: int) -> str:
    return f"brand:{workspace_id}"
