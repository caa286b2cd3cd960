"""The choices only a person can make about a post on one account: shown, changed, approved."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.registry import Asker
from core.db import accounts, attempts, posts, targets, versions
from core.errors import Told
from core.posting.planning import post_of
from core.posting.queue import NOT_STARTED, Queue
from core.publish.base import Platform
from core.publish.choices import LAST, Offer, last_time, remembered
from core.publish.errors import PlatformError, Unknown
from core.publish.views import PostView, TargetView
from core.say import say

OFFER_S = 8.0
"""A platform that takes longer to say what it offers is not waited for: it is asked once more
before anything is sent."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Panel:
    """Everything that can be settled about a post on one account, and how it stands."""

    post: PostView
    target: TargetView
    platform: Platform
    settings: Mapping[str, Any]
    offer: Offer
    last: Mapping[str, Any]
    """What was chosen for the account the last time, to be offered with one tap."""


class Choosing(Queue):
    """Who may see a post, what others may do with it, what is said of it."""

    async def panel(self, target_id: int, by: Asker) -> Panel:
        """As it stands, with what the platform offers at this moment."""
        async with self._db.read() as tx:
            panel = await self._panel(tx, target_id, by)
        return replace(panel, offer=await self._offer(panel))

    async def _panel(self, tx: AsyncSession, target_id: int, by: Asker) -> Panel:
        _, view = await self._mine(tx, target_id, by)
        target = next(t for t in view.targets if t.id == target_id)
        if target.state not in NOT_STARTED:
            raise Told("post.too_late_to_choose")
        platform = self.platform(target.account.platform)
        rules = {k: v for k, v in target.account.rules.items() if k != LAST}
        settings = {**rules, **view.settings.get(str(target.account.id), {})}
        last = last_time(platform.choices, target.account.rules)
        return Panel(view, target, platform, settings, Offer(), last)

    async def _offer(self, panel: Panel) -> Offer:
        """What the platform says now; nothing when it does not answer. It may also say that the
        account cannot post: that is shown, and asked again when it is due."""
        account = panel.target.account
        async with self._db.read() as tx:
            clip = await versions.clip_as_approved(tx, panel.post.clip_id, panel.post.id)
        post = post_of(clip, panel.post.caption, self._store)
        try:
            async with asyncio.timeout(OFFER_S):
                grant = await self._grants.fresh(account.id, panel.platform)
                now = self._clock.now()
                return await panel.platform.offers(self._http, grant, post, now)
        except (TimeoutError, Unknown):
            return Offer(notes=(say("choice.no_offer", platform=panel.platform.title),))
        except PlatformError as wrong:
            log.info("post.no_offer", platform=account.platform, code=wrong.code)
            return Offer(notes=(wrong.say,))

    async def choose(self, target_id: int, place: int, by: Asker) -> Panel:
        """A button of the panel. Nothing goes out because of it."""
        async with self._db.read() as tx:
            panel = await self._panel(tx, target_id, by)
        if place >= len(panel.platform.choices):
            raise Told("post.settled_already")
        await self._settle(target_id, panel.platform.settle(panel.settings, place), by)
        return await self.panel(target_id, by)

    async def as_last_time(self, target_id: int, by: Asker) -> Panel:
        """What was chosen for the post before, written out on the button that was pressed."""
        async with self._db.read() as tx:
            panel = await self._panel(tx, target_id, by)
        await self._settle(target_id, {**panel.settings, **panel.last}, by)
        return await self.panel(target_id, by)

    async def _settle(self, target_id: int, made: Mapping[str, Any], by: Asker) -> None:
        async with self._db.write() as tx:
            panel = await self._panel(tx, target_id, by)
            await self._keep(tx, panel, made)
            undecided = panel.platform.undecided(made) is not None
            waits = ("scheduled", "deferred")
            if undecided:  # whatever it was, it does not go out like this
                await targets.by_hand(tx, target_id, waits, "draft", self._clock.now())
            elif panel.target.state == "deferred":  # what was uploaded carries the old choices
                await attempts.reset_marks(tx, target_id, self._clock.now())

    async def _keep(self, tx: AsyncSession, panel: Panel, made: Mapping[str, Any]) -> None:
        settings = deepcopy(await posts.settings_of(tx, panel.post.id))
        settings.setdefault("accounts", {})[str(panel.target.account.id)] = dict(made)
        await posts.change_post(tx, panel.post.id, settings_json=settings)

    async def approve(self, target_id: int, by: Asker) -> PostView:
        """It goes out with these settings; what may be kept for the account is. Raises Told for
        what is missing, and for what the platform would refuse."""
        now = self._clock.now()
        async with self._db.write() as tx:
            panel = await self._panel(tx, target_id, by)
            account, platform = panel.target.account, panel.platform
            if (missing := platform.undecided(panel.settings)) is not None:
                raise Told("post.undecided", why=missing)
            clip = await versions.clip_as_approved(tx, panel.post.clip_id, panel.post.id)
            self._check(account, clip, panel.post.caption, panel.settings)
            await posts.change_post(tx, panel.post.id, approved_by=by.member_id, approved_at=now)
            kept = remembered(platform.choices, panel.settings)
            await accounts.set_account(tx, account.id, rules=kept)
            if await targets.by_hand(tx, target_id, ("draft",), "scheduled", now):
                await self._wake(tx, target_id, panel.target.due_at or now)
            chosen = {c.name: str(c.value) for c in platform.choices if c.is_set(panel.settings)}
            await self._note(tx, by, "post.choice", f"target:{target_id}", **chosen)
            return await self._view(tx, panel.post.id, by)
