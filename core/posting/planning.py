"""Putting a clip on the queue: what may go out, and where to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from core.cards.clip import needs_a_look
from core.chat.registry import Asker
from core.db import accounts, posts, videos
from core.db.videos import Clip
from core.errors import Told
from core.media.store import MediaStore
from core.posting.office import Office
from core.publish.choices import LAST
from core.publish.post import Post
from core.publish.views import AccountView, PostView, State
from core.when.moment import Moment

UNDO_FOR = timedelta(seconds=60)


class Planning(Office):
    """A post from a clip."""

    async def schedule(
        self,
        clip_id: int,
        moment: Moment | None,
        by: Asker,
        *,
        key: str,
        account_ids: Sequence[int] | None = None,
    ) -> PostView:
        """Put a clip on the queue; None as moment is now. The same key again gives the same post.
        Raises Told when it may not go out, with what to do."""
        now = self._clock.now()
        async with self._db.write() as tx:
            if (known := await posts.made_by_key(tx, by.workspace_id, key)) is not None:
                return await self._view(tx, known, by)
            clip = await self._postable(tx, clip_id, by)
            going = await self._chosen(tx, by, account_ids)
            at = moment.at if moment else now
            post_id = await self._write(tx, clip, going, moment, at, by, key)
            await self._note(tx, by, "post.schedule", f"post:{post_id}", at=at.isoformat())
            view = await self._view(tx, post_id, by)
            for target in view.targets:
                await self._wake(tx, target.id, target.due_at or at)
            return view

    async def _postable(self, tx: AsyncSession, clip_id: int, by: Asker) -> Clip:
        clip = await videos.clip(tx, clip_id)
        source = await videos.source(tx, clip.source_id)
        if source.workspace_id != by.workspace_id or clip.state == "discarded":
            raise Told("clip.gone")
        if clip.render is None or clip.state != "ready":
            raise Told("post.not_ready")
        if not clip.render.fit:
            raise Told("post.unfit", title=clip.title)
        if needs_a_look(clip):
            raise Told("post.look_first", title=clip.title)
        return clip

    async def _chosen(
        self, tx: AsyncSession, by: Asker, account_ids: Sequence[int] | None
    ) -> list[AccountView]:
        every = [a for a in await accounts.accounts(tx, by.workspace_id) if a.state == "ok"]
        going = [a for a in every if account_ids is None or a.id in account_ids]
        if not going:
            raise Told("post.no_account")
        return going

    async def _write(
        self,
        tx: AsyncSession,
        clip: Clip,
        going: list[AccountView],
        moment: Moment | None,
        at: datetime,
        by: Asker,
        key: str,
    ) -> int:
        now = self._clock.now()
        assert clip.render is not None
        for account in going:
            self._check(account, clip, clip.caption, account.rules)
        shown = {str(a.id): {k: v for k, v in a.rules.items() if k != LAST} for a in going}
        targets: list[tuple[int, State, datetime]] = [
            (a.id, self._first(a), self._begin_at(a.platform, at)) for a in going
        ]
        return await posts.add_post(
            tx,
            key=key,
            workspace_id=by.workspace_id,
            chat_id=by.chat_id,
            clip_id=clip.id,
            render_id=clip.render.id,
            made_by=by.member_id,
            caption=clip.caption,
            settings={"accounts": shown},
            due_at=at,
            wall=moment.wall if moment else None,
            zone=moment.zone if moment else by.zone,
            fold=moment.fold if moment else 0,
            undo_until=now + UNDO_FOR,
            targets=targets,
            now=now,
        )

    def _first(self, account: AccountView) -> State:
        """A post waits as a draft while a person has to settle something about it."""
        undecided = self.platform(account.platform).undecided(account.rules)
        return "draft" if undecided else "scheduled"

    def _check(
        self, account: AccountView, clip: Clip, caption: str, settings: Mapping[str, Any]
    ) -> None:
        """Raises Told for what the platform would refuse."""
        platform = self.platform(account.platform)
        missing = platform.may_post(account.scopes, settings)
        if missing is not None and settings:
            raise Told("post.refused_before", why=missing, platform=account.platform)
        post = replace(post_of(clip, caption, self._store), settings=settings)
        for problem in (p for p in platform.check(post) if p.blocks):
            raise Told("post.refused_before", why=problem.what, platform=account.platform)


def post_of(clip: Clip, caption: str, store: MediaStore) -> Post:
    """What a platform would be given, for checking."""
    if clip.render is None:
        raise Told("post.not_ready")
    made = clip.render.rendered
    file = store.local_path(clip.render.media_key) or Path(clip.render.media_key)
    return Post(file, made.size_b, made.duration_s, made.width, made.height, caption, clip.title)
