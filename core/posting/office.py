"""What every part of the posting side works with: rows, time, jobs and the platforms."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import aiohttp
from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.registry import Asker
from core.clock import Clock
from core.db import audit, posts, targets
from core.db.session import Database
from core.errors import Told
from core.jobs.jobs import Jobs
from core.media.links import media_path
from core.media.store import MediaStore
from core.posting.desk import Timing
from core.posting.grants import Grants
from core.posting.wake import wake
from core.publish.base import Platform, platform_classes
from core.publish.views import PostView
from core.secrets import Vault
from core.settings import Settings


class Office:
    """Shared by the rooms of `Posting`."""

    def __init__(
        self,
        *,
        db: Database,
        vault: Vault,
        clock: Clock,
        jobs: Jobs,
        settings: Settings,
        http: aiohttp.ClientSession,
        store: MediaStore,
        timing: Timing | None = None,
    ) -> None:
        self._db, self._clock, self._jobs, self._settings = db, clock, jobs, settings
        self._store, self._vault, self._http = store, vault, http
        self._timing = timing or Timing()
        self._grants = Grants(db, vault, clock, http)

    def platform(self, name: str) -> Platform:
        """Raises Told for one we do not know."""
        found = platform_classes().get(name)
        if found is None:
            raise Told("account.no_such_platform", name=name, names=tuple(platform_classes()))
        return found(self._settings)  # type: ignore[call-arg]

    def _public_link(self, platform: Platform, key: str) -> str:
        """Where a platform could fetch a file of the store; "" when it does not reach us."""
        address = self._settings.address
        if not platform.fetches_from(address):
            return ""
        return address + media_path(self._vault, self._clock.now(), key)

    def _begin_at(self, platform: str, at: datetime) -> datetime:
        """When a post that is planned for then is begun: not before now."""
        return max(at - self.platform(platform).lead, min(at, self._clock.now()))

    async def _wake(self, tx: AsyncSession, target_id: int, at: datetime) -> None:
        fence = await targets.fence_of(tx, target_id)
        await wake(self._jobs, tx, target_id, fence, at, self._clock.now())

    async def _hurry(self, tx: AsyncSession, target_id: int, now: datetime) -> None:
        """Do its next step now."""
        if await targets.hurry(tx, target_id, now):
            await self._wake(tx, target_id, now)

    async def _view(self, tx: AsyncSession, post_id: int, by: Asker) -> PostView:
        found = await posts.post(tx, post_id, by.workspace_id)
        if found is None:
            raise Told("post.gone")
        return found

    async def _mine(self, tx: AsyncSession, target_id: int, by: Asker) -> tuple[int, PostView]:
        post_id = await targets.post_id_of(tx, target_id)
        if post_id is None:
            raise Told("post.gone")
        return post_id, await self._view(tx, post_id, by)

    async def _note(
        self, tx: AsyncSession, by: Asker, what: str, about: str, **detail: Any
    ) -> None:
        now = self._clock.now()
        await audit.record(tx, by.workspace_id, by.member_id, what, about, now, **detail)
