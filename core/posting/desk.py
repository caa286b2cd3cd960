"""What a step of a post works with: the claim it holds, and the platform it speaks to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.db import accounts, attempts, breakers, quotas, targets
from core.db.session import Database
from core.db.targets import Claim
from core.jobs.jobs import Jobs
from core.media.store import MediaStore
from core.posting import rules
from core.posting.grants import Grants
from core.publish.base import Platform
from core.publish.errors import LostClaim, Wait
from core.publish.grant import Grant
from core.publish.hand import Call, Hand, Use
from core.publish.views import AccountView
from core.say import say
from core.secrets import Vault
from core.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a claim is ours without a sign of life, and how often one is given, in seconds."""

    lease_s: float = 60.0
    beat_s: float = 15.0


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
    public_link: Callable[[Platform, str], str]
    """Where a platform could fetch a stored file; "" when it does not reach us."""
    settings: Settings
    timing: Timing = Timing()


class Lease:
    """A claim that is kept alive while its holder works, and ends when it does not."""

    def __init__(self, desk: Desk, claim: Claim, until: datetime) -> None:
        self._d, self._claim, self._until = desk, claim, until

    def check(self) -> None:
        """Raises LostClaim when it has run out: who was frozen finds out before sending."""
        if self._d.clock.now() >= self._until:
            raise LostClaim

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Keep it while the block works; lose it, and the block ends."""
        owner = asyncio.current_task()
        assert owner is not None
        beating = asyncio.create_task(self._beat(owner))
        try:
            yield
        except asyncio.CancelledError:
            if beating.done() and not beating.cancelled():
                owner.uncancel()
                raise LostClaim from None
            raise
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    async def _beat(self, owner: asyncio.Task[object]) -> None:
        """Ends, and the owner with it, when the claim is no longer ours."""
        while True:
            await asyncio.sleep(self._d.timing.beat_s)
            now = self._d.clock.now()
            try:
                async with self._d.db.write() as tx:
                    ours = await targets.beat(tx, self._claim, now, self._d.timing.lease_s)
            except (SQLAlchemyError, OSError) as wrong:  # the database is away: not lost yet
                log.warning("post.beat_failed", error=type(wrong).__name__)
                ours = now < self._until
            else:
                self._until = now + timedelta(seconds=self._d.timing.lease_s)
            if not ours:
                owner.cancel()
                return


class Speaker:
    """Makes the hand with which a platform works for one target."""

    def __init__(self, desk: Desk, claim: Claim, account: AccountView, lease: Lease) -> None:
        self._d, self._claim, self._account, self._lease = desk, claim, account, lease
        self._spent: Grant | None = None
        self.intent_at = claim.intent_at
        self.faults = 0
        """Calls that met a fault of the platform itself."""
        self.answers = 0
        """Calls it answered, whatever it said."""

    async def hand(self, step: str, platform: Platform, *, stale: bool = False) -> Hand:
        """With a sign-in that is fresh; `stale` says that the last one was not accepted."""
        d, claim = self._d, self._claim
        spent = self._spent if stale else None
        grant = await d.grants.fresh(claim.account_id, platform, spent=spent)
        self._spent = grant
        async with d.db.read() as tx:
            sealed = await attempts.marks(tx, claim.id)
        refs = {kind: d.vault.open(value) for kind, value in sealed.items()}
        self._step = step
        return Hand(
            d.http,
            grant,
            refs,
            self._mark,
            self._tell,
            d.clock.now,
            d.clock.sleep,
            self.spend,
            self._used,
            self._account.username,
            self.intent_at,
            self._lease.check,
        )

    async def is_current(self, tx: AsyncSession) -> bool:
        """Whether the sign-in that was used last is the account's still."""
        used = self._spent
        return used is not None and await self._d.grants.is_stored(tx, self._account.id, used)

    async def _mark(self, kind: str, value: str) -> None:
        d = self._d
        async with d.db.write() as tx:
            if not await attempts.mark(tx, self._claim, kind, d.vault.seal(value), d.clock.now()):
                raise LostClaim

    async def _tell(self, call: Call) -> None:
        now = self._d.clock.now()
        fault = call.http is None or call.http >= 500
        self.faults += fault
        self.answers += not fault
        async with self._d.db.write() as tx:
            await attempts.note_attempt(
                tx,
                self._claim,
                self._step,
                now,
                call=call.name,
                ok=call.ok,
                http=call.http,
                code=call.code,
                log_id=call.log_id,
                note=call.note,
                took_s=call.took_s,
            )
            if call.full_s:
                await self._slow_down(tx, timedelta(seconds=call.full_s), now)

    async def _slow_down(self, tx: AsyncSession, wait: timedelta, now: datetime) -> None:
        """The platform says that its limits are nearly used up: the account rests."""
        account = self._account
        scope = breakers.scope_of(account.platform, account.id)
        if not await breakers.open_ones(tx, scope):
            why = say("rule.nearly_full", platform=account.platform)
            await breakers.trip(tx, scope, why, now, wait, wait)

    async def spend(self, kind: str) -> None:
        """Count a use before it is used. Raises Wait when the limit is reached, and LostClaim when
        somebody else has the target."""
        now = self._d.clock.now()
        async with self._d.db.write() as tx:
            account = await accounts.lock(tx, self._claim.account_id)
            if not await targets.ours(tx, self._claim):
                raise LostClaim
            await self.spend_in(tx, account, kind, now)

    async def spend_in(
        self, tx: AsyncSession, account: AccountView, kind: str, now: datetime
    ) -> None:
        """The same inside a transaction that has locked the account."""
        hold = await rules.used_up(tx, account, now, (kind,))
        if hold is not None:
            raise Wait(hold.why, (hold.until - now).total_seconds(), hold.rule, hold.rule)
        await quotas.note_use(tx, account.id, self._claim.id, kind, now)

    async def _used(self, kind: str, window: timedelta) -> Use:
        async with self._d.db.read() as tx:
            return await rules.use(tx, self._account, kind, window, self._d.clock.now())
