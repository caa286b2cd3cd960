"""Speech that Whisper passed over: at the end of its half a minute it leaves out what is left of a
sentence now and then. Such holes are listened to once more, alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.analysis.model import Spell, Word

LEAST_S = 1.2
"""Less is a breath, or a word that was drawn out."""
_MOST_S = 20.0
"""More is no slip: nobody can be understood there."""
_MOST = 24
_BESIDE = 2
"""Words beside a hole that are stretched into it; they are heard once more too."""
_WORD_S, _LETTER_S = 0.25, 0.07
"""What a word takes, at most, of somebody who speaks at ease."""
_NEAR_S = 0.4
_ENDS = (".", "!", "?", "…", "。", "！", "？", "؟", "।")


def holes(words: Sequence[Word], voice: Sequence[Spell]) -> list[Spell]:
    """Where somebody speaks for longer than the words there take. Words and voice are in order."""
    found: list[Spell] = []
    for n in range(len(words) - 1):
        few = words[max(0, n - _BESIDE + 1) : n + _BESIDE + 1]
        near = [w for w in few if w.end_s - w.start_s > 2 * _usual_s(w)]
        begin_s = min([words[n].end_s, *(w.start_s for w in near)])
        end_s = max([words[n + 1].start_s, *(w.end_s for w in near)])
        gap = Spell(begin_s, end_s)
        inside_s = sum(_usual_s(w) for w in few if begin_s <= w.start_s < end_s)
        if found and gap.start_s < found[-1].end_s:
            continue
        if gap.length_s <= _MOST_S and _spoken_s(gap, voice) - inside_s >= LEAST_S:
            found.append(gap)
    return found[:_MOST]


def _usual_s(word: Word) -> float:
    return _WORD_S + _LETTER_S * len(word.text.strip())


def _spoken_s(gap: Spell, voice: Sequence[Spell]) -> float:
    total = 0.0
    for spell in voice[bisect_right(voice, gap.start_s, key=lambda v: v.end_s) :]:
        if spell.start_s >= gap.end_s:
            break
        total += max(0.0, min(gap.end_s, spell.end_s) - max(gap.start_s, spell.start_s))
    return total


def filled(words: Sequence[Word], hole: Spell, more: Sequence[Word]) -> list[Word]:
    """The words, with what was heard in a hole instead of what stood there, if that is more."""
    before = [w for w in words if w.start_s < hole.start_s]
    after = [w for w in words if w.start_s >= hole.end_s]
    new = [w for w in more if w.end_s > hole.start_s and w.start_s < hole.end_s]
    # Its edges are the neighbours, heard once more.
    if before and new and _same(before[-1], new[0]) and new[0].start_s - hole.start_s < _NEAR_S:
        new = new[1:]
    if after and new and _same(after[0], new[-1]) and hole.end_s - new[-1].end_s < _NEAR_S:
        new = new[:-1]
    if len(new) <= len(words) - len(before) - len(after):
        return list(words)
    return [*before, *_inside(before, new, after), *after]


def _inside(before: list[Word], new: Sequence[Word], after: list[Word]) -> Iterator[Word]:
    """What is heard alone is written as a sentence of its own."""
    for n, word in enumerate(new):
        text = word.text
        if not n and before and not before[-1].text.endswith(_ENDS) and text[1:].islower():
            text = text.lower()
        if n + 1 == len(new) and after and after[0].text[:1].islower():
            text = text.rstrip(".")
        yield replace(word, text=text)


def _same(a: Word, b: Word) -> bool:
    bare = [w.text.strip(".,!?…").casefold() for w in (a, b)]
    return bare[0] == bare[1]
