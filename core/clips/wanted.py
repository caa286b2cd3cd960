"""Which stretches a wish leaves: those that begin as they should, and are not about what nobody
wants. What cannot be met is said, and then it steers nothing."""

from __future__ import annotations

from dataclasses import dataclass

from core.clips.candidates import Candidate
from core.clips.desk import Desk
from core.clips.topic import names, topic_of, wants_laughter
from core.say import Say, say

_LAUGH_WITHIN_S = 20.0
"""A joke is told in this time; then people laugh."""
_OPENING = 2
"""Sentences that count as the beginning."""


@dataclass(frozen=True, slots=True)
class Left:
    """The stretches that are left, and what could not be met."""

    candidates: list[Candidate]
    unmet: tuple[Say, ...] = ()


def left_by(desk: Desk, candidates: list[Candidate]) -> Left:
    """What the wish leaves of them."""
    unmet: list[Say] = []
    for narrow in (_beginning, _leaving_out):
        candidates, missed = narrow(desk, candidates)
        unmet += [missed] if missed else []
    return Left(candidates, tuple(unmet))


def _beginning(desk: Desk, candidates: list[Candidate]) -> tuple[list[Candidate], Say | None]:
    wanted = desk.wish.opening
    topic = topic_of(wanted, desk.analysis.language)
    if topic:
        named = names(desk.features, topic)
        for n in range(1, _OPENING + 1):
            found = [c for c in candidates if c.first >= 0 and any(named[c.first : c.first + n])]
            if found:
                return found, None
        return candidates, say("wish.opening_not_found", words=wanted)
    if wants_laughter(wanted):
        found = [c for c in candidates if _laughs_early(desk, c)]
        return (found, None) if found else (candidates, say("wish.no_laughter"))
    return candidates, None


def _laughs_early(desk: Desk, c: Candidate) -> bool:
    heard = desk.features.measures.reactions(c.start_s + 1, c.start_s + _LAUGH_WITHIN_S)
    sentences = desk.sentences[max(0, c.first) : c.last + 1]
    early = sum(s.start_s < c.start_s + _LAUGH_WITHIN_S for s in sentences)
    told = c.first >= 0 and desk.features.laughs(Candidate(0, 0, c.first, c.first + early - 1))
    return bool(heard or told)


def _leaving_out(desk: Desk, candidates: list[Candidate]) -> tuple[list[Candidate], Say | None]:
    topic = topic_of(desk.wish.without, desk.analysis.language)
    if not topic:
        return candidates, None
    named = names(desk.features, topic)
    found = [c for c in candidates if not any(named[max(0, c.first) : c.last + 1])]
    if found:
        return found, None
    return candidates, say("wish.without_unmet", words=desk.wish.without)
