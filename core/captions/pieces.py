"""The spoken words made ready to be shown: each a piece, or several where it is too long."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from core.analysis.model import Word
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
# The common part of kinsoku shori: these never begin a line.
_NEVER_FIRST = frozenset(
    "、。，．！？：；）」』】〕〉》”’…‥ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.!?:;)]}%"
)


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


def graphemes(text: str) -> list[str]:
    """What a reader takes for single characters."""
    return regex.findall(r"\X", text)  # type: ignore[no-any-return]


def width(text: str) -> float:
    """Cells a text takes."""
    return sum(_cell(g) for g in graphemes(text))


def _cell(grapheme: str) -> float:
    return WIDE_CELLS if unicodedata.east_asian_width(grapheme[0]) in "WF" else 1.0


def pieces(words: Sequence[Word]) -> list[Piece]:
    """Every word in the order it is spoken, none lost, none wider than a cue."""
    found: list[Piece] = []
    for word in timed(words):
        found += _pieces(word, found[-1].text if found else "")
    return found


def _pieces(word: Word, before: str) -> list[Piece]:
    made: list[Piece] = []
    parts = [(text, k > 0) for part in word.text.split() for k, text in enumerate(_parts(part))]
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


def _parts(word: str) -> list[str]:
    """A word as one, or as several that fit."""
    cells = width(word)
    if cells <= CELLS or (cells <= WHOLE_CELLS and not _LOOSE.search(word)):
        return [word]
    chars = graphemes(word)
    even = cells / math.ceil(cells / CELLS)
    parts, line, filled = [], "", 0.0
    for char in chars:
        cell = _cell(char)
        full = filled >= even - 0.5 or filled + cell > CELLS
        if line and full and (char not in _NEVER_FIRST or filled + cell > CELLS):
            parts.append(line)
            line, filled = "", 0.0
        line, filled = line + char, filled + cell
    return [*parts, line]
