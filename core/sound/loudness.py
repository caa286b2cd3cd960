"""Loudness: −14 LUFS and at most −1 dBTP.

The span is measured first; from that follow the gain and whether peaks must be held down. The gain
is linear: nothing pumps. When peaks stand in the way (speech between claps), a look-ahead limiter
at a doubled rate holds them; what it takes away from the loudness is measured and given back. The
AAC encoder changes peaks once more, so the finished file is measured too; should it be off, its
sound alone is made again. All of this is sound only and takes a small part of the picture's time.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

TARGET_LUFS = -14.0
NEAR_LU = 0.2
"""Tried again when further off than this, or than twice this in the finished file; the promise is
± 0.5."""
CEILING_DBTP = -2.0
"""Of the limiter. The AAC encoder overshoots it: 0.3 dB in most of our recordings, rarely 0.9."""
PEAK_DBTP = -1.1
"""Of what is delivered; the promise is −1."""
LEAST_CEILING_DBTP = -6.0
MOST_GAIN_DB = 36.0
"""A whisper is lifted this far and no further: beyond it only the hiss would get louder."""
SILENCE_LUFS = -60.0
"""Below this nothing was said; it is left as it is."""
TRIES = 4
METER = "ebur128=peak=true:framelog=verbose"
LIMITER_RATE_HZ = 96000
"""Peaks between samples are seen by the limiter at twice the rate; four times gave the same."""


@dataclass(frozen=True, slots=True)
class Level:
    """What an EBU R128 meter says."""

    lufs: float
    peak_dbtp: float


@dataclass(frozen=True, slots=True)
class Gain:
    """How the sound is brought to its level."""

    db: float = 0.0
    ceiling_dbtp: float | None = None
    """Where the limiter holds; None when no peak comes near."""
    wished_lufs: float = TARGET_LUFS
    """What it is to come to: the target, or less for a whisper that can only be lifted so far."""

    def filters(self) -> list[str]:
        """For a 48 kHz stereo sound."""
        made = [f"volume={self.db:.2f}dB:precision=float"] if self.db else []
        if self.ceiling_dbtp is not None:
            limit = 10 ** (self.ceiling_dbtp / 20)
            made += [
                f"aresample={LIMITER_RATE_HZ}",
                # No automatic make-up gain (`level`), and no delay from looking ahead (`latency`).
                f"alimiter=limit={limit:.4f}:attack=5:release=80:level=0:latency=1",
                "aresample=48000",
            ]
        return made


Meter = Callable[[Sequence[str]], Awaitable[Level | None]]
"""Measures the sound behind these filters; None when there is nothing to measure."""


def read_level(log: str) -> Level | None:
    """What ffmpeg wrote at the end of a run through `METER`; None for silence."""
    summary = log[log.rfind("Summary:") :]
    lufs = re.search(r"I:\s+(-?[\d.]+|-?inf|nan) LUFS", summary)
    peak = re.search(r"Peak:\s+(-?[\d.]+|-?inf|nan) dBFS", summary)
    if not lufs or not peak:
        return None
    found = Level(float(lufs[1]), float(peak[1]))
    return found if found.lufs > SILENCE_LUFS else None


async def find_gain(level: Meter, *, target_lufs: float = TARGET_LUFS) -> Gain:
    """What brings a sound to its level."""
    raw = await level(())
    if raw is None:
        return Gain()
    gain = Gain(min(target_lufs - raw.lufs, MOST_GAIN_DB))
    wished = raw.lufs + gain.db
    gain = replace(gain, wished_lufs=wished)
    if raw.peak_dbtp + gain.db <= CEILING_DBTP - 1:
        return gain  # linear all the way: what was measured is what comes out
    gain = replace(gain, ceiling_dbtp=CEILING_DBTP)
    for _ in range(TRIES):
        got = await level(gain.filters())
        if got is None or abs(wished - got.lufs) <= NEAR_LU:
            break
        gain = mended(gain, got)
    return gain


def right(gain: Gain, got: Level) -> bool:
    """Whether what was delivered may stay as it is."""
    near = abs(gain.wished_lufs - got.lufs) <= 2 * NEAR_LU
    return near and got.peak_dbtp <= PEAK_DBTP


def mended(gain: Gain, got: Level) -> Gain:
    """The next gain to try after this result. A limiter eats a part of every further dB, so a
    little more than what is missing is added; a peak that came through lowers its ceiling."""
    missing = gain.wished_lufs - got.lufs
    ceiling = gain.ceiling_dbtp
    if got.peak_dbtp > PEAK_DBTP:
        over = got.peak_dbtp - PEAK_DBTP
        ceiling = max((CEILING_DBTP if ceiling is None else ceiling) - over, LEAST_CEILING_DBTP)
    more = missing * (1.25 if missing > 0 and ceiling is not None else 1.0)
    return replace(gain, db=min(gain.db + more, MOST_GAIN_DB + 6), ceiling_dbtp=ceiling)
