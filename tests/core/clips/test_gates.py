"""What must not become a clip, or not in this way: previews, songs, failed takes, flashes."""

from __future__ import annotations

import pytest

from core.analysis.model import Analysis, Spell, Word
from core.clips.base import Picked, Wish
from core.clips.desk import lay_out
from core.clips.local import pick
from core.clips.sentences import sentences_of
from core.clips.takes import worse_takes
from core.errors import NothingToCut
from tests.core.clips.talks import (
    INTERVIEW,
    LECTURE,
    PRODUCT,
    analysed,
    spoken,
    video,
    without_words,
)


def picked(analysis: Analysis, wish: Wish | None = None) -> Picked:
    return pick(video(), analysis, wish or Wish())


def said_in(found: Picked, analysis: Analysis) -> list[str]:
    """What every clip says."""
    return [
        " ".join(w.text for w in analysis.words if s.start_s <= w.start_s and w.end_s <= s.end_s)
        for s in found.spans
    ]


def test_a_preview_at_the_start_is_offered_once_and_from_where_it_belongs() -> None:
    best = [
        "After eight months I had lost 40000 euros, and I did not even know why.",
        "Nobody hires bakers over fifty, which is crazy, because they know everything about dough.",
        "Money between friends does not stay money, it turns into something else.",
        "Count the customers, count the loaves that are left in the evening, count the hours you "
        "sleep.",
    ]
    talk = analysed(spoken(" ".join(best) + INTERVIEW))
    preview_s = next(w.start_s for w in talk.words if w.text == "Welcome")
    assert all(s.start_s > preview_s - 1 for s in picked(talk).spans)


@pytest.mark.parametrize("mark", ["♪ {} ♪", "[Music]", "(musique)"])
def test_a_song_in_a_talk_is_no_clip(mark: str) -> None:
    """Its lines carry notes, or nothing but a stage direction."""
    line = mark.format("oh my darling oh my darling")
    talk, at = spoken(INTERVIEW), 0.0
    song: list[Word] = []
    for _ in range(30):
        for text in line.split() if "{}" in mark else [line]:
            song.append(Word(text, at, at + 0.4))
            at += 0.5
        at += 1.0
    words = [*song, *(Word(w.text, w.start_s + at, w.end_s + at) for w in talk)]
    assert all(s.start_s > at - 1 for s in picked(analysed(words)).spans)


def test_a_song_is_cut_by_its_sound_and_not_by_its_lines() -> None:
    verse = "We are singing in the rain. And the sun is in my heart. I am happy once again. "
    song = analysed(spoken(verse * 12))
    keys = {r.key for s in picked(song).spans for r in s.reasons}
    assert not keys & {"reason.complete", "reason.whole", "reason.dense", "reason.strong"}


@pytest.mark.parametrize(
    ("text", "worse"),
    [
        ("We sold the company in May. Then we bought it back in June.", []),
        ("We sold the whole company in May. We sold the whole company in May. Good.", [0]),
        ("La empresa vende bicicletas en tres. La empresa vende bicicletas en tres ciudades.", [0]),
        ("Never ever again. Never ever again.", []),
        ("Цена это первое что узнаёт клиент. Цена это первое что узнаёт клиент!", [0]),
        ("我们今天想讨论一下价格问题。 我们今天想讨论一下价格问题。", [0]),
    ],
)
def test_of_two_takes_of_a_sentence_the_worse_is_known(text: str, worse: list[int]) -> None:
    words = spoken(text)
    sentences = sentences_of(words, analysed(words))
    assert sorted(worse_takes(sentences)) == worse


def test_a_false_start_is_a_worse_take() -> None:
    start = spoken("So the reason why bread rises is", punctuated=False)
    again = spoken("so the reason why bread rises is the yeast in it.", start_s=5.0)
    words = [*start, *again]
    assert worse_takes(sentences_of(words, analysed(words))) == {0}


def test_a_clip_begins_with_the_take_that_worked() -> None:
    lines = INTERVIEW.strip().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("The biggest mistake was"))
    first, _, _ = lines[at].partition(".")
    lines.insert(at, f"{first}.")
    talk = analysed(spoken(" ".join(lines)))
    for said in said_in(picked(talk), talk):
        assert said.count("The biggest mistake was pricing.") <= 1


@pytest.mark.parametrize("text", [INTERVIEW, LECTURE, PRODUCT])
@pytest.mark.parametrize("apart_s", [3.1, 7.3])
def test_no_clip_shows_a_moment_of_the_shot_beside_it(text: str, apart_s: float) -> None:
    words = spoken(text)
    end_s = words[-1].end_s + 1
    shots = [0.0, *(round(apart_s * n, 3) for n in range(1, int(end_s / apart_s)))]
    spans = picked(analysed(words, shots_s=shots, language=None)).spans
    assert spans
    for edge in (t for s in spans for t in (s.start_s, s.end_s)):
        gap = min(abs(edge - s) for s in shots)
        assert gap < 0.003 or gap > 0.197, f"{edge} is {gap:.3f} s from a cut"


def test_a_film_without_words_is_cut_on_its_cuts() -> None:
    shots = [0.0, *(4.7 * n for n in range(1, 60))]
    for span in picked(without_words(290, shots_s=shots)).spans:
        assert all(min(abs(t - s) for s in shots) < 0.003 for t in (span.start_s, span.end_s))


def test_where_every_place_is_beside_a_cut_there_are_clips_all_the_same() -> None:
    words = [Word(f"word{i}", 0.3 * i, 0.3 * i + 0.3) for i in range(400)]
    shots = [round(0.15 + 0.3 * n, 3) for n in range(400)]
    assert picked(analysed(words, shots_s=[0.0, *shots])).spans


def test_two_languages_in_turn_are_both_understood() -> None:
    """Each sentence is measured with the hints of its own language."""
    both = INTERVIEW.strip().splitlines()[6:14] + LECTURE.strip().splitlines()[2:14]
    talk = analysed(spoken(" ".join(both)), language="en")
    titles = " ".join(s.title for s in picked(talk, Wish(count=4)).spans)
    tags = {t for s in picked(talk, Wish(count=4)).spans for t in s.tags}
    assert not tags & {"und", "nicht", "wird", "einen", "warum", "wie"}, tags
    assert titles


def test_an_answer_does_not_open_a_clip_without_its_question() -> None:
    talk = analysed(spoken(INTERVIEW))
    for said in said_in(picked(talk), talk):
        assert not said.startswith(("Well, I never", "We are fourteen", "My alarm rings"))


def test_two_hours_of_nothing_are_answered_with_a_reason() -> None:
    bins = 72_000
    silent = analysed(
        [], duration_s=7200.0, faces=False, energy_db=[-90.0] * bins, motion=[0.0] * bins,
        frozen=[Spell(0.0, 7200.0)],
    )  # fmt: skip
    with pytest.raises(NothingToCut) as told:
        picked(silent)
    assert told.value.say.key == "clips.nothing_happens"


def test_of_hours_of_nothing_only_the_part_where_something_happens_is_cut() -> None:
    bins = 36_000
    energy, motion = [-90.0] * bins, [0.0] * bins
    for i in range(20_000, 20_600):
        energy[i], motion[i] = -25.0, 0.05
    screen = analysed([], duration_s=3600.0, faces=False, energy_db=energy, motion=motion)
    spans = picked(screen).spans
    assert spans and all(1940 < s.start_s < s.end_s < 2120 for s in spans)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "It's a problem for everybody in the town."),
        ("en", "In that case you would lose the whole harvest."),
        ("en", "For example you can have one radar in the front."),
        ("es", "Pero la tienda de al lado compra masa congelada."),
        ("de", "Zum Beispiel kann man zwei davon in den Keller stellen."),
        ("pt", "Mas a padaria do lado compra massa congelada."),
        ("fr", "C'est pourquoi nous avons doublé le prix du pain."),
        ("ru", "Но соседняя пекарня покупает замороженное тесто."),
        ("ar", "لكن المخبز المجاور يشتري العجين المجمد كل يوم."),
        (None, "Но соседняя пекарня покупает замороженное тесто."),
    ],
)
def test_an_opening_that_leans_on_what_came_before_is_known(
    language: str | None, text: str
) -> None:
    talk = analysed(spoken(f"{text} {text}"), language=language)
    assert lay_out(video(), talk, Wish()).features.openings[0].dangling


@pytest.mark.parametrize(
    ("text", "asking"),
    [
        ("What was the biggest mistake of your first winter?", 1.0),
        ("Nice weather for a walk, right?", 0.2),
        ("Hace buen tiempo para pasear, ¿no?", 0.2),
        ("Really?", 0.3),
        ("Will it start emitting giant satellites?", 0.5),
        ("Как вы начали печь хлеб в этом городе?", 1.0),
        ("你们第一年最大的错误是什么？", 0.8),
    ],
)
def test_a_question_that_asks_something_is_told_from_one_that_does_not(
    text: str, asking: float
) -> None:
    opening = lay_out(video(), analysed(spoken(text), language=None), Wish()).features.openings[0]
    assert opening.asks and abs(opening.asking - asking) <= 0.2
