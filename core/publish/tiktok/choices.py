"""What TikTok wants people to settle before each post. Source: its content sharing guidelines,
which want no audience chosen and no box ticked beforehand, and both brand labels explained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.publish.choices import Choice, Offer, settle
from core.say import Link, Say, Seconds, say

CHOICES = (
    Choice("privacy", "SELF_ONLY", "only_me", 0, "offered"),
    Choice("privacy", "MUTUAL_FOLLOW_FRIENDS", "friends", 0, "offered"),
    Choice("privacy", "FOLLOWER_OF_CREATOR", "followers", 0, "offered"),
    Choice("privacy", "PUBLIC_TO_EVERYONE", "everyone", 0, "offered"),
    Choice("mode", "inbox", "inbox", 3, "account"),
    Choice("comments", True, "comments", 1, "offered"),
    Choice("duet", True, "duet", 1, "offered"),
    Choice("stitch", True, "stitch", 1, "offered"),
    Choice("own_brand", True, "own_brand", 2),
    Choice("branded", True, "branded", 2),
    Choice("ai", True, "ai", 2),
)
PRIVACY = tuple(str(c.value) for c in CHOICES if c.name == "privacy")
MUSIC = "https://www.tiktok.com/legal/page/global/music-usage-confirmation/en"
BRANDED = "https://www.tiktok.com/legal/page/global/bc-policy/en"
_SWITCHES = {"comments": "comment_disabled", "duet": "duet_disabled", "stitch": "stitch_disabled"}


def pressed(settings: Mapping[str, Any], place: int) -> dict[str, Any]:
    """A draft for the inbox has no audience: it is chosen in the app."""
    made = settle(CHOICES, settings, place)
    if CHOICES[place].name == "privacy":
        made["mode"] = ""
    elif CHOICES[place].name == "mode":
        made |= {c.name: False for c in CHOICES if isinstance(c.value, bool)} | {"privacy": ""}
    return made


def undecided(settings: Mapping[str, Any]) -> Say | None:
    if settings.get("mode") == "inbox":
        return None
    if settings.get("privacy") not in PRIVACY:
        return say("tiktok.choose")
    if settings.get("branded") and settings.get("privacy") == "SELF_ONLY":
        return say("tiktok.branded_private")
    return None


def declared(settings: Mapping[str, Any]) -> tuple[Say, ...]:
    """The sentences TikTok wants people to read."""
    if settings.get("mode") == "inbox":
        return (say("tiktok.inbox_next"),)
    branded = bool(settings.get("branded"))
    lines = []
    if branded:
        lines.append(say("tiktok.label_branded"))
    elif settings.get("own_brand"):
        lines.append(say("tiktok.label_own_brand"))
    if settings.get("ai"):
        lines.append(say("tiktok.label_ai"))
    if settings.get("privacy"):
        music = Link("Music Usage Confirmation", MUSIC)
        policy = Link("Branded Content Policy", BRANDED)
        agreed = say("tiktok.agree_branded", policy=policy, music=music)
        lines.append(agreed if branded else say("tiktok.agree", music=music))
    return tuple(lines)


def offer(may: Mapping[str, Any], length_s: float) -> Offer:
    """From a fresh answer about the creator."""
    options = {str(o) for o in may.get("privacy_level_options") or ()}
    off = {name for name, field in _SWITCHES.items() if may.get(field)}
    closed = {
        place
        for place, choice in enumerate(CHOICES)
        if choice.name in off or (choice.name == "privacy" and choice.value not in options)
    }
    notes = []
    if off:
        names = tuple(c.words for c in CHOICES if c.name in off)
        notes.append(say("tiktok.switched_off", what=names))
    longest = may.get("max_video_post_duration_sec")
    if isinstance(longest, int | float) and length_s > longest:
        length, limit = Seconds(length_s), Seconds(float(longest))
        notes.append(say("publish.too_long_here", length=length, limit=limit))
    return Offer(str(may.get("creator_nickname") or ""), frozenset(closed), tuple(notes))


def audience(privacy: str) -> Say:
    """In words who may see it."""
    found = next((c for c in CHOICES if c.name == "privacy" and c.value == privacy), None)
    return found.words if found else say("tiktok.nobody")
