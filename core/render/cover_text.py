"""A few words on a cover, in the letters of the captions: big, in three lines at most, where no
face is, inside what the apps leave free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.brand.colours import dressed
from core.brand.kit import Kit
from core.captions.area import area, scale
from core.captions.ass import still_ass
from core.captions.fonts import Font
from core.captions.look import Look
from core.captions.style import Style, load_style
from core.framing.window import Box
from core.media.facts import Format

SIZES = (1.7, 1.5, 1.3, 1.15, 1.0, 0.9, 0.8, 0.7)
"""Of the style's letters, the biggest that has room."""
MOST_PX = 200.0
"""Of a style."""
AIR_PX = 16
"""Between letters and a head."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What is wished for a cover."""

    text: str = ""
    style: Style = field(default_factory=lambda: load_style("default"))
    language: str | None = None
    own: Font | None = None

    @classmethod
    def of(cls, text: str, look: Look, kit: Kit, language: str | None) -> Cover:
        """In the look of the captions; `language` is that of the video."""
        style = dressed(load_style(look.style), kit.brand)
        return cls(text, style, look.language or language, kit.own)


def cover_ass(
    cover: Cover, heads: Sequence[Box], pictures: Sequence[Box], fmt: Format
) -> str | None:
    """An ASS file that shows the text all the time; None when no font has any of it. It keeps clear
    of the `heads`, and of the `pictures` where beside them is room for a line."""
    style = cover.style
    rooms = _rooms([*heads, *pictures], fmt)
    if max(b - a for a, b in rooms) < style.letter_px * scale(fmt):
        rooms = _rooms(heads, fmt)
    top, bottom = max(rooms, key=lambda r: r[1] - r[0])
    made = None
    for size in SIZES:
        sized = replace(style, letter_px=min(MOST_PX, style.letter_px * size))
        found = still_ass(cover.text, fmt, sized, (top + bottom) / 2, cover.language, cover.own)
        if found is None:
            return None
        made, laid = found
        if laid.bottom - laid.top <= bottom - top:
            break
    return made  # where there is hardly any room, the smallest letters in it


def _rooms(boxes: Sequence[Box], fmt: Format) -> list[tuple[float, float]]:
    """Stretches of the height, inside the free area, that nothing reaches into."""
    free, air = area(fmt), AIR_PX * scale(fmt)
    edges = [
        (-1.0, float(free.top)),
        *sorted((b.y - air, b.y + b.h + air) for b in boxes),
        (float(free.bottom), fmt.height + 1.0),
    ]
    rooms, reached = [], float(free.top)
    for high, low in edges[1:]:
        rooms.append((reached, max(reached, min(high, float(free.bottom)))))
        reached = max(reached, low)
    return rooms
