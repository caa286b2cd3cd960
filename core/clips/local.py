"""The clip provider that needs no network: sentences, features, distinct best moments.

With `LLM_API_ROOT` set a language model may put them in another order and title them; where to cut
stays with the code.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.analysis.model import Analysis
from core.clips.base import ClipProvider, Picked, Span, Wish
from core.clips.candidates import Candidate, lengths_for, seen, spoken
from core.clips.choose import choose, shares_time, usual_count
from core.clips.desk import Desk, lay_out
from core.clips.each_topic import choose_each, lacking, score_each
from core.clips.edges import EDGE_S
from core.clips.gates import is_talk, nothing_happens, teaser_end
from core.clips.llm import LlmSettings, Sitting
from core.clips.named import named
from core.clips.reasons import reasons_for
from core.clips.recall import LONG_S, recall
from core.clips.scoring import Scored, score_all
from core.clips.taste import NO_TASTE, Taste
from core.clips.unmet import nothing, unmet
from core.clips.verdict import Offer, Verdict
from core.clips.wanted import left_by
from core.clips.wish import MOST_CLIPS
from core.clips.wording import Wording
from core.errors import NothingToCut
from core.media.facts import Video
from core.say import Say, say
from core.tell import Tell

_OFFERED = 3
"""Times the wanted number is shown to a language model to choose from."""
_FEW = 4
"""Of fewer clips none is sure before everything is known: they are spread over the whole."""
_SURE = 60.0
"""Points; a first part whose best moment has less may be the dull one."""
_SHORT_S = 60.0
_SHARED = 0.4
"""Of the shorter one: a moment that shares more with an earlier one is not another one."""


class Local(ClipProvider):
    """Works on this machine, in any language, with or without words."""

    name = "local"

    def __init__(self, llm: LlmSettings | None = None) -> None:
        self._llm = llm if llm is not None else LlmSettings()

    async def pick(
        self,
        video: Video,
        analysis: Analysis,
        wish: Wish,
        tell: Tell,
        taste: Taste = NO_TASTE,
    ) -> Picked:
        tell("pick", 0.0)
        found = await asyncio.to_thread(find, video, analysis, wish, taste, self._llm.ready)
        verdict, how = Verdict(), None
        if self._llm.ready and found.offered:
            found, verdict, how = await self._judged(found, tell)
        picked = replace(await asyncio.to_thread(found.picked, verdict), how=how)
        tell("pick", 1.0)
        return picked

    async def first(
        self, video: Video, head: Analysis, wish: Wish, taste: Taste = NO_TASTE
    ) -> Span | None:
        placed = wish.spans or wish.within or wish.topics
        wanted = wish.count or usual_count(video.facts.duration_s)
        if self._llm.ready or placed or wanted < _FEW:
            return None
        try:
            best = (await asyncio.to_thread(pick, video, head, wish, taste)).spans[0]
        except NothingToCut:
            return None
        return best if best.score >= _SURE else None

    async def _judged(self, found: Found, tell: Tell) -> tuple[Found, Verdict, Say | None]:
        """What a language model says of the moments, and what the person should know of it."""
        sitting = Sitting(self._llm, tell)
        wish, desk = found.desk.wish, found.desk
        if desk.analysis.duration_s >= LONG_S:
            tell("pick", 0.3)
            lengths = lengths_for(wish, desk.analysis.duration_s)
            words = _wish_words(wish)
            pool = await recall(sitting, desk.sentences, found.pool, words, lengths)
            found = await asyncio.to_thread(found.chosen_from, pool)
        tell("pick", 0.5)
        verdict = await sitting.judge(_offers(found), _wish_words(wish), found.wanted)
        return found, verdict, sitting.how


def pick(video: Video, analysis: Analysis, wish: Wish, taste: Taste = NO_TASTE) -> Picked:
    """The moments without any language model, best first. Raises NothingToCut with the reason when
    there are none."""
    return find(video, analysis, wish, taste).picked(Verdict())


@dataclass(frozen=True, slots=True)
class Found:
    """The best moments of a video, more than are wanted where somebody else may choose."""

    desk: Desk
    moments: tuple[Scored, ...]
    wanted: int
    unmet: tuple[Say, ...] = ()
    exact: bool = False
    """They were named by the person."""
    pool: tuple[Scored, ...] = ()
    """Every stretch they were chosen from, best first."""

    @property
    def offered(self) -> bool:
        """Whether there are words a language model could judge by."""
        analysis = self.desk.analysis
        return not self.exact and not analysis.rough and self.moments[0].candidate.first >= 0

    def chosen_from(self, pool: Sequence[Scored]) -> Found:
        """Chosen again, from the same stretches in another order."""
        if list(pool) == list(self.pool):
            return self
        asked = self.desk.wish.count is not None
        chosen, wanted = _chosen(self.desk, pool, asked=asked)
        moments = _with_more(self.desk, chosen, pool)
        return replace(self, moments=tuple(moments), wanted=wanted, pool=tuple(pool))

    def picked(self, verdict: Verdict) -> Picked:
        """Ranked, worded and reasoned."""
        order = self._order(verdict)
        chosen = [self.moments[i] for i in order]
        missed = self.unmet if self.exact else (*self.unmet, *unmet(self.desk, chosen))
        wording = Wording(self.desk.features, self.desk.name, len(chosen))
        in_time = sorted(order, key=lambda i: self.moments[i].candidate.start_s)
        # An order is all a score is: whoever ranks, the first has the highest.
        scores = sorted((s.score for s in chosen), reverse=True) if not self.exact else ()
        spans = [
            self._span(self.moments[i], wording, 1 + in_time.index(i), verdict.titles.get(i))
            for i in order
        ]
        if scores:
            spans = [replace(s, score=score) for s, score in zip(spans, scores, strict=True)]
        return Picked(tuple(spans), missed)

    def _order(self, verdict: Verdict) -> list[int]:
        """As the verdict has it, the rest behind; of each topic as many as it is to have."""
        rest = (i for i in range(len(self.moments)) if i not in verdict.order)
        left = Counter(m.about for m in self.moments[: self.wanted])
        order = []
        for i in (*verdict.order, *rest):
            if left[self.moments[i].about] > 0:
                left[self.moments[i].about] -= 1
                order.append(i)
        return order

    def _span(self, s: Scored, wording: Wording, part: int, titled: str | None) -> Span:
        c = s.candidate
        title = wording.title(c, part, titled)
        tags = wording.tags(c)
        wished = (say("reason.wished"),)
        reasons = wished if self.exact else reasons_for(s, self.desk)
        caption = wording.caption(c, title, tags)
        return Span(c.start_s, c.end_s, s.score, reasons, title, caption, tags, s.parts)


def find(
    video: Video, analysis: Analysis, wish: Wish, taste: Taste = NO_TASTE, more: bool = False
) -> Found:
    """Raises NothingToCut with the reason when there is nothing."""
    desk = lay_out(video, analysis, wish, taste)
    if desk.wish.spans:
        moments, missed = named(desk)
        return Found(desk, tuple(moments), len(moments), tuple(missed), exact=True)
    left = left_by(desk, [c for c in _candidates(desk) if not _shown_before(c, desk.wish)])
    scored = score_each(left.candidates, desk) if desk.wish.topics else []
    scored = scored or score_all(left.candidates, desk.features, desk.wish, taste)
    chosen, wanted = _chosen(desk, scored, asked=desk.wish.count is not None)
    if not chosen:
        raise nothing(desk)
    unmet = (*left.unmet, *lacking(desk, scored, chosen))
    moments = _with_more(desk, chosen, scored) if more else chosen
    return Found(desk, tuple(moments), wanted, unmet, pool=tuple(scored))


def _chosen(desk: Desk, scored: Sequence[Scored], *, asked: bool) -> tuple[list[Scored], int]:
    """The best ones that are distinct, and how many there are."""
    if _several_topics(scored):
        chosen = choose_each(desk, scored, 1)[:MOST_CLIPS]
        return chosen, len(chosen)
    wanted = min(desk.wish.count or usual_count(_length_s(desk)), MOST_CLIPS)
    chosen = choose(scored, wanted, desk.analysis.duration_s, desk.says, asked=asked)
    return chosen, len(chosen)


def _several_topics(scored: Sequence[Scored]) -> bool:
    return any(s.about for s in scored)


def _length_s(desk: Desk) -> float:
    """Of what may be cut from."""
    within = desk.wish.within
    whole_s = desk.analysis.duration_s
    return min(whole_s, within.end_s) - within.start_s if within else whole_s


def _candidates(desk: Desk) -> list[Candidate]:
    analysis, wish = desk.analysis, desk.wish
    lengths = lengths_for(wish, analysis.duration_s)
    found: list[Candidate] = []
    if is_talk(analysis, desk.sentences):
        found = spoken(desk.sentences, desk.edges, lengths, wish.within)
        preview = teaser_end(desk.sentences)
        found = [c for c in found if c.first >= preview] or found
    if not found:
        found = _lively(seen(analysis, desk.edges, lengths, wish.within), analysis)
    found = _clear(_of_one_recording(found, analysis), desk)
    # A short place gives a short clip, unless longer ones were asked for.
    return [c for c in found if not wish.min_s or lengths.hold(c.length_s)]


def _lively(found: list[Candidate], analysis: Analysis) -> list[Candidate]:
    """Without stretches in which nothing happens. A short video is taken as it is."""
    if analysis.words or analysis.duration_s <= _SHORT_S:
        return found
    return [c for c in found if not nothing_happens(analysis, c.start_s, c.end_s)]


def _of_one_recording(found: list[Candidate], analysis: Analysis) -> list[Candidate]:
    """Without those that run from one recording into another. Where every stretch would, the video
    is a montage."""
    joins = analysis.joins_s

    def whole(c: Candidate) -> bool:
        return bisect_right(joins, c.start_s + EDGE_S) == bisect_left(joins, c.end_s - EDGE_S)

    return [c for c in found if whole(c)] or found


def _clear(found: list[Candidate], desk: Desk) -> list[Candidate]:
    """Without those that would flash the shot beside them. Where shots are so short that every
    stretch would, a flash is what the video is made of."""
    edges = desk.edges
    return [c for c in found if edges.is_clear(c.start_s) and edges.is_clear(c.end_s)] or found


def _shown_before(c: Candidate, wish: Wish) -> bool:
    return any(
        min(c.end_s, a.end_s) - max(c.start_s, a.start_s) > _SHARED * min(c.length_s, a.length_s)
        for a in wish.avoid
    )


def _with_more(desk: Desk, chosen: Sequence[Scored], scored: Sequence[Scored]) -> list[Scored]:
    """Behind the chosen ones, others: whichever are taken of them all, no two share time or say
    the same."""
    if _several_topics(scored):
        return [*chosen, *choose_each(desk, scored, _OFFERED - 1, chosen)]
    free = [s for s in scored if not any(shares_time(s, c) for c in chosen)]
    said = [desk.says(c) for c in chosen]
    more = (_OFFERED - 1) * len(chosen)
    whole_s = desk.analysis.duration_s
    return [*chosen, *choose(free, more, whole_s, desk.says, asked=False, said=said)]


def _wish_words(wish: Wish) -> str:
    """What of a wish is a matter of taste."""
    parts = [*(f"{n} about {topic}" for topic, n in wish.topics), wish.text]
    parts.append(f"begin with {wish.opening}" if wish.opening else "")
    parts.append(f"not about {wish.without}" if wish.without else "")
    return ", ".join(part for part in parts if part)


def _offers(found: Found) -> list[Offer]:
    """What a language model sees of the moments: their words and lengths."""
    features = found.desk.features
    return [
        Offer(i, features.text(s.candidate), s.candidate.length_s)
        for i, s in enumerate(found.moments)
    ]
