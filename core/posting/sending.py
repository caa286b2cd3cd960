"""Sending a post: what is invisible first, then the one call after which it may be seen."""

from __future__ import annotations

from datetime import timedelta

import structlog

from core.db import accounts, order, quotas
from core.posting import rules
from core.posting.held import Held
from core.publish.errors import Fix, PlatformError, Stale, Unknown, Wait
from core.publish.post import Post
from core.say import say

log = structlog.get_logger()


async def prepare(held: Held, post: Post) -> bool:
    """False when an earlier try turns out to be there already."""
    blocking = [p for p in held.platform.check(post) if p.blocks]
    if blocking:
        raise Fix(blocking[0].what)
    if not post.file.exists():
        raise Fix(say("publish.no_file"), "no_file")
    await held.go("preparing", ("claimed", "preparing"))
    return await held.with_fresh_token(lambda hand: held.platform.prepare(post, hand))


async def commit(held: Held, post: Post) -> bool:
    """Announce it, then do it. From here on only evidence counts. False when an earlier post of the
    account has to go first."""
    hand = await held.speaker.hand("committing", held.platform)
    if not await _announce(held, post):
        return False
    hand.intent_at = held.speaker.intent_at
    try:
        await held.platform.commit(post, hand)
    except Unknown as wrong:
        log.warning("post.unclear", code=wrong.code)
        return True  # still committing: the look decides
    except Stale as wrong:
        await _back(held)
        await held.desk.grants.fresh(held.claim.account_id, held.platform, spent=hand.grant)
        raise Wait(wrong.say, 1, "token_renewed", "upload") from None
    except PlatformError:
        # A clear no: the platform itself says that it did not happen.
        await _back(held)
        raise
    await held.go("confirming", ("committing",))
    return True


async def _announce(held: Held, post: Post) -> bool:
    """The intent, and one use of the daily limit, in the same transaction."""
    now, claim = held.now, held.claim
    kind = "draft" if claim.settings.get("mode") == "inbox" else "post"
    async with held.desk.db.write() as tx:
        account = await accounts.lock(tx, claim.account_id)
        waits = bool(await order.ahead(tx, claim, limit=1))
        if not waits:
            await held.speaker.spend_in(tx, account, kind, now)
            intent = {"at": now.isoformat(), "caption": post.caption}
            await held.move(tx, "committing", ("preparing",), intent_json=intent)
    if waits:
        await held.defer(say("rule.order"), now + timedelta(seconds=rules.ORDER_S), "order")
        return False
    held.state, held.speaker.intent_at = "committing", now
    return True


async def _back(held: Held) -> None:
    """Not committed after all: nothing is there, and the limit was not used."""
    held.along(lambda tx: quotas.take_back_use(tx, held.claim.id, ("post", "draft")))
    await held.go("preparing", ("committing",))
