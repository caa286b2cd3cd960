"""Where nothing is heard but quiet and fillers: what a pause is, and what is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.analysis.model import Analysis, Spell, Word
from core.clips.lexicon import extent, is_filler, joined
from core.clips.sentences import ends_sentence
from core.clips.tongue import spoken_language
from core.sound.levels import Levels

SLACK_S, LONGEST_FILLER_S = 0.15, 1.2
"""Recognisers are that unsure of a filler; and a longer sound is more than one."""
WORD_S = 0.35
"""Nobody draws a word out longer than twice this, except to look for the next one."""
LAUGH_S, LAUGHS_APART_S = 0.5, 0.25
"""A sound without a word that is so long is laughter, applause or a thing that happens; one laugh
is made of bursts that lie closer."""
BREATH_DB = 15.0
"""A breath is at least this far under the vowels."""
OWN_TIMES = ("whisper", "endpoint")
APART_S = 0.03
"""Subtitles that give a word a time of its own leave room on both sides of it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """From the end of one sound to the beginning of the next: nothing but quiet and fillers."""

    start_s: float
    end_s: float
    quiet: tuple[Spell, ...]
    fillers: tuple[Word, ...] = ()


def fillers_of(words: Sequence[Word], analysis: Analysis) -> list[Word]:
    """The words of a clip that are no words."""
    language = spoken_language(joined(w.text for w in words), analysis.language)
    return [w for w in words if _is_filler(w, words, analysis, language)]


def _is_filler(word: Word, words: Sequence[Word], analysis: Analysis, language: str | None) -> bool:
    """On the language's list, no answer by itself ("Hmm."), and its time is known to be its own."""
    if not is_filler(word.text, language):
        return False
    k = words.index(word)
    before, after = words[k - 1] if k else None, words[k + 1] if k + 1 < len(words) else None
    if ends_sentence(word.text) and (before is None or ends_sentence(before.text)):
        return False
    if analysis.words_from in OWN_TIMES:
        return True
    free = before is None or word.start_s - before.end_s >= APART_S
    return free and (after is None or after.start_s - word.end_s >= APART_S)


def gaps(levels: Levels, words: Sequence[Word], fillers: Sequence[Word]) -> list[Gap]:
    """Quiet stretches, those around a filler together; without those that belong to a laugh."""
    others = [w for w in words if w not in fillers]
    found: list[Gap] = []
    for spell in levels.quiet():
        last = found[-1] if found else None
        said = _alone(last.end_s, spell.start_s, fillers, others) if last else ()
        if last and said:
            found[-1] = Gap(last.start_s, spell.end_s, (*last.quiet, spell), (*last.fillers, *said))
        else:
            found.append(Gap(spell.start_s, spell.end_s, (spell,)))
    return _without_beats(found, words, levels)


def _without_beats(found: Sequence[Gap], words: Sequence[Word], levels: Levels) -> list[Gap]:
    """Quiet beside a longer sound that is no word and no breath belongs to it: the silence before a
    laugh is what makes it one. A short one is a word or an "um" that nobody wrote down."""
    able = [g for g in found if g.fillers or g.end_s - g.start_s >= LAUGHS_APART_S]
    left = list(able)
    for a, b in pairwise(able):
        start_s, end_s = a.end_s, b.start_s
        said = any(w.start_s < end_s + SLACK_S and start_s < _end_s(w) + SLACK_S for w in words)
        sound = levels.between(start_s, end_s)
        loud = len(sound) > 0 and sound.max() > levels.speech_db - BREATH_DB
        if not said and loud and end_s - start_s >= LAUGH_S:
            left = [g for g in left if g not in (a, b)]
    return left


def _end_s(word: Word) -> float:
    """When it is surely over: words that were stretched to the next one explain no laugh."""
    return min(word.end_s, word.start_s + WORD_S * (1 + extent(word.text)))


def _alone(
    start_s: float, end_s: float, fillers: Sequence[Word], words: Sequence[Word]
) -> tuple[Word, ...]:
    """The fillers a sound is made of, when it is made of nothing else."""
    if end_s - start_s > LONGEST_FILLER_S:
        return ()
    said = tuple(f for f in fillers if shared(f, start_s, end_s) > 0)
    if not said or any(shared(w, start_s, end_s) > SLACK_S / 2 for w in words):
        return ()
    begin_s, stop_s = said[0].start_s - SLACK_S, said[-1].end_s + SLACK_S
    inside = begin_s <= start_s and end_s <= stop_s
    return said if inside else ()


def shared(word: Word, start_s: float, end_s: float) -> float:
    return min(word.end_s, end_s) - max(word.start_s, start_s)
