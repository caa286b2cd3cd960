"""What every clip provider promises, whoever it is: each module of `core/clips` that holds one is
found here by itself."""

from __future__ import annotations

from itertools import combinations

import pytest

from core.analysis.model import Analysis, Spell
from core.clips.base import ClipProvider, Picked, Span, Wish
from core.clips.registry import providers
from core.errors import NothingToCut
from core.i18n.catalog import Catalog
from core.say import Say
from core.tell import Stage
from tests.core.clips.talks import INTERVIEW, LECTURE, analysed, spoken, video, without_words

MOST_SHARED = 0.3
"""Of the shorter of two clips; what shares more is the same clip twice."""

ANALYSES = {
    "an interview": analysed(spoken(INTERVIEW)),
    "a lecture in German": analysed(spoken(LECTURE), language="de"),
    "a talk without punctuation": analysed(spoken(INTERVIEW, punctuated=False), language=None),
    "a match": without_words(300),
    "nine seconds": analysed(spoken(" ".join(INTERVIEW.split()[:20])), duration_s=9.0),
}


class Heard:
    """A `Tell` that keeps how far it went."""

    def __init__(self) -> None:
        self.done: list[float] = []

    def __call__(self, stage: Stage, done: float, *, note: Say | None = None) -> None:
        assert stage == "pick" and 0 <= done <= 1
        self.done.append(done)


@pytest.fixture(params=sorted(providers()))
def provider(request: pytest.FixtureRequest) -> ClipProvider:
    """Each provider that can work on this machine."""
    made = providers()[request.param]()
    if (why := made.available()) is not None:
        pytest.skip(Catalog.load().text(why))
    return made


@pytest.fixture(params=ANALYSES)
def analysis(request: pytest.FixtureRequest) -> Analysis:
    return ANALYSES[request.param]


async def _picked(provider: ClipProvider, analysis: Analysis, wish: Wish) -> Picked:
    return await provider.pick(video(), analysis, wish, Heard())


def _shared(a: Span, b: Span) -> float:
    common = min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
    return max(0.0, common) / min(a.length_s, b.length_s)


async def test_clips_lie_in_the_video_best_first_and_apart(
    provider: ClipProvider, analysis: Analysis
) -> None:
    spans = (await _picked(provider, analysis, Wish())).spans
    assert 1 <= len(spans) <= 9
    for span in spans:
        assert 0 <= span.start_s < span.end_s <= analysis.duration_s + 0.05
        assert 0 <= span.score <= 100
    assert [s.score for s in spans] == sorted((s.score for s in spans), reverse=True)
    assert all(_shared(a, b) <= MOST_SHARED for a, b in combinations(spans, 2))


async def test_every_clip_has_reasons_and_words_a_person_can_read(
    provider: ClipProvider, analysis: Analysis
) -> None:
    catalog = Catalog.load()
    for span in (await _picked(provider, analysis, Wish())).spans:
        assert span.title.strip() and span.caption.strip()
        assert all(tag and "#" not in tag and " " not in tag for tag in span.tags)
        assert span.reasons and all(catalog.has(reason.key) for reason in span.reasons)


async def test_no_clip_begins_or_ends_inside_a_word(
    provider: ClipProvider, analysis: Analysis
) -> None:
    for span in (await _picked(provider, analysis, Wish())).spans:
        for edge in (span.start_s, span.end_s):
            cut = [w for w in analysis.words if w.start_s + 0.01 < edge < w.end_s - 0.01]
            assert not cut, f"{edge} lies in {cut[0].text!r}"


async def test_a_wish_is_met_or_what_is_missing_is_said(
    provider: ClipProvider, analysis: Analysis
) -> None:
    try:
        picked = await _picked(provider, analysis, Wish(count=3, min_s=10, max_s=25))
    except NothingToCut as told:
        assert Catalog.load().has(told.say.key)
        return
    assert len(picked.spans) <= 3
    assert len(picked.spans) == 3 or picked.unmet
    assert all(9.5 <= s.length_s <= 25.5 for s in picked.spans)


async def test_named_stretches_are_cut_where_they_were_named(provider: ClipProvider) -> None:
    named = Spell(30.0, 52.0)
    (span,) = (await _picked(provider, ANALYSES["an interview"], Wish(spans=(named,)))).spans
    assert abs(span.start_s - 30) < 1.5 and abs(span.end_s - 52) < 1.5


async def test_the_same_video_gives_the_same_clips(
    provider: ClipProvider, analysis: Analysis
) -> None:
    first, second = [await _picked(provider, analysis, Wish()) for _ in range(2)]
    assert first == second


async def test_it_says_when_it_is_done(provider: ClipProvider) -> None:
    heard = Heard()
    await provider.pick(video(), ANALYSES["an interview"], Wish(), heard)
    assert heard.done == sorted(heard.done) and heard.done[-1] == 1.0
