"""The two people of the sample video, drawn: shaded enough that face detectors see a face.

Everything is drawn once, three times too big and then made small, as a picture with transparency:
a body, and a head for each mouth and for open and closed eyes.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.media.sample_story import Who

Picture = NDArray[np.uint8]
Points = Sequence[tuple[float, float]]
Color = tuple[int, int, int]
"""Blue, green, red, as OpenCV has it."""
MOUTHS = 5
_BIG = 3
_SIZE = 400
"""Side of the square a head is designed in; the face is about 240 high."""


@dataclass(frozen=True, slots=True)
class Looks:
    """How one of them looks."""

    skin: Color
    hair: Color
    shirt: Color
    long_hair: bool
    beard: bool


LOOKS: dict[Who, Looks] = {
    "mira": Looks((150, 184, 226), (38, 44, 74), (150, 96, 54), long_hair=True, beard=False),
    "theo": Looks((138, 170, 214), (34, 40, 46), (78, 118, 74), long_hair=False, beard=True),
}


class Canvas:
    """A transparent square one draws on in design units."""

    def __init__(self, width: int, height: int) -> None:
        self.color = np.zeros((height * _BIG, width * _BIG, 3), np.uint8)
        self.alpha = np.zeros((height * _BIG, width * _BIG), np.uint8)

    def ellipse(self, x: float, y: float, rx: float, ry: float, color: Color, turn: float = 0,
                span: tuple[int, int] = (0, 360)) -> None:  # fmt: skip
        at, radii = (_u(x), _u(y)), (_u(rx), _u(ry))
        for layer, paint in ((self.color, color), (self.alpha, (255,))):
            cv2.ellipse(layer, at, radii, turn, *span, paint, -1, cv2.LINE_AA)

    def blob(self, points: Points, color: Color) -> None:
        """A closed shape with its corners rounded off."""
        corners = np.array([(_u(x), _u(y)) for x, y in _rounded(points, closed=True)], np.int32)
        for layer, paint in ((self.color, color), (self.alpha, (255,))):
            cv2.fillPoly(layer, [corners], paint, cv2.LINE_AA)

    def curve(self, points: Points, color: Color, width: float) -> None:
        corners = np.array([(_u(x), _u(y)) for x, y in _rounded(points)], np.int32)
        cv2.polylines(self.color, [corners], False, color, _u(width), cv2.LINE_AA)

    def shade(self, x: float, y: float, rx: float, ry: float, by: float, soft: float = 8) -> None:
        """Lighten (`by` > 0) or darken a soft spot; a `by` of 0.3 is thirty percent."""
        high, wide = (n // _BIG // 2 for n in self.alpha.shape)  # a blur needs no fine grid
        spot = np.zeros((high, wide), np.float32)
        at, radii = (round(x / 2), round(y / 2)), (round(rx / 2), round(ry / 2))
        cv2.ellipse(spot, at, radii, 0, 0, 360, 1.0, -1)
        blurred: Any = cv2.GaussianBlur(spot, (0, 0), soft / 2)
        shaded = self.color * (1 + cv2.resize(blurred, self.alpha.shape[::-1])[:, :, None] * by)
        self.color = np.clip(shaded, 0, 255).astype(np.uint8)

    def small(self, scale: float) -> Picture:
        """The picture with its transparency as a fourth channel."""
        both = np.dstack([self.color, self.alpha])
        size = (round(both.shape[1] / _BIG * scale), round(both.shape[0] / _BIG * scale))
        made: Any = cv2.resize(both, size, interpolation=cv2.INTER_AREA)
        return made  # type: ignore[no-any-return]


def _rounded(points: Points, *, closed: bool = False) -> Points:
    """Chaikin's corner cutting, three times."""
    for _ in range(3):
        cut: list[tuple[float, float]] = [] if closed else [points[0]]
        for (x0, y0), (x1, y1) in itertools.pairwise([*points, points[0]] if closed else points):
            cut += [(0.75 * x0 + 0.25 * x1, 0.75 * y0 + 0.25 * y1)]
            cut += [(0.25 * x0 + 0.75 * x1, 0.25 * y0 + 0.75 * y1)]
        points = cut if closed else [*cut, points[-1]]
    return points


def _u(v: float) -> int:
    return round(v * _BIG)


def darker(color: Color, by: float) -> Color:
    b, g, r = (int(c * by) for c in color)
    return b, g, r


def heads(who: Who, scale: float) -> list[list[Picture]]:
    """By how far the mouth is open, and by open or closed eyes."""
    looks, made = LOOKS[who], []
    for shut in (False, True):
        face = _face(looks, shut)
        made.append([_speaking(face, m, looks).small(scale) for m in range(MOUTHS)])
    return [list(pair) for pair in zip(*made, strict=True)]


def _speaking(face: Canvas, mouth: int, looks: Looks) -> Canvas:
    head = copy.copy(face)
    head.color, head.alpha = face.color.copy(), face.alpha.copy()
    _mouth(head, mouth, looks)
    return head


def _face(looks: Looks, shut: bool) -> Canvas:
    """A head without its mouth."""
    c = Canvas(_SIZE, _SIZE)
    _hair_behind(c, looks)
    c.ellipse(97, 215, 16, 28, darker(looks.skin, 0.86))
    c.ellipse(303, 215, 16, 28, darker(looks.skin, 0.86))
    c.ellipse(200, 195, 102, 124, looks.skin)
    c.ellipse(200, 245, 84, 92, looks.skin)
    if looks.beard:
        _beard(c, looks)
    _relief(c)
    for side in (-1, 1):
        _eye(c, 200 + side * 44, looks, shut, side)
    _nose(c, looks)
    _hair_before(c, looks)
    return c


def _relief(c: Canvas) -> None:
    """Light from above: bright forehead, nose and cheeks, dark sockets and edges."""
    c.shade(200, 200, 70, 100, 0.10, 30)
    c.shade(104, 220, 22, 120, -0.22, 14)
    c.shade(296, 220, 22, 120, -0.22, 14)
    c.shade(200, 335, 90, 14, -0.22, 10)
    for side in (-1, 1):
        c.shade(200 + side * 44, 190, 34, 17, -0.24, 8)
        c.shade(200 + side * 56, 245, 26, 20, 0.10, 10)
    c.shade(200, 215, 9, 44, 0.14, 6)


def _eye(c: Canvas, x: float, looks: Looks, shut: bool, side: int) -> None:
    brow = darker(looks.hair, 0.9)
    arc = [(x - 28 * side, 165), (x - 10 * side, 160), (x + 12 * side, 161), (x + 30 * side, 171)]
    c.curve(arc, brow, 6)
    lid = [(x - 25, 199), (x - 12, 190), (x + 2, 187), (x + 15, 190), (x + 26, 199)]
    if shut:
        c.curve([(px, 398 - py - 2) for px, py in lid], darker(looks.skin, 0.4), 4)
        return
    c.ellipse(x, 198, 24, 12, (238, 240, 242))
    c.ellipse(x, 197, 12, 12, (52, 70, 92))
    c.ellipse(x, 197, 6, 6, (14, 14, 16))
    c.ellipse(x + 4, 193, 2.6, 2.6, (255, 255, 255))
    c.curve(lid, (28, 32, 44), 5)
    c.curve([(x - 20, 206), (x, 211), (x + 20, 206)], darker(looks.skin, 0.72), 2)


def _nose(c: Canvas, looks: Looks) -> None:
    c.shade(200, 262, 22, 6, -0.30, 4)
    shadow = darker(looks.skin, 0.62)
    c.curve([(184, 256), (190, 263), (200, 265), (210, 263), (216, 256)], shadow, 3)
    c.shade(200, 248, 11, 8, 0.16, 4)


def _mouth(c: Canvas, mouth: int, looks: Looks) -> None:
    opened = mouth / (MOUTHS - 1)
    lips = (96, 98, 184) if not looks.beard else (96, 102, 164)
    wide, high = 36 - 6 * opened, 6 + 15 * opened
    corner = 291 + 3 * opened  # above the middle: a friendly mouth
    c.blob([(200 - wide - 6, corner - 3), (182, 288 - high / 2), (200, 291 - high / 2),
            (218, 288 - high / 2), (200 + wide + 6, corner - 3), (218, 304 + high),
            (182, 304 + high)], lips)  # fmt: skip
    if mouth:
        c.blob([(200 - wide, corner), (200, 288), (200 + wide, corner), (216, 297 + high),
                (184, 297 + high)], (34, 26, 62))  # fmt: skip
        c.ellipse(200, 293, wide - 12, 1 + 3 * opened, (238, 240, 242))
    else:
        smile = [(164, 291), (184, 297), (200, 299), (216, 297), (236, 291)]
        c.curve(smile, (52, 50, 104), 3)
    c.shade(200, 328, 26, 5, -0.14, 5)


def _beard(c: Canvas, looks: Looks) -> None:
    """Short, all around the jaw, thinning towards the cheeks."""
    colored, tint = c.color.copy(), Canvas(_SIZE, _SIZE)
    tint.blob([(108, 232), (124, 262), (160, 268), (200, 266), (240, 268), (276, 262), (292, 232),
               (290, 290), (250, 345), (150, 345), (110, 290)], looks.hair)  # fmt: skip
    soft = cv2.GaussianBlur(tint.alpha, (0, 0), 7 * _BIG / 2)[:, :, None] / 255 * 0.45
    c.color = (colored * (1 - soft) + np.array(looks.hair) * soft).astype(np.uint8)


def _hair_behind(c: Canvas, looks: Looks) -> None:
    if looks.long_hair:
        c.ellipse(200, 185, 130, 138, looks.hair)
        c.blob([(62, 150), (338, 150), (352, 300), (350, 398), (270, 392), (200, 380), (130, 392),
                (50, 398), (48, 300)], looks.hair)  # fmt: skip
    else:
        c.ellipse(200, 158, 110, 104, looks.hair)


def _hair_before(c: Canvas, looks: Looks) -> None:
    """The hair line, with a few lighter strands."""
    if looks.long_hair:
        c.blob([(228, 52), (150, 60), (84, 130), (70, 240), (62, 350), (94, 330), (100, 220),
                (128, 150), (196, 112), (232, 96)], looks.hair)  # fmt: skip
        c.blob([(200, 52), (268, 60), (320, 130), (332, 240), (338, 350), (306, 330), (302, 220),
                (284, 160), (236, 120), (206, 96)], looks.hair)  # fmt: skip
    else:
        c.blob([(92, 178), (110, 140), (160, 112), (250, 118), (292, 138), (308, 178), (316, 110),
                (270, 48), (196, 36), (124, 52), (84, 116)], looks.hair)  # fmt: skip
    b, g, r = looks.hair
    for k in range(5):
        x = 140 + 26 * k
        strand = [(x + 30, 66 + 3 * k), (x + 8, 76 + 2 * k), (x - 10, 96 + 2 * k)]
        c.curve(strand, (b + 22, g + 22, r + 22), 1.6)


def body(who: Who, scale: float) -> Picture:
    """Neck, shoulders and chest, to stand under a head of the same scale."""
    looks = LOOKS[who]
    c = Canvas(640, 420)
    c.blob([(262, 0), (378, 0), (388, 120), (252, 120)], darker(looks.skin, 0.84))
    c.shade(320, 20, 60, 26, -0.25, 10)
    shoulders = [(250, 74), (390, 74), (500, 106), (570, 160), (610, 420), (30, 420), (70, 160),
                 (140, 106)]  # fmt: skip
    c.blob(shoulders, looks.shirt)
    c.ellipse(320, 76, 66, 40, darker(looks.skin, 0.90))
    c.curve([(254, 78), (282, 112), (320, 122), (358, 112), (386, 78)], darker(looks.shirt, 0.7), 9)
    c.shade(120, 330, 30, 150, -0.25, 20)
    c.shade(520, 330, 30, 150, -0.25, 20)
    c.shade(320, 220, 110, 80, 0.10, 40)
    return c.small(scale)


def paste(onto: Picture, what: Picture, x: int, y: int) -> None:
    """Lay a picture with transparency over another, cut off at its edges."""
    high, wide = onto.shape[:2]
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(wide, x + what.shape[1]), min(high, y + what.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    part = what[y0 - y : y1 - y, x0 - x : x1 - x]
    under = onto[y0:y1, x0:x1]
    alpha = part[:, :, 3:].astype(np.uint16)
    mixed = (part[:, :, :3] * alpha + under * (255 - alpha) + 127) // 255
    onto[y0:y1, x0:x1] = mixed.astype(np.uint8)
