"""The sign-in of an account, fresh enough to work with. One refresh at a time over all processes;
the new pair is stored before anything else is done with it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from datetime import datetime

import aiohttp
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.db import accounts
from core.db.session import Database
from core.publish.base import Platform
from core.publish.errors import SignIn, Unknown
from core.publish.grant import Grant
from core.say import say
from core.secrets import Vault

REFRESH_LEASE_S = 60.0
_TRIES = 3

log = structlog.get_logger()


def seal(vault: Vault, grant: Grant) -> str:
    """All of it, encrypted for the database."""
    raw = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in asdict(grant).items()}
    return vault.seal(json.dumps(raw))


def unseal(vault: Vault, sealed: str) -> Grant:
    raw = json.loads(vault.open(sealed))
    for name in ("access_until", "refresh_until", "issued_at"):
        raw[name] = datetime.fromisoformat(raw[name]) if raw[name] else None
    return Grant(**{**raw, "scopes": tuple(raw["scopes"])})


class Grants:
    """Reads and renews sign-ins."""

    def __init__(
        self, db: Database, vault: Vault, clock: Clock, http: aiohttp.ClientSession
    ) -> None:
        self._db, self._vault, self._clock, self._http = db, vault, clock, http

    async def stored(self, account_id: int) -> Grant:
        """As it is, however old."""
        async with self._db.read() as tx:
            return unseal(self._vault, (await accounts.grant(tx, account_id)).sealed)

    async def fresh(
        self, account_id: int, platform: Platform, *, spent: Grant | None = None
    ) -> Grant:
        """A sign-in that lives long enough; `spent` is one that was not accepted, so that another
        is needed. Raises SignIn when only a person can mend it, and Unknown when the platform could
        not be asked: that never disconnects an account."""
        before: int | None = None
        for _ in range(20):
            async with self._db.read() as tx:
                stored = await accounts.grant(tx, account_id)
            grant = unseal(self._vault, stored.sealed)
            now = self._clock.now()
            renewed = before is not None and stored.version != before
            refused = spent is not None and spent.access == grant.access
            if renewed or not (refused or platform.due_for_refresh(grant, now)):
                return grant
            before = stored.version
            async with self._db.write() as tx:
                ours = await accounts.lease_refresh(
                    tx, account_id, stored.version, now, REFRESH_LEASE_S
                )
            if ours:
                return await self._renew(account_id, platform, grant, stored.version)
            await asyncio.sleep(0.25)  # somebody else renews it: wait for the new pair
        raise Unknown(say("publish.no_answer"))

    async def is_stored(self, tx: AsyncSession, account_id: int, grant: Grant) -> bool:
        """Whether it is the sign-in of the account still."""
        stored = unseal(self._vault, (await accounts.grant(tx, account_id)).sealed)
        return stored.access == grant.access

    async def _renew(
        self, account_id: int, platform: Platform, grant: Grant, version: int
    ) -> Grant:
        try:
            new = await self._ask(platform, grant)
        except SignIn as wrong:
            async with self._db.write() as tx:
                await accounts.sign_out(tx, account_id, version, wrong.say)
            raise
        except BaseException:
            async with self._db.write() as tx:
                await accounts.end_refresh(tx, account_id, version)
            raise
        sealed = seal(self._vault, new)
        async with self._db.write() as tx:  # before any other call: the old pair is dead now
            await accounts.keep_grant(
                tx, account_id, version, sealed, new.access_until, new.refresh_until
            )
        log.info("account.renewed", account=account_id)
        return new

    async def _ask(self, platform: Platform, grant: Grant) -> Grant:
        """A lost answer may have rotated the token: the old one is tried once more, and only its
        refusal means that a person must sign in again."""
        now = self._clock.now()
        for attempt in range(_TRIES):
            try:
                return await platform.refresh(self._http, grant, now)
            except Unknown:
                if attempt == _TRIES - 1:
                    raise
                await asyncio.sleep(0.5 * 2**attempt)
        raise AssertionError("unreachable")
