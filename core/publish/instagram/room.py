"""How many posts Instagram takes from an account today."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.publish.errors import Fix, Unknown, Wait
from core.publish.hand import Hand
from core.publish.instagram.wire import Graph
from core.publish.quotas import DAY
from core.say import say

QUOTA_MARGIN = 1
PESSIMISTIC_QUOTA = 25
"""Of posts in 24 hours, when the live number cannot be read."""
QUOTA_FRESH = timedelta(minutes=5)


async def need_room(graph: Graph, hand: Hand) -> None:
    """Raises Wait where there is none. Read at run time: the documents name 25, 50 and 100. Our own
    count is what is left when it cannot be read."""
    read_at = hand.refs.get("quota_at")
    if read_at and hand.now() - datetime.fromisoformat(read_at) < QUOTA_FRESH:
        return
    path = f"{hand.grant.remote_id}/content_publishing_limit"
    ours = await hand.used("post", DAY)
    try:
        found = await graph.get(path, {"fields": "config,quota_usage"})
    except (Unknown, Fix, Wait):
        found = {}
    data = (found.get("data") or [{}])[0]
    total = int((data.get("config") or {}).get("quota_total") or PESSIMISTIC_QUOTA)
    used = int(data.get("quota_usage") or 0) if found else ours.n
    if used >= total - QUOTA_MARGIN:
        what = say("instagram.quota", used=used, total=total)
        raise Wait(what, _frees_in_s(hand, ours.frees_at), "9/2207042", "instagram_daily")
    await hand.note("quota_at", hand.now().isoformat())


def _frees_in_s(hand: Hand, frees_at: datetime | None) -> float:
    """Until the oldest of our own posts leaves the window; an hour when others used it up."""
    if frees_at is None:
        return 3600.0
    return max(60.0, (frees_at - hand.now()).total_seconds() + 1)
