"""A video for somebody who has none at hand: a minute of two drawn people talking.

    path = await make_sample(settings.data_dir / "sample.mp4", settings=settings)

It has cuts, faces that detectors find, sound like speech and English subtitles inside, so that
every part of the work can be seen without a model, a download or a recording of a real person.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from core.media.ffmpeg import find, start
from core.media.inputs import file_arg
from core.media.sample_story import Story, Who, as_srt, tell_story
from core.settings import Settings

if TYPE_CHECKING:
    from core.media.sample_people import Picture

FPS = 30
_HD_COLORS = "color_primaries=bt709:color_trc=bt709:colorspace=bt709"
_MAKE_S = 180.0
"""It takes about 15 s on two free cores."""


async def make_sample(into: Path, *, settings: Settings) -> Path:
    """Make the sample video at `into`; there is either a whole one or none."""
    story = tell_story()
    part = into.with_name(f".{into.stem}.part.mp4")
    into.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="clipdesk-") as scratch:
            await _make(story, Path(scratch), part, find(settings))
        part.replace(into)
    finally:
        part.unlink(missing_ok=True)
    return into


async def _make(story: Story, scratch: Path, part: Path, exe: str) -> None:
    (scratch / "words.srt").write_text(as_srt(story.cues), encoding="utf-8")
    mouths = await asyncio.to_thread(_write_sound, story, scratch / "voice.s16")
    arguments = _arguments(scratch, part)
    async with start(arguments, exe=exe, timeout_s=_MAKE_S, writes=True, cwd=scratch) as running:
        assert running.into
        await asyncio.to_thread(_write_picture, story, mouths, running.into)
        await running.wait()


def _arguments(scratch: Path, part: Path) -> list[str]:
    from core.media.sample_stage import HEIGHT, WIDTH
    from core.media.sample_voice import RATE_HZ

    return [
        *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS)),
        *("-i", "pipe:0"),
        *("-f", "s16le", "-ar", str(RATE_HZ), "-ac", "1", "-i", file_arg(scratch / "voice.s16")),
        *("-f", "srt", "-i", file_arg(scratch / "words.srt")),
        *("-map", "0:v", "-map", "1:a", "-map", "2:s"),
        # OpenCV converts by BT.601; HD players expect BT.709.
        *("-vf", f"scale=in_color_matrix=bt601:out_color_matrix=bt709,setparams={_HD_COLORS}"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "22", "-g", str(2 * FPS)),
        *("-c:a", "aac", "-ar", "48000", "-b:a", "96k", "-c:s", "mov_text"),
        *("-metadata:s:s:0", "language=eng", "-metadata:s:a:0", "language=eng"),
        *("-movflags", "+faststart", file_arg(part)),
    ]


def _write_sound(story: Story, into: Path) -> list[float]:
    """The voices as plain samples; returns how far the mouth is open in each frame."""
    from core.media.sample_voice import openness, voice

    sound = voice(story)
    into.write_bytes((sound * 32767).astype("<i2").tobytes())
    return [float(v) for v in openness(sound, FPS)]


def _write_picture(story: Story, mouths: list[float], pipe: BinaryIO) -> None:
    import cv2

    try:
        for frame in _frames(story, mouths):
            pipe.write(cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes())
        pipe.close()
    except BrokenPipeError:  # ffmpeg ended early; what it said is told by `wait`
        return


def _frames(story: Story, mouths: list[float]) -> Iterator[Picture]:
    from core.media.sample_stage import painters

    stage = painters()
    scenes = iter(story.scenes)
    scene = next(scenes)
    for number, opened in enumerate(mouths):
        t_s = number / FPS
        if t_s >= scene.end_s:
            scene = next(scenes, scene)
        who = _speaker(story, t_s)
        speaking = {who: opened} if who else {}
        yield stage[scene.shot].paint(t_s, t_s - scene.start_s, speaking)


def _speaker(story: Story, t_s: float) -> Who | None:
    """Whose turn it is: of the last word that has begun."""
    begun = [w.who for w in story.words if w.start_s <= t_s]
    return begun[-1] if begun else None
