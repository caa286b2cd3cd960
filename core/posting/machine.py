"""One post on one account, a step further: `scheduled → claimed → preparing → committing →
confirming → published | inbox | private`.

Only *committing* is dangerous. It is entered by a committed compare-and-set that also writes the
intent, and it is left only on evidence: an answer of the platform, or what `look` saw. Kill this
process at any line, and the next one goes on from the rows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.message import Rows
from core.db import accounts, breakers, posts, videos
from core.db.posts import Claim
from core.jobs.jobs import Jobs
from core.jobs.kinds import PUBLISH
from core.posting import notices, rules
from core.posting.desk import Desk, Lease, Speaker
from core.publish.base import (
    Fix,
    Hand,
    Lost,
    LostClaim,
    NotReady,
    NotThere,
    NotYet,
    Outcome,
    PlatformError,
    Post,
    Seen,
    SignIn,
    Stale,
    Stop,
    Unknown,
    Wait,
)
from core.publish.views import AccountView, State
from core.say import Say, say

UNSURE_AFTER = timedelta(minutes=10)
"""Looking for a lost answer; then a person is asked."""
CONFIRM_FOR = timedelta(minutes=30)
"""For a platform that took a post and says nothing of it; then a person is asked."""
FOLLOW_FOR = timedelta(hours=24)
"""Looking on after it is told: for a link, a finished draft, evidence that settles a question."""
FOLLOW_S = (15, 15, 30, 60, 120, 300, 900)
MAX_TRIES = 12
"""Faults in a row that ask to wait; then it is told as failed."""
GIVE_UP_AFTER = timedelta(days=3)
"""Past its planned time, when only faults kept it; then it is told as missed."""
TELL_FROM = timedelta(minutes=5)
"""Shorter waits pass in silence."""
FAULTS = 5
"""Turns in a row that met only faults of a platform before posting to it rests."""
REST, LONGEST_REST = timedelta(minutes=1), timedelta(minutes=15)
STOPPED, LONGEST_STOP = timedelta(hours=6), timedelta(hours=24)
"""After a platform stopped an account, until one post may try again."""
MISSET = timedelta(minutes=10)
"""The same after a fault of this installation."""

T = TypeVar("T")

log = structlog.get_logger()


class Machine:
    """Takes targets further, one claim at a time."""

    def __init__(self, desk: Desk) -> None:
        self._d = desk

    async def advance(self, target_id: int) -> None:
        """Do what is due for this target now; returns quietly when there is nothing, or when
        somebody else has it."""
        d, now = self._d, self._d.clock.now()
        async with d.db.write() as tx:
            claim = await posts.claim(tx, target_id, now, d.timing.lease_s)
            account = await accounts.account(tx, claim.account_id) if claim else None
        if claim is None or account is None:
            return
        lease = Lease(d, claim, now + timedelta(seconds=d.timing.lease_s))
        with structlog.contextvars.bound_contextvars(target=claim.id, fence=claim.fence):
            try:
                async with lease.kept():
                    await _Turn(d, claim, account, lease).take()
            except LostClaim:
                log.warning("post.claim_lost")


class _Turn:
    """One claim: from where the target is to where it can go now."""

    def __init__(self, desk: Desk, claim: Claim, account: AccountView, lease: Lease) -> None:
        self._d, self._claim, self._account = desk, claim, account
        self._platform = desk.platform(account.platform)
        self._speaker = Speaker(desk, claim, account, lease)
        self._state: State = claim.state

    async def take(self) -> None:
        if self._state in ("scheduled", "deferred") and not await self._may_go():
            return
        with tempfile.TemporaryDirectory(prefix="clipdesk-") as scratch:
            post = await self._post(Path(scratch))
            if post is None:
                return
            try:
                await self._from_here(post)
            except PlatformError as wrong:
                await self._refused(wrong)

    async def _from_here(self, post: Post) -> None:
        if self._state in posts.FOLLOWED:
            await self._follow(post)
            return
        if self._state in ("claimed", "preparing"):
            if not await self._prepare(post):
                await self._there_already()
            elif not await self._commit(post):
                return
        await self._look(post)

    # ── before anything is sent ────────────────────────────────────────────────────────────────

    async def _may_go(self) -> bool:
        """Late posts, lost sign-ins, the order of the account and used-up limits are settled here,
        in words, in the transaction that claims it."""
        now, claim = self._now, self._claim
        async with self._d.db.write() as tx:
            self._account = account = await accounts.lock(tx, claim.account_id)
            late = self._too_late(now)
            hold = None
            if not late and account.state == "ok":
                hold = await rules.first_hold(tx, claim, account, now)
                if hold is None:
                    await self._move(tx, "claimed", posts.STARTS)
        if late:
            await self._end("missed", "missed", buttons=notices.missed_buttons(claim.id))
        elif account.state != "ok":
            await self._end("held", "held")
        elif hold is not None:
            await self._defer(hold.why, hold.until, hold.rule)
        else:
            self._state = "claimed"
            return True
        return False

    def _too_late(self, now: datetime) -> bool:
        """Past its window without a reason that was told; or kept for days by a fault."""
        planned = self._claim.planned_at or now
        if self._state == "scheduled":
            return now > planned + timedelta(seconds=self._claim.window_s)
        kept = self._claim.rule in (*_FAULT_RULES, "breaker")
        return kept and now > planned + GIVE_UP_AFTER

    async def _post(self, scratch: Path) -> Post | None:
        """The file and the words; None, told, when the file is gone."""
        async with self._d.db.read() as tx:
            clip = await videos.clip(tx, self._claim.clip_id)
        if clip.render is None:
            await self._failed(say("publish.no_file"), "no_file")
            return None
        key, made = clip.render.media_key, clip.render.rendered
        local = self._d.store.local_path(key)
        file = local if local is not None else await self._d.store.fetch(key, scratch)
        return Post(
            file,
            file.stat().st_size,
            made.duration_s,
            made.width,
            made.height,
            self._claim.caption,
            clip.title,
            settings=self._claim.settings,
            address=self._d.public_link(key),
        )

    # ── the steps ──────────────────────────────────────────────────────────────────────────────

    async def _prepare(self, post: Post) -> bool:
        """False when an earlier try turns out to be there already."""
        blocking = [p for p in self._platform.check(post) if p.blocks]
        if blocking:
            raise Fix(blocking[0].what)
        await self._go("preparing", ("claimed", "preparing"))
        return await self._with_fresh_token(lambda hand: self._platform.prepare(post, hand))

    async def _there_already(self) -> None:
        """Found live while it was prepared: only what is left of its way is gone."""
        await self._go("confirming", ("preparing",))

    async def _commit(self, post: Post) -> bool:
        """Announce it, then do it. From here on only evidence counts. False when an earlier post
        of the account has to go first."""
        hand = await self._speaker.hand("committing", self._platform)
        if not await self._announce(post):
            return False
        hand.intent_at = self._speaker.intent_at
        try:
            await self._platform.commit(post, hand)
        except Unknown as wrong:
            log.warning("post.unclear", code=wrong.code)
            return True  # still committing: the look decides
        except Stale as wrong:
            await self._back()
            await self._d.grants.fresh(self._claim.account_id, self._platform, spent=hand.grant)
            raise Wait(wrong.say, 1, "token_renewed", "upload") from None
        except PlatformError:
            # A clear no: the platform itself says that it did not happen.
            await self._back()
            raise
        await self._go("confirming", ("committing",))
        return True

    async def _announce(self, post: Post) -> bool:
        """The intent, and one use of the daily limit, in the same transaction."""
        now, claim = self._now, self._claim
        kind = "draft" if claim.settings.get("mode") == "inbox" else "post"
        async with self._d.db.write() as tx:
            account = await accounts.lock(tx, claim.account_id)
            waits = bool(await posts.ahead(tx, claim, limit=1))
            if not waits:
                await self._speaker.spend_in(tx, account, kind, now)
                intent = {"at": now.isoformat(), "caption": post.caption}
                await self._move(tx, "committing", ("preparing",), intent_json=intent)
        if waits:
            await self._defer(say("rule.order"), now + timedelta(seconds=rules.ORDER_S), "order")
            return False
        self._state, self._speaker.intent_at = "committing", now
        return True

    async def _back(self) -> None:
        """Not committed after all: nothing is there, and the limit was not used."""
        async with self._d.db.write() as tx:
            await accounts.take_back_use(tx, self._claim.id, ("post", "draft"))
            await self._move(tx, "preparing", ("committing",))
        self._state = "preparing"

    async def _look(self, post: Post) -> None:
        asked = self._claim.looks if self._claim.state == self._state else 0
        try:
            outcome = await self._with_fresh_token(
                lambda hand: self._platform.look(post, hand, asked=asked)
            )
        except PlatformError as wrong:
            # No evidence in either direction: whatever the reason, it stays where it is.
            log.info("post.not_seen", kind=type(wrong).__name__, code=wrong.code)
            if isinstance(wrong, SignIn | Stale):
                await self._signed_out(wrong)
            outcome = NotYet(max(15.0, getattr(wrong, "after_s", 0.0)))
        await self._concluded(outcome, asked)

    async def _signed_out(self, wrong: PlatformError) -> None:
        async with self._d.db.write() as tx:
            await accounts.set_account(
                tx, self._claim.account_id, state="signed_out", fault=wrong.say
            )

    async def _concluded(self, outcome: Outcome, asked: int) -> None:
        match outcome:
            case Seen():
                await self._seen(outcome)
            case NotYet(after_s):
                await self._not_yet(after_s, asked)
            case NotThere():
                await self._not_there(outcome)
            case Lost(why):
                await self._ask(why)

    async def _seen(self, seen: Seen) -> None:
        """It is there: say so, once."""
        now, claim = self._now, self._claim
        to: State = "published" if seen.visible in ("public", "limited") else seen.visible  # type: ignore[assignment]
        waits = seen.visible == "inbox" or (seen.visible == "public" and not seen.url)
        follow = now + timedelta(seconds=FOLLOW_S[0]) if waits else None
        async with self._d.db.write() as tx:
            await self._move(
                tx,
                to,
                (*posts.WORKED_ON, *posts.FOLLOWED),
                release=True,
                due_at=follow,
                remote_id=seen.remote_id,
                url=seen.url,
                published_at=now,
                tries=0,
            )
            if claim.state == "inbox":  # one draft less waits there
                await accounts.take_back_use(tx, claim.id, ("draft",))
            await breakers.close(tx, *self._scopes)
            await notices.seen(tx, claim, self._account, seen, now)
            if follow:
                await self._wake(tx, follow)
            await self._wake_next(tx)
        log.info("post.seen", visible=seen.visible)

    async def _not_yet(self, after_s: float, asked: int) -> None:
        now = self._now
        since = self._speaker.intent_at or now
        limit = UNSURE_AFTER if self._state == "committing" else CONFIRM_FOR
        if now - since > limit:
            await self._ask(None)
            return
        async with self._d.db.write() as tx:
            await self._rest(tx, self._state, now + timedelta(seconds=after_s), looks=asked + 1)
            if self._state == "confirming":  # it is with the platform: the next one may go
                await self._wake_next(tx)
        await self._count_faults()

    async def _ask(self, why: Say | None) -> None:
        """Only a person can tell. It is looked at now and then all the same, and never sent."""
        now, buttons = self._now, notices.unsure_buttons(self._claim.id)
        follow = now + timedelta(seconds=FOLLOW_S[-2])
        await self._end("unconfirmed", "unconfirmed", about=why, buttons=buttons, due_at=follow)

    async def _not_there(self, outcome: NotThere) -> None:
        """Evidence that nothing is there. Once more, or told."""
        claim, error = self._claim, outcome.error
        log.info("post.not_there", code=error.code)
        async with self._d.db.write() as tx:
            await accounts.take_back_use(tx, claim.id, ("post", "draft"))
            if not outcome.keep:
                await posts.reset_marks(tx, claim.id, self._now)
        self._keep = outcome.keep
        if isinstance(error, Wait) and claim.tries + 1 < min(outcome.most + 1, MAX_TRIES):
            await self._put_off(error)
            return
        await self._refused(Fix(error.say, error.code) if isinstance(error, Wait) else error)

    _keep = False
    """Whether what was marked is still of use when somebody tries a failed post again."""

    async def _follow(self, post: Post) -> None:
        """A public post whose address was not known, a draft nobody finished, a question nobody
        answered: evidence is taken, and nothing is sent."""
        now, claim = self._now, self._claim
        try:
            outcome = await self._with_fresh_token(
                lambda hand: self._platform.look(post, hand, asked=claim.looks)
            )
        except PlatformError:
            outcome = NotYet(60)
        seen = outcome if isinstance(outcome, Seen) else None
        if seen and claim.state != "published" and seen.visible != claim.state:
            await self._seen(seen)
            return
        over = claim.published_at is not None and now - claim.published_at > FOLLOW_FOR
        over = over or claim.looks > FOLLOW_FOR.total_seconds() / FOLLOW_S[-1]
        later = now + timedelta(seconds=FOLLOW_S[min(claim.looks, len(FOLLOW_S) - 1)])
        url = seen.url if seen else None
        due_at = None if url or over else later
        async with self._d.db.write() as tx:
            also: dict[str, Any] = {"url": url, "looks": claim.looks + 1}
            if seen and seen.remote_id:
                also["remote_id"] = seen.remote_id
            state = claim.state
            await self._move(tx, state, (state,), release=True, due_at=due_at, **also)
            if url:
                await notices.late_link(tx, claim, self._account, url, now)
            elif due_at:
                await self._wake(tx, due_at)

    # ── refusals ───────────────────────────────────────────────────────────────────────────────

    async def _refused(self, wrong: PlatformError) -> None:
        """A clear answer before anything could be seen; Unknown and Wait try again later."""
        tries = self._claim.tries
        log.info("post.refused", kind=type(wrong).__name__, code=wrong.code)
        match wrong:
            case NotReady():
                async with self._d.db.write() as tx:
                    until = self._now + timedelta(seconds=wrong.after_s)
                    await self._rest(tx, self._state, until)
            case SignIn() | Stale():
                await self._signed_out(wrong)
                await self._end("held", "held", about=wrong.say)
            case Stop():
                await self._stopped(wrong)
            case Wait() if tries < MAX_TRIES or wrong.rule not in _FAULT_RULES:
                await self._put_off(wrong)
            case Unknown() if tries < MAX_TRIES:
                wait_s = min(300.0, 5 * 2**tries)
                await self._put_off(Wait(wrong.say, wait_s, wrong.code, "platform"))
            case _:
                await self._failed(wrong.say, wrong.code)

    async def _put_off(self, wrong: Wait) -> None:
        until = self._now + timedelta(seconds=wrong.after_s)
        await self._defer(wrong.say, until, wrong.rule)
        if wrong.rule == "platform":
            await self._count_faults()

    async def _stopped(self, wrong: Stop) -> None:
        """The line stops: the account's, or the platform's when the fault is not the account's.
        This post is told as not posted; the others wait, and one of them tries later."""
        scope = self._scopes[0] if wrong.everybody else self._scopes[1]
        first = MISSET if wrong.everybody else STOPPED
        async with self._d.db.write() as tx:
            probe_at = await breakers.trip(tx, scope, wrong.say, self._now, first, LONGEST_STOP)
        if wrong.everybody:  # nothing is wrong with the post: it waits for whoever mends it
            await self._defer(wrong.say, probe_at, "breaker")
            return
        await self._failed(wrong.say, wrong.code, key="stopped", until=probe_at)

    async def _count_faults(self) -> None:
        """Turns that meet only faults, over all workers: at last the platform is left in peace."""
        if self._speaker.answers or not self._speaker.faults:
            return  # it speaks to us, if not always
        why = say("rule.faults", platform=notices.platform_name(self._account.platform))
        async with self._d.db.write() as tx:
            await breakers.fault(tx, self._scopes[0], why, self._now, FAULTS, REST, LONGEST_REST)

    @property
    def _scopes(self) -> tuple[str, str]:
        """Breakers: of the platform, of the account."""
        return breakers.scopes_of(self._account.platform, self._claim.account_id)

    async def _failed(
        self, why: Say, code: str, *, key: str = "failed", until: datetime | None = None
    ) -> None:
        """Told; what was marked is of no use to another try, unless it proves that it is not."""
        if not self._keep:
            async with self._d.db.write() as tx:
                await posts.reset_marks(tx, self._claim.id, self._now)
        buttons = notices.post_buttons(self._claim.post_id)
        await self._end("failed", key, about=why, buttons=buttons, until=until)
        log.info("post.failed", code=code)

    async def _defer(self, why: Say, until: datetime, rule: str) -> None:
        """Not now. Short waits pass in silence; long ones are told with the rule and the time,
        once for each reason."""
        now, claim = self._now, self._claim
        told = claim.rule == rule and claim.state == "deferred" and claim.due_at is not None
        told = told and abs(until - (claim.due_at or until)) < timedelta(hours=1)
        async with self._d.db.write() as tx:
            await self._move(
                tx,
                "deferred",
                (*posts.STARTS, *posts.WORKED_ON),
                release=True,
                due_at=until,
                fault=why,
                rule=rule,
                tries=claim.tries + (rule in _FAULT_RULES),
            )
            if until - now > TELL_FROM and not told:
                await notices.deferred(tx, claim, self._account, why, until, now)
            await self._wake(tx, until)

    # ── moving ─────────────────────────────────────────────────────────────────────────────────

    async def _move(self, tx: AsyncSession, to: State, before: tuple[str, ...], **how: Any) -> None:
        """Raises LostClaim when the target is no longer ours, or not where we think it is."""
        how.setdefault("release", False)
        if not await posts.step(tx, self._claim, before, to, self._now, **how):
            raise LostClaim

    async def _go(self, to: State, before: tuple[str, ...], **also: Any) -> None:
        """Move on and keep working."""
        async with self._d.db.write() as tx:
            await self._move(tx, to, before, **also)
        self._state = to

    async def _rest(self, tx: AsyncSession, state: State, until: datetime, **also: Any) -> None:
        """Stay there and go on later."""
        await self._move(tx, state, posts.WORKED_ON, release=True, due_at=until, **also)
        await self._wake(tx, until)

    async def _end(
        self,
        to: State,
        key: str,
        *,
        about: Say | None = None,
        buttons: Rows = (),
        due_at: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        """Stop here until a person acts, and say so."""
        async with self._d.db.write() as tx:
            await self._move(
                tx,
                to,
                (*posts.STARTS, *posts.WORKED_ON),
                release=True,
                fault=about,
                due_at=due_at,
                tries=0,
            )
            await notices.tell(
                tx,
                self._claim,
                self._account,
                key,
                self._now,
                about=about,
                buttons=buttons,
                until=until,
            )
            if due_at:
                await self._wake(tx, due_at)
            await self._wake_next(tx)

    async def _wake(self, tx: AsyncSession, at: datetime) -> None:
        """A job for the next step, unless it is so far away that the sweep will bring it."""
        await wake(self._d.jobs, tx, self._claim.id, self._claim.fence, at, self._now)

    async def _wake_next(self, tx: AsyncSession) -> None:
        """The next post of the account need not wait any longer for this one."""
        following = await posts.next_of(tx, self._claim, self._now)
        if following is not None:
            fence = await posts.fence_of(tx, following)
            await wake(self._d.jobs, tx, following, fence, self._now, self._now)

    # ── speaking to the platform ───────────────────────────────────────────────────────────────

    async def _with_fresh_token(self, work: Callable[[Hand], Awaitable[T]]) -> T:
        """Once more with a renewed token when the platform calls the first one stale."""
        try:
            return await work(await self._speaker.hand(self._state, self._platform))
        except Stale:
            return await work(await self._speaker.hand(self._state, self._platform, stale=True))

    @property
    def _now(self) -> datetime:
        return self._d.clock.now()


_FAULT_RULES = ("platform", "upload")
"""Waits that count as tries; those for a rule may come as often as the rule says."""


async def wake(
    jobs: Jobs, tx: AsyncSession, target_id: int, fence: int, at: datetime, now: datetime
) -> None:
    """Write the job that takes a target further; the same step is the same job."""
    if at - now > timedelta(hours=1):
        return  # the sweep brings it when it is near
    key = f"publish:{target_id}:{fence}:{at.timestamp():.3f}"
    await jobs.add(tx, PUBLISH, {"target": target_id}, key=key, now=now, run_at=at)
