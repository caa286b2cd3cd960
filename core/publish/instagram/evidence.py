"""What became of a post on Instagram, when the answer to the dangerous call was lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from core.publish.errors import Fix, PlatformError, Wait
from core.publish.hand import Hand
from core.publish.instagram.wire import Graph
from core.publish.outcome import NotThere, NotYet, Outcome, Seen
from core.publish.post import Post
from core.say import say

SETTLE_S = 60.0
"""After an unclear answer, before the container is asked once more."""
REPEATS = 1
"""So often `media_publish` may be repeated, with the same container, after evidence that it did
not happen."""


async def found_live(graph: Graph, post: Post, hand: Hand) -> Outcome:
    """It is live. Its id is adopted only when exactly one reel fits: newer than the intent and
    with our caption. Never simply the newest: somebody may have posted by hand."""
    query = {
        "fields": "id,caption,timestamp,media_product_type,permalink",
        "limit": "10",
    }
    try:
        listed = await graph.get(f"{hand.grant.remote_id}/media", query)
    except PlatformError:
        return Seen("public")
    fitting = [m for m in listed.get("data") or () if _is_ours(m, post, hand.intent_at)]
    if len(fitting) != 1:
        return Seen("public")
    await hand.note("media_id", str(fitting[0]["id"]))
    return Seen("public", str(fitting[0]["id"]), fitting[0].get("permalink"))


async def twice_unpublished(hand: Hand) -> Outcome:
    """Seen unpublished a second time, a minute after the first and after the call: then it did
    not happen. It is repeated once, with the same container."""
    now, noted = hand.now(), hand.refs.get("seen_finished")
    first = datetime.fromisoformat(noted) if noted else None
    if first is None or (hand.intent_at is not None and first < hand.intent_at):
        await hand.note("seen_finished", now.isoformat())
        return NotYet(SETTLE_S)
    if now - first < timedelta(seconds=SETTLE_S):
        return NotYet(SETTLE_S)
    repeated = int(hand.refs.get("repeated", "0"))
    if repeated >= REPEATS:
        return NotThere(Fix(say("instagram.not_published"), "FINISHED"), keep=True)
    await hand.note("repeated", str(repeated + 1))
    return NotThere(Wait(say("instagram.not_published"), 2, "FINISHED"), keep=True)


def _is_ours(media: Mapping[str, Any], post: Post, intent_at: datetime | None) -> bool:
    if media.get("media_product_type") != "REELS" or media.get("caption", "") != post.caption:
        return False
    try:
        at = datetime.strptime(str(media.get("timestamp")), "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return False
    return intent_at is not None and at >= intent_at - timedelta(seconds=5)
