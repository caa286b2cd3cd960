"""Cues as a reader meets them: short, even, on time, and with every word."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis.model import Word
from core.captions.cues import GAP_S, Cue, cues
from core.captions.export import srt, vtt
from core.captions.pieces import WHOLE_CELLS, graphemes, width


def spoken(text: str, each_s: float = 0.3, word_s: float = 0.25) -> list[Word]:
    return [
        Word(w, round(k * each_s, 3), round(k * each_s + word_s, 3))
        for k, w in enumerate(text.split())
    ]


def lines(text: str, each_s: float = 0.3) -> list[str]:
    return [c.text for c in cues(spoken(text, each_s))]


def letters(row: list[Cue]) -> Counter[str]:
    """But for hyphens: a word that is parted gets some."""
    return Counter("".join(p.text for c in row for p in c.pieces).replace("-", ""))


TEXTS = st.one_of(
    st.text(min_size=0, max_size=40),
    st.sampled_from(
        ["I", "the", "most", "important", "你好世界", "今日はとてもいい天気ですね。", "مرحبا",
         "שלום", "नमस्ते", "สวัสดีครับ", "안녕하세요", "x" * 70, "Ünïcödé", "two words",
         "don't.", "🎉", "\n"]
    ),
)  # fmt: skip
TIMES = st.one_of(
    st.floats(-5, 200),
    st.sampled_from([0.0, 1.0, 1.0, float("nan"), float("inf"), -1.0]),
)
WORDS = st.lists(st.builds(Word, TEXTS, TIMES, TIMES), max_size=60)


@settings(max_examples=150, deadline=None)
@given(WORDS)
def test_no_word_is_lost_whatever_the_recogniser_says(words: list[Word]) -> None:
    row = cues(words)
    assert letters(row) == Counter("".join("".join(w.text.split()) for w in words).replace("-", ""))


@settings(max_examples=150, deadline=None)
@given(WORDS, st.one_of(st.none(), st.floats(0.4, 120)))
def test_cues_are_long_enough_and_never_overlap(words: list[Word], until_s: float | None) -> None:
    row = cues(words, until_s=until_s)
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in pairwise(row))
    roomy = until_s is None or until_s >= 0.35 * len(row) + 1
    for cue in row:
        assert 0 <= cue.start_s < cue.end_s < 1000
        assert not roomy or cue.end_s - cue.start_s >= 0.35 - 1e-6
        assert until_s is None or cue.end_s <= until_s + 1e-6
        edges = [t for p in cue.pieces for t in (p.start_s, p.end_s)]
        assert edges == sorted(edges)
        assert cue.start_s - 1e-9 <= edges[0] and edges[-1] <= cue.end_s + 1e-9


@settings(max_examples=150, deadline=None)
@given(WORDS)
def test_a_cue_holds_three_words_and_eighteen_letters(words: list[Word]) -> None:
    for cue in cues(words):
        assert sum(not p.glued for p in cue.pieces[1:]) <= 2
        one = len(cue.pieces) == 1
        assert width(cue.text) <= (WHOLE_CELLS if one else 18)
        assert len(graphemes(cue.text)) <= (WHOLE_CELLS if one else 18)


def test_breaks_fall_where_a_reader_would_put_them() -> None:
    text = "So I think the most important thing, is to start before you are ready. And it works."
    assert lines(text) == [
        "So I think", "the most", "important thing,", "is to start", "before you", "are ready.",
        "And it works.",
    ]  # fmt: skip


def test_few_words_stand_alone_and_few_cues_are_hurried() -> None:
    # Two minutes of plain speech, the rhythm and the mix of long and short words of a talk.
    text = (
        "When we started the company nobody believed that people would pay for it, and to be "
        "honest I did not believe it either. We had three customers in the first year. One of them "
        "was my mother. But then something happened that changed everything: a teacher wrote to us "
        "and said that her class had been using it every single day. That is when I understood. "
    )
    words, at = [], 0.0
    for w in (text * 4).split():
        length = 0.12 + 0.045 * len(w)
        words.append(Word(w, at, at + length))
        at += length + (0.4 if w.endswith((".", ":")) else 0.02)
    row = cues(words)
    alone = sum(len(c.pieces) == 1 for c in row) / len(row)
    hurried = sum(c.end_s - c.start_s < 0.5 for c in row) / len(row)
    on_small = sum(len(c.text.split()[-1]) <= 2 for c in row) / len(row)
    assert alone < 0.117, "the best peer has 11.7 % cues with one word"
    assert hurried < 0.077 and on_small < 0.1
    assert max(abs(c.start_s - c.pieces[0].start_s) for c in row) < 0.16


def test_a_pause_is_never_bridged_and_a_short_gap_is_closed() -> None:
    words = [Word("Wait", 0.0, 0.4), Word("there.", 0.45, 0.9), Word("What?", 4.0, 4.4)]
    first, second = cues(words)
    assert first.text == "Wait there." and first.end_s < 1.5 and second.start_s == 4.0
    near = [Word("Wait", 0.0, 0.4), Word("there.", 0.45, 0.9), Word("What?", 0.9 + GAP_S / 2, 1.9)]
    first, second = cues(near)
    assert first.end_s == second.start_s


def test_chinese_and_japanese_are_broken_by_characters() -> None:
    row = lines("我 们 今 天 来 讲 一 个 非 常 有 意 思 的 故 事")
    assert all(len(r) <= 7 and " " not in r for r in row) and len(row) <= 4
    whole = [
        c.text for c in cues([Word("今日はとてもいい天気ですね。明日も晴れると思います。", 0, 5)])
    ]
    assert all(2 <= len(r) <= 7 for r in whole)
    assert not any(r[0] in "。、" for r in whole)
    assert lines("iPhone を 買った") == ["iPhone を買った"]


def test_a_cue_ends_where_another_language_begins() -> None:
    shown = lines("and then she told me मुझे लगता है कि यह अच्छा है, so we all went home")
    assert shown[1:3] == ["she told me", "मुझे लगता"] and "so we all" in shown
    names = lines("मैंने YouTube पर एक नया video डाला और लोग Instagram पर भी देख रहे हैं")
    assert "मैंने YouTube" in names and "Instagram पर भी" in names  # a name is not left alone


def test_a_thai_phrase_is_broken_where_a_syllable_begins() -> None:
    (whole,) = spoken("แล้วเธอก็พูดว่ามันเป็นโอกาสที่ดี", word_s=3.0)
    row = [p.text for c in cues([whole]) for p in c.pieces]
    assert row == ["แล้ว", "เธอก็พูดว่ามัน", "เป็นโอกาสที่ดี"]


def test_a_very_long_word_comes_in_parts_as_its_language_parts_it() -> None:
    def parts(word: str, language: str | None) -> list[str]:
        return [c.text for c in cues(spoken(word), language=language)]

    assert parts("Geschwindigkeitsbegrenzungen,", "de") == ["Geschwindigkeits-", "begrenzungen,"]
    assert parts("Достопримечательностями-то", "ru") == ["Достопримеча-", "тельностями-то"]
    assert parts("Antidisestablishmentarianism", None) == ["Antidisestab-", "lishmentarianism"]
    assert parts("https://example.org/a/long/one", "en") != []
    assert lines("Internationalization") == ["Internationalization"], "drawn smaller instead"


def test_words_without_a_time_stand_between_their_neighbours() -> None:
    nan = float("nan")
    words = [Word("one", 1.0, 1.3), Word("lost", nan, nan), Word("wild", 90.0, 91.0),
             Word("two", 2.0, 2.3), Word("zero", 2.0, 2.0), Word("three", 3.0, 3.4)]  # fmt: skip
    order = [p for c in cues(words) for p in c.pieces]
    assert [p.text for p in order] == ["one", "lost", "wild", "two", "zero", "three"]
    starts = [p.start_s for p in order]
    assert starts == sorted(starts) and 1.3 <= starts[1] < starts[2] < 2.0 <= starts[4] < 3.0


def test_thousands_of_words_are_quick() -> None:
    row = cues([Word("quick", k / 4, k / 4 + 0.2) for k in range(20_000)])
    assert sum(len(c.pieces) for c in row) == 20_000


@pytest.mark.parametrize("words", [[], [Word("  ", 0, 1)], [Word("", 0, 0)]])
def test_nothing_said_gives_no_cues(words: list[Word]) -> None:
    assert cues(words) == [] and srt(words) == "" and vtt(words) == "WEBVTT\n\n"


def test_srt_and_vtt_are_what_players_read() -> None:
    words = spoken("Hello <b>big</b> world --> ok. Fine & done.")
    assert srt(words).startswith("1\n00:00:00,000 --> 00:00:")
    assert srt(words).count("-->") == len(cues(words))
    assert "&lt;b&gt;big" in vtt(words) and "&amp;" in vtt(words)
    assert vtt(words).startswith("WEBVTT\n\n00:00:00.000 --> ")
