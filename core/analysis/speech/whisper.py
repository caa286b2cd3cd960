"""faster-whisper on this machine, int8: on a GPU where there is one, else on the processor."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import structlog

from core.analysis.model import Spell, WordsFrom
from core.analysis.models import pull
from core.analysis.speech.base import Heard, SoFar, SpeechSettings, nobody_waits
from core.analysis.speech.child import OnLine, run_child
from core.analysis.speech.journal import Journal
from core.analysis.speech.settled import settle_line
from core.analysis.speech.stretches import stretches
from core.analysis.speech.understood import Understood
from core.errors import Told
from core.say import Say, say
from core.settings import Settings
from core.tell import Tell

log = structlog.get_logger()

_MODULE = "core.analysis.speech.whisper_child"
ASK_AGAIN_S = 24 * 3600
"""After a fetch that failed; until then the work goes on without asking the network again."""


def model_folder(settings: Settings, speech: SpeechSettings) -> Path:
    """Where the model lies, or would lie."""
    named = Path(speech.model)
    return named if named.is_dir() else settings.models / f"whisper-{speech.model}"


def model_is_here(settings: Settings, speech: SpeechSettings) -> bool:
    return (model_folder(settings, speech) / "model.bin").is_file()


class Whisper:
    """Good words in about a hundred languages, once its model is here."""

    by: WordsFrom = "whisper"

    def __init__(self, settings: Settings, speech: SpeechSettings, *, child: str = _MODULE) -> None:
        """`child` is the module that prints what it understands."""
        self._settings, self._speech, self._child = settings, speech, child

    async def missing(self, tell: Tell) -> Say | None:
        """Fetches the model when it is not here; a failure is told once a day."""
        if model_is_here(self._settings, self._speech):
            return None
        failed = self._settings.models / f".whisper-{self._speech.model}-failed"
        if failed.exists() and time.time() - failed.stat().st_mtime < ASK_AGAIN_S:
            return say("speech.no_whisper", model=self._speech.model)
        try:
            await pull(f"whisper-{self._speech.model}", self._settings, tell)
        except Told as told:
            with contextlib.suppress(OSError):  # where nothing can be kept it is asked every time
                failed.parent.mkdir(parents=True, exist_ok=True)
                failed.touch()
            return told.say
        return None

    async def words(
        self,
        pcm: Path,
        voice: Sequence[Spell],
        tell: Tell,
        journal: Path | None = None,
        so_far: SoFar = nobody_waits,
    ) -> Heard:
        every = await asyncio.to_thread(stretches, voice, pcm)
        noted = Journal(journal)
        told = Understood(every, voice, noted)

        def on_line(line: dict[str, Any]) -> None:
            noted.note(settle_line(line, pcm, voice))
            tell("words", min(0.99, told.share))
            so_far(told.heard, told.until_s)

        await self._listen(pcm, told, lambda: told.left, on_line)
        await self._listen(pcm, told, lambda: told.passed_over, on_line)
        return told.heard()

    async def _listen(
        self, pcm: Path, told: Understood, to: Callable[[], list[Spell]], on_line: OnLine
    ) -> None:
        """To these stretches; when a GPU gives up in the middle, the processor does the rest."""
        folder = model_folder(self._settings, self._speech).resolve()
        for device in await devices():
            if not (left := to()):
                break
            todo = json.dumps([[s.start_s, s.end_s] for s in left])
            place = [str(pcm.resolve()), todo, told.spoken, device]
            try:
                await run_child(self._child, [str(folder), *place], on_line)
                break
            except Told as wrong:
                if device == "cpu":
                    raise
                log.warning("words.gpu_failed", why=wrong.say.key)


async def devices() -> list[str]:
    """A GPU where CTranslate2 sees one, and the processor whatever happens to it."""
    try:
        import ctranslate2  # type: ignore[import-untyped]

        count = await asyncio.to_thread(ctranslate2.get_cuda_device_count)
    except (ImportError, OSError, RuntimeError):
        count = 0
    return ["cuda", "cpu"] if count else ["cpu"]
