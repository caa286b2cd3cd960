"""What of a wish could not be met, and why there is nothing at all: in words."""

from __future__ import annotations

from collections.abc import Sequence

from core.clips.candidates import ALL_BLACK
from core.clips.choose import usual_count
from core.clips.desk import Desk
from core.clips.gates import nothing_happens
from core.clips.scoring import Scored
from core.clips.wish import LONGEST_S, MOST_CLIPS, SHORTEST_S
from core.errors import NothingToCut
from core.say import Say, Seconds, say


def unmet(desk: Desk, chosen: Sequence[Scored]) -> list[Say]:
    """Each thing once; empty when everything was met."""
    if desk.wish.topics:  # each was told of by itself
        return _lengths(desk)
    found = [*_topic(desk, chosen), *_lengths(desk)]
    count = _count(desk, chosen)
    return [*found, count] if count else found


def _topic(desk: Desk, chosen: Sequence[Scored]) -> list[Say]:
    topic = str(desk.topic)
    if not topic or any(s.topic > 0 for s in chosen):
        return []
    if not desk.analysis.words:
        return [say("wish.topic_no_words", topic=topic)]
    key = "wish.topic_rough" if desk.analysis.rough else "wish.topic_not_found"
    return [say(key, topic=topic)]


def _lengths(desk: Desk) -> list[Say]:
    wish = desk.wish
    longest = max(wish.min_s or 0, wish.max_s or 0)
    if longest > LONGEST_S:
        return [say("wish.too_long", most=Seconds(LONGEST_S))]
    return []


def _count(desk: Desk, chosen: Sequence[Scored]) -> Say | None:
    n, wanted = len(chosen), desk.wish.count
    if wanted is None:
        fewer = n < usual_count(desk.analysis.duration_s)
        # One of a short video is no shortage, and about a topic there may be one place only.
        if not fewer or desk.topic or desk.wish.within or desk.wish.avoid:
            return None
        return say("wish.fewer_than_usual", n=n)
    if wanted > MOST_CLIPS and n == MOST_CLIPS:
        return say("wish.too_many", wanted=wanted, most=MOST_CLIPS)
    if n >= wanted:
        return None
    if desk.topic and any(s.topic > 0 for s in chosen):
        return say("wish.fewer_on_topic", n=n, wanted=wanted, topic=str(desk.topic))
    return say("wish.fewer", n=n, wanted=wanted)


def nothing(desk: Desk) -> NothingToCut:
    """Why there is no clip."""
    duration_s, wish = desk.analysis.duration_s, desk.wish
    length = Seconds(duration_s)
    if wish.avoid:
        return NothingToCut("clips.nothing_else")
    if duration_s < SHORTEST_S * 0.9:
        return NothingToCut("clips.too_short", length=length, least=Seconds(SHORTEST_S))
    if wish.min_s and wish.min_s > duration_s:
        return NothingToCut("wish.longer_than_video", length=length)
    if wish.within and wish.within.start_s >= duration_s:
        return NothingToCut("wish.all_beyond_the_end", length=length)
    if sum(b.length_s for b in desk.analysis.black) > ALL_BLACK * duration_s:
        return NothingToCut("clips.all_black")
    if not desk.analysis.words and nothing_happens(desk.analysis):
        return NothingToCut("clips.nothing_happens")
    if wish.min_s or wish.max_s or wish.within:
        return NothingToCut("clips.nothing_like_that")
    return NothingToCut("clips.nothing")
