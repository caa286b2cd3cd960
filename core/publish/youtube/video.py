"""The video as YouTube has it: its words, and what its status says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from core.publish.errors import Fix
from core.publish.outcome import NotThere, Outcome, Seen
from core.publish.post import Post, Problem
from core.publish.youtube.errors import upload_failed, upload_rejected
from core.say import Seconds, say

TITLE_CHARS = 100
DESCRIPTION_B = 5000
TAGS_CHARS = 500
SHORT_S = 180
"""Longer ones become ordinary videos."""
PUBLIC_AHEAD = timedelta(minutes=1)
"""A time that is nearer is not worth a timer."""
FLIP = timedelta(minutes=10)
"""After the time YouTube was given to make it public by itself."""
_TAG = re.compile(r"#(\w+)")


def title_of(post: Post) -> str:
    """Angle brackets are not taken in titles and descriptions; these look like them."""
    return _plain(post.title)


def _plain(text: str) -> str:
    return text.translate({ord("<"): "‹", ord(">"): "›"})


def metadata(post: Post, category: str, now: datetime) -> dict[str, Any]:
    """What is said of a video when it is announced."""
    status: dict[str, Any] = {
        "privacyStatus": post.settings.get("privacy") or "private",
        "selfDeclaredMadeForKids": bool(post.settings.get("kids", False)),
        "containsSyntheticMedia": bool(post.settings.get("ai", False)),
    }
    if (at := public_at(post, now)) is not None:
        # A time works only with `private`; next to `public` it would be ignored.
        status |= {"privacyStatus": "private", "publishAt": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return {
        "snippet": {
            "title": title_of(post),
            "description": _plain(post.caption),
            "tags": _tags(post.caption),
            "categoryId": category,
        },
        "status": status,
    }


def public_at(post: Post, now: datetime) -> datetime | None:
    """When YouTube makes it public by itself; None when it is public at once, or never."""
    at = post.public_at
    waits = at is not None and at - now > PUBLIC_AHEAD and post.settings.get("privacy") == "public"
    return at.astimezone(UTC) if waits and at is not None else None


def _tags(caption: str) -> list[str]:
    """The hashtags, as far as there is room; commas between them count."""
    kept: list[str] = []
    for tag in dict.fromkeys(_TAG.findall(caption)):
        if len(",".join([*kept, tag])) <= TAGS_CHARS:
            kept.append(tag)
    return kept


def metadata_problems(post: Post) -> list[Problem]:
    """Words YouTube would refuse, and what makes an ordinary video of a Short."""
    found = []
    title = title_of(post).strip()
    if not title:
        found.append(Problem(say("youtube.no_title")))
    if len(title) > TITLE_CHARS:
        found.append(Problem(say("youtube.title_long", n=len(title), limit=TITLE_CHARS)))
    if (n := len(_plain(post.caption).encode())) > DESCRIPTION_B:
        found.append(Problem(say("youtube.description_long", n=n, limit=DESCRIPTION_B)))
    if post.duration_s > SHORT_S:
        long = say("youtube.not_short", length=Seconds(post.duration_s), limit=Seconds(SHORT_S))
        found.append(Problem(long, blocks=False))
    if post.width > post.height:
        found.append(Problem(say("youtube.not_upright"), blocks=False))
    return found


def seen(status: Mapping[str, Any], post: Post, now: datetime, *, late: bool) -> Outcome | None:
    """What the `status` of a video proves; None while it is being processed. With `late` it has
    been for long: it is there all the same, and is told."""
    upload = str(status.get("uploadStatus", ""))
    if upload == "failed":
        return upload_failed(str(status.get("failureReason", "")))
    if upload == "rejected":
        return upload_rejected(str(status.get("rejectionReason", "")))
    if upload == "deleted":
        return NotThere(Fix(say("youtube.deleted"), "deleted"))
    if upload != "processed" and not late:
        return None
    why = None if upload == "processed" else say("youtube.still_processing")
    privacy, wanted = status.get("privacyStatus"), post.settings.get("privacy") or "private"
    if privacy == "public":
        return Seen("public", why=why)
    if privacy == "unlisted":
        return Seen("limited", why=why)
    if wanted == "private":
        return Seen("private", why=why)
    if post.public_at is not None and status.get("publishAt"):
        if now < post.public_at + FLIP:
            return None
        return Seen("private", why=say("youtube.not_flipped"))
    return Seen("private", why=say("youtube.locked"))


def fits(item: Mapping[str, Any], post: Post, intent_at: datetime | None) -> bool:
    """Whether an entry of the channel's uploads can only be this post: newer than the intent, with
    its words. Somebody may have uploaded by hand."""
    about = item.get("snippet") or {}
    if about.get("title") != title_of(post) or about.get("description") != _plain(post.caption):
        return False
    try:
        at = datetime.fromisoformat(str(about.get("publishedAt")))
    except ValueError:
        return False
    return intent_at is not None and at >= intent_at - timedelta(seconds=5)
