"""How loud a span of a source is, a hundred times a second, and where it is quiet.

Measured, because recognisers are not sure of their times: they let words run into the pause behind
them and pauses begin in the middle of words.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.analysis.model import Spell
from core.media.decode import input_args
from core.media.facts import Video
from core.media.ffmpeg import start

RATE_HZ = 16000
STEP_S = 0.01
_EMPHASIS = 0.9
"""Rumble and hum are taken down and hissing consonants lifted: they are speech."""
SPEECH_SHARE, FLOOR_SHARE = 92, 4
"""Percentiles of the steps that are taken for the vowels and for the room."""
OVER_FLOOR_DB, UNDER_SPEECH_DB = 7.0, 36.0
"""Quiet is what comes near the room, or lies so far under the vowels that nobody hears it."""
LEAST_RANGE_DB = 18.0
"""Between vowels and room. With less there is music, a crowd or noise under the speech: quiet could
not be told from loud, and a cut would be heard in what goes on underneath."""
LEAST_PLAIN_DB = 12.0
"""The same of the sound as it is: rumble that is as strong as the voice thumps where it is cut."""
DIP_S = 0.06
"""A shorter dip is the closure of a consonant, inside a word."""
BLIP_S, BLIP_DB = 0.03, 18.0
"""A shorter and weaker noise than this is a click of the tongue or of the room."""


@dataclass(frozen=True, slots=True)
class Levels:
    """RMS of every step in dB, from `start_s` of the source on."""

    start_s: float
    db: npt.NDArray[np.float64]
    range_db: float
    """Between loud and quiet of the sound as it is, with everything deep."""

    @classmethod
    def of(cls, samples: npt.NDArray[np.int16], start_s: float) -> Levels:
        """Of mono samples at 16 kHz."""
        x = samples.astype(np.float64) / 32768
        plain = _steps(x)
        x[1:] -= _EMPHASIS * x[:-1].copy()
        shares = (SPEECH_SHARE, FLOOR_SHARE)
        loud, quiet = np.percentile(plain, shares) if len(plain) else (0.0, 0.0)
        return cls(start_s, _steps(x), float(loud - quiet))

    @property
    def speech_db(self) -> float:
        return float(np.percentile(self.db, SPEECH_SHARE)) if len(self.db) else -90.0

    @property
    def floor_db(self) -> float:
        return float(np.percentile(self.db, FLOOR_SHARE)) if len(self.db) else -90.0

    @property
    def clear(self) -> bool:
        """Whether quiet can be told from loud at all."""
        emphasised = self.speech_db - self.floor_db >= LEAST_RANGE_DB
        return emphasised and self.range_db >= LEAST_PLAIN_DB

    @property
    def quiet_db(self) -> float:
        """What is not above this is quiet."""
        return max(self.floor_db + OVER_FLOOR_DB, self.speech_db - UNDER_SPEECH_DB)

    def between(self, start_s: float, end_s: float) -> npt.NDArray[np.float64]:
        a, b = (round((t - self.start_s) / STEP_S) for t in (start_s, end_s))
        return self.db[max(0, a) : max(0, b)]

    def around(self, t_s: float) -> float:
        """The loudest step within 15 ms."""
        near = self.between(t_s - 1.5 * STEP_S, t_s + 1.5 * STEP_S)
        return float(near.max()) if len(near) else -90.0

    def quiet(self) -> list[Spell]:
        """Quiet stretches, in order."""
        loud = self.db > self.quiet_db
        for a, b in stretches(loud):
            if (b - a) * STEP_S < BLIP_S and self.db[a:b].max() < self.quiet_db + BLIP_DB:
                loud[a:b] = False
        runs = ((a, b) for a, b in stretches(~loud) if (b - a) * STEP_S >= DIP_S)
        return [Spell(self._at(a), self._at(b)) for a, b in runs]

    def _at(self, step: int) -> float:
        return self.start_s + step * STEP_S


def _steps(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """RMS of every step in dB."""
    size = round(RATE_HZ * STEP_S)
    blocks = x[: len(x) // size * size].reshape(-1, size)
    rms = np.sqrt((blocks**2).mean(axis=1)) if len(blocks) else np.zeros(0)
    return np.asarray(20 * np.log10(np.maximum(rms, 10**-4.5)))


async def levels_of(video: Video, start_s: float, end_s: float, *, exe: str) -> Levels | None:
    """Of a span of a source; None where it has no sound."""
    sound = video.facts.sound
    if sound is None:
        return None
    opened = input_args(video, start_s=start_s, length_s=end_s - start_s, reads="sound")
    shape = f"aresample={RATE_HZ}:async=1:first_pts=0,aformat=sample_fmts=s16:channel_layouts=mono"
    args = [*opened, "-map", f"0:{sound.stream}", "-vn", "-af", shape, "-f", "s16le", "pipe:1"]
    timeout_s = 60 + 10 * (end_s - start_s)
    async with start(args, exe=exe, timeout_s=timeout_s, reads=True) as running:
        assert running.out
        raw = await asyncio.to_thread(running.out.read)
        await running.wait()
    return Levels.of(np.frombuffer(raw[: len(raw) & ~1], np.int16), start_s)


def stretches(holds: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Index ranges in which it holds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], holds, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
