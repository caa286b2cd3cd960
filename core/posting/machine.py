"""One post on one account, a step further: `scheduled → claimed → preparing → committing →
confirming → published | inbox | private`.

Only *committing* is dangerous. It is entered by a committed compare-and-set that also writes the
intent, and it is left only on evidence: an answer of the platform, or what `look` saw. Kill this
process at any line, and the next one goes on from the rows.
"""

from __future__ import annotations

import contextlib
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from core.db import accounts, targets, versions
from core.posting import notices, rules
from core.posting.desk import Desk, Lease
from core.posting.dressing import base_key, dressing
from core.posting.evidence import follow, look
from core.posting.fitting import fitting, mended_key
from core.posting.held import FAULT_RULES, Held
from core.posting.refusals import refused
from core.posting.sending import commit, prepare
from core.publish.errors import Fix, LostClaim, PlatformError
from core.publish.post import Post
from core.say import say

GIVE_UP_AFTER = timedelta(days=3)
"""Past its planned time, when only faults kept it; then it is told as missed."""
BEFORE_COMMIT = (*targets.STARTS, "claimed", "preparing")

log = structlog.get_logger()


class Machine:
    """Takes targets further, one claim at a time."""

    def __init__(self, desk: Desk) -> None:
        self._d = desk

    async def advance(self, target_id: int) -> None:
        """Do what is due for this target now; returns quietly when there is nothing, or when
        somebody else has it."""
        d, now = self._d, self._d.clock.now()
        async with d.db.write() as tx:
            claim = await targets.claim(tx, target_id, now, d.timing.lease_s)
            account = await accounts.account(tx, claim.account_id) if claim else None
        if claim is None or account is None:
            return
        lease = Lease(d, claim, now + timedelta(seconds=d.timing.lease_s))
        with structlog.contextvars.bound_contextvars(target=claim.id, fence=claim.fence):
            try:
                async with lease.kept():
                    await _take(Held(d, claim, account, lease))
            except LostClaim:
                log.warning("post.claim_lost")


async def _take(held: Held) -> None:
    """One claim: from where the target is to where it can go now."""
    if held.state in BEFORE_COMMIT and not await _may_go(held):
        return
    with contextlib.ExitStack() as until_done:
        try:
            await _from_here(held, await _post(held, until_done))
        except PlatformError as wrong:
            await refused(held, wrong)


async def _from_here(held: Held, post: Post) -> None:
    if held.state in targets.FOLLOWED:
        await follow(held, post)
        return
    if held.state in ("claimed", "preparing"):
        if not await prepare(held, post):
            # Found live: only what is left of its way is gone.
            await held.go("confirming", ("preparing",))
        elif not await commit(held, post):
            return
    await look(held, post)


async def _may_go(held: Held) -> bool:
    """Late posts, lost sign-ins, the order of the account and used-up limits are settled here, in
    words, in the transaction that claims it."""
    now, claim = held.now, held.claim
    if _too_late(held, now):
        await held.end("missed", "missed", buttons=notices.missed_buttons(claim.id))
        return False
    if held.state not in targets.STARTS:
        return True
    async with held.desk.db.write() as tx:
        held.account = account = await accounts.lock(tx, claim.account_id)
        if account.state != "ok":
            again = notices.connect_buttons(account.platform)
            await held.end_in(tx, "held", "held", buttons=again)
            return False
        hold = await rules.first_hold(tx, claim, account, now)
        if hold is None:
            await held.move(tx, "claimed", targets.STARTS)
    if hold is not None:
        await held.defer(hold.why, hold.until, hold.rule)
        return False
    held.state = "claimed"
    return True


def _too_late(held: Held, now: datetime) -> bool:
    """Past its window without a reason that was told; begun, and left alone for that long by an
    outage; or kept for days by a fault."""
    claim = held.claim
    planned, window = claim.planned_at or now, timedelta(seconds=claim.window_s)
    if held.state == "scheduled":
        return now > planned + window
    if held.state in ("claimed", "preparing"):
        return now > (claim.due_at or now) + window
    kept = claim.rule in (*FAULT_RULES, "breaker")
    return kept and now > planned + GIVE_UP_AFTER


async def _post(held: Held, until_done: contextlib.ExitStack) -> Post:
    """The words, and the file as far as it is to be sent. Raises Fix when it is gone."""
    claim, store = held.claim, held.desk.store
    async with held.desk.db.read() as tx:
        clip = await versions.clip_as_approved(tx, claim.clip_id, claim.post_id)
    if clip.render is None:
        raise Fix(say("publish.no_file"), "no_file")
    original, made = clip.render.media_key, clip.render.rendered
    base = base_key(held.platform, clip)
    key = original
    for better in (mended_key(held.platform.name, base), base):
        if await store.size(better) is not None:
            key = better
            break
    file = store.local_path(key)
    if file is None:
        # What is not to be sent any more need not be fetched.
        file = Path("not-fetched.mp4")
        if held.state in BEFORE_COMMIT:
            scratch = until_done.enter_context(tempfile.TemporaryDirectory(prefix="clipdesk-"))
            file = Path(scratch) / "clip.mp4"
            with contextlib.suppress(FileNotFoundError):  # then `prepare` finds it missing
                await store.fetch(key, file)
    size_b = file.stat().st_size if file.exists() else made.size_b
    post = Post(
        file,
        size_b,
        made.duration_s,
        made.width,
        made.height,
        claim.caption,
        clip.title,
        settings=claim.settings,
        public_at=claim.planned_at,
        cover_ms=round(1000 * ((made.cover_s or 0.0) + made.intro_s)) if made.cover_s else 0,
        address=held.desk.public_link(held.platform, key),
    )
    if held.state in ("claimed", "preparing") and file.exists():
        if key == original:
            post = await dressing(held, clip, post, until_done)
        return await fitting(held, post, made, base, until_done)
    return post
