"""What looks good and is not: a teaser that shows the best first, a song, hardly any words."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence

from rapidfuzz import fuzz, process

from core.analysis.model import Analysis
from core.clips.lexicon import extent, tokens
from core.clips.sentences import Sentence

_DIRECTION = re.compile(r"\s*(?:[\[(][^\])]*[\])][\s.,!]*)+")
_SAME = 88.0
_TEASER_S = 90.0
_LATER_S = 60.0
_TEASER_SHARE = 0.6
"""11 of 14 sentences of a teaser come again later, at most 2 of any ordinary stretch do
(clips.md §1.3)."""
_SONG_SHARE = 0.2
"""Of lines that were sung before: 6 of 6 songs have more, 0 of 20 talks (clips.md §1.3)."""
_SONG_LINES = 8
_NOTED_SHARE = 0.3
"""Of sentences with notes, or of nothing but stage directions ("[Music]") (clips.md §1.3)."""
_REFRAIN = 3
"""Times one line is sung."""
_SILENT_DB, _STILL, _DEAD_SHARE = -60.0, 0.001, 0.05
_FEWEST_WORDS = 5
_FEW_WORDS_PER_S = 0.25
"""Below it a video is not about what is said."""


def is_talk(analysis: Analysis, sentences: Sequence[Sentence]) -> bool:
    """Whether the words are what the video is about."""
    n = sum(max(1.0, extent(w.text)) for w in analysis.words)
    if n < _FEWEST_WORDS or is_song(sentences):
        return False
    # A long video with one talk in it is about the talk.
    spoken_s = sum(s.length_s for s in analysis.voice) or analysis.duration_s
    return n / max(10.0, min(analysis.duration_s, spoken_s * 4)) > _FEW_WORDS_PER_S


def nothing_happens(analysis: Analysis, start_s: float = 0.0, end_s: float | None = None) -> bool:
    """Nothing is heard, and the picture stands still, over a whole video or a stretch of it."""
    end_s = analysis.duration_s if end_s is None else end_s
    if bisect_left(analysis.shots_s, end_s) > bisect_right(analysis.shots_s, start_s):
        return False
    i, j = int(start_s * 10), int(end_s * 10) + 1
    heard = sum(e > _SILENT_DB for e in analysis.energy_db[i:j])
    moved = sum(m > _STILL for m in analysis.motion[i:j])
    return max(heard, moved) <= _DEAD_SHARE * (j - i)


def teaser_end(sentences: Sequence[Sentence]) -> int:
    """How many sentences at the start are a preview of what comes; 0 for none."""
    head = [s for s in sentences if s.start_s < _TEASER_S and extent(s.text) >= 4]
    if len(head) < 3 or len(sentences) < 3 * len(head):
        return 0
    again = []
    for s in head:
        later = [t.text.lower() for t in sentences if t.start_s > s.end_s + _LATER_S]
        said = s.text.lower()
        found = process.extractOne(said, later, scorer=fuzz.ratio, score_cutoff=_SAME)
        again.append(found is not None)
    for n in range(len(again), 2, -1):
        if sum(again[:n]) >= _TEASER_SHARE * n and again[n - 1]:
            return sentences.index(head[n - 1]) + 1
    return 0


def is_song(sentences: Sequence[Sentence]) -> bool:
    """Lines that come again and again, or notes that subtitles write beside them."""
    noted = sum(_noted(s.text) for s in sentences)
    if sentences and noted > _NOTED_SHARE * len(sentences):
        return True
    lines = [" ".join(s.text.lower().split()).strip(".,!?") for s in sentences]
    lines = [line for line in lines if extent(line) >= 3]
    if len(lines) < _SONG_LINES:
        return False
    return len(lines) - len(set(lines)) > _SONG_SHARE * len(lines)


def sung(sentences: Sequence[Sentence]) -> list[bool]:
    """Which sentences belong to a song in a video that is no song: they have notes beside them, or
    are lines of a refrain."""
    lines = [" ".join(tokens(s.text)) for s in sentences]
    often = Counter(line for line in lines if extent(line) >= 3)
    return [
        _noted(s.text) or often[line] >= _REFRAIN for s, line in zip(sentences, lines, strict=True)
    ]


def _noted(text: str) -> bool:
    return "♪" in text or "♫" in text or bool(_DIRECTION.fullmatch(text))
