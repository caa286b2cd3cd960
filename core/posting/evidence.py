"""What became of a post: the platform is asked, and only what it shows counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog

from core.db import attempts, breakers, quotas, targets
from core.posting import notices
from core.posting.held import Held
from core.posting.refusals import MAX_TRIES, count_faults, put_off, refused
from core.publish.errors import Fix, PlatformError, SignIn, Stale, Wait
from core.publish.outcome import Lost, NotThere, NotYet, Outcome, Seen
from core.publish.post import Post
from core.publish.views import State
from core.say import Say

UNSURE_AFTER = timedelta(minutes=10)
"""Looking for a lost answer; then a person is asked."""
CONFIRM_FOR = timedelta(minutes=30)
"""For a platform that took a post and says nothing of it; then a person is asked."""
FOLLOW_FOR = timedelta(hours=24)
"""Looking on after it is told: for a link, a finished draft, evidence that settles a question."""
FOLLOW_S = (15, 15, 30, 60, 120, 300, 900)

log = structlog.get_logger()


async def look(held: Held, post: Post) -> None:
    """Ask the platform, and go where its answer leads."""
    asked = held.claim.looks if held.claim.state == held.state else 0
    try:
        outcome = await held.with_fresh_token(
            lambda hand: held.platform.look(post, hand, asked=asked)
        )
    except PlatformError as wrong:
        # No evidence in either direction: whatever the reason, it stays where it is.
        log.info("post.not_seen", kind=type(wrong).__name__, code=wrong.code)
        if isinstance(wrong, SignIn | Stale):
            async with held.writing() as tx:
                await held.signed_out(tx, wrong)
        outcome = NotYet(max(15.0, getattr(wrong, "after_s", 0.0)))
    await _concluded(held, outcome, asked)


async def _concluded(held: Held, outcome: Outcome, asked: int) -> None:
    match outcome:
        case Seen():
            await _seen(held, outcome)
        case NotYet(after_s):
            await _not_yet(held, after_s, asked)
        case NotThere():
            await _not_there(held, outcome)
        case Lost(why):
            await _ask(held, why)


async def _seen(held: Held, seen: Seen) -> None:
    """It is there: say so, once."""
    now, claim = held.now, held.claim
    to: State = "published" if seen.visible in ("public", "limited") else seen.visible  # type: ignore[assignment]
    waits = seen.visible == "inbox" or (seen.visible == "public" and not seen.url)
    follow = now + timedelta(seconds=FOLLOW_S[0]) if waits else None
    async with held.desk.db.write() as tx:
        await held.move(
            tx,
            to,
            (*targets.WORKED_ON, *targets.FOLLOWED),
            release=True,
            due_at=follow,
            remote_id=seen.remote_id,
            url=seen.url,
            published_at=now,
            tries=0,
        )
        if claim.state == "inbox":  # one draft less waits there
            await quotas.take_back_use(tx, claim.id, ("draft",))
        await breakers.close(tx, *held.scopes)
        await notices.seen(tx, claim, held.account, seen, now)
        if follow:
            await held.wake(tx, follow)
        await held.wake_next(tx)
    log.info("post.seen", visible=seen.visible)


async def _not_yet(held: Held, after_s: float, asked: int) -> None:
    now = held.now
    since = held.speaker.intent_at or now
    limit = UNSURE_AFTER if held.state == "committing" else CONFIRM_FOR
    if now - since > limit:
        await _ask(held, None)
        return
    async with held.desk.db.write() as tx:
        await held.rest(tx, held.state, now + timedelta(seconds=after_s), looks=asked + 1)
        if held.state == "confirming":  # it is with the platform: the next one may go
            await held.wake_next(tx)
    await count_faults(held)


async def _ask(held: Held, why: Say | None) -> None:
    """Only a person can tell. It is looked at now and then all the same, and never sent."""
    now, buttons = held.now, notices.unsure_buttons(held.claim.id)
    follow = now + timedelta(seconds=FOLLOW_S[-2])
    await held.end("unconfirmed", "unconfirmed", about=why, buttons=buttons, due_at=follow)


async def _not_there(held: Held, outcome: NotThere) -> None:
    """Evidence that nothing is there. Once more, or told."""
    claim, error = held.claim, outcome.error
    log.info("post.not_there", code=error.code)
    held.along(lambda tx: quotas.take_back_use(tx, claim.id, ("post", "draft")))
    if not outcome.keep:
        held.along(lambda tx: attempts.reset_marks(tx, claim.id, held.now))
    if isinstance(error, Wait) and claim.tries + 1 < min(outcome.most + 1, MAX_TRIES):
        await put_off(held, error)
        return
    final = Fix(error.say, error.code) if isinstance(error, Wait) else error
    await refused(held, final, keep=outcome.keep)


async def follow(held: Held, post: Post) -> None:
    """A public post whose address was not known, a draft nobody finished, a question nobody
    answered: evidence is taken, and nothing is sent."""
    now, claim = held.now, held.claim
    try:
        outcome = await held.with_fresh_token(
            lambda hand: held.platform.look(post, hand, asked=claim.looks)
        )
    except PlatformError:
        outcome = NotYet(60)
    seen = outcome if isinstance(outcome, Seen) else None
    if seen and claim.state != "published" and seen.visible != claim.state:
        await _seen(held, seen)
        return
    over = claim.published_at is not None and now - claim.published_at > FOLLOW_FOR
    over = over or claim.looks > FOLLOW_FOR.total_seconds() / FOLLOW_S[-1]
    later = now + timedelta(seconds=FOLLOW_S[min(claim.looks, len(FOLLOW_S) - 1)])
    url = seen.url if seen else None
    due_at = None if url or over else later
    async with held.desk.db.write() as tx:
        also: dict[str, Any] = {"url": url, "looks": claim.looks + 1}
        if seen and seen.remote_id:
            also["remote_id"] = seen.remote_id
        state = claim.state
        await held.move(tx, state, (state,), release=True, due_at=due_at, **also)
        if url:
            await notices.late_link(tx, claim, held.account, url, now)
        elif due_at:
            await held.wake(tx, due_at)
