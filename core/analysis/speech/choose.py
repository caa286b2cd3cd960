"""Which words are used: subtitles first, then the best recogniser that works here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from importlib import util
from pathlib import Path

import structlog

from core.analysis.model import Spell
from core.analysis.pieces import Kept
from core.analysis.speech.base import Heard, Recogniser, SoFar, SpeechSettings, nobody_waits
from core.analysis.speech.endpoint import Endpoint
from core.analysis.speech.pauses import in_pauses
from core.analysis.speech.sphinx import Sphinx
from core.analysis.speech.subtitles import embedded_subtitles, read_subtitles
from core.analysis.speech.whisper import Whisper, model_is_here
from core.errors import Told
from core.media.facts import Video
from core.say import Say, say
from core.settings import Settings
from core.tell import Tell

NOBODY = Heard((), "none")

log = structlog.get_logger()


def engines(settings: Settings, speech: SpeechSettings) -> list[Recogniser]:
    """In the order they are tried."""
    every: dict[str, Recogniser] = {
        "endpoint": Endpoint(speech),
        "whisper": Whisper(settings, speech),
        "sphinx": Sphinx(),
    }
    if speech.engine == "none":
        return []
    if speech.engine != "auto":
        return [every[speech.engine]]
    return [e for name, e in every.items() if name != "endpoint" or speech.api_root]


async def find_words(
    video: Video,
    pcm: Path | None,
    voice: Sequence[Spell],
    *,
    settings: Settings,
    tell: Tell,
    subtitles: Path | None,
    kept: Kept | None = None,
    so_far: SoFar = nobody_waits,
) -> Heard:
    """The words of a source. What did not work is told once, and the next way is tried."""
    if subtitles is not None:
        heard = read_subtitles(subtitles, voice, video.facts.duration_s)
        _tell_all(heard, tell)
        return replace(heard, words=await asyncio.to_thread(in_pauses, heard.words, pcm))
    if inside := await embedded_subtitles(video, voice, settings=settings):
        _tell_all(inside, tell)
        return replace(inside, words=await asyncio.to_thread(in_pauses, inside.words, pcm))
    if pcm is None or not voice:
        return NOBODY
    for engine in engines(settings, SpeechSettings()):
        if missing := await engine.missing(tell):
            tell("words", 0.0, note=missing)
            continue
        try:
            journal = kept.folder / f"words-{engine.by}.jsonl" if kept and kept.folder else None
            heard = await engine.words(pcm, voice, tell, journal, so_far)
        except Told as told:
            log.warning("words.engine_failed", engine=engine.by, why=told.say.key)
            tell("words", 0.0, note=told.say)
            continue
        _tell_all(heard, tell)
        if engine.by == "sphinx" and heard.words:
            tell("words", 1.0, note=say("speech.rough"))
        return heard
    return NOBODY


def _tell_all(heard: Heard, tell: Tell) -> None:
    for note in heard.notes:
        tell("words", 0.0, note=note)


def describe_speech(settings: Settings) -> tuple[str, Say]:
    """For the doctor: the engine that will be used, and a sentence about it."""
    speech = SpeechSettings()
    if speech.engine == "none":
        return "none", say("doctor.speech_off")
    if speech.engine in ("auto", "endpoint") and speech.api_root:
        return "endpoint", say("doctor.speech_endpoint", root=speech.api_root)
    if speech.engine in ("auto", "whisper") and model_is_here(settings, speech):
        return "whisper", say("doctor.speech_whisper", model=speech.model)
    if speech.engine in ("auto", "sphinx") and util.find_spec("pocketsphinx"):
        return "sphinx", say("doctor.speech_sphinx")
    return "none", say("doctor.speech_none")
