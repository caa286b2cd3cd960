"""What a viewer sees of the framing, told by the windows it plans."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis.model import Analysis, Face, FaceSample, Spell
from core.framing.frame import frame
from core.framing.grid import cells
from core.framing.plan import Plan, turns
from core.media.facts import FORMATS, SQUARE, VERTICAL, Format
from tests.core.framing.scenes import Where, at, reversals, scene, sway, video


def plan_of(analysis: Analysis, fmt: Format = VERTICAL, **size: int) -> Plan:
    return frame(video(**size), analysis, 0.0, analysis.duration_s, fmt)[0]


def kinds(plan: Plan) -> list[str]:
    return [layout.kind for layout in plan.layouts]


def test_a_person_who_sits_is_framed_by_a_window_that_never_moves() -> None:
    plan = plan_of(scene((220, sway(1300, 400, by=30))))
    assert kinds(plan) == ["track"]
    (window,) = plan.layouts[0].path
    assert window.h == 1080 and window.w == 1080 * 9 / 16
    assert abs(window.x + window.w / 2 - 1300) < 20


def test_a_blip_of_two_samples_does_not_move_the_window() -> None:
    def blip(t: float) -> tuple[float, float]:
        return (1500, 400) if 5.0 <= t < 5.3 else sway(900, 400)(t)

    assert len(plan_of(scene((220, blip))).layouts[0].path) == 1


def test_a_person_who_moves_is_followed_smoothly_and_stays_whole() -> None:
    def walks(t: float) -> tuple[float, float]:
        return (600 + 700 * min(max(t - 5, 0), 4) / 4, 400)

    plan, faces = frame(video(), scene((200, walks)), 0.0, 20.0, VERTICAL)
    path = plan.layouts[0].path
    for face in faces:
        window = at(path, face.t_s)
        assert window.x <= face.x and face.x + face.w <= window.x + window.w, face.t_s
    speeds = [abs(at(path, t / 10 + 0.1).x - at(path, t / 10).x) / 0.1 for t in range(198)]
    assert max(speeds) <= 1.2 * 607.5
    assert max(abs(b - a) for a, b in itertools.pairwise(speeds)) < 200, "no jerk"
    assert reversals(plan.layouts) == 0


@pytest.mark.parametrize("period_s", [3.0, 5.0, 9.0])
def test_a_person_who_paces_does_not_rock_the_picture(period_s: float) -> None:
    def paces(t: float) -> tuple[float, float]:
        return (960 + 160 * math.sin(2 * math.pi * t / period_s), 400)

    plan, faces = frame(video(), scene((200, paces), length_s=30), 0.0, 30.0, VERTICAL)
    assert reversals(plan.layouts) <= 0.13 * 30
    path = plan.layouts[0].path
    for face in faces:
        middle = face.x + face.w / 2
        assert at(path, face.t_s).x < middle < at(path, face.t_s).x + path[0].w


def test_the_window_jumps_on_the_shot_edge_and_holds_still_on_both_sides() -> None:
    def cuts(t: float) -> tuple[float, float]:
        return sway(500, 400)(t) if t < 8 else sway(1500, 420)(t)

    plan = plan_of(scene((220, cuts), shots_s=(0.0, 8.0)))
    assert [(x.start_s, x.end_s, len(x.path)) for x in plan.layouts] == [(0, 8, 1), (8, 20, 1)]
    assert plan.layouts[1].path[0].x - plan.layouts[0].path[0].x > 900


@pytest.mark.parametrize(("height", "kind"), [(100, "fit"), (500, "track")])
def test_a_thumbnail_on_a_screen_is_no_person_and_a_photograph_is(height: int, kind: str) -> None:
    def shown(t: float) -> tuple[float, float] | None:
        return (1500, 400) if t % 1 < 0.5 else None

    assert kinds(plan_of(scene((height, shown), length_s=2.0))) == [kind]


def test_two_who_stand_up_and_sit_down_again_stay_the_two_they_are() -> None:
    def rises(x: float, at_s: float) -> Where:
        sits, stands = sway(x, 620), sway(x + 60, 360)
        return lambda t: stands(t) if at_s <= t < at_s + 4 else sits(t)

    plan = plan_of(scene((160, rises(500, 4.0)), (150, rises(1400, 5.0))))
    assert kinds(plan) == ["split"]
    for side, x in ((plan.layouts[0].path, 560), (plan.layouts[0].lower, 1460)):
        window = at(side, 6.5)
        assert window.x < x < window.x + window.w and window.y < 360 - 75


def test_between_two_flashes_the_window_stays_on_who_was_there_before() -> None:
    """Of the last shot one look in three meets no flash."""
    sits = sway(1300, 400)
    analysis = scene(
        (220, lambda t: sits(t) if t < 9.2 or 9.5 < t < 9.7 else None),
        length_s=9.8,
        shots_s=(0.0, 9.2),
    )
    assert set(kinds(plan_of(analysis))) == {"track"}


def test_whoever_comes_later_and_leaves_early_has_no_empty_tile() -> None:
    guest = sway(1400, 480)
    analysis = scene(
        (200, sway(500, 480)), (200, lambda t: guest(t) if 5 <= t < 16 else None), length_s=20
    )
    plan = plan_of(analysis)
    assert kinds(plan) == ["track", "split", "track"]
    assert [round(la.start_s) for la in plan.layouts] == [0, 5, 16]
    for layout in (plan.layouts[0], plan.layouts[2]):
        assert all(w.x < 500 < w.x + w.w for w in layout.path)


def test_who_leans_away_unseen_and_comes_up_beside_is_still_one_of_the_two() -> None:
    """Missed for a second, and for three, each time back a head further on."""
    seen = ((0.0, 7.0, 1300), (8.2, 14.0, 1420), (17.0, 30.0, 1540))

    def leans(t: float) -> tuple[float, float] | None:
        x = next((x for a, b, x in seen if a <= t < b), None)
        return x and sway(x, 500)(t)

    plan = plan_of(scene((120, sway(500, 480)), (120, leans), length_s=30))
    assert kinds(plan) == ["split"]


def test_two_who_rise_and_bend_do_not_rock_their_tiles() -> None:
    def bends(x: float, period_s: float) -> Where:
        return lambda t: (x + 4 * (t % 1), 480 + 110 * math.sin(2 * math.pi * t / period_s))

    plan = plan_of(scene((100, bends(400, 5.0)), (100, bends(1500, 7.0)), length_s=30))
    assert kinds(plan) == ["split"]
    assert turns(plan.layouts[0].path) + turns(plan.layouts[0].lower) <= 0.15 * 30


def test_two_who_stand_up_twice_are_whole_and_the_tiles_turn_back_seldom() -> None:
    def rises(x: float, seconds: tuple[tuple[float, float], ...]) -> Where:
        sits, stands = sway(x, 620), sway(x, 280)
        return lambda t: (stands if any(a <= t < b for a, b in seconds) else sits)(t)

    people = (
        (240, rises(500, ((2.0, 5.2), (39.6, 43.5)))),
        (240, rises(1400, ((2.4, 5.5), (40.5, 44.0)))),
    )
    plan, faces = frame(video(), scene(*people, length_s=45), 0.0, 45.0, VERTICAL)
    assert kinds(plan) == ["split"]
    assert turns(plan.layouts[0].path) + turns(plan.layouts[0].lower) <= 0.1 * 45
    kept = [at(plan.layouts[0].path, f.t_s) for f in faces]
    whole = [w.y <= f.y and f.y + f.h <= w.y + w.h for w, f in zip(kept, faces, strict=True)]
    assert sum(whole) >= 0.98 * len(whole)


def test_a_window_rests_on_the_edge_of_the_picture_where_it_is_near() -> None:
    window = plan_of(scene((300, sway(310, 400)))).layouts[0].path[0]
    assert window.x == 0


def test_two_far_apart_get_a_tile_each_and_the_tiles_share_nothing() -> None:
    plan, faces = frame(
        video(), scene((120, sway(400, 400)), (110, sway(1500, 420))), 2.0, 18.0, VERTICAL
    )
    assert kinds(plan) == ["split"]
    upper, lower = plan.layouts[0].path[0], plan.layouts[0].lower[0]
    assert upper.x + upper.w <= lower.x
    assert upper.w / upper.h == pytest.approx(1080 / 960)
    assert upper.x < 400 < upper.x + upper.w and lower.x < 1500 < lower.x + lower.w
    assert all(upper.x <= f.x and f.x + f.w <= upper.x + upper.w for f in faces)
    eyes = 400 - 60 + 0.42 * 120
    assert (eyes - upper.y) / upper.h == pytest.approx(1 / 3, abs=0.06)


@pytest.mark.parametrize(("fmt", "count"), [(VERTICAL, 3), (VERTICAL, 4), (SQUARE, 4)])
def test_of_several_at_a_table_everybody_has_a_tile_with_nobody_else_in_it(
    fmt: Format, count: int
) -> None:
    xs = [250 + 470 * k for k in range(count)]
    plan = plan_of(scene(*((110, sway(x, 480)) for x in xs)), fmt)
    assert kinds(plan) == ["split"]
    tiles = [path[0] for path in plan.layouts[0].paths]
    assert len(tiles) == count
    for window in tiles:
        inside = [x for x in xs if window.x - 44 < x < window.x + window.w + 44]
        assert len(inside) == 1, "one whole face, and no slice of another"
        assert window.x < inside[0] - 60 and inside[0] + 60 < window.x + window.w
    assert len({round(w.x) for w in tiles}) == count
    assert Plan.from_json(plan.to_json()) == plan


def talks(analysis: Analysis, *who: Sequence[int]) -> Analysis:
    """The same, where of the faces, from left to right, these talk in turn, each as long."""
    each = analysis.duration_s / len(who)

    def said(sample: FaceSample) -> FaceSample:
        now = who[min(int(sample.t_s / each), len(who) - 1)]
        row = sorted(sample.faces, key=lambda f: f.x)
        return replace(
            sample,
            faces=tuple(replace(f, lips=0.2 if n in now else 0.03) for n, f in enumerate(row)),
        )

    samples = tuple(map(said, analysis.samples))
    return replace(analysis, samples=samples, voice=(Spell(0.0, analysis.duration_s),))


@pytest.mark.parametrize(
    ("who", "tiles"),
    [
        ([[1]], 1),
        ([[0], [2]], 2),
        ([[1], [1], [1], [1], [3]], 2),
        ([[0], [1], [3]], 3),
        ([[0, 1, 2, 3]], 4),
    ],
)
def test_of_four_at_a_table_those_are_shown_who_take_a_turn(
    who: list[list[int]], tiles: int
) -> None:
    xs = [250, 720, 1190, 1660]
    plan = plan_of(talks(scene(*((110, sway(x, 480)) for x in xs)), *who))
    (layout,) = plan.layouts
    assert layout.kind == ("track" if tiles == 1 else "split")
    windows = [path[0] for path in layout.paths]
    shown = {n for w in windows for n, x in enumerate(xs) if w.x < x + 44 and x - 44 < w.x + w.w}
    assert shown == {n for turn in who for n in turn} and len(windows) == tiles


@pytest.mark.parametrize(("speaks", "expected"), [(True, 3), (False, 1)])
def test_a_guest_of_a_third_of_the_shot_has_a_tile_while_there_if_they_speak(
    speaks: bool, expected: int
) -> None:
    guest = sway(1500, 420)
    analysis = scene(
        (200, sway(450, 420)), (190, lambda t: guest(t) if 8 <= t < 14 else None), length_s=20
    )
    plan = plan_of(talks(analysis, [0], [0], [1] if speaks else [0], [0]))
    assert len(plan.layouts) == expected
    if speaks:
        assert kinds(plan) == ["track", "split", "track"]
        assert [round(la.start_s) for la in plan.layouts] == [0, 8, 14]


def test_a_guest_close_by_is_in_the_window_before_they_come() -> None:
    guest = sway(1050, 420)
    analysis = scene(
        (180, sway(800, 420)), (170, lambda t: guest(t) if 8 <= t < 14 else None), length_s=20
    )
    plan = plan_of(talks(analysis, [0], [0], [1], [0]))
    (layout,) = plan.layouts
    assert layout.kind == "track" and len(layout.path) == 1
    window = layout.path[0]
    assert window.x < 728 and window.x + window.w > 1118


def test_two_side_by_side_share_one_window() -> None:
    plan = plan_of(scene((150, sway(800, 400)), (150, sway(1050, 400))))
    assert kinds(plan) == ["track"]
    window = plan.layouts[0].path[0]
    assert window.x < 740 and window.x + window.w > 1110


def test_a_second_face_that_shows_rarely_does_not_split_the_picture() -> None:
    def rarely(t: float) -> tuple[float, float] | None:
        return sway(1500, 400)(t) if t % 5 < 1.5 else None

    assert kinds(plan_of(scene((150, sway(500, 400)), (140, rarely)))) == ["track"]


@pytest.mark.parametrize(
    ("people", "why"),
    [
        ([], "nobody"),
        ([(40, sway(900, 500))], "a figure in a wide shot"),
        ([(150, sway(x, 300 + x % 7 * 80)) for x in (300, 360, 420, 1700)], "four in a heap"),
        ([(120, sway(1750, 950))], "a camera picture in the corner of a screen"),
        ([(200, sway(230, 150))], "a camera picture in the corner of a game"),
        ([(120, sway(1750, 950)), (50, sway(900, 400))], "… and a small face on the screen"),
    ],
)
def test_when_no_window_is_right_the_whole_picture_is_shown(
    people: list[tuple[float, Where]], why: str
) -> None:
    plan = plan_of(scene(*people))
    assert kinds(plan) == ["fit"], why
    assert (plan.layouts[0].path[0].w, plan.layouts[0].path[0].h) == (1920, 1080)


def test_a_vertical_source_is_only_scaled() -> None:
    def moves(t: float) -> tuple[float, float]:
        return (200 + 30 * t, 600)

    for people in ([], [(300.0, moves)]):
        plan = plan_of(scene(*people), width=1080, height=1920)
        (layout,) = plan.layouts
        assert layout.kind == "track" and len(layout.path) == 1
        window = layout.path[0]
        assert (window.x, window.y, window.w, window.h) == (0, 0, 1080, 1920)


def test_a_missed_face_leaves_the_window_where_it_was() -> None:
    def turns_away(t: float) -> tuple[float, float] | None:
        return None if 6 < t < 12 else sway(1400, 400)(t)

    plan, faces = frame(video(), scene((200, turns_away)), 0.0, 20.0, VERTICAL)
    assert len(plan.layouts[0].path) == 1
    assert not [f for f in faces if 6 < f.t_s < 12], "only real sightings are reported"


def test_when_one_leaves_the_window_goes_to_who_is_still_there() -> None:
    def leaves(t: float) -> tuple[float, float] | None:
        return sway(400, 400)(t) if t < 12 else None

    def comes(t: float) -> tuple[float, float] | None:
        return sway(1500, 400)(t) if t > 11 else None

    plan, faces = frame(video(), scene((200, leaves), (190, comes)), 0.0, 20.0, VERTICAL)
    path = plan.layouts[0].path
    assert at(path, 5.0).x < 400 < at(path, 5.0).x + path[0].w
    assert at(path, 15.0).x < 1500 < at(path, 15.0).x + path[0].w
    assert faces[-1].x > 1300


def test_a_portrait_on_the_wall_is_nobody() -> None:
    plan = plan_of(scene((200, sway(500, 400)), (220, lambda t: (1500, 300))))
    assert kinds(plan) == ["track"]
    assert plan.layouts[0].path[0].x < 500


def test_a_small_face_in_a_4k_picture_is_brought_closer_with_the_eyes_at_a_third() -> None:
    plan = plan_of(scene((180, sway(1900, 900))), width=3840, height=2160)
    window = plan.layouts[0].path[0]
    assert 800 <= window.h < 1600
    assert (900 - 90 + 0.42 * 180 - window.y) / window.h == pytest.approx(1 / 3, abs=0.02)


def test_a_shot_too_short_to_be_sampled_keeps_what_was_shown() -> None:
    plan = plan_of(scene((220, sway(1300, 400)), shots_s=(0.0, 8.01, 8.15)))
    assert kinds(plan) == ["track"] * len(plan.layouts)


people_anywhere = st.lists(
    st.tuples(
        st.floats(0, 1900), st.floats(0, 1000), st.floats(8, 1200), st.floats(0.3, 1), st.booleans()
    ),
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(
    samples=st.lists(people_anywhere, max_size=40),
    edges=st.lists(st.floats(0.1, 7.9), max_size=5),
    fmt=st.sampled_from(list(FORMATS.values())),
    size=st.sampled_from([(1920, 1080), (1080, 1920), (720, 576), (64, 64), (3026, 1386)]),
)
def test_whatever_is_seen_windows_are_exact_and_inside(
    samples: list[list[tuple[float, float, float, float, bool]]],
    edges: list[float],
    fmt: Format,
    size: tuple[int, int],
) -> None:
    seen = tuple(
        FaceSample(n / 5, tuple(Face(x, y, h * 0.8, h, s) for x, y, h, s, _ in faces))
        for n, faces in enumerate(samples)
    )
    base = scene(length_s=8, shots_s=(0.0, *sorted(edges)))
    plan, _ = frame(video(*size), replace(base, samples=seen), 0.0, 8.0, fmt)
    assert plan.layouts[0].start_s == 0 and plan.layouts[-1].end_s == 8
    for a, b in zip(plan.layouts, plan.layouts[1:], strict=False):
        assert a.end_s == b.start_s
    for layout in plan.layouts:
        tiles = cells(len(layout.paths), fmt) if layout.kind == "split" else ()
        shapes = [at.w / at.h for at in tiles] or [fmt.width / fmt.height] * 2
        for window, shape in (
            (w, s) for p, s in zip(layout.paths, shapes, strict=False) for w in p
        ):
            assert window.x >= -1e-6 and window.x + window.w <= size[0] + 1e-6
            assert window.y >= -1e-6 and window.y + window.h <= size[1] + 1e-6
            if layout.kind != "fit":
                assert window.w / window.h == pytest.approx(shape)


def test_every_format_has_a_plan() -> None:
    for fmt in FORMATS.values():
        assert plan_of(scene((220, sway(900, 400))), fmt).format == fmt.name
