"""What may keep a post from going out now: limits the platforms count, the order of an account, and
breakers. Asked at the claim, and once more in the moment a limited call is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from core.db import breakers, order, quotas
from core.db.targets import Claim
from core.publish.base import platform_classes
from core.publish.hand import Use
from core.publish.quotas import frees_at, window_start
from core.publish.views import AccountView
from core.say import Say, say

PROBE_APART = timedelta(minutes=2)
"""While one post tries whether a breaker can be closed, the others wait this long."""
AT_ONCE = 4
"""Posts of one account that may be prepared at a time; they go out one after the other."""
ORDER_S = 30.0
"""A post that waits for an earlier one is woken by it; this is for when that got lost."""
SPREAD = timedelta(minutes=10)
"""Between posts of one account that are all past their time: no burst after an outage."""
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Hold:
    """A rule says no until then."""

    rule: str
    until: datetime
    why: Say


def uses(claim: Claim) -> tuple[str, ...]:
    """The kinds a post on this account will use up."""
    return ("init", "draft") if claim.settings.get("mode") == "inbox" else _PUBLIC


_PUBLIC = ("init", "container", "insert", "post")


async def used_up(
    tx: AsyncSession, account: AccountView, now: datetime, kinds: tuple[str, ...]
) -> Hold | None:
    """The first limit of these that is used up, and when it frees again."""
    for quota in platform_classes()[account.platform].quotas:
        if quota.kind not in kinds:
            continue
        of = account.id if quota.per == "account" else account.platform
        since = window_start(quota.window, now)
        n, oldest = await quotas.used_since(tx, of, quota.kind, since, last=quota.most)
        if n >= quota.most and oldest is not None:
            return Hold(quota.rule, frees_at(quota, oldest, now), say(f"rule.{quota.rule}"))
    return None


async def use(
    tx: AsyncSession, account: AccountView, kind: str, window: timedelta, now: datetime
) -> Use:
    """How often we used something, and when the oldest use leaves the window."""
    n, oldest = await quotas.used_since(tx, account.id, kind, now - window)
    return Use(n, oldest + window if oldest else None)


async def stopped(
    tx: AsyncSession, account: AccountView, now: datetime, *, probe: bool
) -> Hold | None:
    """An open breaker of the account or its platform. With `probe` the first one after its time
    goes through, and the others wait for what comes of it."""
    scopes = breakers.scopes_of(account.platform, account.id)
    for breaker in await breakers.open_ones(tx, *scopes):
        if breaker.probe_at > now:
            return Hold("breaker", breaker.probe_at, breaker.why)
        if probe and not await breakers.take_probe(tx, breaker.scope, now, PROBE_APART):
            return Hold("breaker", now + PROBE_APART, breaker.why)
    return None


async def first_hold(
    tx: AsyncSession, claim: Claim, account: AccountView, now: datetime
) -> Hold | None:
    """What keeps this post from beginning. The account must be locked in this transaction."""
    if (ahead := await order.ahead(tx, claim)) and (hold := _order(ahead, now)) is not None:
        return hold
    if (hold := await _spread(tx, claim, account, now)) is not None:
        return hold
    if (hold := await used_up(tx, account, now, uses(claim))) is not None:
        return hold
    return await stopped(tx, account, now, probe=True)


def _order(ahead: tuple[order.Ahead, ...], now: datetime) -> Hold | None:
    """Posts of one account go out in the order they were planned."""
    first = ahead[0]
    if first.state in ("scheduled", "deferred"):
        due_at = first.due_at or now
        if first.why is not None and first.rule in _shared() and due_at > now:
            return Hold(first.rule, due_at, first.why)  # the same limit keeps this one
        return Hold("order", max(due_at, now + timedelta(seconds=ORDER_S)), say("rule.order"))
    if len(ahead) >= AT_ONCE:
        return Hold("order", now + timedelta(seconds=ORDER_S), say("rule.order"))
    return None


def _shared() -> set[str]:
    """Rules that keep every post of an account."""
    every = platform_classes().values()
    counted = {q.rule for found in every for q in found.quotas}
    return counted | {rule for found in every for rule in found.live_rules} | {"breaker"}


async def _spread(
    tx: AsyncSession, claim: Claim, account: AccountView, now: datetime
) -> Hold | None:
    planned = claim.planned_at or now
    if now - planned <= timedelta(seconds=claim.window_s):
        return None
    last = await quotas.last_use(tx, account.id, "post")
    if last is None or now - last >= SPREAD:
        return None
    return Hold("spread", last + SPREAD + _SECOND, say("rule.spread"))
