"""A target that is ours for now: where it is, and every way in which it may move on.

Whoever moves it names the states it may come from; a claim that was lost meanwhile moves nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.message import Rows
from core.db import accounts, breakers, order, targets
from core.db.targets import Claim
from core.posting import notices
from core.posting.desk import Desk, Lease, Speaker
from core.posting.wake import wake
from core.publish.errors import LostClaim, PlatformError, Stale
from core.publish.hand import Hand
from core.publish.views import AccountView, State
from core.say import Say

FAULT_RULES = ("platform", "upload")
"""Waits that count as tries; those for a rule may come as often as the rule says."""
TELL_FROM = timedelta(minutes=5)
"""Shorter waits pass in silence."""

T = TypeVar("T")


class Held:
    """One claimed target."""

    def __init__(self, desk: Desk, claim: Claim, account: AccountView, lease: Lease) -> None:
        self.desk, self.claim, self.account = desk, claim, account
        self.platform = desk.platform(account.platform)
        self.speaker = Speaker(desk, claim, account, lease)
        self.state: State = claim.state
        self._along: list[Callable[[AsyncSession], Awaitable[None]]] = []

    def along(self, what: Callable[[AsyncSession], Awaitable[None]]) -> None:
        """Becomes true together with the next move, or not at all."""
        self._along.append(what)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A transaction that changes more than the target. Raises LostClaim when it is not ours.
        Everybody locks the account first and then its targets."""
        async with self.desk.db.write() as tx:
            await accounts.lock(tx, self.claim.account_id)
            if not await targets.ours(tx, self.claim):
                raise LostClaim
            yield tx

    @property
    def now(self) -> datetime:
        return self.desk.clock.now()

    @property
    def scopes(self) -> tuple[str, str]:
        """Breakers: of the platform, of the account."""
        return breakers.scopes_of(self.account.platform, self.claim.account_id)

    async def move(self, tx: AsyncSession, to: State, before: tuple[str, ...], **how: Any) -> None:
        """Raises LostClaim when the target is no longer ours, or not where we think it is."""
        how.setdefault("release", False)
        if not await targets.step(tx, self.claim, before, to, self.now, **how):
            raise LostClaim
        for what in self._along:
            await what(tx)
        self._along.clear()

    async def go(self, to: State, before: tuple[str, ...], **also: Any) -> None:
        """Move on and keep working."""
        async with self.desk.db.write() as tx:
            await self.move(tx, to, before, **also)
        self.state = to

    async def rest(self, tx: AsyncSession, state: State, until: datetime, **also: Any) -> None:
        """Stay there and go on later."""
        await self.move(tx, state, targets.WORKED_ON, release=True, due_at=until, **also)
        await self.wake(tx, until)

    async def defer(self, why: Say, until: datetime, rule: str) -> None:
        """Not now. Short waits pass in silence; long ones are told with the rule and the time,
        once for each reason."""
        now, claim = self.now, self.claim
        told = claim.rule == rule and claim.state == "deferred" and claim.due_at is not None
        told = told and abs(until - (claim.due_at or until)) < timedelta(hours=1)
        async with self.desk.db.write() as tx:
            await self.move(
                tx,
                "deferred",
                (*targets.STARTS, *targets.WORKED_ON),
                release=True,
                due_at=until,
                fault=why,
                rule=rule,
                tries=claim.tries + (rule in FAULT_RULES),
            )
            if until - now > TELL_FROM and not told:
                await notices.deferred(tx, claim, self.account, why, until, now)
            await self.wake(tx, until)

    async def end(
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
        async with self.desk.db.write() as tx:
            await self.end_in(tx, to, key, about=about, buttons=buttons, due_at=due_at, until=until)

    async def end_in(
        self,
        tx: AsyncSession,
        to: State,
        key: str,
        *,
        about: Say | None = None,
        buttons: Rows = (),
        due_at: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        """The same inside a transaction."""
        before = (*targets.STARTS, *targets.WORKED_ON)
        await self.move(tx, to, before, release=True, fault=about, due_at=due_at, tries=0)
        await notices.tell(
            tx, self.claim, self.account, key, self.now, about=about, buttons=buttons, until=until
        )
        if due_at:
            await self.wake(tx, due_at)
        await self.wake_next(tx)

    async def wake(self, tx: AsyncSession, at: datetime) -> None:
        """A job for the next step, unless it is so far away that the sweep will bring it."""
        await wake(self.desk.jobs, tx, self.claim.id, self.claim.fence, at, self.now)

    async def wake_next(self, tx: AsyncSession) -> None:
        """The next post of the account need not wait any longer for this one."""
        following = await order.next_of(tx, self.claim, self.now)
        if following is not None:
            fence = await targets.fence_of(tx, following)
            await wake(self.desk.jobs, tx, following, fence, self.now, self.now)

    async def signed_out(self, tx: AsyncSession, wrong: PlatformError) -> bool:
        """Only a person can mend the sign-in. False when somebody just did: the one that was
        refused is not the account's any more."""
        account = await accounts.account(tx, self.claim.account_id)
        if account.state != "ok":
            return True
        if not await self.speaker.is_current(tx):
            return False
        await accounts.set_account(tx, account.id, state="signed_out", fault=wrong.say)
        return True

    async def with_fresh_token(self, work: Callable[[Hand], Awaitable[T]]) -> T:
        """Once more with a renewed token when the platform calls the first one stale."""
        try:
            return await work(await self.speaker.hand(self.state, self.platform))
        except Stale:
            return await work(await self.speaker.hand(self.state, self.platform, stale=True))
