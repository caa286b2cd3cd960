"""Reading how posts fare, for what is learnt from it. Nothing here can change a post."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

import structlog

from core.db import accounts, breakers, figures
from core.errors import Later
from core.jobs.kinds import FIGURES
from core.posting.office import Office
from core.publish.base import Platform
from core.publish.errors import Fix, PlatformError, SignIn, Stale, Stop, Wait
from core.publish.figures import Figures
from core.publish.hand import Call, Tell

EVERY = timedelta(minutes=15)
"""Posts that come due in one such time are asked for together."""
_MOST = 100
"""Posts of one account in one job; the rest is read by the next one."""
_AGAIN_S = 900.0

log = structlog.get_logger()


class Counting(Office):
    """The part of the posting side that only looks."""

    _looked_at: datetime | None = None

    async def sweep_figures(self) -> None:
        """Write a job for each account with readings that are due; once in a quarter of an hour."""
        now = self._clock.now()
        until = datetime.fromtimestamp(now.timestamp() // EVERY.seconds * EVERY.seconds, now.tzinfo)
        if self._looked_at == until:
            return
        async with self._db.write() as tx:
            for account_id in await figures.accounts_due(tx, until, FIGURES.name):
                key = f"figures:{account_id}:{until:%Y%m%d%H%M}"
                await self._jobs.add(tx, FIGURES, {"account": account_id}, key=key, now=now)
        self._looked_at = until

    async def read_figures(self, account_id: int) -> None:
        """Read what is due of one account; may be killed anywhere and done again. Raises Later when
        the platform wants to be asked another time."""
        async with self._db.read() as tx:
            account = await accounts.account(tx, account_id)
            of = (account.platform, breakers.scope_of(account.platform, account_id))
            stopped = await breakers.open_ones(tx, *of)
            wanted = iter(await figures.due(tx, account_id, self._clock.now(), _MOST))
        if stopped or account.state != "ok":
            return  # a platform that refuses posts is left in peace
        platform = self.platform(account.platform)
        while some := tuple(islice(wanted, platform.figures_at_once)):
            await self._read(platform, account_id, some)

    async def _read(
        self, platform: Platform, account_id: int, some: tuple[figures.Due, ...]
    ) -> None:
        """Ask once, and keep what was told; what the platform will never tell is kept as untold."""
        full_s = 0.0

        async def tell(call: Call) -> None:
            nonlocal full_s
            full_s = max(full_s, call.full_s)

        try:
            told = await self._asked(platform, account_id, [d.remote_id for d in some], tell)
        except (Fix, SignIn, Stale, Stop) as wrong:
            log.info("figures.untold", account=account_id, code=wrong.code)
            told = {}
        except PlatformError as wrong:
            after_s = wrong.after_s if isinstance(wrong, Wait) else _AGAIN_S
            raise Later(after_s, wrong.code) from wrong
        async with self._db.write() as tx:
            if (await accounts.account(tx, account_id)).state == "ok":  # else: once it is back
                await figures.keep(tx, some, told, self._clock.now())
        if full_s:
            raise Later(full_s, "nearly_full")

    async def _asked(
        self, platform: Platform, account_id: int, ids: Sequence[str], tell: Tell
    ) -> Mapping[str, Figures]:
        grant = await self._grants.fresh(account_id, platform)
        try:
            return await platform.figures(self._http, grant, ids, tell, self._clock.now())
        except Stale:
            grant = await self._grants.fresh(account_id, platform, spent=grant)
            return await platform.figures(self._http, grant, ids, tell, self._clock.now())
