"""What was taken out of a clip, in words."""

from __future__ import annotations

from core.analysis.timeline import Timeline
from core.clips.tight import Tight
from core.say import Say, Seconds, say


def out_of(wished: Tight) -> Say:
    """What is to go."""
    what = "both" if wished.pauses and wished.fillers else "pauses" if wished.pauses else "fillers"
    return say(f"tight.{what}_out")


def taken_out(line: Timeline, wished: Tight) -> Say | None:
    """How much is gone; or why nothing is, where something was to go."""
    if not wished:
        return None
    removed_s = sum(j.removed_s for j in line.joins)
    if not removed_s:
        return say(f"tight.{line.why_whole or 'nothing'}")
    length, fillers = Seconds(removed_s), len(line.dropped)
    if not fillers:
        return say("card.taken_pauses", length=length)
    if not wished.pauses:
        return say("card.taken_fillers", n=fillers, length=length)
    return say("card.taken_both", n=fillers, length=length)
