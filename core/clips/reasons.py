"""Why a stretch was chosen, in sentences a person can check by watching it.

A reason is said only when it holds for this stretch by itself; how far the stretch stands out in
the video decides which of them come first.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.clips.candidates import Candidate
from core.clips.desk import Desk
from core.clips.features import Features
from core.clips.lexicon import spaced
from core.clips.scoring import Scored
from core.clips.taste import Taste
from core.say import Say, say

FEWEST, MOST = 2, 4
LIVELY_WORDS_PER_S = 2.2
"""Unhurried English is about 2.5 words a second; slower than this nobody calls lively."""
PAUSE_S = 0.6
BURST_DB = 6.0
UNEVEN_DB = 6.0
FACES = 0.7
MOVING = 1.15
"""Times the mean of the video."""

LIKED, STANDS_OUT, NEAR_S = 1.15, 0.75, 5.0
"""What was learnt is a reason where it weighs this much more, and the clip has more of it than this
share of the others; lengths are alike within some seconds."""

_Worth = tuple[float, Say]


def reasons_for(scored: Scored, desk: Desk) -> tuple[Say, ...]:
    """Two to four, the strongest first."""
    c, features, topic = scored.candidate, desk.features, scored.about or str(desk.topic)
    found: list[_Worth] = []
    if topic and scored.topic > 0:
        found.append((3.0, say("reason.topic", topic=topic)))
    found += _spoken(scored, features) if c.first >= 0 else _seen(scored, features)
    found += _learnt(scored, desk.taste)
    found.sort(key=lambda f: -f[0])
    kept = [reason for worth, reason in found if worth >= 0.5][:MOST]
    others = [reason for _, reason in found if reason not in kept]
    lacking = max(0, FEWEST - len(kept))
    return (*kept, *(others + _plain(c, features))[:lacking])


def _learnt(scored: Scored, taste: Taste) -> Iterator[_Worth]:
    """What of it is as in the clips that are kept here, or did well as posts: the one thing that
    helped it most."""
    liked = {name: times for name in scored.parts if (times := taste.times(name)) >= LIKED}
    best = max(liked, key=lambda name: liked[name] * scored.parts[name], default=None)
    if best is not None and scored.parts[best] >= STANDS_OUT:
        key = "reason.learnt" if taste.weights.get(best, 1.0) > 1 else "reason.fares"
        yield 1.05, say(key, what=say(f"taste.{best}"))
    elif taste.length_s is not None and abs(scored.candidate.length_s - taste.length_s) < NEAR_S:
        yield 1.05, say("reason.learnt_length")


def _plain(c: Candidate, features: Features) -> list[Say]:
    """What can be said of any stretch, for those that stand out in nothing."""
    duration_s = features.analysis.duration_s
    found = []
    if c.length_s > 0.95 * duration_s:
        found.append(say("reason.all"))
    elif c.end_s > duration_s - 1:
        found.append(say("reason.to_the_end"))
    elif c.start_s < 1:
        found.append(say("reason.from_the_start"))
    return [*found, say("reason.length", length=round(c.length_s)), say("reason.best_left")]


def _spoken(scored: Scored, features: Features) -> Iterator[_Worth]:
    c, parts = scored.candidate, scored.parts
    opening, closing = features.openings[c.first], features.closings[c.last]
    if (reason := _of_opening(features, c)) is not None:
        yield 0.5 + parts["hook"], reason
    if opening.fresh and not opening.dangling and closing.ended and not closing.open:
        rests = closing.pause_s >= 0.3 and c.last + 1 < len(features.sentences)
        key = "reason.complete" if rests else "reason.whole"
        yield 0.3 + parts["complete"], say(key)
    yield from _of_voice(scored, features)
    if not features.analysis.rough and parts["novelty"] > 0.6:
        keys = features.own_words(c)
        if len(keys) >= 2:
            yield parts["novelty"], say("reason.novel", a=keys[0], b=keys[1])
    if features.measures.faces_share(c.start_s, c.end_s) >= FACES:
        yield 0.45, say("reason.face")


def _of_opening(features: Features, c: Candidate) -> Say | None:
    opening = features.openings[c.first]
    if opening.dangling or opening.meta or opening.answers:
        return None
    if opening.asking > 0.5:
        return say("reason.question")
    if not features.analysis.rough:
        if opening.strong:
            return say("reason.strong", word=opening.strong)
        if opening.number:
            return say("reason.number", number=opening.number)
        if opening.contrast:
            return say("reason.contrast", word=opening.contrast)
    if opening.pause_s >= PAUSE_S and c.first:
        return say("reason.pause")
    return None


def _of_voice(scored: Scored, features: Features) -> Iterator[_Worth]:
    c, parts, m = scored.candidate, scored.parts, features.measures
    rate = features.words_per_s(c)
    lively = rate >= max(LIVELY_WORDS_PER_S, features.usual_words_per_s * 0.95)
    if lively and spaced(features.sentences[c.first].text):
        yield 0.2 + 0.8 * parts["density"], say("reason.dense", rate=round(rate, 1))
    if laughs := features.laughs(c):
        yield 1.0 + parts["emotion"], say("reason.laughs", n=laughs)
    elif reactions := m.reactions(c.start_s, c.end_s):
        yield 0.3 + parts["emotion"], say("reason.reaction", n=reactions)
    if exclaims := features.exclaims(c):
        yield 0.2 + parts["emotion"], say("reason.exclaims", n=exclaims)
    elif m.liveliness_db(c.start_s, c.end_s) >= UNEVEN_DB and parts["emotion"] > 0.6:
        yield parts["emotion"], say("reason.lively")


def _seen(scored: Scored, features: Features) -> Iterator[_Worth]:
    c, parts, m = scored.candidate, scored.parts, features.measures
    moving = m.moving(c.start_s, c.end_s)
    if moving > 0 and moving >= MOVING * m.usual_moving:
        yield 0.4 + parts["density"], say("reason.moving")
    if m.burst_db(c.start_s, c.start_s + 3) >= BURST_DB:
        yield 0.4 + parts["hook"], say("reason.burst")
    if m.usual_db > -60 and m.level_db(c.start_s, c.end_s) >= m.usual_db + 1:
        yield 0.3 + parts["emotion"], say("reason.loud")
    if m.faces_share(c.start_s, c.end_s) >= FACES:
        yield 0.7, say("reason.face")
    if cuts := m.cuts(c.start_s, c.end_s):
        yield 0.55, say("reason.cuts", n=cuts)
    elif _begins_with_a_shot(c, features):
        yield 0.55, say("reason.shot")


def _begins_with_a_shot(c: Candidate, features: Features) -> bool:
    ends = (0.0, features.analysis.duration_s)
    return all(
        features.measures.is_cut(t) or any(abs(t - end) < 0.05 for end in ends)
        for t in (c.start_s, c.end_s)
    )
