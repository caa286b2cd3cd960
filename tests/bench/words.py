"""How fast faster-whisper is here, through the product's own recogniser."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.analysis.sound import RATE_HZ
from core.analysis.speech.base import SpeechSettings
from core.analysis.speech.whisper import Whisper, model_is_here
from core.analysis.voice import VoiceMeter
from core.media.ffmpeg import find
from core.settings import Settings
from core.tell import tell_nobody

LENGTH_S = 180


@dataclass(frozen=True, slots=True)
class Heard:
    """One run; figures are length of the sound by time."""

    speed: float
    """By the time it took: the model is loaded, and what was passed over is heard again."""
    per_core: float
    """By the processor time it took, which a busy machine does not change."""


async def speed(video: Path, settings: Settings) -> Heard | None:
    """None without the model that is set (`SPEECH_MODEL`)."""
    speech = SpeechSettings()
    if not model_is_here(settings, speech):
        return None
    with tempfile.TemporaryDirectory() as folder:
        pcm = Path(folder) / "sound.pcm"
        cut = ("-t", str(LENGTH_S), "-i", str(video), "-vn", "-ac", "1", "-ar", "16000")
        subprocess.run([find(settings), "-v", "error", *cut, "-f", "s16le", str(pcm)], check=True)
        meter = VoiceMeter(RATE_HZ)
        sound = np.fromfile(pcm, np.int16)
        for at in range(0, len(sound), 30 * RATE_HZ):
            meter.add(sound[at : at + 30 * RATE_HZ].astype(np.float32) / 32768)
        length_s, began, used_s = len(sound) / RATE_HZ, time.monotonic(), _cpu_s()
        await Whisper(settings, speech).words(pcm, meter.spells([]), tell_nobody)
        return Heard(length_s / (time.monotonic() - began), length_s / (_cpu_s() - used_s))


def _cpu_s() -> float:
    """Of ourselves and the children that ended."""
    return sum(os.times()[:4])
