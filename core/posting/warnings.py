"""Sign-ins that end: told days ahead, with the posts that would not go out."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.message import Out
from core.db import accounts, outbox, targets
from core.posting.notices import connect_buttons, platform_name
from core.publish.views import AccountView
from core.say import Fact, Say, When, say

AHEAD = (timedelta(days=1), timedelta(days=7))
"""Each is told once."""
_NAMED = 5
"""Posts at risk that are named; the rest are counted."""


async def expiring(tx: AsyncSession, now: datetime) -> None:
    """Tell of sign-ins that end soon. Renewing them has not worked until now, or cannot."""
    for account in await accounts.ending(tx, now, now + AHEAD[-1]):
        until = account.refresh_until
        assert until is not None
        span = next(a for a in AHEAD if until - now <= a)
        key = f"expiry:{account.id}:{until:%Y%m%d%H}:{span.days}"
        what = say(
            "account.ends_soon",
            platform=platform_name(account.platform),
            username=account.username,
            at=When(until),
        )
        await _tell(tx, account, what, key, now, after=until)


async def signed_out(tx: AsyncSession, account: AccountView, why: Say, now: datetime) -> None:
    """A renewal was refused: only a person can mend it."""
    what = say("account.ended", platform=platform_name(account.platform), username=account.username)
    key = f"ended:{account.id}:{now:%Y%m%d%H}"
    await _tell(tx, account, what, key, now, after=now, why=why)


async def _tell(
    tx: AsyncSession,
    account: AccountView,
    what: Say,
    key: str,
    now: datetime,
    *,
    after: datetime,
    why: Say | None = None,
) -> None:
    risk = await targets.planned(tx, account.id, after)
    named: tuple[Fact, ...] = tuple(
        say("account.at_risk_post", title=title, at=When(at)) for title, at in risk[:_NAMED]
    )
    left = len(risk) - len(named)
    lines = [what, *((why,) if why else ())]
    if risk:
        lines.append(say("account.at_risk", posts=named))
    if left:
        lines.append(say("account.at_risk_more", n=left))
    lines.append(say("account.connect_again"))
    out = Out(tuple(lines), connect_buttons(account.platform))
    for chat_id in await accounts.told_in(tx, account.id):
        await outbox.say(tx, chat_id, out, key=f"{key}:{chat_id}", now=now)
