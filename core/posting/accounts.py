"""The accounts of a workspace: connecting them, what stops them, and keeping them signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.registry import Asker
from core.db import accounts, breakers, targets
from core.db.breakers import Breaker
from core.errors import Told
from core.jobs.kinds import REFRESH
from core.posting import warnings
from core.posting.connect import Connect
from core.posting.office import Office
from core.publish.base import platform_classes
from core.publish.errors import SignIn
from core.publish.views import AccountView
from core.say import Say


@dataclass(frozen=True, slots=True)
class PlatformView:
    """A platform one can connect."""

    name: str
    practice: bool
    missing: Say | None


class Accounts(Office):
    """What a person can ask for about accounts."""

    @cached_property
    def _connect(self) -> Connect:
        return Connect(
            self._db, self._vault, self._clock, self._http, self._settings, self.platform
        )

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
        return await self._connect.finish(self.platform(platform), query, self._resume)

    async def _resume(self, tx: AsyncSession, account: AccountView) -> None:
        """What waited for the account goes on, in the order it was planned; what is looked for is
        looked for at once. However late it is: a person was told that it goes out by itself."""
        now = self._clock.now()
        await breakers.close(tx, breakers.scope_of(account.platform, account.id))
        for target_id in await targets.of_account(tx, account.id, "held"):
            if await targets.by_hand(
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
        for target_id in await targets.of_account(tx, account.id, "deferred", rule="breaker"):
            await self._hurry(tx, target_id, now)

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
            for target_id in await targets.of_account(tx, account.id, "deferred", rule="breaker"):
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
                account = await accounts.lock(tx, account_id)
                if account.state == "signed_out":
                    await warnings.signed_out(tx, account, wrong.say, self._clock.now())

    async def hear(self, platform: str, raw: bytes, headers: Mapping[str, str]) -> None:
        """A webhook: look sooner at what is under way on the accounts it names. Raises NotSigned
        for one that does not come from the platform."""
        now = self._clock.now()
        hints = self.platform(platform).hints(raw, headers, now)
        async with self._db.write() as tx:
            for hint in hints:
                for account in await accounts.by_remote_id(tx, platform, hint.remote_id):
                    for target_id in await targets.of_account(tx, account.id, *targets.LOOKED_AT):
                        await self._hurry(tx, target_id, now)
                    if hint.ended and account.state == "ok":
                        key = f"ended:{account.id}:{now:%Y%m%d%H%M}"
                        args = {"account": account.id, "ended": True}
                        await self._jobs.add(tx, REFRESH, args, key=key, now=now)
