"""Questions that were asked about a post, and what a person answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.chat.registry import Asker
from core.db import attempts, posts, targets
from core.errors import Told
from core.posting.office import Office
from core.publish.views import PostView, State


class Questions(Office):
    """Was it posted? It missed its time: now, later, never?"""

    async def settle(self, target_id: int, happened: bool, by: Asker) -> PostView:
        """A person looked: an unconfirmed post is there, or it is not."""
        now = self._clock.now()
        async with self._db.write() as tx:
            post_id, _ = await self._mine(tx, target_id, by)
            to: State = "published" if happened else "failed"
            also: dict[str, Any] = {"due_at": None}
            if happened:
                also["published_at"] = now
            else:
                await attempts.reset_marks(tx, target_id, now)
            if not await targets.by_hand(tx, target_id, ("unconfirmed",), to, now, **also):
                raise Told("post.settled_already")
            await self._note(tx, by, "post.settle", f"target:{target_id}", happened=happened)
            return await self._view(tx, post_id, by)

    async def look_again(self, target_id: int, by: Asker) -> PostView:
        """Ask the platform once more about an unconfirmed post. Nothing is sent."""
        now = self._clock.now()
        async with self._db.write() as tx:
            post_id, _ = await self._mine(tx, target_id, by)
            if not await targets.by_hand(
                tx, target_id, ("unconfirmed",), "committing", now, due_at=now, tries=0, looks=0
            ):
                raise Told("post.settled_already")
            await self._wake(tx, target_id, now)
            return await self._view(tx, post_id, by)

    async def answer_missed(self, target_id: int, choice: str, by: Asker) -> PostView:
        """`now`, `next` (the same wall time on the next day that is still to come) or `drop`."""
        now = self._clock.now()
        async with self._db.write() as tx:
            post_id, view = await self._mine(tx, target_id, by)
            to: State = "cancelled" if choice == "drop" else "scheduled"
            due_at = {"now": now, "next": _next_day(view, now), "drop": None}[choice]
            if not await targets.by_hand(
                tx,
                target_id,
                ("missed",),
                to,
                now,
                due_at=due_at,
                planned_at=due_at,
                fault_json=None,
            ):
                raise Told("post.settled_already")
            if due_at is not None:
                await posts.change_post(tx, post_id, due_at=due_at)
                await self._wake(tx, target_id, due_at)
            await self._note(tx, by, "post.missed", f"target:{target_id}", choice=choice)
            return await self._view(tx, post_id, by)


def _next_day(view: PostView, now: datetime) -> datetime:
    """The same wall time on the next day that still comes."""
    if view.wall is None or view.zone is None:
        return now + timedelta(days=1)
    zone = ZoneInfo(view.zone)
    wall = view.wall
    while wall.replace(tzinfo=zone) <= now:
        wall += timedelta(days=1)
    return wall.replace(tzinfo=zone)
