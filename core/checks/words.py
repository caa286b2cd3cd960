"""What a check says in words: the failed ones, and what the source itself is like."""

from __future__ import annotations

from core.checks.check import Check
from core.say import Fact, Say, Seconds, say

_SECONDS = frozenset({"duration", "black", "freeze", "silence", "black_source", "freeze_source"})
_TOLD = frozenset({"black_source", "freeze_source"})
"""These hold, and are worth a word all the same."""
_ALIKE = {
    **dict.fromkeys(
        ("container", "moov_first", "edit_list", "streams", "video_codec", "pixel_format"), "spec"
    ),
    **dict.fromkeys(("colour", "size", "sample_aspect", "audio", "gop", "constant_rate"), "spec"),
    **dict.fromkeys(("frame_rate", "bitrate"), "spec"),
    **dict.fromkeys(("sync_start", "sync_end"), "sync"),
}
"""A person is told what is wrong, not which of twenty numbers."""


def said(check: Check) -> Say | None:
    """One sentence about a check; None when there is nothing to say."""
    if check.ok and check.name not in _TOLD:
        return None
    value: Fact = "" if check.value is None else str(check.value)
    if check.name in _SECONDS and isinstance(check.value, int | float):
        value = Seconds(float(check.value))
    elif isinstance(check.value, float) and check.name in ("face", "blind", "captions"):
        value = f"{check.value:.0%}"
    key = _ALIKE.get(check.name, check.name)
    return say(f"check.{key}", name=check.name, value=value, limit=check.limit)


def sentences(checks: tuple[Check, ...]) -> tuple[Say, ...]:
    """Everything worth saying about a clip; many failed numbers of the file make one sentence."""
    found: dict[str, Say] = {}
    for check in checks:
        told = said(check)
        if told is not None:
            found.setdefault(told.key, told)
    return tuple(found.values())
