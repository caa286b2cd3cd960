"""What is said in the sample video, by whom, and what is seen meanwhile; with all its times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Who = Literal["mira", "theo"]
Shot = Literal["both", "mira", "theo", "slide"]

_LINES: tuple[tuple[Who, Shot, str], ...] = (
    ("mira", "both", "Have you ever recorded a whole hour and then not known what to post?"),
    ("theo", "theo", "Every single week, and the best minute always hides in the middle."),
    ("mira", "mira", "That is exactly what Clipdesk is for."),
    ("mira", "mira", "You send a long video to the chat, and it watches and listens to all of it."),
    ("theo", "theo", "And what comes back?"),
    ("mira", "slide", "The best moments, already cut, framed on whoever speaks, with captions."),
    ("mira", "slide", "Every clip says why it was chosen, so you can agree or throw it away."),
    ("theo", "theo", "Here is what surprised me most: I tapped schedule, wrote Friday at six."),
    ("theo", "theo", "Then I forgot about it, and on Friday the chat sent me the link."),
    ("mira", "both", "Nothing is ever posted twice, and nothing goes out before you have seen it."),
    ("theo", "theo", "What if something goes wrong?"),
    ("mira", "mira", "Then it says so in plain words, and asks you what to do."),
    ("theo", "theo", "So I spend my evenings with people instead of cutting video."),
    ("mira", "both", "You make one good conversation, and Clipdesk makes it travel."),
)
_SYLLABLE_S = 0.2
"""About five syllables a second, the pace of relaxed English."""
_WORD_GAP_S = 0.03
_COMMA_S = 0.22
_SENTENCE_S = 0.8
_LEAD_S = 0.6
_CUE_WORDS = 8


@dataclass(frozen=True, slots=True)
class Spoken:
    """One word with its place in the sound."""

    text: str
    start_s: float
    end_s: float
    who: Who
    syllables: int


@dataclass(frozen=True, slots=True)
class Scene:
    """One shot of the picture."""

    shot: Shot
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Story:
    """Everything with its times."""

    words: tuple[Spoken, ...]
    scenes: tuple[Scene, ...]
    cues: tuple[Cue, ...]
    length_s: float


def syllables_of(word: str) -> int:
    """Counted by groups of vowels; a silent e at the end does not count."""
    letters = re.sub(r"[^a-z]", "", word.lower())
    letters = re.sub(r"(?<=[^aeiouy])e$", "", letters)
    return max(1, len(re.findall(r"[aeiouy]+", letters)))


def tell_story() -> Story:
    """Lay the lines out in time."""
    words: list[Spoken] = []
    scenes: list[Scene] = []
    cues: list[Cue] = []
    at_s, scene_s, shown = _LEAD_S, 0.0, _LINES[0][1]
    for who, shot, line in _LINES:
        if shot != shown:  # the cut lies in the pause, a little before the first word
            cut_s = at_s - 0.2
            scenes.append(Scene(shown, scene_s, cut_s))
            scene_s, shown = cut_s, shot
        said = _say(who, line, at_s)
        words += said
        cues += _cues(said)
        at_s = said[-1].end_s + _SENTENCE_S
    length_s = at_s + 0.4
    scenes.append(Scene(shown, scene_s, length_s))
    return Story(tuple(words), tuple(scenes), tuple(cues), length_s)


def _say(who: Who, line: str, at_s: float) -> list[Spoken]:
    said = []
    for text in line.split():
        count = syllables_of(text)
        end_s = at_s + count * _SYLLABLE_S
        said.append(Spoken(text, at_s, end_s, who, count))
        at_s = end_s + (_COMMA_S if text[-1] in ",:" else _WORD_GAP_S)
    return said


def _cues(said: list[Spoken]) -> list[Cue]:
    """Subtitles of a few words, broken at commas or evenly."""
    parts: list[list[Spoken]] = [[]]
    for word in said:
        parts[-1].append(word)
        if word.text[-1] in ",:" and len(parts[-1]) >= 3:
            parts.append([])
    cues = []
    for part in filter(None, parts):
        pieces = -(-len(part) // _CUE_WORDS)
        size = -(-len(part) // pieces)
        for i in range(0, len(part), size):
            piece = part[i : i + size]
            text = " ".join(w.text for w in piece)
            cues.append(Cue(text, piece[0].start_s, piece[-1].end_s))
    return cues


def as_srt(cues: tuple[Cue, ...]) -> str:
    """The subtitles as a SubRip file."""
    blocks = [
        f"{i}\n{_stamp(c.start_s)} --> {_stamp(c.end_s)}\n{c.text}\n" for i, c in enumerate(cues, 1)
    ]
    return "\n".join(blocks)


def _stamp(s: float) -> str:
    ms = round(s * 1000)
    return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02},{ms % 1000:03}"
