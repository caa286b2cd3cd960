"""What may keep a post from going out now, decided at the claim: limits the platforms count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from core.db import accounts


@dataclass(frozen=True, slots=True)
class Quota:
    """So many uses of one kind in one window."""

    kind: str
    rule: str
    most: int
    window: timedelta


QUOTAS: dict[str, tuple[Quota, ...]] = {
    # developers.tiktok.com: six inits a minute for each token, some 15 posts a day per creator
    "tiktok": (
        Quota("init", "tiktok_rate", 6, timedelta(minutes=1)),
        Quota("post", "tiktok_daily", 15, timedelta(hours=24)),
    ),
    # Containers are counted by us; how many posts are left is asked live by the client.
    "instagram": (Quota("init", "instagram_containers", 400, timedelta(hours=24)),),
}


@dataclass(frozen=True, slots=True)
class Hold:
    """A rule says no until then."""

    rule: str
    until: datetime


async def first_hold(
    tx: AsyncSession, account_id: int, platform: str, now: datetime
) -> Hold | None:
    """The limit that is used up, and when it frees again."""
    for quota in QUOTAS.get(platform, ()):
        n, oldest = await accounts.used_since(tx, account_id, quota.kind, now - quota.window)
        if n >= quota.most and oldest is not None:
            return Hold(quota.rule, oldest + quota.window + timedelta(seconds=1))
    return None


async def note(tx: AsyncSession, account_id: int, target_id: int, kind: str, now: datetime) -> None:
    """Count one use."""
    await accounts.note_use(tx, account_id, target_id, kind, now)
