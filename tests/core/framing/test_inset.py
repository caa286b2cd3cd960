"""A head that sits small beside a screen or a game, and calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

from core.analysis.boxes import Boxes, screens
from core.analysis.model import Analysis, Face, Spell, Word
from core.checks.framing import framing_checks
from core.framing.frame import frame
from core.framing.plan import Layout, Window
from core.media.facts import FORMATS, SQUARE, VERTICAL, Format, Video
from core.media.probe import probe
from core.media.sample_people import Picture
from core.media.sample_story import Who
from core.render.make import make_clip
from core.settings import Settings
from core.tell import tell_nobody
from tests.core.framing import desks
from tests.core.framing.scenes import video

BIG = (960, 400, 310, 310)
BESIDE, OVER = (940, 500, 320, 200), (20, 20, 300, 230)
DISC, CUT = (1000, 470, 220, 220), (1010, 30, 230, 230)
SCREENS: dict[str, tuple[desks.Paint, desks.At]] = {
    "slides": (lambda f, t: (desks.slides(f, t), desks.webcam(f, t, BESIDE)), BESIDE),
    "game": (lambda f, t: (desks.game(f, t), desks.webcam(f, t, OVER)), OVER),
    "round": (lambda f, t: (desks.slides(f, t), desks.bubble(f, t, DISC)), DISC),
    "photographs": (lambda f, t: (desks.photographs(f, t), desks.bubble(f, t, BIG)), BIG),
    "over a game": (lambda f, t: (desks.game(f, t), desks.bubble(f, t, CUT)), CUT),
}  # fmt: skip


@cache
def _seen(name: str) -> Analysis:
    paint, at = SCREENS[name]
    return desks.seen(paint, lambda t: [desks.face(at, t)])


def _plan(found: Analysis, fmt: Format = VERTICAL, other: int = 0) -> list[Layout]:
    size = video(desks.W, desks.H)
    return list(frame(size, found, 0.0, desks.LENGTH_S, fmt, other=other)[0].layouts)


@pytest.mark.parametrize("name", SCREENS)
def test_a_head_beside_a_screen_gets_a_tile_below_it(name: str) -> None:
    found, (x, y, w, h) = _seen(name), SCREENS[name][1]
    (layout,) = _plan(found)
    assert layout.kind == "inset"
    assert layout.path == (Window(0.0, 0.0, 0.0, 1280.0, 720.0),)
    (head,) = layout.lower  # it never moves
    faces = [f for s in found.samples for f in s.faces]
    assert all(_inside(f, head) for f in faces)
    assert abs(head.x + head.w / 2 - x - w / 2) < 0.1 * head.w
    if name in ("slides", "game"):  # nothing of the screen beside it
        assert x <= head.x and head.x + head.w <= x + w and y <= head.y
        assert head.y + head.h <= y + h
    assert [layout.kind for layout in _plan(found, FORMATS["16:9"])] == ["track"], "as it is"


@pytest.mark.parametrize("name", SCREENS)
def test_the_face_is_looked_for_in_its_tile(name: str) -> None:
    found = _seen(name)
    plan, faces = frame(video(desks.W, desks.H), found, 0.0, desks.LENGTH_S, VERTICAL)
    assert len(faces) == len(found.samples)
    assert all(c.ok for c in framing_checks(plan, faces, found, 0.0, desks.LENGTH_S))
    off = tuple(replace(k, lower=(replace(k.lower[0], x=0, y=0),)) for k in plan.layouts)
    if name != "game":
        lost = framing_checks(replace(plan, layouts=off), faces, found, 0.0, desks.LENGTH_S)
        assert {c.name for c in lost if not c.ok} == {"face"}


def test_where_one_slide_gives_way_to_another_it_is_a_screen_still() -> None:
    """What was seen in the seconds of the change is a mixture of both."""
    before, mixed, after = Boxes(0.0, 2.9, drawn=True), Boxes(3.0, 5.9), Boxes(6.0, 8.9, drawn=True)
    assert screens((before, mixed, after)) == (Spell(0.0, 8.9),)
    filmed = (Boxes(6.0, 8.9), Boxes(9.0, 11.9, drawn=True))
    assert len(screens((before, mixed, *filmed))) == 2


def test_at_another_slide_the_head_stays_where_it_is() -> None:
    found = replace(_seen("slides"), shots_s=(0.0, 2.0, 4.0))
    boxes = [replace(found.boxes[0], start_s=t, end_s=t + 2) for t in (0.0, 2.0, 4.0)]
    (layout,) = _plan(replace(found, boxes=tuple(boxes)))
    assert layout.kind == "inset"


def test_somebody_small_in_a_room_is_no_camera_picture() -> None:
    def room(frame: np.ndarray, t_s: float) -> None:
        """A door, a picture on the wall, and a person before them."""
        frame[:] = (120, 130, 140)
        frame[100:720, 900:1150] = (70, 90, 110)
        frame[60:200, 200:400] = (200, 190, 160)
        small = desks.person(240, 300, t_s, wall=(120, 130, 140))
        person = (small != (120, 130, 140)).any(axis=2)
        frame[420:720, 820:1060][person] = small[person]

    found = desks.seen(room, lambda t: [desks.face((820, 420, 240, 300), t)])
    assert not found.boxes and not found.screens


def _inside(face: Face, window: Window) -> bool:
    across = window.x <= face.x and face.x + face.w <= window.x + window.w
    return across and window.y <= face.y and face.y + face.h <= window.y + window.h


@pytest.mark.parametrize(
    ("fmt", "gap"), [(VERTICAL, (740, 1050)), (SQUARE, (607, 804))], ids=["9:16", "1:1"]
)
async def test_the_captions_stand_between_the_screen_and_the_head(
    tmp_path: Path, fmt: Format, gap: tuple[int, int]
) -> None:
    found, path = _seen("slides"), desks.film(tmp_path / "a.mp4", SCREENS["slides"][0], 1.6)
    source = Video(path, "0" * 64, await probe(path))
    words = tuple(Word(w, 0.1 + 0.4 * k, 0.5 + 0.4 * k) for k, w in enumerate(("every", "number")))

    async def made(captions: bool) -> Sequence[np.ndarray]:
        done = await make_clip(
            source, found, 0.0, 1.0, fmt=fmt, captions=captions, into=tmp_path / str(captions),
            settings=Settings(_env_file=None), tell=tell_nobody, words=words,  # type: ignore[call-arg]
        )  # fmt: skip
        assert [layout.kind for layout in done.plan.layouts] == ["inset"]
        assert all(c.ok for c in done.checks if c.name in ("captions", "captions_area", "face"))
        with av.open(str(done.file)) as file:
            return [f.to_ndarray(format="gray").astype(int) for f in file.decode(video=0)]

    with_, without = await made(True), await made(False)
    pairs = zip(with_, without, strict=True)
    rows = np.flatnonzero(sum((np.abs(a - b) > 90).sum(1) > 12 for a, b in pairs))
    assert gap[0] <= rows[0] and rows[-1] <= gap[1]
    # The screen above is bright from side to side, the wall behind the head below is dark.
    assert without[5][gap[0] - 60, 20:200].mean() > 200
    middle = fmt.width // 2
    assert without[5][gap[1] + 40 : gap[1] + 60, middle - 40 : middle + 40].mean() < 120


@pytest.mark.parametrize(
    ("talk", "kind", "shown"),
    [({2}, "track", [2]), ({0, 3}, "split", [0, 3]), ({0, 1, 2, 3}, "split", [0, 1, 2, 3])],
    ids=["one talks", "two talk", "all talk"],
)
def test_of_a_call_the_tiles_of_those_who_talk_are_shown(
    talk: set[int], kind: str, shown: list[int]
) -> None:
    def faces(t_s: float) -> list[Face]:
        return [desks.face(at, t_s, 0.2 if n in talk else 0.05) for n, at in enumerate(desks.TILES)]

    found = desks.seen(desks.call, faces)
    (layout,) = _plan(found)
    assert layout.kind == kind
    for n, path in zip(shown, layout.paths, strict=True):
        x, y, w, h = desks.TILES[n]
        for window in path:
            assert x <= window.x and window.x + window.w <= x + w
            assert y <= window.y and window.y + window.h <= y + h
    alone = [_plan(found, other=k)[0] for k in (1, 2, 3)]
    assert {a.kind for a in alone} == {"track"}
    assert len({(a.path[0].x // 640, a.path[0].y // 360) for a in alone}) == 3, "each another tile"


def test_a_tile_of_a_call_whose_frame_is_not_seen_is_where_it_must_be() -> None:
    def faces(t_s: float) -> list[Face]:
        return [desks.face(at, t_s, 0.2 if n == 3 else 0.05) for n, at in enumerate(desks.TILES)]

    found = desks.seen(desks.call, faces)
    assert len(found.boxes) == 4
    x, y, w, h = desks.TILES[3]
    for seen in (2, 3):
        boxes = sorted(found.boxes, key=lambda b: b.x + 2 * b.y)[:seen]
        (layout,) = _plan(replace(found, boxes=tuple(boxes)))
        assert layout.kind == "track"
        for window in layout.path:
            assert x - 5 <= window.x and window.x + window.w <= x + w + 5
            assert y - 5 <= window.y and window.y + window.h <= y + h + 5


def test_of_a_call_nobody_is_left_out_whose_tile_was_found_too_late_or_too_wide() -> None:
    found = desks.seen(desks.call, lambda t: [desks.face(at, t, 0.2) for at in desks.TILES])
    a, b, c, d = sorted(found.boxes, key=lambda box: box.x + 2 * box.y)
    wide = replace(c, w=c.w + 130)
    (layout,) = _plan(replace(found, boxes=(a, b, wide)))
    assert layout.kind == "split"
    for (x, y, w, h), path in zip(desks.TILES, layout.paths, strict=True):
        for window in path:
            assert x <= window.x + 6 and window.x + window.w <= x + w + 6
            assert y <= window.y + 6 and window.y + window.h <= y + h + 6
    moved = replace(d, x=d.x - 250, y=d.y - 150)
    (whole,) = _plan(replace(found, boxes=(a, b, wide, moved)))
    assert whole.kind == "fit", "somebody whose tile is not known may be the one who talks"


def test_of_a_call_of_two_nothing_of_the_rim_is_shown() -> None:
    tiles: tuple[desks.At, ...] = ((20, 160, 610, 400), (650, 160, 610, 400))

    who: tuple[Who, Who] = ("mira", "theo")

    def paint(frame: Picture, t_s: float) -> None:
        frame[:] = 20
        for (x, y, w, h), name in zip(tiles, who, strict=True):
            frame[y : y + h, x : x + w] = desks.person(w, h, t_s, name)

    (layout,) = _plan(desks.seen(paint, lambda t: [desks.face(at, t, 0.1) for at in tiles]))
    assert layout.kind == "split"
    for (x, y, w, h), path in zip(tiles, (layout.path, layout.lower), strict=True):
        for window in path:
            assert x - 5 <= window.x and window.x + window.w <= x + w + 5
            assert y - 5 <= window.y and window.y + window.h <= y + h + 5
