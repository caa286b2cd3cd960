"""What a refusal means for a post, its account and its platform."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from core.db import attempts, breakers
from core.posting import notices
from core.posting.fitting import mend_instead
from core.posting.held import FAULT_RULES, Held
from core.publish.errors import Fix, NotReady, PlatformError, SignIn, Stale, Stop, Unknown, Wait
from core.say import Say, say

MAX_TRIES = 12
"""Faults in a row that ask to wait; then it is told as failed."""
FAULTS = 5
"""Turns in a row that met only faults of a platform before posting to it rests."""
REST, LONGEST_REST = timedelta(minutes=1), timedelta(minutes=15)
STOPPED, LONGEST_STOP = timedelta(hours=6), timedelta(hours=24)
"""After a platform stopped an account, until one post may try again."""
MISSET = timedelta(minutes=10)
"""The same after a fault of this installation."""

log = structlog.get_logger()


async def refused(held: Held, wrong: PlatformError, *, keep: bool = False) -> None:
    """A clear answer before anything could be seen; Unknown and Wait try again later. With `keep`
    what was marked is still of use when somebody tries a failed post again."""
    tries = held.claim.tries
    log.info("post.refused", kind=type(wrong).__name__, code=wrong.code)
    if isinstance(wrong, Fix) and wrong.media and await mend_instead(held, wrong):
        return
    match wrong:
        case NotReady():
            async with held.desk.db.write() as tx:
                until = held.now + timedelta(seconds=wrong.after_s)
                await held.rest(tx, held.state, until)
        case SignIn() | Stale():
            await _signed_out(held, wrong)
        case Stop():
            await _stopped(held, wrong)
        case Wait() if tries < MAX_TRIES or wrong.rule not in FAULT_RULES:
            await put_off(held, wrong)
        case Unknown() if tries < MAX_TRIES:
            wait_s = min(300.0, 5 * 2**tries)
            await put_off(held, Wait(wrong.say, wait_s, wrong.code, "platform"))
        case _:
            await _failed(held, wrong.say, wrong.code, keep=keep)


async def _signed_out(held: Held, wrong: PlatformError) -> None:
    """It waits for its account; in one transaction with what is known of that, so that somebody
    who connects it in this moment finds the post waiting."""
    async with held.writing() as tx:
        if await held.signed_out(tx, wrong):
            again = notices.connect_buttons(held.account.platform)
            await held.end_in(tx, "held", "held", about=wrong.say, buttons=again)
            return
    await put_off(held, Wait(wrong.say, 1, "signed_in_again", "upload"))


async def put_off(held: Held, wrong: Wait) -> None:
    """Later; a fault of the platform counts against it."""
    until = held.now + timedelta(seconds=wrong.after_s)
    await held.defer(wrong.say, until, wrong.rule)
    if wrong.rule == "platform":
        await count_faults(held)


async def _stopped(held: Held, wrong: Stop) -> None:
    """The line stops: the account's, or the platform's when the fault is not the account's.
    This post is told as not posted; the others wait, and one of them tries later."""
    scope = held.scopes[0] if wrong.everybody else held.scopes[1]
    first = MISSET if wrong.everybody else STOPPED
    async with held.writing() as tx:
        probe_at = await breakers.trip(tx, scope, wrong.say, held.now, first, LONGEST_STOP)
    if wrong.everybody:  # nothing is wrong with the post: it waits for whoever mends it
        await held.defer(wrong.say, probe_at, "breaker")
        return
    await _failed(held, wrong.say, wrong.code, key="stopped", until=probe_at)


async def count_faults(held: Held) -> None:
    """Turns that meet only faults, over all workers: at last the platform is left in peace."""
    if held.speaker.answers or not held.speaker.faults:
        return  # it speaks to us, if not always
    why = say("rule.faults", platform=notices.platform_name(held.account.platform))
    async with held.writing() as tx:
        await breakers.fault(tx, held.scopes[0], why, held.now, FAULTS, REST, LONGEST_REST)


async def _failed(
    held: Held,
    why: Say,
    code: str,
    *,
    key: str = "failed",
    until: datetime | None = None,
    keep: bool = False,
) -> None:
    """Told; what was marked is of no use to another try, unless it proves that it is not."""
    if not keep:
        held.along(lambda tx: attempts.reset_marks(tx, held.claim.id, held.now))
    buttons = notices.post_buttons(held.claim.post_id)
    await held.end("failed", key, about=why, buttons=buttons, until=until)
    log.info("post.failed", code=code)
