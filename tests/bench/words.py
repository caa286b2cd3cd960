"""How fast faster-whisper is here, through the product's own recogniser."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

from core.analysis.model import Spell
from core.analysis.speech.base import SpeechSettings
from core.analysis.speech.whisper import Whisper, model_is_here
from core.media.ffmpeg import find
from core.settings import Settings
from core.tell import tell_nobody

MODEL = "small"
LENGTH_S = 180


async def speed(video: Path, settings: Settings) -> float | None:
    """Length of the sound by the time it took; None without a model."""
    speech = SpeechSettings(model=MODEL)
    if not model_is_here(settings, speech):
        return None
    with tempfile.TemporaryDirectory() as folder:
        pcm = Path(folder) / "sound.pcm"
        cut = ("-t", str(LENGTH_S), "-i", str(video), "-vn", "-ac", "1", "-ar", "16000")
        subprocess.run([find(settings), "-v", "error", *cut, "-f", "s16le", str(pcm)], check=True)
        length_s = pcm.stat().st_size / 32000
        began = time.monotonic()
        await Whisper(settings, speech).words(pcm, (Spell(0.0, length_s),), tell_nobody)
        return length_s / (time.monotonic() - began)
