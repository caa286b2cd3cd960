"""Words become sentences in every script, with punctuation and without."""

from __future__ import annotations

import pytest

from core.analysis.model import Word
from core.clips.sentences import LONGEST_S, Sentence, sentences_of
from tests.core.clips.talks import INTERVIEW, analysed, spoken


def _sentences(words: list[Word], **more: object) -> tuple[Sentence, ...]:
    return sentences_of(words, analysed(words, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("Dr. Smith met Mr. J. Jones at 3.30 p.m. today. They talked.", 2),
        ("He said no. I said yes!", 2),
        ('"Is it true?" she asked. It was.', 2),
        ("Well… maybe not. Good.", 2),
        ("Das kostet z.B. drei Euro. Mehr nicht.", 2),
        ("Он живёт на ул. Мира. Правда?", 2),
        ("क्या हाल है। सब ठीक।", 2),
        ("كيف حالك؟ أنا بخير.", 2),
    ],
)
def test_punctuation_ends_a_sentence_and_an_abbreviation_does_not(text: str, n: int) -> None:
    assert len(_sentences(spoken(text))) == n


def test_scripts_without_spaces_are_closed_up_again() -> None:
    texts = ["我们", "今天", "讨论", "价格。", "价格", "很", "重要。"]
    words = [Word(t, 0.4 * i, 0.4 * i + 0.35) for i, t in enumerate(texts)]
    found = _sentences(words, language="zh")
    assert [s.text for s in found] == ["我们今天讨论价格。", "价格很重要。"]


def test_without_punctuation_a_pause_ends_a_sentence() -> None:
    words = [Word("one", 0, 0.3), Word("two", 0.4, 0.7), Word("three", 1.4, 1.7)]
    assert [s.text for s in _sentences(words)] == ["one two", "three"]


def test_without_punctuation_a_short_pause_on_a_shot_edge_is_enough() -> None:
    words = [Word("one", 0, 0.3), Word("two", 0.4, 0.7), Word("three", 1.1, 1.4)]
    loud = [-20.0] * 30
    assert len(_sentences(words, energy_db=loud)) == 1
    assert len(_sentences(words, energy_db=loud, shots_s=(0.0, 0.9))) == 2
    quiet = [*loud[:8], -60.0, -60.0, *loud[10:]]
    assert len(_sentences(words, energy_db=quiet)) == 2


def test_every_word_is_in_one_sentence_and_none_is_too_long() -> None:
    endless = spoken("and so on and on without any rest " * 200, punctuated=False)
    for words in (spoken(INTERVIEW), spoken(INTERVIEW, punctuated=False), endless):
        found = _sentences(words)
        assert [i for s in found for i in range(s.first, s.last + 1)] == list(range(len(words)))
        assert all(s.end_s - s.start_s <= LONGEST_S for s in found)


def test_whoever_pauses_to_think_goes_on_with_the_same_sentence() -> None:
    said = [
        ("They", 0.0),
        ("wrote", 0.4),
        ("this", 2.9),
        ("down.", 3.3),
        ("We", 3.7),
        ("read", 4.2),
    ]
    words = [Word(text, at, at + 0.3) for text, at in said]
    assert [s.text for s in _sentences(words)] == ["They wrote this down.", "We read"]
    lines = [Word(w.text.lower(), w.start_s, w.end_s) for w in words]
    assert len(_sentences(lines)) == 2 and _sentences(lines)[0].text == "they wrote"


def test_a_sentence_whose_end_is_written_may_take_a_little_longer() -> None:
    words = [Word(f"word{i}", 0.5 * i, 0.5 * i + 0.4) for i in range(50)]
    assert len(_sentences(words)) > 1
    ended = [*words[:-1], Word("end.", 24.5, 24.9)]
    assert [s.text.split()[-1] for s in _sentences(ended)] == ["end."]
