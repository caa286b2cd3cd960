"""What a channel tells of a post whose upload is not known any more."""

from __future__ import annotations

from core.publish.hand import Hand
from core.publish.post import Post
from core.publish.youtube.video import fits
from core.publish.youtube.wire import Wire


async def listed(wire: Wire, post: Post, hand: Hand) -> bool:
    """Whether the channel has exactly one video that can only be this one."""
    mine = {"part": "contentDetails", "mine": "true"}
    channels = await wire.list("channels", mine)
    about = (channels[0].get("contentDetails") or {}) if channels else {}
    uploads = (about.get("relatedPlaylists") or {}).get("uploads")
    if not uploads:
        return False
    query = {"part": "snippet,contentDetails", "playlistId": str(uploads), "maxResults": "20"}
    items = await wire.list("playlistItems", query)
    found = [i for i in items if fits(i, post, hand.intent_at)]
    if len(found) != 1:
        return False
    await hand.note("video_id", str(found[0]["contentDetails"]["videoId"]))
    return True
