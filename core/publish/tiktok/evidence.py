"""What TikTok's status of a post tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.publish.outcome import Seen
from core.publish.post import Post

PACE_S = (5.0,) * 6 + (15.0,) * 20 + (120.0,) * 12
"""Between two looks at the status; afterwards every 15 minutes."""


def pace(asked: int) -> float:
    """Seconds until the next look."""
    return PACE_S[asked] if asked < len(PACE_S) else 900.0


def post_ids(found: Mapping[str, Any]) -> list[str]:
    """The ids of the public post; TikTok misspells the field, and clients have seen strings."""
    raw = found.get("publicaly_available_post_id") or found.get("publicly_available_post_id") or []
    many = raw if isinstance(raw, list) else [raw]
    return [str(i) for i in many if str(i).strip()]


def unlisted(post: Post) -> Seen:
    """Of a finished post that has no public id."""
    privacy = post.settings.get("privacy")
    if privacy == "SELF_ONLY":
        return Seen("private")
    limited = privacy in ("MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR")
    # Moderation may take hours; the link of a public post follows by itself.
    return Seen("limited" if limited else "public")
