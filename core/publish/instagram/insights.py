"""How reels fare: what Instagram tells of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.publish.errors import PlatformError
from core.publish.figures import Figures, count
from core.publish.instagram.errors import GONE
from core.publish.instagram.wire import Graph

INSIGHTS = "instagram_business_manage_insights"
METRICS = ("views", "likes", "comments", "shares")


async def read_figures(graph: Graph, post: str, scopes: tuple[str, ...]) -> dict[str, Figures]:
    """By post; empty when it was taken away by hand. Likes and comments are told to every sign-in,
    the rest to those with insights."""
    try:
        if INSIGHTS in scopes:
            found = await graph.get(f"{post}/insights", {"metric": ",".join(METRICS)})
            return {post: _insights(found)}
        found = await graph.get(post, {"fields": "like_count,comments_count"})
    except PlatformError as wrong:
        if wrong.code in GONE:
            return {}
        raise
    likes, comments = (count(found.get(f"{what}_count")) for what in ("like", "comments"))
    return {post: Figures(likes=likes, comments=comments)}


def _insights(found: Mapping[str, Any]) -> Figures:
    """A metric without a value yet has no entry, or an empty one."""
    told = {}
    for metric in found.get("data") or ():
        values = metric.get("values") or [{}]
        told[str(metric.get("name"))] = count(values[0].get("value"))
    return Figures(*(told.get(name) for name in METRICS))
