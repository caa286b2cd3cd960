"""A small picture above the words, on wish: never over them, never twice in a row."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from core.captions.area import area, scale
from core.captions.cues import Cue
from core.captions.fonts import Run, font_for, runs
from core.captions.layout import Laid
from core.captions.measure import face, ink
from core.captions.style import Style
from core.captions.tags import bgr, inline, time
from core.captions.wording import plain
from core.media.facts import Format

SIZE = 1.25
"""Times the size of the letters."""
AIR_PX = 14
_LATIN_STEM = 5
"""Words of so many letters count with a short ending behind them."""


def emoji_of(cue: Cue, *, not_again: str = "") -> str:
    """The picture for a cue, if one of its words has one."""
    for piece in cue.pieces:
        found = _for(plain(piece.text))
        if found and found != not_again:
            return found
    return ""


def _for(word: str) -> str:
    book = _book()
    if word in book:
        return book[word]
    for cut in (1, 2):
        if len(word) - cut >= _LATIN_STEM and word[:-cut] in book:
            return book[word[:-cut]]
    return ""


@cache
def _book() -> dict[str, str]:
    raw = tomllib.loads(Path(__file__).with_name("emoji.toml").read_text(encoding="utf-8"))
    return {plain(w): picture for picture, words in raw["emoji"].items() for w in words}


def emoji_event(
    picture: str, laid: Laid, style: Style, fmt: Format, shown: tuple[float, float]
) -> Iterator[str]:
    """Above the block of words; below it where there is no room; nowhere if there is none."""
    drawn = runs(picture, font_for(picture))
    if len(drawn) != 1:
        return
    run = drawn[0]
    em_px, box, free = SIZE * laid.em_px, ink(run), area(fmt)
    outline_px = max(4.0, style.outline_px) * scale(fmt)
    height = (box.top - box.bottom) * em_px + 2 * outline_px
    air = AIR_PX * scale(fmt)
    if laid.top - air - height >= free.top:
        middle = laid.top - air - height / 2
    elif laid.bottom + air + height <= free.bottom:
        middle = laid.bottom + air + height / 2
    else:
        return
    place = f"\\an5\\pos({laid.x:.1f},{middle - _off(run, em_px):.1f})"
    look = f"\\1c{bgr(style.fill)}\\3c{bgr(style.outline)}\\bord{outline_px:.1f}\\shad0"
    start, end = time(shown[0]), time(shown[1])
    yield f"Dialogue: 9,{start},{end},words,,0,0,0,,{{{place}{look}}}{inline(run, em_px)}\n"


def _off(run: Run, em_px: float) -> float:
    """How much lower than the middle of its line the middle of the ink lies."""
    opened, box = face(run.font), ink(run)
    line_middle = (opened.ascent - opened.descent) / 2
    return (line_middle - (box.top + box.bottom) / 2) * em_px
