"""Each check can fail: a file that breaks one rule fails that check, and a good file passes all."""

from __future__ import annotations

import asyncio
import re
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

from core.analysis.model import Analysis, Face, FaceSample, Spell, Word
from core.analysis.timeline import Timeline
from core.captions.ass import captions_ass
from core.captions.fonts import fonts_dir
from core.captions.style import load_style
from core.checks.check import Check
from core.checks.checks import check
from core.checks.words import said, sentences
from core.framing.plan import FaceAt, Layout, Plan, Window
from core.i18n.catalog import Catalog
from core.media.facts import Format, SoundFacts, Video, VideoFacts
from core.settings import Settings

pytestmark = pytest.mark.media

SMALL = Format("9:16", 270, 480)
"""The same rules on a sixteenth of the pixels."""
START_S, LENGTH_S = 10.0, 6.0
SAID = ("these", "are", "words", "that", "a", "person", "says", "in", "the", "clip.")
WORDS = tuple(Word(w, START_S + 0.3 + 0.5 * k, START_S + 0.7 + 0.5 * k) for k, w in enumerate(SAID))


def drawn(late_s: float = 0.0) -> str:
    """The captions of these words, as a clip that begins at `START_S` has them."""
    off_s = START_S - late_s
    own = [replace(w, start_s=w.start_s - off_s, end_s=w.end_s - off_s) for w in WORDS]
    return captions_ass(own, SMALL, load_style("default"))


ASS = drawn()
NORMAL_DB = 7.1
"""Brings the tone of these clips to −14 LUFS."""


@dataclass(frozen=True)
class Recipe:
    """How one test clip is made; the defaults make a good one."""

    before: str = "null"
    """Filters before the captions are drawn."""
    after: str = "null"
    ass: str | None = ASS
    sound: str = "anull"
    size: str = "270x480"
    rate: str = "30"
    video: tuple[str, ...] = ("-profile:v", "high", "-pix_fmt", "yuv420p", "-crf", "18")
    gop: tuple[str, ...] = ("-g", "60", "-flags:v", "+cgop", "-fps_mode", "cfr")
    colour: str = "bt709"
    audio: tuple[str, ...] = ("-c:a", "aac", "-b:a", "128k", "-ar", "48000", "-ac", "2")
    file: tuple[str, ...] = ("-movflags", "+faststart+negative_cts_offsets", "-use_editlist", "0")
    maps: tuple[str, ...] = ("-map", "[v]", "-map", "[a]")


def make(folder: Path, recipe: Recipe, name: str = "clip.mp4") -> Path:
    """Run ffmpeg for it."""
    made, tags = folder / name, recipe.colour
    captions = "null"
    if recipe.ass is not None:
        (folder / "made.ass").write_text(recipe.ass, encoding="utf-8")
        captions = f"ass=made.ass:fontsdir={fonts_dir()}"
    picture = f"testsrc2=s={recipe.size}:r={recipe.rate}:d={LENGTH_S}"
    tagged = f"setparams=color_primaries={tags}:color_trc={tags}:colorspace={tags}:range=tv"
    graph = (
        f"[0:v]format=yuv420p,{recipe.before},{captions},{recipe.after},{tagged}[v];"
        f"[1:a]volume={NORMAL_DB}dB,{recipe.sound}[a]"
    )
    subprocess.run(
        [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y"),
            *("-f", "lavfi", "-i", picture),
            *("-f", "lavfi", "-i", f"sine=f=1000:r=48000:d={LENGTH_S - 1024 / 48000}"),
            *("-filter_complex", graph, *recipe.maps, "-c:v", "libx264", "-preset", "veryfast"),
            *(*recipe.video, *recipe.gop, *recipe.audio, *recipe.file, str(made)),
        ],
        cwd=folder,
        check=True,
    )
    return made


def facts(*, sound: bool = True) -> VideoFacts:
    heard = SoundFacts(1, "aac", 48000, 2, 0.0) if sound else None
    return VideoFacts(
        1000, "mov", 60.0, 0, "h264", "yuv420p", 640, 360, 640, 360, 30.0, 1800, 0.0, sound=heard
    )


def analysis(**changes: Any) -> Analysis:
    """A minute of somebody in the middle of the picture who talks and moves."""
    face = Face(280, 100, 80, 80, 0.9)
    whole = Analysis(
        duration_s=60.0,
        shots_s=(0.0,),
        samples=tuple(FaceSample(k / 5, (face,)) for k in range(300)),
        motion=(0.02,) * 600,
        black=(),
        frozen=(),
        voice=(Spell(0.0, 60.0),),
        energy_db=(-20.0,) * 600,
        loudness_lufs=-20.0,
        words=WORDS,
        words_from="upload",
    )
    return replace(whole, **changes)


def still(x: float = 219.0) -> Plan:
    """A window that does not move."""
    return moving([x])


def moving(places: list[float]) -> Plan:
    path = tuple(Window(n * 0.5, x, 0, 202.5, 360) for n, x in enumerate(places))
    return Plan("9:16", (Layout(0.0, LENGTH_S, "track", path),))


FACES = tuple(FaceAt(k / 5, 280, 100, 80, 80) for k in range(30))


async def measured(file: Path, **changes: Any) -> dict[str, Check]:
    """All checks of a file, with everything else as it should be."""
    given: dict[str, Any] = {
        "video": Video(file, "0" * 64, facts()),
        "analysis": analysis(),
        "line": Timeline.whole(START_S, START_S + LENGTH_S),
        "plan": still(),
        "faces": FACES,
        "fmt": SMALL,
        "captioned": True,
        "ass": ASS,
        "settings": Settings(_env_file=None),  # type: ignore[call-arg]
    }
    found = await check(file, **{**given, **changes})
    assert len({c.name for c in found}) == len(found)
    return {c.name: c for c in found}


def failed(checks: dict[str, Check]) -> set[str]:
    return {n for n, c in checks.items() if not c.ok}


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("good"), Recipe())


async def test_a_good_file_passes_every_check(good: Path) -> None:
    checks = await measured(good)
    assert failed(checks) == set(), [c for c in checks.values() if not c.ok]
    assert len(checks) == 30
    assert not sentences(tuple(checks.values()))


FREEZE = "split[x][y];[x][y]freezeframes=first=40:last=120:replace=40"
SPIKE = "volume=13.5dB:enable='between(t,2,2.01)'"
MORE = Recipe().video
QUICK = ("-preset", "ultrafast", "-x264-params", "8x8dct=1:cabac=1:bframes=2")
BROKEN = {
    "moov_first": Recipe(file=("-movflags", "+negative_cts_offsets", "-use_editlist", "0")),
    "edit_list": Recipe(file=("-movflags", "+faststart")),
    "streams": Recipe(maps=("-map", "[v]", "-map", "[a]", "-map", "1:a")),
    "video_codec": Recipe(video=("-profile:v", "main", "-pix_fmt", "yuv420p", "-crf", "18")),
    "pixel_format video_codec": Recipe(video=("-pix_fmt", "yuv444p", "-crf", "18")),
    "colour": Recipe(colour="smpte170m"),
    "size": Recipe(size="276x480"),
    "sample_aspect": Recipe(after="setsar=4/3"),
    "frame_rate": Recipe(rate="15", gop=("-g", "30", "-flags:v", "+cgop")),
    "constant_rate": Recipe(
        after="select='not(eq(n,70))'", gop=("-g", "55", "-flags:v", "+cgop", "-fps_mode", "vfr")
    ),
    "gop": Recipe(gop=("-g", "90", "-flags:v", "+cgop")),
    "bitrate": Recipe(before="noise=alls=90:allf=t", video=(*MORE[:4], "-crf", "4", *QUICK)),
    "audio": Recipe(audio=("-c:a", "aac", "-ar", "44100", "-ac", "2")),
    "sync_end": Recipe(sound="atrim=end=5.5"),
    "black": Recipe(before="drawbox=c=black:t=fill:enable='between(t,4.9,5.6)'"),
    "freeze": Recipe(before=FREEZE),
    "silence": Recipe(sound="volume=0.6dB,volume=0:enable='between(t,1,4.6)'"),
    "loudness": Recipe(sound="volume=-3dB"),
    "true_peak": Recipe(sound=SPIKE),
    "captions": Recipe(ass=None),
}


@pytest.mark.parametrize("names", BROKEN)
async def test_a_file_that_breaks_one_rule_fails_its_check(names: str, tmp_path: Path) -> None:
    checks = await measured(make(tmp_path, BROKEN[names]))
    assert failed(checks) == set(names.split()), [c for c in checks.values() if not c.ok]
    assert sentences(tuple(checks.values()))


@pytest.mark.parametrize("gop", ["open", "late"])
async def test_an_open_group_is_found(gop: str, tmp_path: Path) -> None:
    opened = ("-x264-params", "open-gop=1:scenecut=0:keyint=45:bframes=3")
    recipe = Recipe(gop=opened if gop == "open" else ("-g", "90"))
    assert "gop" in failed(await measured(make(tmp_path, recipe)))


async def test_a_file_of_another_container_is_found(tmp_path: Path) -> None:
    assert "container" in failed(await measured(make(tmp_path, Recipe(), "clip.mov")))
    mkv = failed(await measured(make(tmp_path, Recipe(file=()), "clip.mkv")))
    assert mkv == {"container", "moov_first"}


async def test_sound_that_comes_late_is_found(tmp_path: Path, good: Path) -> None:
    late = tmp_path / "late.mp4"
    inputs = ("-i", str(good), "-itsoffset", "0.3", "-i", str(good))
    maps = ("-map", "0:v", "-map", "1:a", "-c", "copy", "-movflags", "+faststart")
    exe = (imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error")
    await asyncio.to_thread(subprocess.run, [*exe, *inputs, *maps, str(late)], check=True)
    assert failed(await measured(late)) == {"edit_list", "sync_start", "sync_end"}


async def test_a_clip_of_the_wrong_length_is_found(good: Path) -> None:
    assert failed(await measured(good, line=Timeline.whole(START_S, START_S + LENGTH_S + 0.3))) == {
        "duration"
    }


async def test_a_damaged_file_is_found(good: Path, tmp_path: Path) -> None:
    hurt = tmp_path / "hurt.mp4"
    for filling in (b"\0", b"\xa5"):
        data = bytearray(good.read_bytes())
        begin = data.index(b"mdat") + len(data) // 3
        data[begin : begin + 4000] = filling * 4000
        hurt.write_bytes(data)
        assert "decodes" in failed(await measured(hurt))
    hurt.write_bytes(b"this is no video at all")
    found = await measured(hurt)
    assert {"container", "streams", "decodes"} <= failed(found)


async def test_what_the_source_shows_is_told_and_no_fault(tmp_path: Path) -> None:
    both = Recipe(before=f"{FREEZE},drawbox=c=black:t=fill:enable='between(t,4.9,5.6)'")
    motion = tuple(0.0 if 112 <= k < 140 else 0.02 for k in range(600))
    own = analysis(black=(Spell(14.8, 15.7),), frozen=(Spell(11.3, 14.0),), motion=motion)
    checks = await measured(make(tmp_path, both), analysis=own)
    assert failed(checks) == set()
    told = [s.key for s in sentences(tuple(checks.values()))]
    assert told == ["check.black_source", "check.freeze_source"]


async def test_silence_of_the_source_is_told_and_lost_sound_must_not_be(tmp_path: Path) -> None:
    quiet = make(tmp_path, BROKEN["silence"])
    energy = tuple(-70.0 if 109 <= k < 148 else -20.0 for k in range(600))
    own = await measured(quiet, analysis=analysis(energy_db=energy))
    assert not own["silence"].ok and not own["silence"].must
    assert (await measured(quiet))["silence"].must
    mute = make(tmp_path, Recipe(sound="volume=0"))
    no_sound = Video(mute, "0" * 64, facts(sound=False))
    silent = analysis(energy_db=(), words=(), voice=(), words_from="none")
    assert failed(await measured(mute, video=no_sound, analysis=silent)) == set()
    assert "silence" in failed(await measured(mute))


async def test_an_edge_inside_a_word_is_found_only_where_it_is_heard(
    good: Path, tmp_path: Path
) -> None:
    early = (Word("before", START_S - 0.2, START_S + 0.2), *WORDS)
    assert failed(await measured(good, analysis=analysis(words=early))) == {"word_start"}
    late = (*WORDS, Word("after", START_S + LENGTH_S - 0.2, START_S + LENGTH_S + 0.2))
    assert failed(await measured(good, analysis=analysis(words=late))) == {"word_end"}
    unheard = analysis(words=(), words_from="none")
    assert failed(await measured(good, analysis=unheard)) == {"word_start", "word_end"}
    hushed = make(tmp_path, Recipe(sound="volume=0:enable='lt(t,0.15)+gt(t,5.8)'"))
    assert failed(await measured(hushed, analysis=analysis(words=(*early, late[-1])))) == set()


async def test_captions_in_the_wrong_place_or_time_are_found(good: Path, tmp_path: Path) -> None:
    moved = ASS.replace("\\pos(135.0,", "\\pos(127.0,")
    assert failed(await measured(good, ass=moved)) == {"captions"}
    assert failed(await measured(good, ass=drawn(late_s=0.6))) == {"captions"}
    low = re.sub(r"pos\(135.0,[\d.]+\)", "pos(135.0,450.0)", ASS)
    under = make(tmp_path, Recipe(ass=low))
    assert failed(await measured(under, ass=low)) == {"captions_area"}


async def test_captions_are_found_on_bright_dark_and_busy_pictures(tmp_path: Path) -> None:
    for name, before in {
        "bright": "drawbox=c=white:t=fill",
        "dark": "drawbox=c=black@0.85:t=fill",
        "busy": "noise=alls=25:allf=t",
    }.items():
        video = (*MORE, *QUICK)
        found = await measured(make(tmp_path, Recipe(before=before, video=video)))
        assert found["captions"].ok, f"{name}: {found['captions']}"
        bare = await measured(make(tmp_path, Recipe(before=before, video=video, ass=None)))
        assert not bare["captions"].ok, f"{name}: {bare['captions']}"


async def test_a_face_out_of_the_window_and_people_looked_past_are_found(good: Path) -> None:
    assert failed(await measured(good, plan=still(0.0))) == {"face", "blind"}
    half = (*FACES[:20], *(replace(f, x=500) for f in FACES[20:]))
    assert failed(await measured(good, faces=half)) == {"face"}
    whole = Plan("9:16", (Layout(0.0, LENGTH_S, "fit", (Window(0, 0, 0, 640, 360),)),))
    assert failed(await measured(good, plan=whole)) == set()


async def test_a_window_that_goes_to_and_fro_is_found(good: Path) -> None:
    restless = moving([219, 229, 216, 230, 217, 229])
    assert failed(await measured(good, plan=restless)) == {"reversals"}
    assert failed(await measured(good, plan=moving([219, 225, 230, 230, 226, 224]))) == set()


def test_every_check_that_can_fail_has_its_sentence(good: Path) -> None:
    catalog = Catalog.load()
    checks = asyncio.run(measured(good))
    for name in [*checks, "black_source", "freeze_source"]:
        told = said(Check(name, False, 0.5, "the rule"))
        assert told is not None
        text = catalog.text(told)
        assert "{" not in text and told.key not in text, text
