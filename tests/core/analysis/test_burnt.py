"""Captions in the picture are noticed; names, tickers, slides and grass are not taken for them."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from core.analysis.burnt import TextMeter, throughout
from core.analysis.frames import Frame
from core.analysis.model import Spell

W, H = 480, 270
SAID = "so when we started this company nobody believed that it could work and I was not sure"
TALK = SAID.split()
Draw = Callable[[np.ndarray, int], None]


def seen(draw: Draw, looks: int = 100) -> tuple[Spell, ...]:
    """20 s, five looks a second, over a soft ground that moves."""
    meter, y = TextMeter(), np.arange(H)[:, None]
    for n in range(looks):
        ground = 90 + 60 * np.sin((np.arange(W)[None, :] + 3 * n) / 90) + 30 * np.cos(y / 60)
        picture = np.ascontiguousarray(np.broadcast_to(ground, (H, W)).astype(np.uint8))
        draw(picture, n)
        data = np.concatenate([picture.ravel(), np.full(W * H // 2, 128, np.uint8)])
        meter.add(Frame(n / 5, data, W, H, 4.0))
    return meter.spells()


def write(picture: np.ndarray, text: str, x: int, y: int, size: float = 0.8) -> None:
    for colour, thick in ((0, 6), (250, 2)):
        cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, thick)


def centred(picture: np.ndarray, text: str, y: int = 225) -> None:
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.8, 2)
    write(picture, text, (W - width) // 2, y)


def words(picture: np.ndarray, n: int, every: int = 5) -> None:
    k = n // every * 3 % len(TALK)
    centred(picture, " ".join(TALK[k : k + 3]))


@pytest.mark.parametrize("every", [3, 5, 10], ids=["fast", "usual", "slow"])
def test_captions_are_noticed_whatever_their_pace(every: int) -> None:
    (spell,) = seen(lambda picture, n: words(picture, n, every))
    assert spell.start_s <= 4 and spell.end_s >= 16


def pops_up(picture: np.ndarray, n: int, aside: int = 0) -> None:
    """One word at a time, which grows while it comes, over a pattern."""
    for x in range(0, W, 23):
        cv2.circle(picture, (x, 150 + 31 * x % 110), 2, 170, -1)
    if n % 7 == 6:
        return
    size = 0.8 + 0.2 * (n % 2)
    text = TALK[n // 2 * 5 % len(TALK)]
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 3)
    for colour, thick in ((0, 9), (225, 3)):
        at = ((W - width) // 2 + aside, 190)
        cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, thick)


@pytest.mark.parametrize("aside", [0, 18], ids=["centred", "a little aside"])
def test_single_words_that_pop_up_are_captions_too(aside: int) -> None:
    (spell,) = seen(lambda picture, n: pops_up(picture, n, aside) if n < 60 else None)
    assert spell.start_s <= 4 and 10 <= spell.end_s <= 16


def test_who_captions_now_and_then_is_taken_to_do_so_all_along() -> None:
    now_and_then = [Spell(4, 12), Spell(38, 45), Spell(51, 55)]
    assert throughout(now_and_then, (), 60) == (Spell(0, 60),)


def test_captions_of_one_recording_are_not_taken_for_those_of_the_next() -> None:
    noticed = [Spell(69, 81), Spell(103, 107), Spell(115, 121)]
    assert throughout(noticed, (64.0, 119.0), 156) == (Spell(64, 119),)


def test_a_join_within_a_window_is_no_change_of_words() -> None:
    over_the_join = [Spell(66, 78), Spell(116, 120), Spell(143, 151)]
    assert throughout(over_the_join, (64.0, 119.0, 140.0, 147.0), 157) == (Spell(64, 119),)


@pytest.mark.parametrize(
    "noticed",
    [(), (Spell(60, 68),), (Spell(60, 68), Spell(200, 208)), (Spell(60, 64), Spell(94, 98))],
    ids=["none", "once", "long after", "hardly"],
)
def test_a_line_that_is_written_once_stays_by_itself(noticed: tuple[Spell, ...]) -> None:
    assert throughout(noticed, (), 600) == noticed


def test_only_where_they_are() -> None:
    (spell,) = seen(lambda picture, n: words(picture, n) if n > 60 else None, 140)
    assert 6 <= spell.start_s <= 14 and spell.end_s >= 24


def turned(picture: np.ndarray, page: int) -> None:
    for k in range(6):
        said = " ".join((TALK * 2)[k + 3 * page % 9 : k + 3 * page % 9 + 4])
        write(picture, said, 20, 110 + 25 * k, 0.7)
    write(picture, "WWW", 400, 210, 0.7)


NOISE = np.random.default_rng(5)
NOT_THEM: dict[str, Draw] = {
    "nothing": lambda picture, n: None,
    "a name that stays": lambda picture, n: centred(picture, "Dr. Maria Lopez"),
    "a ticker": lambda picture, n: write(picture, " ".join(TALK), 40 - 9 * n, 240),
    "a clock in a corner": lambda picture, n: write(picture, f"00:{n // 5:02}", 10, 250),
    "a clock in the middle": lambda picture, n: centred(picture, f"{n // 300:02}:{n // 5 % 60:02}"),
    "teeth": lambda picture, n: cv2.ellipse(
        picture, (W // 2, 170), (12 + 9 * (n * 7 % 5), 5), 0, 0, 360, 240, -1
    ),
    "slides that are turned, with a camera picture": lambda picture, n: turned(picture, n // 15),
    "a slide": lambda picture, n: [write(picture, t, 60, 110 + 30 * k) for k, t in
                                   enumerate(("First point", "Second point", "Third"))],
    "grass": lambda picture, n: np.copyto(
        picture[120:], (60 + 130 * (NOISE.random((H - 120, W)) > 0.8)).astype(np.uint8)
    ),
}  # fmt: skip


@pytest.mark.parametrize("draw", NOT_THEM.values(), ids=NOT_THEM)
def test_nothing_else_is_taken_for_them(draw: Draw) -> None:
    assert seen(draw) == ()
