"""The expressions, held against the plan on every frame by ffmpeg itself."""

from __future__ import annotations

import subprocess

import imageio_ffmpeg
import numpy as np
import pytest

from core.framing.crop_path import crop, even
from core.framing.plan import Window
from tests.core.framing.scenes import at

WIDTH, HEIGHT, FPS = 400, 120, 25.0


def windows_shown(filter_: str, size: tuple[int, int], frames: int) -> list[tuple[int, int]]:
    """Where the window lay on each frame: every pixel of the source says where it is."""
    xs, ys = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    place = np.where(xs % 2 == 0, xs // 2, ys).astype(np.uint8)  # columns in turn: x/2, y
    raw = subprocess.run(
        [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "rawvideo"),
            *("-pix_fmt", "gray", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS), "-i", "pipe:0"),
            *("-vf", filter_, "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"),
        ],
        input=place.tobytes() * frames,
        capture_output=True,
        check=True,
    ).stdout
    w, h = size
    pictures = np.frombuffer(raw, np.uint8).reshape(frames, h, w)
    found = []
    for picture in pictures:
        odd = int(np.ptp(picture[:, 0]) > 0)  # the first column tells y: x is odd
        x = 2 * int(picture[0, odd]) - odd
        found.append((x, int(picture[0, 1 - odd])))
    return found


def shown(paths: list[tuple[int, list[Window]]], frames: int, offset_s: float = 0.0) -> None:
    """Assert that the window is where the plan says, to half a pixel, on every frame."""
    made = crop(paths, FPS, offset_s, (WIDTH, HEIGHT))
    got = windows_shown(str(made), (made.w, made.h), frames)
    for n, (x, y) in enumerate(got):
        path = [p for begin, p in paths if begin <= n][-1]
        window = at(path, n / FPS - offset_s)
        wished_x = min(max(window.x + window.w / 2 - made.w / 2, 0), WIDTH - made.w)
        wished_y = min(max(window.y + window.h / 2 - made.h / 2, 0), HEIGHT - made.h)
        assert abs(x - wished_x) <= 0.51 and abs(y - wished_y) <= 0.51, f"frame {n}: {x}, {y}"


def test_a_still_window_is_a_plain_number() -> None:
    made = crop([(0, [Window(0, 101, 0, 67.5, 120)])], FPS, 0.0, (WIDTH, HEIGHT))
    assert (made.w, made.h, made.x, made.y) == (68, 120, "101", "0")
    shown([(0, [Window(0, 101, 0, 67.5, 120)])], 5)


def test_a_moving_window_is_where_the_plan_says_on_every_frame() -> None:
    path = [Window(t, x, y, 60, 80) for t, x, y in ((0.4, 10, 0), (1.2, 90, 8), (2, 220, 33.5))]
    shown([(0, path)], 75)


def test_the_jump_is_on_the_first_frame_of_the_new_shot() -> None:
    paths = [
        (0, [Window(0, 20, 0, 60, 80), Window(0.5, 60, 0, 60, 80)]),
        (20, [Window(0.8, 300, 40, 60, 80)]),
        (33, [Window(1.32, 100, 12, 60, 80), Window(2.0, 130, 12, 60, 80)]),
    ]
    shown(paths, 60)


def test_a_shifted_clock_shifts_the_path() -> None:
    shown([(0, [Window(0.2, 10, 0, 60, 80), Window(1.0, 210, 0, 60, 80)])], 40, offset_s=0.013)


def test_a_path_that_begins_in_the_middle_of_the_clip_counts_from_there() -> None:
    path = [Window(4.0, 10, 0, 60, 80), Window(4.8, 210, 0, 60, 80)]
    made = crop([(100, path)], FPS, 0.0, (WIDTH, HEIGHT))
    got = windows_shown(str(made), (60, 80), 30)
    assert got[0] == (10, 0) and got[10] == (110, 0) and got[29] == (210, 0)


def test_far_more_than_99_moves_fit_into_one_expression() -> None:
    path = [Window(k * 0.2, 20 + 150 * (k % 2), 0, 60, 80) for k in range(400)]
    made = str(crop([(0, path)], FPS, 0.0, (WIDTH, HEIGHT)))
    assert len(made) < 131072, "one argument of a Linux command"
    shown([(0, path)], 120)


@pytest.mark.parametrize(("size", "most", "rounded"), [(607.5, 1920, 608), (405, 1280, 404),
                                                       (101, 101, 100), (0.4, 64, 2)])  # fmt: skip
def test_sizes_are_even_and_never_bigger_than_the_picture(
    size: float, most: int, rounded: int
) -> None:
    assert even(size, most) == rounded
