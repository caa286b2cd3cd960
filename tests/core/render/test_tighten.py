"""Clips without their pauses and fillers, on a made recording whose every sound is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from core.analysis.model import Analysis, Spell, Word
from core.analysis.timeline import Timeline, words_inside
from core.captions.style import load_style
from core.checks.checks import check
from core.clips.tight import Tight
from core.media.facts import FORMATS, VERTICAL, Video
from core.media.probe import probe
from core.render.make import Laid, lay, make_clip
from core.render.place import places
from core.settings import Settings
from core.tell import tell_nobody
from tests.core.framing.scenes import scene, sway
from tests.core.render.conftest import ffmpeg, source
from tests.core.render.test_render import met

pytestmark = pytest.mark.media

SAID = "one two three four five | six seven um eight nine ten | eleven twelve thirteen fourteen"
STARTS = (0.5, 1.0, 1.5, 2.0, 2.5, 4.6, 5.1, 6.0, 6.8, 7.3, 7.8, 10.0, 10.5, 11.0, 11.5)
"""A pause from 3 to 4.6 s, an "um" with quiet on both sides at 6, something that is heard in the
pause after 8.3 s, and no other gap that is longer than a breath."""
WORDS = tuple(
    Word(text, start_s, start_s + 0.4)
    for text, start_s in zip(SAID.replace("| ", "").split(), STARTS, strict=True)
)
FLASHES = (1.2, 5.3, 7.4, 11.2)
LENGTH_S = 12.5
BOTH = Tight(pauses=True, fillers=True)
SETTINGS = Settings(_env_file=None)  # type: ignore[call-arg]


def during(spells: Sequence[tuple[float, float]]) -> str:
    return "+".join(f"between(t,{a},{b})" for a, b in spells)


@pytest.fixture(scope="session")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tones for words over the noise of a room, laughter in one pause; on a few of the words the
    picture flashes for one frame while a beep is heard."""
    said = during([(w.start_s, w.end_s) for w in WORDS])
    beeps = during([(t, t + 0.02) for t in FLASHES])
    flash = "+".join(f"eq(N,{round(t * 30)})" for t in FLASHES)
    return source(
        tmp_path_factory.mktemp("talk") / "talk.mkv",
        picture=f"color=black:s=320x180:r=30:d={LENGTH_S},geq=lum='if({flash},235,30+mod(N,2))'"
        ":cb=128:cr=128",
        sound=f"aevalsrc='0.0006*(random(0)-0.5)+0.08*sin(2*PI*700*t)*({said})"
        f"+0.03*(random(1)-0.5)*between(t,8.85,9.45)+0.5*sin(2*PI*1000*t)*({beeps})'"
        f":s=48000:d={LENGTH_S}",
    )


def heard(words: Sequence[Word] = WORDS, **more: object) -> Analysis:
    """Somebody who sits there all the time, and what they say."""
    found = scene((60, sway(160, 80)), length_s=LENGTH_S)
    # The picture moves all along: its frames before and after a pause are not alike.
    moving = replace(found, motion=(0.004,) * round(LENGTH_S * 10))
    known = replace(moving, words=tuple(words), words_from="whisper", language="en")
    return replace(known, **more)  # type: ignore[arg-type]


async def laid(talk: Path, tight: Tight, found: Analysis | None = None) -> Laid:
    video = Video(talk, "0" * 64, await probe(talk))
    analysis = found or heard()
    return await lay(video, analysis, 0.3, 12.1, fmt=VERTICAL, settings=SETTINGS, tight=tight)


def removed(line: Timeline) -> list[tuple[float, float]]:
    return [(j.from_s, j.to_s) for j in line.joins]


async def test_sound_and_picture_stay_together_where_pauses_were_taken_out(
    talk: Path, tmp_path: Path
) -> None:
    video, found = Video(talk, "0" * 64, await probe(talk)), heard()
    made = await make_clip(
        video, found, 0.3, 12.1, fmt=FORMATS["1:1"], captions=True, into=tmp_path / "clip",
        settings=SETTINGS, tell=tell_nobody, tight=BOTH,
    )  # fmt: skip
    line = made.line
    assert line and len(line.joins) == 2
    assert met(made.file) == [round(line.clip_s(t), 2) for t in FLASHES]
    # Counted by hand: 0.25 s stay of a pause of 1.7 s, and of the 1.3 s around the "um".
    assert made.duration_s == pytest.approx(11.8 - 1.45 - 1.05, abs=0.07)
    checks = {c.name: c for c in made.checks}
    assert all(checks[n].ok for n in ("join_word", "join_click", "join_sync", "duration"))
    assert abs(float(checks["join_sync"].value or 0)) < 0.004
    with av.open(str(made.file)) as file:
        sound = np.concatenate([f.to_ndarray()[0] for f in file.decode(audio=0)])
    bends = np.abs(np.diff(sound, 2))
    for join in line.joins:
        at = round(join.at_s * 48000)
        assert bends[at - 400 : at + 400].max() < 3 * bends[at - 4000 : at - 800].max()

    # A sound that comes two frames late and steps at a join is found.
    bad, step_s = tmp_path / "bad.mp4", line.joins[0].at_s
    late = f"aeval=val(ch)+0.03*gte(t\\,{step_s}):c=same,adelay=66:all=1"
    ffmpeg("-i", made.file, "-c:v", "copy", "-af", late, "-c:a", "aac", "-b:a", "128k", bad)
    facts = {"video": video, "analysis": found, "line": line, "plan": made.plan, "ass": None}
    wrong = await check(
        bad, faces=made.faces, fmt=FORMATS["1:1"], captioned=False, settings=SETTINGS, **facts
    )  # type: ignore[arg-type]
    assert {"join_sync"} <= {c.name for c in wrong if not c.ok}


async def test_only_what_is_wished_goes_and_a_rest_stays(talk: Path) -> None:
    pauses = removed((await laid(talk, Tight(pauses=True))).line)
    assert len(pauses) == 1, "a pause in which somebody laughs is none, nor is one with an um"
    assert 2.95 < pauses[0][0] < 3.3 and 4.2 < pauses[0][1] < 4.6
    assert pauses[0][0] - 2.9 + 4.6 - pauses[0][1] == pytest.approx(0.25, abs=0.08)
    fillers = (await laid(talk, Tight(fillers=True))).line
    assert len(fillers.joins) == 1 and [d.start_s for d in fillers.dropped] == [6.0]
    said = [w.text for w in words_inside(WORDS, fillers)]
    assert said == [w.text for w in WORDS if w.text != "um"]
    assert (await laid(talk, Tight())).line == Timeline.whole(0.3, 12.1)


async def test_words_and_shots_decide_where_no_cut_may_be(talk: Path) -> None:
    async def cut(found: Analysis) -> tuple[int, str]:
        line = (await laid(talk, BOTH, found)).line
        return len(line.joins), line.why_whole

    assert await cut(heard(words_from="sphinx")) == (0, "rough")
    assert await cut(heard(())) == (0, "rough")
    late = [replace(w, start_s=w.start_s + 4, end_s=w.end_s + 4) for w in WORDS[4:8]]
    silent = [Word("so", t, t + 0.2) for t in (3.3, 3.6, 3.9, 4.2)]
    assert await cut(heard([*WORDS[:4], *silent, *late])) == (0, "unsure")
    # "um" is a word in German, where this was not heard.
    assert (await cut(heard(language="de")))[0] == 1
    # Subtitles share the time of a line out: nobody knows where in it the "um" is.
    shared = [replace(a, end_s=b.start_s) for a, b in pairwise(WORDS)]
    assert (await cut(heard([*shared, WORDS[-1]], words_from="upload")))[0] == 1
    # What is shown in a pause stays; one shot edge in it is the join itself.
    assert (await cut(heard(shots_s=(0.0, 3.4, 4.0))))[0] == 1
    line = (await laid(talk, BOTH, heard(shots_s=(0.0, 3.1)))).line
    assert line.joins[0].from_s <= 3.1 <= line.joins[0].to_s


async def test_a_join_is_hidden_by_a_closer_picture_that_keeps_face_and_captions(
    talk: Path,
) -> None:
    made = await laid(talk, BOTH)
    sizes = [layout.path[0].h for layout in made.plan.layouts]
    assert [round(sizes[0] / s, 3) for s in sizes] == [1.0, 1.08, 1.0]
    assert [la.start_s for la in made.plan.layouts[1:]] == [j.at_s for j in made.line.joins]
    for face in made.faces:
        layout = next(la for la in made.plan.layouts if la.start_s <= face.t_s < la.end_s)
        window = layout.path[0]
        assert window.x <= face.x and face.x + face.w <= window.x + window.w
        assert window.y <= face.y and face.y + face.h <= window.y + window.h
    assert len(places(made.plan, made.faces, VERTICAL, load_style("default"))) == 1
    # A slide looks the same before and after: nothing needs to be hidden.
    still = await laid(talk, BOTH, heard(motion=(0.00001,) * 125))
    assert len(still.plan.layouts) == 1 and len(still.line.joins) == 2


def test_times_of_source_and_clip_become_each_other() -> None:
    line = Timeline((Spell(10.0, 12.0), Spell(13.0, 14.0), Spell(20.0, 21.0)))
    assert line.length_s == 4.0 and [j.at_s for j in line.joins] == [2.0, 3.0]
    for source_s, clip_s in ((10.0, 0.0), (11.5, 1.5), (13.5, 2.5), (20.25, 3.25)):
        assert line.clip_s(source_s) == pytest.approx(clip_s)
        assert line.source_s(clip_s) == pytest.approx(source_s)
    assert line.clip_s(12.4) == 2.0, "what was taken out lies on its join"
    assert line.clip_s(9.0) == -1.0 and line.clip_s(22.0) == 5.0
