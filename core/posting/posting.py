"""Everything about posts and accounts that a person can ask for, and the sweep that keeps them
going. Handlers, the gateway and the publishing worker speak to this class and to nothing below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from sqlalchemy.ext.asyncio import AsyncSession

from core.cards.clip import needs_a_look
from core.chat.registry import Asker
from core.clock import Clock
from core.db import accounts, audit, breakers, posts, videos
from core.db.breakers import Breaker
from core.db.session import Database
from core.db.videos import Clip
from core.errors import Told
from core.jobs.jobs import Jobs
from core.jobs.kinds import REFRESH
from core.media.links import media_path
from core.media.store import MediaStore
from core.posting import warnings
from core.posting.connect import Connect
from core.posting.desk import Desk, Timing
from core.posting.grants import Grants
from core.posting.machine import Machine, wake
from core.publish.base import Platform, Post, SignIn, platform_classes
from core.publish.views import AccountView, AttemptView, PostView, State
from core.say import Say
from core.secrets import Vault
from core.settings import Settings
from core.when.moment import Moment

UNDO_FOR = timedelta(seconds=60)
RENEW_AHEAD = timedelta(days=30)
NOT_STARTED: tuple[str, ...] = ("draft", "approved", "scheduled", "deferred", "held", "missed")


@dataclass(frozen=True, slots=True)
class PlatformView:
    """A platform one can connect."""

    name: str
    practice: bool
    missing: Say | None


class Posting:
    """The posting side of Clipdesk."""

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
        self._store, self._vault = store, vault
        self._grants = Grants(db, vault, clock, http)
        self._connect = Connect(db, vault, clock, http, settings, self.platform)
        desk = Desk(
            db,
            vault,
            clock,
            jobs,
            store,
            self._grants,
            self.platform,
            http,
            self._public_link,
            timing or Timing(),
        )
        self._machine = Machine(desk)

    def platform(self, name: str) -> Platform:
        """Raises Told for one we do not know."""
        found = platform_classes().get(name)
        if found is None:
            raise Told("account.no_such_platform", name=name, names=tuple(platform_classes()))
        return found(self._settings)  # type: ignore[call-arg]

    def _public_link(self, key: str) -> str:
        """Where a platform could fetch a file of the store; "" when nobody outside reaches us."""
        address = self._settings.address
        if not address.startswith("https:"):
            return ""
        return address + media_path(self._vault, self._clock.now(), key)

    # ── accounts ───────────────────────────────────────────────────────────────────────────────

    def platforms(self) -> tuple[PlatformView, ...]:
        """Every platform, and whether accounts can be connected."""
        every = (self.platform(name) for name in sorted(platform_classes()))
        return tuple(PlatformView(p.name, p.practice, p.missing()) for p in every)

    async def accounts(self, workspace_id: int) -> tuple[AccountView, ...]:
        async with self._db.read() as tx:
            return await accounts.accounts(tx, workspace_id)

    async def connect_link(self, platform: str, by: Asker) -> str:
        """The address at which a person signs in. Good for one use and twenty minutes."""
        return await self._connect.link(self.platform(platform), by)

    async def finish_sign_in(self, query: Mapping[str, str], platform: str) -> AccountView:
        """The platform sent somebody back. Posts that were held for this account go on."""
        account = await self._connect.finish(self.platform(platform), query)
        async with self._db.write() as tx:
            await self._resume(tx, account)
        return account

    async def _resume(self, tx: AsyncSession, account: AccountView) -> None:
        """What waited for the account goes on, in the order it was planned; what is looked for is
        looked for at once. However late it is: a person was told that it goes out by itself."""
        now = self._clock.now()
        await breakers.close(tx, breakers.scope_of(account.platform, account.id))
        for target_id in await posts.of_account(tx, account.id, "held"):
            if await posts.by_hand(
                tx,
                target_id,
                ("held",),
                "deferred",
                now,
                due_at=now,
                fault_json=None,
                rule=None,
                tries=0,
            ):
                await self._wake(tx, target_id, now)
        for target_id in await posts.of_account(tx, account.id, "deferred", rule="breaker"):
            await self._hurry(tx, target_id, now)

    async def _hurry(self, tx: AsyncSession, target_id: int, now: datetime) -> None:
        """Do its next step now."""
        if await posts.hurry(tx, target_id, now):
            await self._wake(tx, target_id, now)

    async def stopped(self, account: AccountView) -> tuple[Breaker, ...]:
        """What stops posting to an account, and until when."""
        async with self._db.read() as tx:
            scopes = breakers.scopes_of(account.platform, account.id)
            return await breakers.open_ones(tx, *scopes)

    async def try_now(self, account_id: int, by: Asker) -> AccountView:
        """A person mended what was wrong, or wants to see: the next post tries at once. Raises
        Told when nothing is stopped."""
        now = self._clock.now()
        async with self._db.write() as tx:
            account = await self._account(tx, account_id, by)
            scopes = breakers.scopes_of(account.platform, account.id)
            tried = [await breakers.try_now(tx, scope, now) for scope in scopes]
            if not any(tried):
                raise Told("account.not_stopped")
            for target_id in await posts.of_account(tx, account.id, "deferred", rule="breaker"):
                await self._hurry(tx, target_id, now)
            await self._note(tx, by, "account.try_now", f"account:{account_id}")
        return account

    async def _account(self, tx: AsyncSession, account_id: int, by: Asker) -> AccountView:
        """Raises Told for one of somebody else, as for one that does not exist."""
        every = await accounts.accounts(tx, by.workspace_id, all_states=True)
        found = next((a for a in every if a.id == account_id), None)
        if found is None:
            raise Told("account.gone")
        return found

    async def disconnect(self, account_id: int, by: Asker) -> AccountView:
        """Posts that wait for it are held, not lost. Connecting it again brings them back."""
        return await self._switch(account_id, by, "removed", "account.disconnect")

    async def reconnect(self, account_id: int, by: Asker) -> AccountView:
        """Undo of `disconnect`."""
        return await self._switch(account_id, by, "ok", "account.undo_disconnect")

    async def _switch(self, account_id: int, by: Asker, state: str, what: str) -> AccountView:
        async with self._db.write() as tx:
            await self._account(tx, account_id, by)
            await accounts.set_account(tx, account_id, state=state)
            await self._note(tx, by, what, f"account:{account_id}")
            account = await accounts.account(tx, account_id)
            if state == "ok":
                await self._resume(tx, account)
            return account

    # ── making a post ──────────────────────────────────────────────────────────────────────────

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
                await self._wake(tx, target.id, at)
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
        shown = {str(a.id): dict(a.rules) for a in going}
        targets: list[tuple[int, State]] = [
            (a.id, "draft" if self._must_choose(a) else "scheduled") for a in going
        ]
        return await posts.add_post(
            tx,
            key=key,
            workspace_id=by.workspace_id,
            chat_id=by.chat_id,
            clip_id=clip.id,
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

    def _check(
        self, account: AccountView, clip: Clip, caption: str, settings: Mapping[str, Any]
    ) -> None:
        """Raises Told for what the platform would refuse."""
        platform = self.platform(account.platform)
        missing = platform.may_post(account.scopes, settings)
        if missing is not None and settings:
            raise Told("post.refused_before", why=missing, platform=account.platform)
        post = replace(_post_of(clip, caption, self._store), settings=settings)
        for problem in (p for p in platform.check(post) if p.blocks):
            raise Told("post.refused_before", why=problem.what, platform=account.platform)

    @staticmethod
    def _must_choose(account: AccountView) -> bool:
        """TikTok wants the person to say who may see it; there is no default on a real account."""
        rules = account.rules
        return account.platform == "tiktok" and not (
            rules.get("privacy") or rules.get("mode") == "inbox"
        )

    async def set_choice(
        self, target_id: int, name: str, value: str, by: Asker, *, always: bool = True
    ) -> PostView:
        """Settle who may see a post (`privacy`), or that it goes to the inbox (`mode`). With
        `always` it is kept as the rule of the account."""
        now = self._clock.now()
        async with self._db.write() as tx:
            post_id, view = await self._mine(tx, target_id, by)
            target = next(t for t in view.targets if t.id == target_id)
            settings = await posts.settings_of(tx, post_id)
            settings = deepcopy(settings)
            of = settings.setdefault("accounts", {}).setdefault(str(target.account.id), {})
            of[name] = value
            clip = await videos.clip(tx, view.clip_id)
            self._check(target.account, clip, view.caption, {**target.account.rules, **of})
            await posts.change_post(
                tx, post_id, settings_json=settings, approved_by=by.member_id, approved_at=now
            )
            if always:
                await accounts.set_account(tx, target.account.id, rules={name: value})
            if await posts.by_hand(tx, target_id, ("draft",), "scheduled", now):
                await self._wake(tx, target_id, view.due_at or now)
            await self._note(tx, by, "post.choice", f"target:{target_id}", **{name: value})
            return await self._view(tx, post_id, by)

    # ── changing a post ────────────────────────────────────────────────────────────────────────

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
            clip = await videos.clip(tx, view.clip_id)
            for target in view.targets:
                chosen = view.settings.get(str(target.account.id), {})
                self._check(target.account, clip, caption, {**target.account.rules, **chosen})
                if target.state == "deferred":  # what was uploaded carries the old words
                    await posts.reset_marks(tx, target.id, self._clock.now())
            await posts.change_post(tx, post_id, caption=caption)
            await self._note(tx, by, "post.caption", f"post:{post_id}")
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
            if await posts.by_hand(
                tx,
                target.id,
                before,
                to,
                now,
                due_at=due_at,
                planned_at=due_at or target.due_at,
                tries=0,
                fault_json=None,
                rule=None,
            ):
                n += 1
                if due_at is not None:
                    await self._wake(tx, target.id, due_at)
        return n

    # ── questions that were asked ──────────────────────────────────────────────────────────────

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
                await posts.reset_marks(tx, target_id, now)
            if not await posts.by_hand(tx, target_id, ("unconfirmed",), to, now, **also):
                raise Told("post.settled_already")
            await self._note(tx, by, "post.settle", f"target:{target_id}", happened=happened)
            return await self._view(tx, post_id, by)

    async def look_again(self, target_id: int, by: Asker) -> PostView:
        """Ask the platform once more about an unconfirmed post. Nothing is sent."""
        now = self._clock.now()
        async with self._db.write() as tx:
            post_id, _ = await self._mine(tx, target_id, by)
            if not await posts.by_hand(
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
            if not await posts.by_hand(
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

    # ── reading ────────────────────────────────────────────────────────────────────────────────

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
            return await posts.story(tx, post_id)

    # ── webhooks ───────────────────────────────────────────────────────────────────────────────

    async def hear(self, platform: str, raw: bytes, headers: Mapping[str, str]) -> None:
        """A webhook: look sooner at what is under way on the accounts it names. Raises NotSigned
        for one that does not come from the platform."""
        now = self._clock.now()
        hints = self.platform(platform).hints(raw, headers, now)
        async with self._db.write() as tx:
            for hint in hints:
                for account in await accounts.by_remote_id(tx, platform, hint.remote_id):
                    for target_id in await posts.of_account(tx, account.id, *posts.LOOKED_AT):
                        await self._hurry(tx, target_id, now)
                    if hint.ended and account.state == "ok":
                        key = f"ended:{account.id}:{now:%Y%m%d%H%M}"
                        args = {"account": account.id, "ended": True}
                        await self._jobs.add(tx, REFRESH, args, key=key, now=now)

    # ── work ───────────────────────────────────────────────────────────────────────────────────

    async def advance(self, target_id: int) -> None:
        """Take one post on one account a step further; for the publishing worker."""
        await self._machine.advance(target_id)

    async def renew(self, account_id: int, *, ended: bool = False) -> None:
        """Renew a sign-in that is near its end, or said to be over; for the light worker. One that
        the platform takes no more is told, with the posts that wait for it."""
        async with self._db.read() as tx:
            account = await accounts.account(tx, account_id)
        if account.state != "ok":
            return
        try:
            spent = await self._grants.stored(account_id) if ended else None
            await self._grants.fresh(account_id, self.platform(account.platform), spent=spent)
        except SignIn as wrong:
            async with self._db.write() as tx:
                await accounts.set_account(tx, account_id, state="signed_out", fault=wrong.say)
                await warnings.signed_out(tx, account, wrong.say, self._clock.now())

    async def sweep(self) -> None:
        """Queue everything that is due and has no job: after an outage, or when Redis forgot."""
        now = self._clock.now()
        async with self._db.write() as tx:
            for target_id, fence, due_at in await posts.due(tx, now):
                await wake(self._jobs, tx, target_id, fence, due_at, now)
            for account_id in await accounts.renewable(tx, now + RENEW_AHEAD):
                key = f"refresh:{account_id}:{now:%Y%m%d%H}"
                await self._jobs.add(tx, REFRESH, {"account": account_id}, key=key, now=now)
            await warnings.expiring(tx, now)

    # ── small change ───────────────────────────────────────────────────────────────────────────

    async def _wake(self, tx: AsyncSession, target_id: int, at: datetime) -> None:
        fence = await posts.fence_of(tx, target_id)
        await wake(self._jobs, tx, target_id, fence, at, self._clock.now())

    async def _view(self, tx: AsyncSession, post_id: int, by: Asker) -> PostView:
        found = await posts.post(tx, post_id, by.workspace_id)
        if found is None:
            raise Told("post.gone")
        return found

    async def _mine(self, tx: AsyncSession, target_id: int, by: Asker) -> tuple[int, PostView]:
        post_id = await posts.post_id_of(tx, target_id)
        if post_id is None:
            raise Told("post.gone")
        return post_id, await self._view(tx, post_id, by)

    async def _note(
        self, tx: AsyncSession, by: Asker, what: str, about: str, **detail: Any
    ) -> None:
        now = self._clock.now()
        await audit.record(tx, by.workspace_id, by.member_id, what, about, now, **detail)


def _post_of(clip: Clip, caption: str, store: MediaStore) -> Post:
    """What a platform would be given, for checking."""
    if clip.render is None:
        raise Told("post.not_ready")
    made = clip.render.rendered
    file = store.local_path(clip.render.media_key) or Path(clip.render.media_key)
    return Post(file, made.size_b, made.duration_s, made.width, made.height, caption, clip.title)


def _next_day(view: PostView, now: datetime) -> datetime:
    """The same wall time on the next day that still comes."""
    if view.wall is None or view.zone is None:
        return now + timedelta(days=1)
    zone = ZoneInfo(view.zone)
    wall = view.wall
    while wall.replace(tzinfo=zone) <= now:
        wall += timedelta(days=1)
    return wall.replace(tzinfo=zone)
