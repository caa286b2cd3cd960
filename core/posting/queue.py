"""The queue: what waits on it, moved, changed and taken off by people."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.registry import Asker
from core.db import attempts, posts, targets, versions
from core.errors import Told
from core.posting.planning import UNDO_FOR, Planning
from core.publish.views import AttemptView, PostView, State
from core.when.moment import Moment

NOT_STARTED: tuple[str, ...] = ("draft", "approved", "scheduled", "deferred", "held", "missed")


class Queue(Planning):
    """What a person can ask for about posts that wait."""

    async def move(self, post_id: int, moment: Moment, by: Asker) -> PostView:
        """Another time, for every account that has not begun."""
        now = self._clock.now()
        async with self._db.write() as tx:
            view = await self._view(tx, post_id, by)
            moved = await self._all(
                tx, view, ("scheduled", "deferred", "missed", "held"), "scheduled", moment.at
            )
            if not moved:
                raise Told("post.too_late_to_move")
            await posts.change_post(
                tx,
                post_id,
                due_at=moment.at,
                wall=moment.wall.isoformat(),
                zone=moment.zone,
                fold=moment.fold,
                undo_until=now + UNDO_FOR,
            )
            await self._note(tx, by, "post.move", f"post:{post_id}", at=moment.at.isoformat())
            return await self._view(tx, post_id, by)

    async def post_now(self, post_id: int, by: Asker, key: str) -> PostView:
        """Now, for every account on which it is not on its way or there already. A failed one is
        tried again: its failure is proof that nothing is there."""
        now = self._clock.now()
        async with self._db.write() as tx:
            view = await self._view(tx, post_id, by)
            states = ("scheduled", "deferred", "missed", "failed", "cancelled")
            if not await self._all(tx, view, states, "scheduled", now):
                raise Told("post.on_its_way")
            await posts.change_post(tx, post_id, due_at=now, undo_until=None)
            await self._note(tx, by, "post.now", f"post:{post_id}", key=key)
            return await self._view(tx, post_id, by)

    async def cancel(self, post_id: int, by: Asker) -> PostView:
        """Take it off the queue, as far as it has not begun."""
        async with self._db.write() as tx:
            view = await self._view(tx, post_id, by)
            if not await self._all(tx, view, NOT_STARTED, "cancelled", None):
                raise Told("post.too_late_to_cancel")
            await self._note(tx, by, "post.cancel", f"post:{post_id}")
            return await self._view(tx, post_id, by)

    async def undo(self, post_id: int, by: Asker) -> PostView:
        """Within a minute of scheduling it."""
        async with self._db.read() as tx:
            view = await self._view(tx, post_id, by)
        if view.undo_until is None or self._clock.now() > view.undo_until:
            raise Told("post.undo_over")
        return await self.cancel(post_id, by)

    async def edit_caption(self, post_id: int, caption: str, by: Asker) -> PostView:
        """Other words, while nothing of it was sent. Raises Told when a platform refuses them."""
        async with self._db.write() as tx:
            view = await self._view(tx, post_id, by)
            if any(t.state not in (*NOT_STARTED, "cancelled") for t in view.targets):
                raise Told("post.too_late_to_edit")
            clip = await versions.clip_as_approved(tx, view.clip_id, view.id)
            for target in view.targets:
                chosen = view.settings.get(str(target.account.id), {})
                self._check(target.account, clip, caption, {**target.account.rules, **chosen})
                if target.state == "deferred":  # what was uploaded carries the old words
                    await attempts.reset_marks(tx, target.id, self._clock.now())
            await posts.change_post(tx, post_id, caption=caption)
            await self._note(tx, by, "post.caption", f"post:{post_id}")
            return await self._view(tx, post_id, by)

    async def take_version(self, post_id: int, by: Asker) -> PostView:
        """Post the version the clip shows now instead of the one that was approved: this is the
        approval of it. Raises Told when it may not go out, or when it is too late."""
        now = self._clock.now()
        async with self._db.write() as tx:
            view = await self._view(tx, post_id, by)
            if any(t.state not in (*NOT_STARTED, "cancelled") for t in view.targets):
                raise Told("post.too_late_to_edit")
            clip = await self._postable(tx, view.clip_id, by)
            assert clip.render is not None
            for target in view.targets:
                chosen = view.settings.get(str(target.account.id), {})
                self._check(target.account, clip, view.caption, {**target.account.rules, **chosen})
                if target.state == "deferred":  # what was uploaded is the old one
                    await attempts.reset_marks(tx, target.id, now)
            changes = {"approved_by": by.member_id, "approved_at": now}
            await posts.change_post(tx, post_id, render_id=clip.render.id, **changes)
            await self._note(tx, by, "post.version", f"post:{post_id}", render=clip.render.id)
            return await self._view(tx, post_id, by)

    async def _all(
        self,
        tx: AsyncSession,
        view: PostView,
        before: tuple[str, ...],
        to: State,
        due_at: datetime | None,
    ) -> int:
        """Move every target of a post that may be moved; how many."""
        now, n = self._clock.now(), 0
        for target in view.targets:
            if target.state == "draft" and to == "scheduled":
                continue  # a choice is missing; the time is that of the post
            begin_at = self._begin_at(target.account.platform, due_at) if due_at else None
            if await targets.by_hand(
                tx,
                target.id,
                before,
                to,
                now,
                due_at=begin_at,
                planned_at=due_at or target.due_at,
                tries=0,
                fault_json=None,
                rule=None,
            ):
                n += 1
                if begin_at is not None:
                    await self._wake(tx, target.id, begin_at)
        return n

    async def queue(self, workspace_id: int) -> tuple[PostView, ...]:
        """What waits, soonest first."""
        async with self._db.read() as tx:
            return await posts.waiting(tx, workspace_id)

    async def view(self, post_id: int, by: Asker) -> PostView:
        """Raises Told when there is no such post here."""
        async with self._db.read() as tx:
            return await self._view(tx, post_id, by)

    async def posts_of_clip(self, clip_id: int) -> tuple[PostView, ...]:
        async with self._db.read() as tx:
            return await posts.posts_of_clip(tx, clip_id)

    async def story(self, post_id: int, by: Asker) -> tuple[AttemptView, ...]:
        """Every call that was made for it."""
        async with self._db.read() as tx:
            await self._view(tx, post_id, by)
            return await attempts.story(tx, post_id)
