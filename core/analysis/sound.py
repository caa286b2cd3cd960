"""Everything the sound tells, from one decode: loudness, energy, where somebody speaks.

The same decode leaves the sound as 16 kHz mono PCM in a scratch file for the recogniser; memory
does not grow with the length.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from core.analysis.model import Spell
from core.analysis.pieces import Kept
from core.analysis.voice import VoiceMeter
from core.media.decode import input_args, sound_map
from core.media.facts import Video
from core.media.ffmpeg import find, start
from core.settings import Settings
from core.tell import Tell

RATE_HZ = 16_000
"""What every recogniser and the voice model want."""
SILENCE_DB = -90.0
_BIN = RATE_HZ // 10
_CHUNK_S = 30


@dataclass(frozen=True, slots=True)
class Sound:
    """What was heard. `pcm` is 16 kHz mono signed 16-bit, from t = 0 on; None without sound."""

    pcm: Path | None
    voice: tuple[Spell, ...]
    energy_db: tuple[float, ...]
    loudness_lufs: float | None


SILENT = Sound(None, (), (), None)


async def listen(
    video: Video, scratch: Path, *, settings: Settings, tell: Tell, kept: Kept | None = None
) -> Sound:
    """Hear the whole source once."""
    if video.facts.sound is None:
        tell("audio", 1.0)
        return SILENT
    kept, pcm = kept or Kept(), scratch / "sound.pcm"
    if (known := kept.load("sound")) is not None and pcm.is_file():
        spells = tuple(Spell(**s) for s in known["voice"])
        return Sound(pcm, spells, tuple(known["energy_db"]), known["lufs"])
    meter = _Listener(pcm, video.facts.duration_s, tell)
    timeout_s = 600 + 2 * video.facts.duration_s
    async with start(
        _args(video), exe=find(settings), timeout_s=timeout_s, reads=True, loglevel="info"
    ) as running:
        assert running.out is not None
        try:
            await asyncio.to_thread(meter.read, running.out)
        finally:
            meter.stopped = True
        ran = await running.wait()
    sound = Sound(meter.pcm, meter.voice(), tuple(meter.energy_db), _loudness(ran.log))
    told = {"energy_db": sound.energy_db, "lufs": sound.loudness_lufs}
    kept.save("sound", {"voice": [asdict(s) for s in sound.voice], **told})
    return sound


def _args(video: Video) -> list[str]:
    # `first_pts=0` puts silence where a sound starts late, so that byte 0 is t = 0; `async=1` fills
    # holes in the middle. Loudness is measured on the original channels.
    graph = (
        f"[{sound_map(video.facts)[1]}]asplit=2[near][full];"
        f"[near]aresample={RATE_HZ}:async=1:first_pts=0,aformat=s16:{RATE_HZ}:mono[pcm];"
        "[full]ebur128=framelog=quiet[heard]"
    )
    return [
        *input_args(video, reads="sound"),
        *("-vn", "-sn", "-dn", "-filter_complex", graph),
        *("-map", "[pcm]", "-f", "s16le", "pipe:1"),
        *("-map", "[heard]", "-f", "null", "-"),
    ]


def _loudness(log: str) -> float | None:
    """Integrated LUFS from the summary of ebur128; None for pure silence."""
    found = re.findall(r"\bI:\s+(-?[\d.]+|-?inf|nan) LUFS", log)
    if not found or "inf" in found[-1] or "nan" in found[-1]:
        return None
    value = float(found[-1])
    return None if value <= -70 else value  # ebur128 says −70 where it measured nothing


class _Listener:
    """Reads PCM in a thread, in chunks."""

    def __init__(self, pcm: Path, duration_s: float, tell: Tell) -> None:
        self.pcm = pcm
        self.energy_db: list[float] = []
        self.stopped = False
        self._duration_s, self._tell = duration_s, tell
        self._voice = VoiceMeter(RATE_HZ)

    def read(self, pipe: BinaryIO) -> None:
        size = _CHUNK_S * RATE_HZ * 2
        with self.pcm.open("wb") as kept:
            while not self.stopped and (raw := _read_full(pipe, size)):
                kept.write(raw)
                samples = np.frombuffer(raw, np.int16).astype(np.float32) * np.float32(1 / 32768)
                self.energy_db.extend(energy_of(samples))
                self._voice.add(samples)
                at_s = len(self.energy_db) / 10
                self._tell("audio", min(0.99, at_s / max(0.1, self._duration_s)))

    def voice(self) -> tuple[Spell, ...]:
        return self._voice.spells(self.energy_db)


def _read_full(pipe: BinaryIO, size: int) -> bytes:
    """`size` bytes, or what is left; whole samples only."""
    raw = pipe.read(size)
    return raw[: len(raw) // 2 * 2]


def energy_of(samples: npt.NDArray[np.float32]) -> list[float]:
    """RMS in dBFS, ten values a second."""
    whole = samples[: len(samples) // _BIN * _BIN].reshape(-1, _BIN)
    rms = np.sqrt((whole**2).mean(axis=1)) if len(whole) else np.zeros(0)
    db = 20 * np.log10(np.maximum(rms, 10 ** (SILENCE_DB / 20)))
    return [round(float(v), 1) for v in db]
