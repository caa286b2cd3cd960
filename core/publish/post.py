"""A post, what a platform takes of it, and what is wrong with it before anybody is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from core.publish.media import MediaSpec
from core.say import Say, Seconds, say


@dataclass(frozen=True, slots=True)
class Post:
    """What is to be posted. `settings` are the choices the person approved."""

    file: Path
    size_b: int
    duration_s: float
    width: int
    height: int
    caption: str
    title: str = ""
    """What the clip is called, for platforms where a post has a title."""
    cover_ms: int = 0
    """The cover picture: milliseconds from the beginning of the clip."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    public_at: datetime | None = None
    """When everybody is to see it, on a platform that keeps that time by itself."""
    address: str = ""
    """Where a platform could fetch the file; empty without a public https address."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the platform takes."""

    caption_utf16: int
    min_s: float
    max_s: float
    media: MediaSpec
    """What the file must be like."""
    hashtags: int | None = None
    logos: bool = True
    """Whether a logo may be shown that was put there by a program."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a post the platform would not take (`blocks`), or that is worth knowing."""

    what: Say
    blocks: bool = True


def general_problems(limits: Limits, post: Post) -> list[Problem]:
    """Length and caption: the same questions for every platform. The file is looked at before it is
    sent, and most of what is wrong with one can be mended."""
    found = []
    units = utf16_units(post.caption)
    if units > limits.caption_utf16:
        found.append(Problem(say("publish.caption_long", n=units, limit=limits.caption_utf16)))
    tags = sum(w.startswith("#") and len(w) > 1 for w in post.caption.split())
    if limits.hashtags is not None and tags > limits.hashtags:
        many = say("publish.hashtags", n=tags, limit=limits.hashtags)
        found.append(Problem(many, blocks=False))
    if not limits.min_s <= post.duration_s <= limits.max_s:
        low, high = Seconds(limits.min_s), Seconds(limits.max_s)
        length = Seconds(post.duration_s)
        found.append(Problem(say("publish.length", length=length, low=low, high=high)))
    return found


def utf16_units(text: str) -> int:
    """How TikTok and Telegram count: characters outside the basic plane are two."""
    return len(text.encode("utf-16-le")) // 2
