"""The stretches a person named ("12:30-13:05"): cut as they are, with whole words."""

from __future__ import annotations

from core.analysis.model import Spell
from core.clips.candidates import Candidate
from core.clips.desk import Desk
from core.clips.scoring import Scored
from core.clips.wish import LONGEST_S, MOST_CLIPS, SHORTEST_S
from core.errors import NothingToCut
from core.say import Place, Say, Seconds, say

REACH_S = 0.5
"""How far a named time may be moved to keep a word whole, into a pause or onto a shot edge; people
name whole seconds."""


def named(desk: Desk) -> tuple[list[Scored], list[Say]]:
    """In the order they were named, and what could not be done. Raises NothingToCut when none of
    them lies in the video."""
    unmet: list[Say] = []
    found: list[Scored] = []
    for wanted in desk.wish.spans[:MOST_CLIPS]:
        spell, why = _possible(wanted, desk.analysis.duration_s)
        if why is not None:
            unmet.append(why)
        if spell is not None:
            found.append(Scored(_whole_words(desk, spell), 100.0, {}, 1.0))
    if len(desk.wish.spans) > MOST_CLIPS:
        unmet.append(say("wish.too_many", wanted=len(desk.wish.spans), most=MOST_CLIPS))
    if not found:
        length = Seconds(desk.analysis.duration_s)
        raise NothingToCut("wish.all_beyond_the_end", length=length)
    return found, unmet


def _possible(wanted: Spell, duration_s: float) -> tuple[Spell | None, Say | None]:
    """As much of a wanted stretch as there is and as platforms take, and what is missing."""
    start, end = Place(wanted.start_s), Place(min(wanted.end_s, duration_s))
    if wanted.start_s >= duration_s - 1:
        return None, say("wish.beyond_the_end", start=start)
    if wanted.length_s > LONGEST_S:
        cut = Spell(wanted.start_s, min(wanted.start_s + LONGEST_S, duration_s))
        return cut, say("wish.span_long", start=start, most=Seconds(LONGEST_S))
    spell = Spell(wanted.start_s, min(wanted.end_s, duration_s))
    if wanted.end_s > duration_s + 1:
        return spell, say("wish.span_over_the_end", start=start, end=end)
    if spell.length_s < SHORTEST_S:
        return spell, say("wish.span_short", start=start, least=Seconds(SHORTEST_S))
    return spell, None


def _whole_words(desk: Desk, wanted: Spell) -> Candidate:
    """Moved to the best place between words, if one is near enough; and the sentences that lie
    mostly inside."""
    start, end = (_moved(desk, t) for t in (wanted.start_s, wanted.end_s))
    if end - start < 0.5:
        start, end = wanted.start_s, wanted.end_s
    inside = [i for i, s in enumerate(desk.sentences) if start <= (s.start_s + s.end_s) / 2 <= end]
    return Candidate(start, end, inside[0], inside[-1]) if inside else Candidate(start, end)


def _moved(desk: Desk, t_s: float) -> float:
    moved = round(desk.edges.near(t_s, REACH_S), 3)
    return moved if abs(moved - t_s) <= REACH_S else t_s
