"""Everything that can be known of a source before a clip is chosen: one decode of the picture, one
of the sound, side by side, then the words."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

from core.analysis.head import Head, OnHead, head_of
from core.analysis.joins import joins
from core.analysis.model import Analysis
from core.analysis.picture import Picture, watch
from core.analysis.pieces import Kept
from core.analysis.side_by_side import side_by_side
from core.analysis.sound import Sound, listen
from core.analysis.speech.base import Heard
from core.analysis.speech.choose import NOBODY, find_words
from core.analysis.words import repair
from core.errors import NotUsable
from core.media.disk import tell_if_full
from core.media.facts import Video
from core.media.ffmpeg import FfmpegFailed
from core.settings import Settings
from core.tell import Tell

T = TypeVar("T")

HEAD_LEAST_S = 180.0
"""Of a shorter video the words are there soon enough."""


async def analyse(
    video: Video,
    *,
    settings: Settings,
    tell: Tell,
    subtitles: Path | None = None,
    speech: bool = True,
    timings: dict[str, float] | None = None,
    keep: Path | None = None,
    on_head: OnHead | None = None,
) -> Analysis:
    """Look and listen once. `timings` gets the seconds of the stages video, audio and words;
    `keep` is a folder for what is known so far, from which another try goes on; `on_head` gets the
    first part of a long talk while its other words are still being recognised.

    Raises NotUsable when the source cannot be read after all; child processes end when the awaiting
    task is cancelled.
    """
    took, kept = timings if timings is not None else {}, Kept(keep)
    head, loop = Head(), asyncio.get_running_loop()
    seen: asyncio.Future[Picture] = loop.create_future()
    listened: asyncio.Future[Sound] = loop.create_future()

    async def see() -> Picture:
        picture = await _timed(took, "video", watch(video, settings=settings, tell=tell, kept=kept))
        tell("video", 1.0)
        seen.set_result(picture)
        return picture

    async def begin() -> None:
        if on_head is None or video.facts.duration_s < HEAD_LEAST_S:
            return
        picture, sound = await seen, await listened
        end_s = await head.end_s(sound.voice)
        if end_s is not None and head.heard is not None:
            whole = await _together(video, picture, sound, head.heard())
            await on_head(head_of(whole, end_s))

    async def hear(scratch: Path) -> tuple[Sound, Heard]:
        sound = await _timed(
            took, "audio", listen(video, scratch, settings=settings, tell=tell, kept=kept)
        )
        tell("audio", 1.0)
        listened.set_result(sound)
        heard = NOBODY
        if speech:
            finding = find_words(
                video,
                sound.pcm,
                sound.voice,
                settings=settings,
                tell=tell,
                subtitles=subtitles,
                kept=kept,
                so_far=head.so_far,
            )
            heard = await _timed(took, "words", finding)
        tell("words", 1.0)
        head.over()
        return sound, heard

    try:
        with tempfile.TemporaryDirectory(prefix="clipdesk-") as scratch:
            work = (see(), hear(keep or Path(scratch)), begin())
            picture, (sound, heard), _ = await side_by_side(*work)
            return await _together(video, picture, sound, heard)
    except FfmpegFailed as wrong:
        raise NotUsable("media.unreadable", why=wrong.cause) from wrong
    except OSError as wrong:
        tell_if_full(wrong)
        raise


async def _timed(took: dict[str, float], name: str, work: Awaitable[T]) -> T:
    began = time.monotonic()
    done = await work
    took[name] = round(time.monotonic() - began, 3)
    return done


async def _together(video: Video, picture: Picture, sound: Sound, heard: Heard) -> Analysis:
    words = repair(heard.words, video.facts.duration_s, picture.shots_s)
    glued = await asyncio.to_thread(joins, picture.shots_s, picture.looks, words, sound.pcm)
    return Analysis(
        duration_s=video.facts.duration_s,
        shots_s=picture.shots_s,
        samples=picture.samples,
        motion=picture.motion,
        black=picture.black,
        frozen=picture.frozen,
        burnt=picture.burnt,
        voice=sound.voice,
        energy_db=sound.energy_db,
        loudness_lufs=sound.loudness_lufs,
        peak_dbtp=sound.peak_dbtp,
        words=words,
        words_from=heard.by if words else "none",
        language=heard.language,
        pictures=picture.pictures,
        boxes=picture.boxes,
        screens=picture.screens,
        joins_s=glued,
    )
