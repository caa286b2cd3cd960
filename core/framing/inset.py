"""Where the two tiles of an inset lie in the finished picture: the screen across its whole width,
a gap in which the captions stand, and the head below."""

from __future__ import annotations

from dataclasses import dataclass

from core.captions.area import area, scale
from core.media.facts import Format

GAP_PX = 260
"""Two lines of captions at the usual size, on 1080 × 1920."""
TOP_PX = 150
"""Above the screen, where the apps write: given up when the head would become small."""
HEAD_PART = 0.45
"""Of the height: more than this the head does not need."""
LEAST_PART = 0.24
"""… and with less there is no use in it."""
MOST_GROWTH = 4.0
"""No source pixel of the head is blown up more than this."""
NARROWEST = 1.0
"""The tile of the head is not higher than wide: what is beside a webcam picture is not wanted."""


@dataclass(frozen=True, slots=True)
class Inset:
    """Pixels of the finished picture, all even."""

    screen_y: int
    screen_h: int
    head_x: int
    head_y: int
    head_w: int
    head_h: int

    @property
    def captions_y(self) -> float:
        """The middle of the gap."""
        return (self.screen_y + self.screen_h + self.head_y) / 2


def head_room(screen: tuple[float, float], fmt: Format) -> tuple[float, float] | None:
    """The most the tile of the head may take under a screen of this size, as width and height; None
    where too little is left."""
    free = fmt.height - _screen_h(screen, fmt) - _gap(fmt)
    if free < LEAST_PART * fmt.height:
        return None
    return float(fmt.width), free - min(_top(fmt), max(0.0, free - HEAD_PART * fmt.height))


def head_ratio(room: tuple[float, float], box: tuple[float, float]) -> float:
    """Of the window around the head: what fills the room, as far as the camera picture has it."""
    return min(room[0] / min(room[1], MOST_GROWTH * box[1]), max(box[0] / box[1], NARROWEST))


def inset(screen: tuple[float, float], head: tuple[float, float], fmt: Format) -> Inset:
    """Where both lie; `screen` and `head` are the sizes of their windows in the source."""
    room = head_room(screen, fmt) or (fmt.width / 2, LEAST_PART * fmt.height)
    grow = min(room[0] / head[0], room[1] / head[1], MOST_GROWTH)
    head_w, head_h = (_even(side * grow) for side in head)
    screen_h, gap = _screen_h(screen, fmt), _gap(fmt)
    free = fmt.height - screen_h - gap - head_h
    screen_y = _even(min(free / 2, float(area(fmt).top)) if free > _top(fmt) else free)
    head_y = screen_y + screen_h + gap
    return Inset(screen_y, screen_h, _even((fmt.width - head_w) / 2), head_y, head_w, head_h)


def _screen_h(screen: tuple[float, float], fmt: Format) -> int:
    return _even(fmt.width * screen[1] / screen[0])


def _gap(fmt: Format) -> int:
    return _even(GAP_PX * scale(fmt))


def _top(fmt: Format) -> float:
    return TOP_PX * scale(fmt)


def _even(value: float) -> int:
    return max(0, int(value) // 2 * 2)
