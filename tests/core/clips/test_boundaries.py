"""Where clips begin and end, for every way words may lie in time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.analysis.model import Analysis, Spell, Word
from core.clips.base import Span, Wish
from core.clips.edges import EDGE_S, LEAD_S, TAIL_S
from core.clips.local import pick
from core.clips.wish import SHORTEST_S
from core.errors import NothingToCut
from tests.core.clips.talks import INTERVIEW, LECTURE, analysed, spoken, video, without_words

MS = 0.0011
"""Times are rounded to a millisecond."""

_gaps = st.one_of(st.just(0.0), st.floats(0.0, 0.5), st.floats(0.0, 6.0))
_endings = st.sampled_from(["", "", "", "", "", ",", ".", ".", "?", "!", "…"])
_word = st.tuples(st.floats(0.04, 1.2), _gaps, _endings, st.floats(0.1, 1.0))


@st.composite
def sources(draw: st.DrawFn) -> Analysis:
    """Any layout of words, with shot edges, black and stillness anywhere, also overlapping talk."""
    at, words = draw(st.floats(0, 5)), []
    for i, (length, gap, mark, sure) in enumerate(draw(st.lists(_word, max_size=250))):
        words.append(Word(f"word{i % 17}{mark}", round(at, 3), round(at + length, 3), sure))
        at = max(0.0, at + length + gap - draw(st.sampled_from([0.0] * 12 + [0.3])))
    duration_s = max([1.0, at, *(w.end_s for w in words)]) + draw(st.floats(0, 10))
    moments = st.floats(0.1, duration_s - 0.05)
    shots = sorted({0.0, *(round(s, 3) for s in draw(st.lists(moments, max_size=25)))})
    black = [Spell(s, min(duration_s, s + 1.5)) for s in draw(st.lists(moments, max_size=2))]
    return analysed(
        words,
        duration_s=round(duration_s, 3),
        shots_s=shots,
        black=sorted(black, key=lambda s: s.start_s),
        words_from=draw(st.sampled_from(["whisper", "sphinx", "upload"])),
        language=draw(st.sampled_from(["en", None, "fi"])),
    )


wishes = st.builds(
    Wish,
    count=st.one_of(st.none(), st.integers(1, 12)),
    min_s=st.one_of(st.none(), st.floats(3, 20)),
    max_s=st.one_of(st.none(), st.floats(20, 60)),
    text=st.sampled_from(["", "about word3", "funny", "about nothing here"]),
)


def _spans(analysis: Analysis, wish: Wish) -> tuple[Span, ...]:
    try:
        return pick(video(), analysis, wish).spans
    except NothingToCut:
        return ()


def _inside_a_word(t_s: float, words: Sequence[Word]) -> bool:
    return any(w.start_s + MS < t_s < w.end_s - MS for w in words)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(analysis=sources(), wish=wishes)
def test_any_layout_of_words_gives_whole_words_and_clips_apart(
    analysis: Analysis, wish: Wish
) -> None:
    spans = _spans(analysis, wish)
    for span in spans:
        assert 0 <= span.start_s < span.end_s <= analysis.duration_s + MS
        assert not _inside_a_word(span.start_s, analysis.words)
        assert not _inside_a_word(span.end_s, analysis.words)
        assert span.length_s >= min(wish.min_s or 0, analysis.duration_s) - MS
        assert span.length_s >= SHORTEST_S * 0.9 - 2 * MS
        assert span.length_s <= (wish.max_s or max(60, 1.5 * (wish.min_s or 0))) + MS
        assert 0 <= span.score <= 100
        assert 2 <= len(span.reasons) <= 4
        assert span.title and len(span.title) <= 60
        assert len(span.caption) <= 2200
    for a, b in pairwise(sorted(spans, key=lambda s: s.start_s)):
        assert a.end_s <= b.start_s + MS
    assert len(spans) <= (wish.count or 9)
    assert [s.score for s in spans] == sorted((s.score for s in spans), reverse=True)
    assert spans == _spans(analysis, wish), "the same twice"


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10_000), shots=st.lists(st.floats(1, 200), max_size=40))
def test_a_talk_begins_just_before_a_word_and_ends_just_behind_one(
    seed: int, shots: list[float]
) -> None:
    words = spoken(INTERVIEW, seed=seed)
    analysis = analysed(words, shots_s=sorted({0.0, *(round(s, 3) for s in shots)}))
    spans = _spans(analysis, Wish())
    assert spans
    for span in spans:
        inside = [w for w in words if span.start_s - MS <= w.start_s and w.end_s <= span.end_s + MS]
        assert inside[0].start_s - span.start_s <= LEAD_S + MS
        assert span.end_s - inside[-1].end_s <= TAIL_S + MS
        for t, low, high in (
            (span.start_s, _end_before(words, inside[0]), inside[0].start_s),
            (span.end_s, inside[-1].end_s, _start_behind(words, inside[-1], analysis)),
        ):
            _is_kind_to_shots(t, low, high, analysis)


def _end_before(words: Sequence[Word], first: Word) -> float:
    return max([first.start_s - LEAD_S, *(w.end_s for w in words if w.start_s < first.start_s)])


def _start_behind(words: Sequence[Word], last: Word, analysis: Analysis) -> float:
    later = [w.start_s for w in words if w.start_s > last.start_s]
    return min([last.end_s + TAIL_S, analysis.duration_s, *later])


def _is_kind_to_shots(t_s: float, low: float, high: float, analysis: Analysis) -> None:
    """On a shot edge or 0.2 s from it, wherever the silence leaves room for that."""
    edges = [s for s in analysis.shots_s if 0 < s < analysis.duration_s]
    gap = min((abs(t_s - s) for s in edges), default=1.0)
    if gap <= MS or gap >= EDGE_S - MS:
        return
    room = [low + (high - low) * k / 200 for k in range(201)] + [
        s for s in edges if low <= s <= high
    ]
    kind = [t for t in room if all(abs(t - s) < 1e-6 or abs(t - s) >= EDGE_S + MS for s in edges)]
    assert not kind, f"{t_s} is {gap:.3f} s from a shot edge, and {kind[0]} would not be"


@pytest.mark.parametrize("duration_s", [3.0, 6.0, 12.0, 20.0, 45.0, 75.0, 300.0])
def test_a_silent_video_of_any_length_gives_clips_apart(duration_s: float) -> None:
    shots = [0.0, *(s for s in (2.2, 9.1, 31.0, 80.0, 200.0) if s < duration_s - 1)]
    analysis = without_words(duration_s, shots_s=shots)
    spans = _spans(analysis, Wish())
    assert spans
    for span in spans:
        assert 0 <= span.start_s < span.end_s <= duration_s
        for t in (span.start_s, span.end_s):
            gap = min((abs(t - s) for s in shots if s), default=1.0)
            assert gap <= MS or gap >= EDGE_S - MS or t in (0.0, duration_s)
    for a, b in pairwise(sorted(spans, key=lambda s: s.start_s)):
        assert a.end_s <= b.start_s + MS


def test_a_clip_does_not_begin_in_black_where_it_need_not() -> None:
    analysis = without_words(60, shots_s=[0.0, 2.0], black=[Spell(0.0, 2.0)])
    assert all(s.start_s >= 2.0 for s in _spans(analysis, Wish()))
    talk = spoken(INTERVIEW, start_s=2.05)
    found = _spans(analysed(talk, shots_s=[0.0, 2.0], black=[Spell(0, 2.0)]), Wish(count=9))
    assert all(s.start_s >= 2.0 for s in found)


@pytest.mark.parametrize("text", [INTERVIEW, LECTURE])
def test_no_clip_flashes_the_shot_beside_it_where_others_will_do(text: str) -> None:
    talk = spoken(text)
    firsts = [b for a, b in pairwise(talk) if a.text.endswith((".", "!", "?"))]
    shots = [0.0, *(w.start_s + 0.15 for w in firsts[::2])]
    found = _spans(analysed(talk, shots_s=shots), Wish())
    assert len(found) >= 4
    assert not [s for s in found if any(0.04 < e - s.start_s < 0.6 for e in shots)]


def test_a_named_place_goes_to_the_shot_edge_beside_it() -> None:
    analysis = without_words(60, shots_s=[0.0, 20.13, 40.3])
    (span,) = _spans(analysis, Wish(spans=(Spell(20.0, 40.0),)))
    assert span.start_s == 20.13


def test_lengths_that_no_pair_of_cuts_has_are_found_all_the_same() -> None:
    """Shots of 30 s, and clips between 40 and 59 s: neither one shot nor two."""
    analysis = analysed([], duration_s=600.0, shots_s=[30.0 * n for n in range(20)])
    spans = _spans(analysis, Wish(count=6, min_s=40, max_s=59))
    assert len(spans) == 6 and all(40 <= s.length_s <= 59 for s in spans)


def test_no_clip_runs_from_one_recording_into_another() -> None:
    talk = analysed(spoken(INTERVIEW))
    middles = [(s.start_s + s.end_s) / 2 for s in pick(video(), talk, Wish()).spans]
    edge = min((w.end_s for w in talk.words), key=lambda t: abs(t - middles[0])) + 0.05
    glued = replace(talk, shots_s=(0.0, edge), joins_s=(edge,))
    spans = pick(video(), glued, Wish()).spans
    assert len(spans) >= 4
    assert all(s.end_s <= edge + EDGE_S or s.start_s >= edge - EDGE_S for s in spans)


def test_a_video_that_flashes_all_the_way_through_gives_clips_too() -> None:
    flashing = analysed(
        (),
        duration_s=60.0,
        shots_s=[0.0, *(i + 0.5 for i in range(1, 59))],
        black=[Spell(2.0 * i, 2.0 * i + 1) for i in range(30)],
        faces=False,
        motion=[0.1] * 600,
        energy_db=[-20.0] * 600,
    )
    assert pick(video(), flashing, Wish()).spans


def test_hours_of_short_shots_are_chosen_from_in_little_time() -> None:
    """Work per stretch that grows with the number of shots took minutes here: with four times the
    length the work may grow four times, and some."""

    def work(hours: float) -> int:
        length_s = hours * 3600
        shots = [2.4 * i for i in range(int(length_s / 2.4))]
        still = [Spell(s + 0.1, s + 2.3) for s in shots]
        of = analysed(
            (),
            duration_s=length_s,
            shots_s=shots,
            frozen=still,
            faces=False,
            motion=[0.0] * int(length_s * 10),
            energy_db=[-20.0] * int(length_s * 10),
        )
        calls = 0

        def count(*_: object) -> None:
            nonlocal calls
            calls += 1

        sys.setprofile(count)
        try:
            assert pick(video(), of, Wish(count=4)).spans
        finally:
            sys.setprofile(None)
        return calls

    assert work(0.4) < 6 * work(0.1)


def test_a_clip_of_slides_begins_with_a_slide() -> None:
    """They look so much alike that none is a shot of its own."""
    changes = [6.0 * i for i in range(1, 9)]
    slides = analysed(
        (),
        duration_s=54.0,
        frozen=[Spell(a - 5.9, a) for a in changes],
        faces=False,
        motion=[0.0] * 540,
        energy_db=[-20.0 + (i % 7) for i in range(540)],
    )
    spans = pick(video(), slides, Wish()).spans
    assert spans
    assert all(min(abs(s.start_s - t) for t in [0.0, *changes]) < 0.05 for s in spans)


POINTS = """
There are three things I wish somebody had told me before I bought a house in the country.
Number one, the roof. It looked fine from the street, and nobody had been up there for twenty years.
The first storm took eleven tiles, and the water found its way into every single room.
Number two, the well. The seller said that it never runs dry, and in a wet year that is even true.
In August we carried water from the village in bottles, and the garden died in front of our eyes.
Number three, the neighbours. They knew everything about the roof and the well, and waited politely.
When I finally asked them, they laughed for a whole evening and then helped me for a whole summer.
"""


def test_a_clip_of_a_list_begins_with_its_point_and_ends_before_the_next() -> None:
    talk = analysed(spoken(POINTS))
    spans = pick(video(), talk, Wish(count=2, min_s=8, max_s=16)).spans
    for span in spans:
        inside = [w.text for w in talk.words if span.start_s <= w.start_s and w.end_s <= span.end_s]
        assert inside[0] in ("There", "Number"), inside[:6]
        assert "Number" not in inside[8:], "the next point is another clip"
