"""What a creator may do at this moment, and a post as it is announced within that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.publish.errors import Fix
from core.publish.post import Post
from core.publish.tiktok.choices import audience
from core.publish.tiktok.upload import number
from core.publish.tiktok.wire import Wire
from core.say import Seconds, say


async def allowed(wire: Wire, post: Post) -> Mapping[str, Any]:
    """TikTok asks for a fresh look at what the creator may do before each post."""
    may = await wire.post("/v2/post/publish/creator_info/query/", {})
    most_s = float(number(may.get("max_video_post_duration_sec"), 600))
    if post.duration_s > most_s:
        length, limit = Seconds(post.duration_s), Seconds(most_s)
        raise Fix(say("publish.too_long_here", length=length, limit=limit))
    privacy = str(post.settings.get("privacy") or "")
    options = tuple(str(o) for o in may.get("privacy_level_options") or ())
    if privacy not in options:
        wanted = audience(privacy)
        raise Fix(
            say("tiktok.privacy_gone", wanted=wanted, options=tuple(map(audience, options))),
            "privacy_level_option_mismatch",
        )
    return may


def post_info(post: Post, may: Mapping[str, Any]) -> dict[str, Any]:
    """What the person approved, as far as the account allows it."""
    s = post.settings
    return {
        "title": post.caption,
        "privacy_level": s.get("privacy"),
        "disable_comment": bool(may.get("comment_disabled")) or not s.get("comments", False),
        "disable_duet": bool(may.get("duet_disabled")) or not s.get("duet", False),
        "disable_stitch": bool(may.get("stitch_disabled")) or not s.get("stitch", False),
        "video_cover_timestamp_ms": post.cover_ms,
        "brand_content_toggle": bool(s.get("branded", False)),
        "brand_organic_toggle": bool(s.get("own_brand", False)),
        "is_aigc": bool(s.get("ai", False)),
    }
