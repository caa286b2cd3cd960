"""What the quality table is measured on: real recordings where they are at hand, a join of them
with cuts at known places, and the sample everybody can make."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.media.ffmpeg import find
from core.media.sample import make_sample
from core.media.sample_voice import RATE_HZ, voice
from core.settings import Settings
from tests.core.render.talk import STORY, tune, worn, write_wav
from tests.quality.paused import paused
from tests.quality.sound import MAINS_HZ, TONE_HZ

RECORDINGS = Path(__file__).parents[3] / "shared" / "media"
FPS = 30


@dataclass(frozen=True, slots=True)
class Case:
    """One run of the product."""

    name: str
    video: Path
    options: tuple[str, ...] = ()
    cuts_s: tuple[float, ...] | None = None
    """Where the shots meet, when that is known exactly."""
    subtitles: Path | None = None
    also: dict[str, str] = field(default_factory=dict)
    """Settings of this run."""
    worn: bool = False
    """Hum and noise were put into its sound."""


SINGLE_SHOTS = (
    ("talk_single_office_34s_720p.mp4", 3.0),
    ("talk_debate_two_speakers_wide_30s_1080p.mp4", 4.0),
    ("talk_webcam_single_10s_1080x720.mp4", 1.0),
    ("sport_basketball_gym_10s.mp4", 2.0),
    ("talk_two_people_silent_vp9_720p_45s.webm", 10.0),
    ("talk_face_closeup_844x844_5s.mp4", 0.0),
    ("talk_debate_two_speakers_wide_30s_1080p.mp4", 15.0),
    ("music_dance_720p_10s.mp4", 2.0),
    ("talk_single_office_34s_720p.mp4", 20.0),
    ("sport_arm_wrestling_10s.mp4", 3.0),
    ("talk_face_closeup_700x700_6s.mp4", 0.5),
    ("talk_webcam_single_10s_1080x720.mp4", 5.0),
)
"""Recordings without a cut inside, and where a piece of them is taken from."""
LENGTHS = (91, 75, 118, 64, 132, 83, 57, 105, 96, 71, 110, 88)
"""Frames of the pieces, in turn: uneven, as cuts are."""


HARD = (
    "eq=brightness=-0.3:contrast=0.35",
    "drawbox=c=white@0.9:t=fill:enable='between(n,30,32)'",
    "crop=960:540:x='160+160*sin(n/7)':y=90,scale=1280:720",
    "eq=brightness=-0.3:contrast=0.35,drawbox=c=white@0.8:t=fill:enable='between(n,40,41)'",
)
"""What makes edges hard to tell, a piece after the other: so dark that a cut changes little, a
flash of light, a camera that swings to and fro, the first two together."""


def joined(
    settings: Settings, folder: Path, habit: str = "", *args: str, hard: bool = False
) -> Case:
    """Pieces of the recordings behind each other at 720p; the cuts are exact by construction.
    `args` are habits of an encoder; `hard` ones are dark, shaken and lit by flashes."""
    out = folder / f"joined{habit}.mp4"
    inputs, graph, at, cuts = [], [], 0, []
    for i, ((name, start_s), frames) in enumerate(zip(SINGLE_SHOTS, LENGTHS, strict=True)):
        inputs += ["-ss", str(start_s), "-t", str(frames / FPS + 1), "-i", str(RECORDINGS / name)]
        graph.append(
            f"[{i}:v]fps={FPS},scale=1280:720:force_original_aspect_ratio=increase,"
            f"crop=1280:720,setsar=1,trim=end_frame={frames},setpts=PTS-STARTPTS"
            f"{f',{HARD[i % len(HARD)]},setsar=1' if hard else ''}[v{i}]"
        )
        at += frames
        cuts.append(at / FPS)
    names = "".join(f"[v{i}]" for i in range(len(SINGLE_SHOTS)))
    graph.append(f"{names}concat=n={len(SINGLE_SHOTS)}[v]")
    subprocess.run(
        [
            *(str(find(settings)), "-y", "-v", "error", *inputs),
            *("-filter_complex", ";".join(graph), "-map", "[v]", "-c:v", "libx264"),
            *("-preset", "veryfast", "-crf", "20", *args, "-pix_fmt", "yuv420p", str(out)),
        ],
        check=True,
    )
    return Case("twelve shots joined", out, cuts_s=tuple(cuts[:-1]))


def _paused(settings: Settings, folder: Path) -> Case:
    video, subtitles, length_s = paused(str(find(settings)), RECORDINGS, folder)
    wish = ("--wish", f"0:00-0:{length_s:02.0f}", "--tighten", "both")
    return Case("pauses and an um, tight", video, wish, subtitles=subtitles)


def worn_sample(settings: Settings, sample: Path) -> Case:
    """The sample with hum and noise at known levels under its voices."""
    out, wav = sample.with_name("worn.mp4"), sample.with_name("worn.wav")
    write_wav(wav, 0.5 * worn(voice(STORY).astype(np.float64), MAINS_HZ, -26, -24), RATE_HZ)
    kept = ("-map", "0", "-map", "-0:a", "-map", "1:a", "-c", "copy", "-c:a", "aac", "-b:a", "192k")
    subprocess.run(
        [str(find(settings)), "-y", "-v", "error", "-i", sample, "-i", wav, *kept, out], check=True
    )
    return Case("sample, hum and noise", out, worn=True)


def cases(settings: Settings, folder: Path) -> list[Case]:
    """Everything that is measured; without the recordings only what can be made."""
    sample = asyncio.run(make_sample(folder / "sample.mp4", settings=settings))
    music = tune(folder / "tune.wav", length_s=60, hz=TONE_HZ)
    found = [
        Case("our own sample", sample),
        worn_sample(settings, sample),
        Case("sample, music", sample, ("--music", str(music))),
    ]
    if not RECORDINGS.is_dir():
        return found
    vertical = RECORDINGS / "talk_vertical_creator_55s_360x640"
    return [
        *found,
        joined(settings, folder),
        _paused(settings, folder),
        Case("medley, 2:37", RECORDINGS / "talk_medley_2min37_720p.mp4"),
        Case("debate, wide", RECORDINGS / "talk_debate_two_speakers_wide_30s_1080p.mp4"),
        Case("office, one speaker", RECORDINGS / "talk_single_office_34s_720p.mp4"),
        Case(
            "vertical, subtitles",
            vertical.with_suffix(".mp4"),
            subtitles=vertical.with_suffix(".srt"),
        ),
        Case("webcam, quiet", RECORDINGS / "talk_webcam_single_10s_1080x720.mp4"),
        Case("two people, silent", RECORDINGS / "talk_two_people_silent_vp9_720p_45s.webm"),
        Case("drummer, portrait", RECORDINGS / "music_drummer_portrait_vfr_36s.mp4"),
    ]
