"""Changes on a real talk: cuts between words, sentences dropped, words corrected, and refusals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.analysis.model import Analysis, Word
from core.analysis.timeline import Timeline, words_inside
from core.captions.wording import written
from core.edits.apply import Edited, apply
from core.edits.read import read
from core.errors import Told
from core.render.recipe import Recipe

TEXT = (
    "First we had no money. Then the prise went up by a lot! Maria said wow. "
    "Nobody had seen that before. So we sold everything. That was the end."
)
WORDS = tuple(Word(t, 10 + k * 0.5, 10 + k * 0.5 + 0.42) for k, t in enumerate(TEXT.split()))
CLIP = Recipe(9.8, 24.5)


def talk(words: tuple[Word, ...] = WORDS) -> Analysis:
    return Analysis(
        60.0, (0.0,), (), (), (), (), (), (), None, words, "upload", "en"
    )  # fmt: skip


def changed(text: str, clip: Recipe = CLIP) -> Edited:
    return apply(clip, read(text), talk())


def said(edited: Edited) -> str:
    recipe = edited.recipe
    words = words_inside(WORDS, Timeline.whole(recipe.start_s, recipe.end_s))
    return " ".join(w.text for w in written(words, recipe.look))


def test_an_end_moves_about_as_far_as_asked_and_cuts_no_word() -> None:
    for text in ("start 2 s later", "end 3 s earlier", "end at 0:20", "start 1 s later"):
        recipe = changed(text).recipe
        ends = (recipe.start_s, recipe.end_s)
        assert not [w for w in WORDS for t in ends if w.start_s + 0.01 < t < w.end_s - 0.01], text
    assert changed("start 2 s later").recipe.start_s == pytest.approx(11.8, abs=0.6)
    assert changed("end at 0:20").recipe.end_s == pytest.approx(20, abs=0.6)
    assert changed("start 20 s earlier").recipe.start_s == 0.0, "as far as there is video"


def test_a_time_beyond_the_video_around_is_one_of_the_clip() -> None:
    late = Recipe(1000, 1040)
    words = tuple(Word(w.text, w.start_s + 990, w.end_s + 990) for w in WORDS)
    whole = Analysis(
        2000.0, (0.0,), (), (), (), (), (), (), None, words, "upload", "en"
    )  # fmt: skip
    assert apply(late, read("end at 0:30"), whole).recipe.end_s == pytest.approx(1030, abs=0.6)
    assert apply(late, read("end at 17:00"), whole).recipe.end_s == pytest.approx(1020, abs=0.6)
    with pytest.raises(Told, match="far_away"):
        apply(late, read("end at 30:00"), whole)


def test_sentences_are_dropped_whole() -> None:
    assert said(changed("drop the first sentence")).startswith("Then the prise")
    assert said(changed("drop the last sentence")).endswith("sold everything.")
    assert said(changed("drop the first 2 sentences")).startswith("Maria said")
    with pytest.raises(Told, match="few_sentences"):
        changed("drop the first 9 sentences")


def test_a_word_is_corrected_in_its_time_and_keeps_its_signs() -> None:
    fixed = changed("change word prise to price tag")
    assert "Then the price tag went up" in said(fixed)
    assert "sold it all. That" in said(changed("change everything to it all"))
    assert "Maria said. Nobody" in said(changed("delete the word wow"))
    words = written(words_inside(WORDS, Timeline.whole(9.8, 24.5)), fixed.recipe.look)
    tag = [w for w in words if w.text in ("price", "tag")]
    assert tag[0].end_s <= tag[1].start_s + 1e-9 and tag[1].end_s == pytest.approx(
        7 * 0.5 + 0.42 + 0.2
    )
    with pytest.raises(Told, match="word_near") as told:
        changed("change word priise to price")
    assert told.value.say.facts["near"] == ("prise",)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("end 14 s earlier", "too_short"),
        ("start at 59:00", "far_away"),
        ("change word xylophone to x", "no_such_word"),
        ("undo and square", "undo_alone"),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_is_changed(text: str, why: str) -> None:
    with pytest.raises(Told, match=why):
        changed(text)


def test_without_words_captions_cannot_be_put_on() -> None:
    with pytest.raises(Told, match="no_words"):
        apply(CLIP, read("captions on"), talk(()))


def test_where_words_are_guesses_no_pause_goes_and_nothing_is_made_again() -> None:
    guessed = replace(talk(), words_from="sphinx")
    with pytest.raises(Told, match=r"tight\.rough"):
        apply(CLIP, read("remove the pauses"), guessed)
    assert apply(CLIP, read("remove the pauses"), talk()).recipe.tight.pauses


def test_changes_of_looks_touch_no_span() -> None:
    recipe = changed("style neon, square, with emoji, censor swearing").recipe
    assert recipe.same_span(CLIP) and recipe.format == "1:1"
    look = recipe.look
    assert (look.style, look.emoji, look.masked) == ("neon", True, True)
    assert changed("translate captions to German").recipe.look.language == "de"


def test_music_is_that_of_the_workspace_and_needs_one() -> None:
    changes = read("with music, clean the sound")
    recipe = apply(CLIP, changes, talk(), "music/1").recipe
    assert (recipe.music, recipe.cleaning) == ("music/1", "clean")
    assert not recipe.same_sound(CLIP) and Recipe.from_json(recipe.to_json()) == recipe
    assert apply(recipe, read("no music"), talk()).recipe.music == ""
    with pytest.raises(Told, match=r"music\.none"):
        apply(CLIP, changes, talk())
