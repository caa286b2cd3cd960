"""One post on one account, a step further: `scheduled → claimed → preparing → committing →
confirming → published | inbox | private`.

Only *committing* is dangerous. It is entered by a committed compare-and-set that also writes the
intent, and it is left only on evidence: an answer of the platform, or what `look` saw. Kill this
process at any line, and the next one goes on from the rows.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.message import Rows
from core.clock import Clock
from core.db import accounts, posts, videos
from core.db.posts import Claim
from core.db.session import Database
from core.jobs.jobs import Jobs
from core.jobs.kinds import PUBLISH
from core.media.store import MediaStore
from core.posting import notices, rules
from core.posting.grants import Grants
from core.publish.base import (
    Call,
    Fix,
    Hand,
    NotThere,
    NotYet,
    Outcome,
    Platform,
    PlatformError,
    Post,
    Seen,
    SignIn,
    Stale,
    Unknown,
    Wait,
)
from core.publish.views import AccountView, State
from core.say import Say, say
from core.secrets import Vault

LEASE_S = 120.0
BEAT_S = 20.0
UNSURE_AFTER = timedelta(minutes=20)
"""Looking for a lost answer; then a person is asked."""
CONFIRM_FOR = timedelta(hours=24)
LINK_FOR = timedelta(hours=24)
MAX_WAITS = 12
"""Refusals that ask to wait, in one go; then it is told as failed."""

T = TypeVar("T")

log = structlog.get_logger()


class LostClaim(Exception):
    """Another worker holds the target now; nothing more may be done here."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the steps work with."""

    db: Database
    vault: Vault
    clock: Clock
    jobs: Jobs
    store: MediaStore
    grants: Grants
    platform: Callable[[str], Platform]
    http: aiohttp.ClientSession


class Machine:
    """Takes targets further, one claim at a time."""

    def __init__(self, desk: Desk) -> None:
        self._d = desk

    async def advance(self, target_id: int) -> None:
        """Do what is due for this target now; returns quietly when there is nothing, or when
        somebody else has it."""
        now = self._d.clock.now()
        async with self._d.db.write() as tx:
            claim = await posts.claim(tx, target_id, now, LEASE_S)
            account = await accounts.account(tx, claim.account_id) if claim else None
        if claim is None or account is None:
            return
        with structlog.contextvars.bound_contextvars(target=claim.id, fence=claim.fence):
            try:
                async with self._kept(claim):
                    await _Turn(self._d, claim, account).take()
            except LostClaim:
                log.warning("post.claim_lost")

    @asynccontextmanager
    async def _kept(self, claim: Claim) -> AsyncIterator[None]:
        """Keep the claim while the block works; lose it, and the block ends."""
        owner = asyncio.current_task()
        lost = False

        async def beat() -> None:
            nonlocal lost
            while True:
                await asyncio.sleep(BEAT_S)
                async with self._d.db.write() as tx:
                    ours = await posts.beat(tx, claim, self._d.clock.now(), LEASE_S)
                if not ours and owner is not None:
                    lost = True
                    owner.cancel()
                    return

        beating = asyncio.create_task(beat())
        try:
            yield
        except asyncio.CancelledError:
            if lost:
                raise LostClaim from None
            raise
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)


class _Turn:
    """One claim: from where the target is to where it can go now."""

    def __init__(self, desk: Desk, claim: Claim, account: AccountView) -> None:
        self._d, self._claim, self._account = desk, claim, account
        self._platform = desk.platform(account.platform)
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
        if self._state == "published":
            await self._follow_link(post)
            return
        if self._state in ("claimed", "preparing"):
            await self._prepare(post)
            await self._commit(post)
        await self._look(post)

    # ── before anything is sent ────────────────────────────────────────────────────────────────

    async def _may_go(self) -> bool:
        """Late posts, lost sign-ins and used-up limits are settled here, in words."""
        now, claim = self._now, self._claim
        due = claim.post_due_at or now
        if claim.state == "scheduled" and now > due + timedelta(seconds=claim.window_s):
            buttons = notices.missed_buttons(claim.id)
            await self._end("missed", "missed", buttons=buttons)
            return False
        if self._account.state != "ok":
            await self._end("held", "held")
            return False
        async with self._d.db.write() as tx:
            hold = await rules.first_hold(tx, claim.account_id, self._account.platform, now)
        if hold is not None:
            await self._defer(say(f"rule.{hold.rule}"), hold.until, hold.rule)
            return False
        await self._go("claimed", ("scheduled", "deferred"))
        return True

    async def _post(self, scratch: Path) -> Post | None:
        """The file and the words; None, told, when the file is gone."""
        async with self._d.db.read() as tx:
            clip = await videos.clip(tx, self._claim.clip_id)
        if clip.render is None:
            await self._end("failed", "failed", about=say("publish.no_file"))
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
            settings=self._claim.settings,
        )

    # ── the steps ──────────────────────────────────────────────────────────────────────────────

    async def _prepare(self, post: Post) -> None:
        blocking = [p for p in self._platform.check(post) if p.blocks]
        if blocking:
            raise Fix(blocking[0].what)
        await self._go("preparing", ("claimed", "preparing"))
        async with self._d.db.write() as tx:
            await rules.note(tx, self._claim.account_id, self._claim.id, "init", self._now)
        await self._with_fresh_token(lambda hand: self._platform.prepare(post, hand))

    async def _commit(self, post: Post) -> None:
        """Announce it, then do it. From here on only evidence counts."""
        hand = await self._hand("committing")
        intent = {"at": self._now.isoformat(), "caption": post.caption}
        await self._go("committing", ("preparing",), intent_json=intent)
        hand.intent_at = datetime.fromisoformat(intent["at"])
        async with self._d.db.write() as tx:
            await rules.note(tx, self._claim.account_id, self._claim.id, "post", self._now)
        try:
            await self._platform.commit(post, hand)
        except Unknown as wrong:
            log.warning("post.unclear", code=wrong.code)
            return  # still committing: the look decides
        except Stale:
            await self._go("preparing", ("committing",))
            await self._d.grants.fresh(self._claim.account_id, self._platform, force=True)
            raise Wait(say("publish.token_renewed"), 1, "token_renewed") from None
        except PlatformError:
            # A clear no: the platform itself says that it did not happen.
            await self._go("preparing", ("committing",))
            raise
        await self._go("confirming", ("committing",))

    async def _look(self, post: Post) -> None:
        asked = self._claim.tries if self._claim.state == self._state else 0
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

    async def _seen(self, seen: Seen) -> None:
        """It is there: say so, once."""
        now, claim = self._now, self._claim
        to: State = "published" if seen.visible == "public" else seen.visible
        follow = now + timedelta(seconds=15) if to == "published" and not seen.url else None
        async with self._d.db.write() as tx:
            moved = await posts.step(
                tx,
                claim,
                posts.WORKED_ON,
                to,
                now,
                due_at=follow,
                remote_id=seen.remote_id,
                url=seen.url,
                published_at=now,
                tries=0,
            )
            if not moved:
                raise LostClaim
            if to == "published":
                await notices.published(tx, claim, self._account, seen.url, now)
            else:
                await notices.tell(tx, claim, self._account, to, now)
            if follow:
                await self._wake(tx, follow)
        log.info("post.seen", visible=seen.visible)

    async def _not_yet(self, after_s: float, asked: int) -> None:
        now, claim = self._now, self._claim
        since = claim.intent_at or now
        limit = UNSURE_AFTER if self._state == "committing" else CONFIRM_FOR
        if now - since > limit:
            await self._end("unconfirmed", "unconfirmed", buttons=notices.unsure_buttons(claim.id))
            return
        await self._rest(self._state, now + timedelta(seconds=after_s), tries=asked + 1)

    async def _not_there(self, outcome: NotThere) -> None:
        """Evidence that nothing is there. Once more from what was prepared, or told."""
        again = outcome.repeat and self._claim.tries < MAX_WAITS
        if again:
            log.info("post.not_there", code=outcome.code)
            tries = self._claim.tries + 1
            if outcome.code not in ("upload_unfinished", "FINISHED"):
                async with self._d.db.write() as tx:
                    await posts.reset_marks(tx, self._claim.id, self._now)
            wait = timedelta(seconds=min(600, 2**tries))
            await self._rest("preparing", self._now + wait, tries=tries)
            return
        await self._failed(outcome.why, outcome.code)

    async def _follow_link(self, post: Post) -> None:
        """A public post whose address was not known yet."""
        now, claim = self._now, self._claim
        try:
            outcome = await self._with_fresh_token(
                lambda hand: self._platform.look(post, hand, asked=claim.tries)
            )
        except PlatformError:
            outcome = NotYet(60)
        url = outcome.url if isinstance(outcome, Seen) else None
        over = claim.published_at is None or now - claim.published_at > LINK_FOR
        waits = (15, 15, 30, 60, 120, 300, 900)
        later = now + timedelta(seconds=waits[min(claim.tries, len(waits) - 1)])
        async with self._d.db.write() as tx:
            due_at = None if url or over else later
            also: dict[str, Any] = {"url": url, "tries": claim.tries + 1}
            if isinstance(outcome, Seen) and outcome.remote_id:
                also["remote_id"] = outcome.remote_id
            if not await posts.step(
                tx, claim, ("published",), "published", now, due_at=due_at, **also
            ):
                raise LostClaim
            if url:
                await notices.late_link(tx, claim, self._account, url, now)
            elif due_at:
                await self._wake(tx, due_at)

    # ── refusals ───────────────────────────────────────────────────────────────────────────────

    async def _refused(self, wrong: PlatformError) -> None:
        """A clear answer before anything could be seen; Unknown and Wait try again later."""
        log.info("post.refused", kind=type(wrong).__name__, code=wrong.code)
        match wrong:
            case SignIn() | Stale():
                await self._signed_out(wrong)
                await self._end("held", "held", about=wrong.say)
            case Wait() if self._claim.tries < MAX_WAITS:
                until = self._now + timedelta(seconds=wrong.after_s)
                await self._defer(wrong.say, until, wrong.rule)
            case Unknown() if self._claim.tries < MAX_WAITS:
                until = self._now + timedelta(seconds=min(300, 5 * 2**self._claim.tries))
                await self._rest(self._state, until, tries=self._claim.tries + 1)
            case _:
                await self._failed(wrong.say, wrong.code)

    async def _failed(self, why: Say, code: str) -> None:
        buttons = notices.post_buttons(self._claim.post_id)
        await self._end("failed", "failed", about=why, buttons=buttons)
        log.info("post.failed", code=code)

    async def _defer(self, why: Say, until: datetime, rule: str) -> None:
        """Not now. Short waits pass in silence; long ones are told with the rule and the time."""
        now, claim = self._now, self._claim
        back_to: State = "preparing" if self._state == "preparing" else "deferred"
        async with self._d.db.write() as tx:
            moved = await posts.step(
                tx,
                claim,
                ("scheduled", "deferred", "claimed", "preparing"),
                back_to,
                now,
                due_at=until,
                fault=why,
                rule=rule,
                tries=claim.tries + 1,
            )
            if not moved:
                raise LostClaim
            if until - now > timedelta(minutes=5):
                await notices.deferred(tx, claim, self._account, why, until, now)
            await self._wake(tx, until)

    # ── moving ─────────────────────────────────────────────────────────────────────────────────

    async def _go(self, to: State, before: tuple[str, ...], **also: Any) -> None:
        """Move on and keep working."""
        async with self._d.db.write() as tx:
            if not await posts.step(tx, self._claim, before, to, self._now, release=False, **also):
                raise LostClaim
        self._state = to

    async def _rest(self, state: State, until: datetime, *, tries: int) -> None:
        """Stay there and go on later."""
        async with self._d.db.write() as tx:
            if not await posts.step(
                tx, self._claim, posts.WORKED_ON, state, self._now, due_at=until, tries=tries
            ):
                raise LostClaim
            await self._wake(tx, until)

    async def _end(
        self, to: State, key: str, *, about: Say | None = None, buttons: Rows = ()
    ) -> None:
        """Stop here until a person acts, and say so."""
        async with self._d.db.write() as tx:
            moved = await posts.step(
                tx,
                self._claim,
                ("scheduled", "deferred", *posts.WORKED_ON),
                to,
                self._now,
                fault=about,
            )
            if not moved:
                raise LostClaim
            await notices.tell(
                tx, self._claim, self._account, key, self._now, about=about, buttons=buttons
            )

    async def _wake(self, tx: AsyncSession, at: datetime) -> None:
        """A job for the next step, unless it is so far away that the sweep will bring it."""
        await wake(self._d.jobs, tx, self._claim.id, self._claim.fence, at, self._now)

    # ── speaking to the platform ───────────────────────────────────────────────────────────────

    async def _with_fresh_token(self, work: Callable[[Hand], Awaitable[T]]) -> T:
        """Once more with a renewed token when the platform calls the first one stale."""
        try:
            return await work(await self._hand(self._state))
        except Stale:
            return await work(await self._hand(self._state, force=True))

    async def _hand(self, step: str, *, force: bool = False) -> Hand:
        d, claim = self._d, self._claim
        grant = await d.grants.fresh(claim.account_id, self._platform, force=force)
        async with d.db.read() as tx:
            sealed = await posts.marks(tx, claim.id)
        refs = {kind: d.vault.open(value) for kind, value in sealed.items()}

        async def mark(kind: str, value: str) -> None:
            async with d.db.write() as tx:
                if not await posts.mark(tx, claim, kind, d.vault.seal(value), d.clock.now()):
                    raise LostClaim

        async def tell(call: Call) -> None:
            async with d.db.write() as tx:
                await posts.note_attempt(
                    tx,
                    claim,
                    step,
                    d.clock.now(),
                    call=call.name,
                    ok=call.ok,
                    http=call.http,
                    code=call.code,
                    log_id=call.log_id,
                    note=call.note,
                    took_s=call.took_s,
                )

        return Hand(d.http, grant, refs, mark, tell, d.clock.now, d.clock.sleep, claim.intent_at)

    @property
    def _now(self) -> datetime:
        return self._d.clock.now()


async def wake(
    jobs: Jobs, tx: AsyncSession, target_id: int, fence: int, at: datetime, now: datetime
) -> None:
    """Write the job that takes a target further; the same step is the same job."""
    if at - now > timedelta(hours=1):
        return  # the sweep brings it when it is near
    key = f"publish:{target_id}:{fence}:{at.timestamp():.0f}"
    await jobs.add(tx, PUBLISH, {"target": target_id}, key=key, now=now, run_at=at)
