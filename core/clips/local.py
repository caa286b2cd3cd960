"""The clip provider that needs no network: sentences, features, distinct best moments."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from core.analysis.model import Analysis, Spell
from core.clips.base import ClipProvider, Picked, Span, Wish
from core.clips.candidates import Candidate, lengths_for, seen, spoken
from core.clips.choose import choose, usual_count
from core.clips.edges import Edges
from core.clips.features import Features
from core.clips.gates import is_song, teaser_end
from core.clips.scoring import Scored, reasons_for, score_all, topic_of
from core.clips.sentences import Sentence, sentences_of
from core.clips.wording import caption_of, tags_of, title_of
from core.errors import NothingToCut
from core.media.facts import Video
from core.say import Say, Seconds, say
from core.tell import Tell

_FEW_WORDS = 0.25
"""Words a second of the whole video; below it, it is not about what is said."""


class Local(ClipProvider):
    """Works on this machine, in any language, with or without words."""

    name = "local"

    async def pick(self, video: Video, analysis: Analysis, wish: Wish, tell: Tell) -> Picked:
        tell("pick", 0.0)
        picked = await asyncio.to_thread(pick, video, analysis, wish)
        tell("pick", 1.0)
        return picked


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the steps of one choice share."""

    video: Video
    analysis: Analysis
    wish: Wish
    features: Features
    sentences: tuple[Sentence, ...]
    edges: Edges


def pick(video: Video, analysis: Analysis, wish: Wish) -> Picked:
    """The moments, best first. Raises NothingToCut with the reason when there are none."""
    sentences = sentences_of(analysis.words)
    edges = Edges(analysis.words, analysis.shots_s, analysis.voice, analysis.duration_s)
    desk = _Desk(video, analysis, wish, Features(analysis, sentences), sentences, edges)
    if wish.spans:
        return _exact(desk)
    candidates = [c for c in _candidates(desk) if not _shown_before(c, wish)]
    if wish.avoid and not candidates:
        raise NothingToCut("clips.nothing_else")
    scored = score_all(candidates, desk.features, wish)
    chosen = choose(scored, wish, analysis.duration_s, lambda s: _text(desk, s.candidate))
    if not chosen:
        raise _nothing(desk)
    spans = tuple(_span(desk, s, rank) for rank, s in enumerate(chosen, start=1))
    return Picked(spans, tuple(_unmet(desk, chosen)))


_SHARED = 0.4
"""Of the shorter one: a moment that shares more with an earlier one is not another one."""


def _shown_before(c: Candidate, wish: Wish) -> bool:
    return any(
        min(c.end_s, a.end_s) - max(c.start_s, a.start_s) > _SHARED * min(c.length_s, a.length_s)
        for a in wish.avoid
    )


def _candidates(desk: _Desk) -> list[Candidate]:
    analysis, wish = desk.analysis, desk.wish
    lengths = lengths_for(wish, analysis.duration_s)
    found: list[Candidate] = []
    if _is_talk(desk):
        found = spoken(desk.sentences, desk.edges, lengths, wish.within)
        preview = teaser_end(desk.sentences)
        found = [c for c in found if c.first >= preview] or found
    return found or seen_between_words(desk)


def seen_between_words(desk: _Desk) -> list[Candidate]:
    """Stretches by what is seen; those that would cut a word are moved out of it."""
    analysis = desk.analysis
    lengths = lengths_for(desk.wish, analysis.duration_s)
    moved = []
    for c in seen(analysis, lengths, desk.wish.within):
        start, end = (_out_of_words(t, analysis) for t in (c.start_s, c.end_s))
        if end - start >= 1.0:
            moved.append(Candidate(start, end))
    return moved


def _out_of_words(t_s: float, analysis: Analysis) -> float:
    inside = next((w for w in analysis.words if w.start_s < t_s < w.end_s), None)
    if inside is None:
        return t_s
    near_start = t_s - inside.start_s < inside.end_s - t_s
    return inside.start_s if near_start else inside.end_s


def _is_talk(desk: _Desk) -> bool:
    analysis = desk.analysis
    if len(analysis.words) < 5 or is_song(analysis, desk.sentences):
        return False
    spoken_s = sum(s.length_s for s in analysis.voice) or analysis.duration_s
    return len(analysis.words) / max(10.0, min(analysis.duration_s, spoken_s * 4)) > _FEW_WORDS


def _text(desk: _Desk, c: Candidate) -> str:
    return desk.features.text(c) if c.first >= 0 else ""


def _span(desk: _Desk, scored: Scored, rank: int) -> Span:
    c, features = scored.candidate, desk.features
    name = desk.video.name or desk.video.path.stem
    title = title_of(c, features, name, rank)
    tags = tags_of(c, features, name)
    return Span(
        c.start_s,
        c.end_s,
        scored.score,
        reasons_for(scored, features, desk.wish),
        title,
        caption_of(c, features, title, tags),
        tags,
    )


# ── exact wishes ────────────────────────────────────────────────────────────────────────────────


def _exact(desk: _Desk) -> Picked:
    """The stretches a person named, moved by no more than half a second to keep words whole."""
    unmet: list[Say] = []
    spans = []
    duration_s = desk.analysis.duration_s
    for rank, wanted in enumerate(desk.wish.spans, start=1):
        if wanted.start_s >= duration_s - 1:
            unmet.append(say("wish.beyond_the_end", start=Seconds(wanted.start_s)))
            continue
        c = _named(desk, Spell(wanted.start_s, min(wanted.end_s, duration_s)))
        spans.append(_span(desk, Scored(c, 100.0, dict.fromkeys(_PARTS, 0.5), 1.0), rank))
    if not spans:
        raise NothingToCut("wish.all_beyond_the_end", length=Seconds(duration_s))
    return Picked(tuple(_as_wished(s) for s in spans), tuple(unmet))


_PARTS = ("hook", "density", "emotion", "complete", "novelty", "picture")


def _as_wished(span: Span) -> Span:
    return replace(span, reasons=(say("reason.wished"),))


def _named(desk: _Desk, wanted: Spell) -> Candidate:
    """The stretch with whole words, and the sentences that lie mostly inside it."""
    start, end = (
        _out_of_words(t, desk.analysis) if abs(_out_of_words(t, desk.analysis) - t) <= 0.5 else t
        for t in (wanted.start_s, wanted.end_s)
    )
    inside = [i for i, s in enumerate(desk.sentences) if start <= (s.start_s + s.end_s) / 2 <= end]
    if not inside:
        return Candidate(start, end)
    return Candidate(start, end, inside[0], inside[-1])


# ── what could not be done ──────────────────────────────────────────────────────────────────────


def _unmet(desk: _Desk, chosen: list[Scored]) -> list[Say]:
    wish, found = desk.wish, []
    topic = topic_of(wish, desk.analysis.language)
    if topic and all(s.topic == 0 for s in chosen):
        key = "wish.topic_rough" if desk.analysis.rough else "wish.topic_not_found"
        found.append(say(key, topic=" ".join(topic)))
    if wish.count and len(chosen) < wish.count:
        found.append(say("wish.fewer", n=len(chosen), wanted=wish.count))
    elif not wish.count and len(chosen) < usual_count(desk.analysis.duration_s):
        found.append(say("wish.fewer_than_usual", n=len(chosen)))
    return found


def _nothing(desk: _Desk) -> NothingToCut:
    duration_s, wish = desk.analysis.duration_s, desk.wish
    if wish.min_s and wish.min_s > duration_s:
        return NothingToCut("wish.longer_than_video", length=Seconds(duration_s))
    if wish.within and wish.within.start_s >= duration_s:
        return NothingToCut("wish.all_beyond_the_end", length=Seconds(duration_s))
    black_s = sum(b.length_s for b in desk.analysis.black)
    if black_s > 0.8 * duration_s:
        return NothingToCut("clips.all_black")
    return NothingToCut("clips.nothing")
