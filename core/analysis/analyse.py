"""Everything that can be known of a source before a clip is chosen: one decode of the picture, one
of the sound, side by side, then the words."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from core.analysis.burnt import throughout
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
from core.say import say
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
    took = timings if timings is not None else {}
    work = _Work(video, settings, tell, Kept(keep), took)
    try:
        with tempfile.TemporaryDirectory(prefix="clipdesk-") as folder:
            hearing = work.hear(keep or Path(folder), subtitles, speech=speech)
            found = await side_by_side(work.see(), hearing, work.begin(on_head))
            picture, (sound, heard), _ = found
            return await _together(video, picture, sound, heard)
    except FfmpegFailed as wrong:
        raise NotUsable("media.unreadable", why=wrong.cause) from wrong
    except OSError as wrong:
        tell_if_full(wrong)
        raise


@dataclass(slots=True)
class _Work:
    """What is done side by side, and what one part tells the others."""

    video: Video
    settings: Settings
    tell: Tell
    kept: Kept
    took: dict[str, float]
    head: Head = field(default_factory=Head)
    seen: asyncio.Future[Picture] = field(default_factory=asyncio.Future)
    listened: asyncio.Future[Sound] = field(default_factory=asyncio.Future)

    async def see(self) -> Picture:
        watching = watch(self.video, settings=self.settings, tell=self.tell, kept=self.kept)
        picture = await _timed(self.took, "video", watching)
        self.tell("video", 1.0)
        self.seen.set_result(picture)
        return picture

    async def hear(
        self, scratch: Path, subtitles: Path | None, *, speech: bool
    ) -> tuple[Sound, Heard]:
        settings, tell, kept, heard = self.settings, self.tell, self.kept, NOBODY
        listening = listen(self.video, scratch, settings=settings, tell=tell, kept=kept)
        sound = await _timed(self.took, "audio", listening)
        tell("audio", 1.0)
        self.listened.set_result(sound)
        if speech:
            finding = find_words(
                self.video,
                sound.pcm,
                sound.voice,
                settings=settings,
                tell=tell,
                subtitles=subtitles,
                kept=kept,
                so_far=self.head.so_far,
            )
            heard = await _timed(self.took, "words", finding)
            if not (heard.words or sound.voice):
                silent = sound.pcm is None
                note = say("speech.no_sound") if silent else say("speech.nobody")
                tell("words", 1.0, note=note)
        tell("words", 1.0)
        self.head.over()
        return sound, heard

    async def begin(self, on_head: OnHead | None) -> None:
        """Tell of the first part as soon as enough is known of it."""
        if on_head is None or self.video.facts.duration_s < HEAD_LEAST_S:
            return
        picture, sound = await self.seen, await self.listened
        end_s = await self.head.end_s(sound.voice)
        if end_s is not None and self.head.heard is not None:
            whole = await _together(self.video, picture, sound, self.head.heard())
            await on_head(head_of(whole, end_s))


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
        burnt=throughout(picture.burnt, glued, video.facts.duration_s),
        voice=sound.voice,
        energy_db=sound.energy_db,
        loudness_lufs=sound.loudness_lufs,
        words=words,
        words_from=heard.by if words else "none",
        language=heard.language,
        pictures=picture.pictures,
        boxes=picture.boxes,
        screens=picture.screens,
        joins_s=glued,
    )
