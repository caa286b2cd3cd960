"""Connecting an account: the address to sign in at, and what comes back from there."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import aiohttp
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.message import Out
from core.chat.registry import Asker
from core.clock import Clock
from core.db import accounts, audit, outbox, sign_ins
from core.db.session import Database
from core.errors import Told
from core.posting.grants import seal
from core.posting.notices import platform_name
from core.publish.base import Platform
from core.publish.errors import PlatformError, Unknown, Wait
from core.publish.grant import Grant, Profile
from core.publish.views import AccountView
from core.say import say
from core.secrets import Vault
from core.settings import Settings

Then = Callable[[AsyncSession, AccountView], Awaitable[None]]

_TRIES = 3

log = structlog.get_logger()


class Connect:
    """OAuth from both ends of our side."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        clock: Clock,
        http: aiohttp.ClientSession,
        settings: Settings,
        platform: Callable[[str], Platform],
    ) -> None:
        self._db, self._vault, self._clock, self._http = db, vault, clock, http
        self._settings, self._platform = settings, platform

    async def link(self, platform: Platform, by: Asker) -> str:
        """Raises Told when the platform is not set up."""
        if (missing := platform.missing()) is not None:
            raise Told("account.not_ready", platform=platform_name(platform.name), why=missing)
        if not platform.reaches_back(self._settings.address):
            raise Told("account.needs_https", platform=platform_name(platform.name))
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        redirect = f"{self._settings.address}/oauth/{platform.name}"
        to = sign_ins.SignIn(
            by.workspace_id,
            by.member_id,
            by.chat_id,
            platform.name,
            redirect,
            self._vault.seal(verifier),
        )
        async with self._db.write() as tx:
            mark = self._vault.fingerprint("oauth", state)
            await sign_ins.begin_sign_in(tx, mark, to, self._clock.now())
        return platform.sign_in_address(redirect, state, verifier)

    async def finish(self, platform: Platform, query: Mapping[str, str], then: Then) -> AccountView:
        """`then` is done in the transaction that connects it. Raises Told for a state that is not
        ours, and when the person or the platform said no."""
        state = query.get("state", "")
        async with self._db.write() as tx:
            mark = self._vault.fingerprint("oauth", state)
            to = await sign_ins.take_sign_in(tx, mark, self._clock.now())
        if to is None or to.platform != platform.name:
            raise Told("account.bad_state")
        if query.get("error") or not query.get("code"):
            raise Told("account.refused", platform=platform_name(platform.name))
        try:
            grant, profile = await self._sign_in(platform, to, query["code"])
        except PlatformError as wrong:
            log.warning("account.sign_in_failed", platform=platform.name, code=wrong.code)
            raise Told(
                "account.sign_in_failed", platform=platform_name(platform.name), why=wrong.say
            ) from wrong
        return await self._keep(platform, to, grant, profile, then)

    async def _sign_in(
        self, platform: Platform, to: sign_ins.SignIn, code: str
    ) -> tuple[Grant, Profile]:
        verifier = self._vault.open(to.verifier_sealed)
        now = self._clock.now()
        grant = await platform.exchange(self._http, code, to.redirect_uri, verifier, now)
        for attempt in range(_TRIES):  # the code is used up: a fault here is waited out
            try:
                return grant, await platform.profile(self._http, grant)
            except (Unknown, Wait):
                if attempt == _TRIES - 1:
                    raise
                await asyncio.sleep(0.5 * 2**attempt)
        raise AssertionError("unreachable")

    async def _keep(
        self,
        platform: Platform,
        to: sign_ins.SignIn,
        grant: Grant,
        profile: Profile,
        then: Then,
    ) -> AccountView:
        grant = replace(grant, remote_id=profile.remote_id)
        now = self._clock.now()
        async with self._db.write() as tx:
            account = await accounts.keep_account(
                tx,
                to.workspace_id,
                platform.name,
                remote_id=profile.remote_id,
                username=profile.username,
                sealed=seal(self._vault, grant),
                scopes=grant.scopes,
                access_until=grant.access_until,
                refresh_until=grant.refresh_until,
                practice=platform.practice,
                rules=dict(platform.practice_rules) if platform.practice else {},
                now=now,
            )
            what = "account.connected_practice" if platform.practice else "account.connected"
            out = Out.of(
                say(what, platform=platform_name(platform.name), username=profile.username)
            )
            key = f"connected:{account.id}:{now.timestamp():.0f}"
            await outbox.say(tx, to.chat_id, out, key=key, now=now, urgent=True)
            about = f"account:{account.id}"
            await audit.record(tx, to.workspace_id, to.member_id, "account.connect", about, now)
            await then(tx, account)
        return account
