"""Captions and faces in one picture: nobody's eyes are written over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from core.analysis.model import Analysis, Face, FaceSample, Word
from core.analysis.timeline import Timeline
from core.captions.area import area
from core.captions.ass import captions_ass
from core.captions.look import Look
from core.captions.style import load_style
from core.framing.frame import frame
from core.framing.plan import FaceAt, Layout, Plan, Window, window_at
from core.media.facts import FORMATS, SQUARE, VERTICAL, Format, Video
from core.media.probe import probe
from core.render.graph import fit_size, fit_top
from core.render.lettering import lettering
from core.render.make import make_clip
from core.render.place import lines_top, places
from core.render.rendered import Rendered
from core.settings import Settings
from core.tell import tell_nobody
from tests.core.framing.scenes import scene, sway, video

LOOK = load_style("default")
WORDS = tuple(
    Word(w, 0.1 + 0.4 * k, 0.5 + 0.4 * k)
    for k, w in enumerate(["everything", "happened", "unexpectedly", "then"])
)


async def _clip(video: Video, analysis: Analysis, into: Path, *, captions: bool) -> Rendered:
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    return await make_clip(
        video, analysis, 0.0, 2.3, fmt=VERTICAL, captions=captions, into=into, settings=settings,
        tell=tell_nobody,
    )  # fmt: skip


def _grey(clip: Path) -> list[np.ndarray]:
    with av.open(str(clip)) as file:
        return [f.to_ndarray(format="gray").astype(int) for f in file.decode(video=0)][::5]


def _written(with_: Rendered, without: Rendered) -> tuple[int, int]:
    """Rows of the finished file that the captions changed, from first to last."""
    pairs = zip(_grey(with_.file), _grey(without.file), strict=True)
    rows = np.flatnonzero(sum((np.abs(a - b) > 90).sum(1) > 12 for a, b in pairs))
    return int(rows[0]), int(rows[-1])


@pytest.mark.media
async def test_of_two_above_each_other_neither_face_is_written_over(
    recordings: Path, tmp_path: Path
) -> None:
    path = recordings / "talk_debate_two_speakers_wide_30s_1080p.mp4"
    source = Video(path, "0" * 64, await probe(path))
    faces = scene((80, sway(215, 300)), (78, sway(1690, 305)), length_s=3.0)
    analysis = replace(faces, words=WORDS, words_from="upload")
    plain = await _clip(source, analysis, tmp_path / "plain", captions=False)
    done = await _clip(source, analysis, tmp_path / "done", captions=True)
    (layout,) = done.plan.layouts
    assert layout.kind == "split"
    first, last = _written(done, plain)
    for face, path_, above in ((300, layout.path, 0), (305, layout.lower, 960)):
        window = window_at(path_, 1.0)
        top, bottom = ((face + d - window.y) / window.h * 960 + above for d in (-40, 40))
        assert last < top or bottom < first, f"captions {first}-{last}, face {top:.0f}-{bottom:.0f}"
    assert all(c.ok for c in done.checks if c.name.startswith("captions"))


def _track(chin: float, height: float = 600) -> tuple[Plan, tuple[FaceAt, ...]]:
    """A window of 1080 × 1920 and a face in it."""
    plan = Plan("9:16", (Layout(0.0, 4.0, "track", (Window(0.0, 0.0, 0.0, 1080.0, 1920.0),)),))
    return plan, tuple(FaceAt(t / 4, 300, chin - height, 450, height) for t in range(16))


@pytest.mark.parametrize("chin", [700, 1080, 1160])
def test_a_chin_is_above_the_captions_and_a_small_head_moves_nothing(chin: float) -> None:
    plan, faces = _track(chin)
    ((_, middle),) = places(plan, faces, VERTICAL, LOOK)
    assert middle - 130 >= chin or chin > 1160
    assert (middle == LOOK.middle_y) is (chin <= 1110)


def test_with_a_low_chin_the_captions_go_above_the_head_where_there_is_room() -> None:
    plan, faces = _track(1330, height=500)
    ((_, middle),) = places(plan, faces, VERTICAL, LOOK)
    head = 1330 - 500 - 0.35 * 500
    assert area(VERTICAL).top <= middle - 130 and middle + 130 <= head
    # A face as high as the picture leaves no room at all: then as low as each line can be.
    plan, faces = _track(1700, height=1600)
    ((_, middle),) = places(plan, faces, VERTICAL, LOOK)
    assert middle == area(VERTICAL).bottom


def test_a_face_that_fills_the_picture_is_written_over_its_hair_not_its_mouth() -> None:
    plan, faces = _track(1680, height=1030)
    ((_, middle),) = places(plan, faces, VERTICAL, LOOK)
    assert area(VERTICAL).top <= middle - 110
    assert middle + 110 <= 1680 - 1030


def test_letters_get_a_little_smaller_where_that_clears_a_chin() -> None:
    plan, faces = _track(1225, height=900)
    scene_ = replace(scene(length_s=4.0), words=WORDS)
    ass = lettering(WORDS, scene_, Timeline.whole(0.0, 4.0), plan, faces, Look())
    sizes = {float(n) for n in re.findall(r"\\fs([\d.]+)", ass)}
    plan, faces = _track(900)
    usual = lettering(WORDS, scene_, Timeline.whole(0.0, 4.0), plan, faces, Look())
    assert max(sizes) < max(float(n) for n in re.findall(r"\\fs([\d.]+)", usual))


def test_everybody_in_the_window_counts_and_nobody_beside_it() -> None:
    plan, faces = _track(900)
    low = [FaceSample(t / 4, (Face(350, 1050, 300, 300, 0.9),)) for t in range(16)]
    ((_, middle),) = places(plan, faces, VERTICAL, LOOK, seen=low)
    assert middle + 130 <= 1050 - 0.35 * 300 or middle - 130 >= 1350
    away = [FaceSample(t / 4, (Face(1500, 1050, 300, 300, 0.9),)) for t in range(16)]
    assert places(plan, faces, VERTICAL, LOOK, seen=away) == [(0.0, LOOK.middle_y)]


def test_a_nodding_head_does_not_take_the_captions_along() -> None:
    plan, _ = _track(1150)
    nods = tuple(FaceAt(t / 4, 300, 550 + 40 * (t % 3), 450, 600) for t in range(16))
    assert len(places(plan, nods, VERTICAL, LOOK)) == 1


def _heights(words: Sequence[Word]) -> list[tuple[str, str, float]]:
    """Start, end and height of every event, where the layout changes at 2 s."""
    whole = (Window(0.0, 0.0, 0.0, 1920.0, 1080.0),)
    plan = Plan("9:16", (Layout(0, 2, "fit", whole), Layout(2, 4, "split", whole, whole)))
    ass = captions_ass(words, VERTICAL, LOOK, until_s=4.0, middles=places(plan, (), VERTICAL, LOOK))
    found = re.findall(r"Dialogue: 0,0:00:([\d.]+),0:00:([\d.]+),.*?pos\([\d.]+,([\d.]+)\)", ass)
    return [(a, b, float(y)) for a, b, y in found]


def test_captions_move_on_the_very_cut_and_not_for_a_blink() -> None:
    below, above = _heights([Word("everything", 1.2, 3.0)])
    assert below[:2] == ("01.20", "02.00") and below[2] > 1300
    assert above[0] == "02.00" and above[2] == 960
    late = _heights([Word("everything", 1.9, 3.0)])
    assert [y for _, _, y in late] == [960], "a tenth of a second below the picture is no reading"
    (early,) = _heights([Word("early", 0.5, 1.7)])
    assert early[:2] == ("00.50", "02.10") and early[2] > 1300


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda f: f.name)
@pytest.mark.parametrize("picture", [(1920, 1080), (1440, 1080), (640, 480), (3026, 1386)])
def test_a_whole_picture_leaves_room_for_the_captions(
    picture: tuple[int, int], fmt: Format
) -> None:
    top, height = fit_top(picture, fmt, captioned=True), fit_size(picture, fmt)[1]
    middle = (fmt.height - height) // 2
    assert top >= min(middle, area(fmt).top) - 1 and top <= middle
    assert fit_top(picture, fmt, captioned=False) == middle
    if height <= lines_top(fmt) - area(fmt).top:
        assert top + height <= lines_top(fmt)


@pytest.mark.parametrize("fmt", [VERTICAL, SQUARE], ids=lambda f: f.name)
def test_beside_a_slide_captions_stand_as_low_as_they_may(fmt: Format) -> None:
    plan, _ = frame(video(), scene(length_s=4), 0.0, 4.0, fmt)
    assert plan.layouts[0].kind == "fit"
    assert places(plan, (), fmt, LOOK)[0][1] >= area(fmt).bottom
