"""The spoken words made ready to be shown: each a piece, or several where it is too long."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from core.analysis.model import Word
from core.captions.hyphens import parted
from core.captions.timing import timed

CELLS = 18.0
"""Width of a cue. At our size this many Latin letters fill two comfortable lines."""
WIDE_CELLS = 2.5
"""A Chinese, Japanese or Korean character is as wide as 2.5 Latin letters of the caption face."""
WHOLE_CELLS = 24.0
"""A single word up to here is shown whole and drawn smaller; beyond, it comes in parts."""

# Scripts written without spaces: their words follow each other directly.
_CLOSED_UP = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\u3000-\u303f\uff01-\uff0f"
    r"\uff1a-\uff20ー]"
)
# Of these, the ones that may be parted between any two characters.
_LOOSE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
# Thai and Lao have spaces between phrases only; a syllable begins at these vowels, in any word.
_SYLLABLE = regex.compile(r"(?<=.)(?=[เแโใไເແໂໃໄ])")
PHRASE_CELLS = 12.0
"""So much of a phrase lights up at once, and stands in one line."""
# The common part of kinsoku shori: these never begin a line.
_NEVER_FIRST = frozenset(
    "、。，．！？：；）」』】〕〉》”’…‥ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.!?:;)]}%"
)


_NEVER_LAST = frozenset("「『（【〔《〈“‘([{")
"""And these never end one."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What lights up at once: a word, or a part of one that is too long."""

    text: str
    start_s: float
    end_s: float
    glued: bool = False
    """Follows the piece before it without a space."""
    cells: float = 0.0
    """Width in Latin letters."""


def bound(before: str, after: str) -> bool:
    """Whether a line may not end between these: "、" begins none and "「" ends none."""
    return after[:1] in _NEVER_FIRST or before[-1:] in _NEVER_LAST


def graphemes(text: str) -> list[str]:
    """What a reader takes for single characters."""
    return regex.findall(r"\X", text)  # type: ignore[no-any-return]


def width(text: str) -> float:
    """Cells a text takes."""
    return sum(_cell(g) for g in graphemes(text))


def _cell(grapheme: str) -> float:
    return WIDE_CELLS if unicodedata.east_asian_width(grapheme[0]) in "WF" else 1.0


def pieces(words: Sequence[Word], language: str | None = None) -> list[Piece]:
    """Every word in the order it is spoken, none lost, none wider than a cue."""
    found: list[Piece] = []
    for word in timed(words):
        found += _pieces(word, found[-1].text if found else "", language)
    return found


def _pieces(word: Word, before: str, language: str | None) -> list[Piece]:
    made: list[Piece] = []
    written = word.text.split()
    parts = [(text, k > 0) for part in written for k, text in enumerate(_parts(part, language))]
    total = sum(width(text) for text, _ in parts)
    at, length_s = 0.0, word.end_s - word.start_s
    for text, inside in parts:
        cells = width(text)
        start_s = word.start_s + length_s * at / total
        at += cells
        glued = inside or _close(made[-1].text if made else before, text)
        made.append(Piece(text, start_s, word.start_s + length_s * at / total, glued, cells))
    return made


def _close(before: str, text: str) -> bool:
    """Whether two words are written without a space between them."""
    return bool(before and _CLOSED_UP.match(before[-1]) and _CLOSED_UP.match(text[0]))


def _parts(word: str, language: str | None) -> list[str]:
    """A word as one, or as several that fit."""
    cells = width(word)
    if cells > PHRASE_CELLS and len(syllables := _SYLLABLE.split(word)) > 1:
        return _phrased(syllables)
    if cells <= CELLS or (cells <= WHOLE_CELLS and not _LOOSE.search(word)):
        return [word]
    narrow = cells == len(word)
    parts = parted(word, language, CELLS) if narrow else []
    return parts or _anywhere(word, cells)


def _phrased(syllables: Sequence[str]) -> list[str]:
    """As many together as light up at once; one that is longer by itself is parted anywhere."""
    made = [""]
    for syllable in syllables:
        if made[-1] and width(made[-1] + syllable) > PHRASE_CELLS:
            made.append("")
        made[-1] += syllable
    return [part for text in made for part in _anywhere(text, width(text))]


def _anywhere(word: str, cells: float) -> list[str]:
    """Between any two characters that may be parted, as evenly as that goes."""
    even = cells / math.ceil(cells / CELLS)
    parts: list[str] = []
    line = ""
    for char in graphemes(word):
        filled = width(line)
        full = filled >= even - 0.5 or filled + _cell(char) > CELLS
        if not line or not full or (bound(line, char) and filled + _cell(char) <= CELLS):
            line += char
            continue
        kept = _kept(line, char)
        parts.append(line[:kept])
        line = line[kept:] + char
    return [*parts, line]


def _kept(line: str, char: str) -> int:
    """How much of a full line stays where it is: what may not stand apart from `char` goes along,
    but never half of it."""
    kept = len(line)
    for back in range(1, 4):
        if not bound(line[:kept], line[kept : kept + 1] or char):
            return kept
        kept = len(line) - back
        if kept <= len(line) // 2:
            break
    return len(line)
