"""Where the words of one cue stand: how many lines, how big, inside the free area.

Everything is measured with the fonts that draw it. The size is found once for a cue and kept while
its words light up.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.captions.area import centred, scale
from core.captions.fonts import Font, Run, runs
from core.captions.measure import Ink, ass_size, face, ink
from core.captions.pieces import Piece, bound, graphemes
from core.captions.style import Style
from core.media.facts import Format

_JOINERS = "\u200c\u200d"
_MARKS = 4
"""Marks on one letter that are drawn; more are a prank."""
_SLACK_PX = 3
"""For rounding in the shaper and the anti-aliased rim."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One piece as it is drawn; without runs where no font has any of its characters."""

    runs: tuple[Run, ...]
    spaced: bool
    """A space stands before it, unless it begins a line."""
    bound: bool = False
    """It stands in the line of the one before it."""


@dataclass(frozen=True, slots=True)
class Laid:
    """One cue laid out; lines hold indexes of its pieces."""

    drawn: tuple[Drawn, ...]
    lines: tuple[tuple[int, ...], ...]
    em_px: float
    x: float
    y: float
    """The middle of the block of lines, as `\\an5` takes it."""
    top: float = 0.0
    bottom: float = 0.0
    """Of the ink, in pixels of the picture."""


@dataclass(frozen=True, slots=True)
class _Block:
    """A way to break a cue into lines, measured in em."""

    lines: tuple[tuple[int, ...], ...]
    width: float
    height: float
    top: float
    """Of the ink, below the upper edge of the block."""
    bottom: float


def lay_out(
    row: Sequence[Piece], fmt: Format, style: Style, main: Font, middle_px: float | None = None
) -> Laid | None:
    """None when nothing of it can be drawn. `middle_px` is where the middle of the lines is wished,
    if not where the style has it."""
    drawn = tuple(
        Drawn(
            tuple(runs(clean(p.text, upper=style.upper), main)),
            k > 0 and not p.glued,
            k > 0 and p.glued and bound(row[k - 1].text, p.text),
        )
        for k, p in enumerate(row)
    )
    if not any(d.runs for d in drawn):
        return None
    rim_px = style.rim_px * scale(fmt) + _SLACK_PX
    full_px = style.letter_px * scale(fmt)
    blocks = [_plated(b) if style.plated else b for b in _blocks(drawn, main)]
    em_px, block = max(
        ((_fit(b, fmt, rim_px, full_px), b) for b in blocks),
        key=lambda found: (round(found[0]), -len(found[1].lines), -found[1].width),
    )
    wished = style.middle_y * fmt.height / 1920 if middle_px is None else middle_px
    y = _middle(block, em_px, fmt, wished, rim_px)
    edge = y - block.height * em_px / 2
    top, bottom = edge + block.top * em_px - rim_px, edge + block.bottom * em_px + rim_px
    return Laid(drawn, block.lines, em_px, fmt.width / 2, y, top, bottom)


def clean(text: str, *, upper: bool = False) -> str:
    """What may be drawn of a text from anywhere: no control signs, no towers of marks."""
    made = []
    for cluster in graphemes(unicodedata.normalize("NFC", text.upper() if upper else text)):
        marks = 0
        for char in cluster:
            kind = unicodedata.category(char)
            marks += kind == "Mn"
            if marks <= _MARKS and (kind not in ("Cc", "Cf", "Cs", "Co", "Cn") or char in _JOINERS):
                made.append(char)
    return "".join(made)


def _blocks(drawn: Sequence[Drawn], main: Font) -> Iterator[_Block]:
    """All ways to break it into one, two or three lines."""
    shown = [k for k, d in enumerate(drawn) if d.runs]
    count = len(shown)
    yield _block([shown], drawn, main)
    free = [k for k in range(1, count) if not drawn[shown[k]].bound]
    for a in free:
        yield _block([shown[:a], shown[a:]], drawn, main)
        for b in (k for k in free if k > a):
            yield _block([shown[:a], shown[a:b], shown[b:]], drawn, main)


def _block(lines: list[list[int]], drawn: Sequence[Drawn], main: Font) -> _Block:
    width, height, top, bottom = 0.0, 0.0, 1e9, -1e9
    for line in lines:
        measured = [(r, ink(r)) for k in line for r in drawn[k].runs]
        spaces = sum(drawn[k].spaced for k in line[1:]) * ink(Run(" ", main)).advance
        width = max(width, sum(m.advance for _, m in measured) + spaces + _overhang(measured))
        ascent = max(face(r.font).ascent for r, _ in measured)
        top = min(top, height + ascent - max(m.top for _, m in measured))
        bottom = max(bottom, height + ascent - min(m.bottom for _, m in measured))
        height += max(ass_size(r.font, 1.0) for r, _ in measured)
    return _Block(tuple(map(tuple, lines)), width, height, top, bottom)


def _plated(block: _Block) -> _Block:
    """With a plate behind it, the whole height of the lines is covered."""
    return replace(block, top=min(0.0, block.top), bottom=max(block.height, block.bottom))


def _overhang(measured: Sequence[tuple[Run, Ink]]) -> float:
    """Ink that sticks out of a line on either side, counted for both so that it stays centred."""
    first, last = measured[0][1], measured[-1][1]
    return 2 * max(0.0, -first.left, last.right - last.advance)


def _fit(block: _Block, fmt: Format, rim_px: float, full_px: float) -> float:
    """The em in pixels at which the block is inside the free area."""
    free = centred(fmt)
    wide = (free.right - free.left - 2 * rim_px) / max(block.width, 1e-6)
    high = (free.bottom - free.top - 2 * rim_px) / max(block.bottom - block.top, 1e-6)
    return max(1.0, min(full_px, wide, high))


def _middle(block: _Block, em_px: float, fmt: Format, wished: float, rim_px: float) -> float:
    """The wished middle, moved as little as keeps the ink inside."""
    free = centred(fmt)
    half = block.height * em_px / 2
    lowest = free.bottom - rim_px - block.bottom * em_px + half
    highest = free.top + rim_px - block.top * em_px + half
    return max(highest, min(lowest, wished))
