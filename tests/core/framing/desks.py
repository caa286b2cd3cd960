"""Pictures made on the spot: somebody small beside a screen, slides or a game, and a call; and what
an analysis sees in them whose detector misses nobody."""

from __future__ import annotations

import math
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np

from core.analysis.boxes import BoxMeter, boxes, screens
from core.analysis.frames import Frame
from core.analysis.model import Analysis, Face, FaceSample, Spell
from core.media.sample_people import MOUTHS, Picture, body, heads, paste
from core.media.sample_story import Who
from tests.core.framing.scenes import scene, video

W, H, FPS, SMALL = 1280, 720, 10, 480
LENGTH_S, LOOKS_A_S = 6.0, 4
At = tuple[int, int, int, int]
"""Left, top, width, height."""
Paint = Callable[[Picture, float], None]
"""Draws the picture at a time onto a frame."""


@cache
def _drawn(who: Who, scale: float) -> tuple[list[list[Picture]], Picture]:
    return heads(who, scale), body(who, scale)


def person(wide: int, high: int, t_s: float, who: Who = "mira",
           wall: tuple[int, int, int] = (92, 66, 48)) -> Picture:  # fmt: skip
    """A camera picture of somebody."""
    scale = round(high / 400, 2)
    head, trunk = _drawn(who, scale)
    made = np.full((high, wide, 3), wall, np.uint8)
    x, y = _sway(high, t_s)
    paste(made, trunk, wide // 2 - trunk.shape[1] // 2, high - round(120 * scale))
    mouth = round((0.5 + 0.5 * math.sin(17 * t_s)) * (MOUTHS - 1))
    paste(made, head[mouth][0], wide // 2 + x - head[0][0].shape[1] // 2, y)
    return made


def _sway(high: int, t_s: float) -> tuple[int, int]:
    scale = high / 400
    return (
        round(9 * scale * math.sin(1.4 * t_s)),
        round(high * 0.06 + 5 * scale * math.sin(3.1 * t_s)),
    )


def face(at: At, t_s: float, lips: float = 0.0) -> Face:
    """Where the face of `person` is, whose camera picture lies there."""
    left, top, wide, high = at
    x, y = _sway(high, t_s)
    w, h = 0.42 * high, 0.54 * high
    return Face(left + wide / 2 + x - w / 2, top + y + 0.32 * high, w, h, 0.9, 0.1, lips)


def slides(frame: Picture, t_s: float) -> None:
    """Lines of text, others every four seconds."""
    frame[:] = (246, 244, 240)
    lines = ("Revenue by quarter", "What we learned", "Three things to keep", "Next steps")
    for k in range(7):
        said = lines[(k + int(t_s // 4)) % 4]
        cv2.putText(frame, said, (70, 110 + 80 * k), 0, 1.4, (40, 36, 30), 3, cv2.LINE_AA)


@cache
def _photograph() -> Picture:
    grain = np.random.default_rng(7).normal(120, 60, (H, W, 3)).astype(np.float32)
    return np.clip(cv2.GaussianBlur(grain, (0, 0), 6) * 3 - 240, 0, 255).astype(np.uint8)


def photographs(frame: Picture, t_s: float) -> None:
    """Small writing on the left, beside it a picture that nowhere is of one colour."""
    frame[:] = (246, 244, 240)
    for k in range(22):
        cv2.putText(frame, "What we have learned about this " * 2, (20, 40 + 32 * k), 0, 0.6,
                    (40, 36, 30), 2, cv2.LINE_AA)  # fmt: skip
    frame[:, W // 2 :] = _photograph()[:, W // 2 :]


def game(frame: Picture, t_s: float) -> None:
    """Tiles of all shades fly past."""
    shades = np.random.default_rng(4).integers(40, 220, (30, 60), np.uint8)
    wide = cv2.resize(shades, None, fx=64, fy=48, interpolation=cv2.INTER_NEAREST)
    x, y = int(620 * t_s) % (wide.shape[1] - W), int(310 * t_s) % (wide.shape[0] - H)
    part = wide[y : y + H, x : x + W]
    frame[:] = np.stack([part, part, 255 - part], 2)


def webcam(frame: Picture, t_s: float, at: At) -> None:
    x, y, w, h = at
    frame[y : y + h, x : x + w] = person(w, h, t_s)


def bubble(frame: Picture, t_s: float, at: At) -> None:
    """The same, cut round."""
    x, y, w, h = at
    round_ = np.zeros((h, w), np.uint8)
    cv2.ellipse(round_, (w // 2, h // 2), (w // 2, h // 2), 0, 0, 360, 255, -1)
    part = frame[y : y + h, x : x + w]
    part[round_ > 0] = person(w, h, t_s)[round_ > 0]


TILES: tuple[At, ...] = tuple((10 + (n % 2) * 635, 8 + (n // 2) * 355, 625, 349) for n in range(4))
"""Of the call."""


def call(frame: Picture, t_s: float) -> None:
    """Four tiles on black."""
    frame[:] = 20
    walls = ((92, 66, 48), (70, 74, 58), (120, 100, 90), (60, 60, 100))
    for n, (x, y, w, h) in enumerate(TILES):
        who: Who = "mira" if n in (0, 3) else "theo"
        frame[y : y + h, x : x + w] = person(w, h, t_s, who, walls[n])


def seen(paint: Paint, faces: Callable[[float], Sequence[Face]]) -> Analysis:
    """What is seen of the picture in a few seconds in which somebody is heard all the time."""
    meter, samples = BoxMeter(), []
    for n in range(round(LENGTH_S * LOOKS_A_S)):
        t_s = n / LOOKS_A_S
        there = tuple(faces(t_s))
        small = [replace(f, **{k: getattr(f, k) * SMALL / W for k in "xywh"}) for f in there]
        meter.add(_frame(paint, t_s), small)
        samples.append(FaceSample(t_s, there))
    blocks, facts = meter.blocks(), video(W, H).facts
    return replace(
        scene(length_s=LENGTH_S, voice=(Spell(0.0, LENGTH_S),)),
        samples=tuple(samples),
        boxes=boxes(blocks, (0.0,), LENGTH_S, facts),
        screens=screens(blocks),
    )


def _frame(paint: Paint, t_s: float) -> Frame:
    picture = np.zeros((H, W, 3), np.uint8)
    paint(picture, t_s)
    small = cv2.resize(picture, (SMALL, SMALL * H // W), interpolation=cv2.INTER_AREA)
    data = cv2.cvtColor(small, cv2.COLOR_BGR2YUV_I420).ravel()
    return Frame(t_s, np.asarray(data, np.uint8), SMALL, SMALL * H // W, W / SMALL)


def film(path: Path, paint: Paint, length_s: float) -> Path:
    """Write it as a file without sound."""
    frames = bytearray()
    for n in range(round(length_s * FPS)):
        frame = np.zeros((H, W, 3), np.uint8)
        paint(frame, n / FPS)
        frames += cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes()
    subprocess.run(
        [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "rawvideo"),
            *("-pix_fmt", "yuv420p", "-s", f"{W}x{H}", "-r", str(FPS), "-i", "pipe:0"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "23", str(path)),
        ],
        input=bytes(frames),
        check=True,
    )
    return path
