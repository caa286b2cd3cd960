"""The shots of the sample video: a studio with one or two people in it, and a slide."""

from __future__ import annotations

import math
from typing import Protocol

import cv2
import numpy as np

from core.media.sample_people import MOUTHS, Color, Picture, body, heads, paste
from core.media.sample_story import Shot, Who

WIDTH, HEIGHT = 1280, 720
_INK: Color = (58, 44, 40)
_PAPER: Color = (240, 244, 246)
_ACCENT: Color = (70, 120, 236)
_QUIET: Color = (200, 206, 208)


class Painter(Protocol):
    """Draws one shot."""

    def paint(self, t_s: float, into_s: float, mouths: dict[Who, float]) -> Picture:
        """The frame at `t_s`, `into_s` after the cut; `mouths` are 0…1 open."""
        ...


def painters() -> dict[Shot, Painter]:
    """One for each shot; drawing the people takes about a second each."""
    return {
        "mira": Studio([_Person("mira", 1.45, 520)], (92, 66, 48)),
        "theo": Studio([_Person("theo", 1.45, 770)], (70, 74, 58)),
        "both": Studio(
            [_Person("mira", 0.95, 390, 60), _Person("theo", 0.95, 890, 60)], (84, 70, 54)
        ),
        "slide": Slide(),
    }


class _Person:
    """Somebody at a place, who nods, blinks and speaks."""

    def __init__(self, who: Who, scale: float, x: int, lift: int = 20) -> None:
        self.who, self.scale, self.x, self.lift = who, scale, x, lift
        self.heads = heads(who, scale)
        self.body = body(who, scale)
        self.phase = 0.0 if who == "mira" else 1.9

    def stand(self, frame: Picture) -> None:
        """The part that does not move, painted once."""
        paste(frame, self.body, self.x - self.body.shape[1] // 2, self._body_y)

    def look(self, frame: Picture, t_s: float, opened: float) -> None:
        sway = math.sin(1.4 * t_s + self.phase) * 6 * self.scale
        nod = math.sin(3.1 * t_s + self.phase) * 3 * self.scale + 4 * opened * self.scale
        shut = (t_s + 2.3 * self.phase) % 3.7 < 0.13
        head = self.heads[round(opened * (MOUTHS - 1))][shut]
        top = self._body_y - round(286 * self.scale - nod)
        paste(frame, head, self.x - head.shape[1] // 2 + round(sway), top)

    @property
    def _body_y(self) -> int:
        return HEIGHT - round(210 * self.scale) - self.lift


class Studio:
    """People before a wall with a soft light, a microphone for each."""

    def __init__(self, people: list[_Person], wall: Color) -> None:
        self.people = people
        self.set = _wall(wall)
        for person in people:
            person.stand(self.set)

    def paint(self, t_s: float, into_s: float, mouths: dict[Who, float]) -> Picture:
        frame = self.set.copy()
        for person in self.people:
            person.look(frame, t_s, mouths.get(person.who, 0.0))
        for person in self.people:
            _microphone(frame, person.x + round(150 * person.scale), person.scale)
        return frame


class Slide:
    """A long bar of talk, and phones that take the best parts out of it."""

    _PARTS = ((150, 120, 0.4), (420, 170, 1.6), (700, 110, 2.8), (940, 150, 4.0))
    """Left edge, width, and when it is found."""

    def __init__(self) -> None:
        self.set = np.full((HEIGHT, WIDTH, 3), _PAPER, np.uint8)
        _text(self.set, "One long talk", (90, 120), 1.7, _INK)
        _text(self.set, "the best moments, ready to post", (92, 172), 0.9, (120, 112, 108))
        cv2.rectangle(self.set, (90, 220), (1190, 272), _QUIET, -1, cv2.LINE_AA)
        for x in range(96, 1186, 9):  # the sound of it
            high = 4 + abs(math.sin(x * 0.13) + math.sin(x * 0.037)) * 10
            top, low = (x, round(246 - high)), (x, round(246 + high))
            cv2.line(self.set, top, low, (150, 156, 160), 3, cv2.LINE_AA)

    def paint(self, t_s: float, into_s: float, mouths: dict[Who, float]) -> Picture:
        frame = self.set.copy()
        for number, (x, wide, found_s) in enumerate(self._PARTS, 1):
            done = min(1.0, max(0.0, (into_s - found_s) / 0.6))
            if done > 0:
                cv2.rectangle(frame, (x, 220), (x + round(wide * done), 272), _ACCENT, 4)
                _phone(frame, 150 + 290 * (number - 1), done, number, into_s)
        return frame


def _phone(frame: Picture, x: int, done: float, number: int, t_s: float) -> None:
    """A vertical clip that rises into place."""
    top = round(330 + 420 * (1 - done) ** 2)
    if top >= HEIGHT - 20:
        return
    low = min(HEIGHT - 1, top + 340)
    cv2.rectangle(frame, (x, top), (x + 190, low), _INK, -1, cv2.LINE_AA)
    cv2.rectangle(frame, (x + 10, top + 12), (x + 180, low - 12), (216, 206, 190), -1)
    cv2.circle(frame, (x + 95, top + 120), 44, (150, 184, 226), -1, cv2.LINE_AA)
    cv2.ellipse(frame, (x + 95, top + 235), (74, 66), 0, 180, 360, (150, 96, 54), -1, cv2.LINE_AA)
    filled = round(120 * ((t_s * 0.4 + number * 0.2) % 1))
    cv2.rectangle(frame, (x + 35, top + 268), (x + 155, top + 282), (250, 250, 250), -1)
    cv2.rectangle(frame, (x + 35, top + 268), (x + 35 + filled, top + 282), _ACCENT, -1)
    _text(frame, str(number), (x + 18, top + 48), 1.0, _INK)


def _wall(color: Color) -> Picture:
    """A wall lit from the left, with lamps out of focus and a shelf."""
    down = np.linspace(1.15, 0.62, HEIGHT)[:, None]
    across = 1 + 0.28 * np.cos(np.linspace(-0.4, 2.4, WIDTH))[None, :]
    wall = np.clip((down * across)[:, :, None] * np.array(color), 0, 255).astype(np.float32)
    glow = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    for x, y, r, bright in ((130, 120, 46, 90), (1130, 90, 60, 80), (1010, 210, 24, 60)):
        cv2.circle(glow, (x, y), r, (bright * 0.55, bright * 0.85, bright), -1, cv2.LINE_AA)
    cv2.rectangle(glow, (20, 300), (300, 312), (34, 44, 56), -1)
    for k, tall in enumerate((86, 70, 96, 64, 80)):
        tone = (30 + 12 * k, 40 + 5 * k, 52 - 4 * k)
        cv2.rectangle(glow, (50 + 34 * k, 300 - tall), (76 + 34 * k, 300), tone, -1)
    soft = cv2.GaussianBlur(glow, (0, 0), 6)
    lit: Picture = np.clip(wall + soft, 0, 255).astype(np.uint8)
    return lit


def _microphone(frame: Picture, x: int, scale: float) -> None:
    y = HEIGHT - round(120 * scale)
    cv2.line(frame, (x, y), (x + round(40 * scale), HEIGHT), (40, 40, 42), round(12 * scale))
    size = (round(26 * scale), round(36 * scale))
    cv2.ellipse(frame, (x, y), size, 15, 0, 360, (52, 52, 56), -1, cv2.LINE_AA)
    cv2.ellipse(frame, (x, y), size, 15, 150, 290, (96, 96, 102), 3, cv2.LINE_AA)


def _text(frame: Picture, text: str, at: tuple[int, int], size: float, color: Color) -> None:
    thick = max(1, round(size * 1.8))
    cv2.putText(frame, text, at, cv2.FONT_HERSHEY_DUPLEX, size, color, thick, cv2.LINE_AA)
