"""Several topics in one wish, so many clips for each: every one gets its own, or is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from core.clips.candidates import Candidate
from core.clips.choose import choose, shares_time
from core.clips.desk import Desk
from core.clips.scoring import Scored, score_all
from core.clips.topic import topic_of
from core.say import Say, say


def quotas(desk: Desk) -> list[tuple[str, int]]:
    """How many clips each topic gets; "" stands for any topic, where more clips are wanted."""
    topics = list(desk.wish.topics)
    rest = (desk.wish.count or 0) - sum(n for _, n in topics)
    return [*topics, ("", rest)] if rest > 0 else topics


def score_each(candidates: Sequence[Candidate], desk: Desk) -> list[Scored]:
    """Every stretch that fits a topic, marked with it. Nothing of any topic: nothing."""
    found: list[Scored] = []
    for about, _ in quotas(desk):
        topic = topic_of(about, desk.analysis.language)
        if about and not topic:
            continue
        words = f"{about} {desk.wish.text}".strip()
        wish = replace(desk.wish, text=words, topics=())
        scored = score_all(candidates, desk.features, wish, desk.taste)
        found += [replace(s, about=str(topic)) for s in scored if s.topic > 0]
    return found if any(s.about for s in found) else []


def choose_each(
    desk: Desk, scored: Sequence[Scored], times: int, taken: Sequence[Scored] = ()
) -> list[Scored]:
    """So many `times` the wanted number for each topic, distinct from each other and from those
    that are `taken`; the rarest topic chooses first, any topic last."""
    most = {_name(desk, about): n for about, n in quotas(desk)}
    there = Counter(s.about for s in scored)
    chosen = list(taken)
    for name in sorted(most, key=lambda name: (not name, there[name])):
        free = [
            s
            for s in scored
            if s.about == name and not any(shares_time(s, other) for other in chosen)
        ]
        said = [desk.says(other) for other in chosen]
        n = times * most[name]
        chosen += choose(free, n, desk.analysis.duration_s, desk.says, asked=True, said=said)
    fresh = chosen[len(taken) :]
    return sorted(fresh, key=lambda s: (-s.score, s.candidate.start_s))


def lacking(desk: Desk, scored: Sequence[Scored], chosen: Sequence[Scored]) -> list[Say]:
    """Of each topic that got fewer clips than it was to have, why."""
    found = []
    got, there = Counter(s.about for s in chosen), Counter(s.about for s in scored)
    for about, wanted in desk.wish.topics:
        name = _name(desk, about) or about
        if got[name] >= wanted:
            continue
        if got[name]:
            found.append(say("wish.fewer_on_topic", n=got[name], wanted=wanted, topic=name))
        elif there[name]:
            found.append(say("wish.topic_elsewhere", topic=name))
        else:
            found.append(say(_why_nowhere(desk), topic=name))
    return found


def _why_nowhere(desk: Desk) -> str:
    if not desk.analysis.words:
        return "wish.topic_no_words"
    return "wish.topic_rough" if desk.analysis.rough else "wish.topic_none"


def _name(desk: Desk, about: str) -> str:
    return str(topic_of(about, desk.analysis.language))
