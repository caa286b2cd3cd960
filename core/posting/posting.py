"""Everything about posts and accounts that a person can ask for, and the sweep that keeps them
going. Handlers, the gateway and the publishing worker speak to this class and to nothing below it.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property

from core.db import accounts, targets
from core.jobs.kinds import REFRESH
from core.posting import warnings
from core.posting.accounts import Accounts
from core.posting.choosing import Choosing
from core.posting.desk import Desk
from core.posting.figures import Counting
from core.posting.machine import Machine
from core.posting.questions import Questions
from core.posting.wake import wake

RENEW_AHEAD = timedelta(days=30)


class Posting(Accounts, Choosing, Questions, Counting):
    """The posting side of Clipdesk."""

    @cached_property
    def _machine(self) -> Machine:
        return Machine(
            Desk(
                self._db,
                self._vault,
                self._clock,
                self._jobs,
                self._store,
                self._grants,
                self.platform,
                self._http,
                self._public_link,
                self._settings,
                self._timing,
            )
        )

    async def advance(self, target_id: int) -> None:
        """Take one post on one account a step further; for the publishing worker."""
        await self._machine.advance(target_id)

    async def sweep(self) -> None:
        """Queue everything that is due and has no job: after an outage, or when Redis forgot."""
        now = self._clock.now()
        async with self._db.write() as tx:
            for target_id, fence, due_at, lapsed in await targets.due(tx, now):
                await wake(self._jobs, tx, target_id, fence, due_at, now, lapsed)
            for account_id in await accounts.renewable(tx, now + RENEW_AHEAD):
                key = f"refresh:{account_id}:{now:%Y%m%d%H}"
                await self._jobs.add(tx, REFRESH, {"account": account_id}, key=key, now=now)
            await warnings.expiring(tx, now)
