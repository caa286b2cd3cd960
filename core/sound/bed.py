"""A bed of music under a clip: as long as the clip, and out of the way of whoever speaks.

    await make_bed(music, spoken, length_s, own_lufs, work, into)
    await check_music(path, settings)      # raises Told when a file is no music to lay under a clip

Where speech begins is known before it is heard, so the music makes room ahead of it and comes back
behind it, in slow ramps: nothing reacts, nothing pumps. It also follows itself: what is quiet in
the music is lifted and what is loud is held down, as a hand on a fader would do it.
"""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog

from core.analysis.model import Spell
from core.errors import Told
from core.media.ffmpeg import FfmpegFailed, find, start
from core.media.inputs import file_arg
from core.say import Seconds
from core.settings import Settings

RATE_HZ = 48000
UNDER_LU = 18.0
"""How far the music lies under the speech while somebody speaks."""
RISE_LU = 7.0
"""How much louder it is in a pause."""
ALONE_LU = 0.0
"""In a clip in which nobody speaks it is as loud as what else is heard."""
PAUSE_S = 1.0
"""A shorter pause is a breath: the music waits."""
AHEAD_S, DOWN_S = 0.15, 0.4
"""It is down this long before a word, and takes this long to get there."""
BEHIND_S, UP_S = 0.25, 0.9
FADE_IN_S, FADE_OUT_S = 0.35, 1.5
CROSS_S = 1.5
"""Where it begins again its end runs into its beginning."""
SILENT_LUFS = -60.0
LEAST_S = 2.0
OWN_SILENT_LUFS = -23.0
"""Where the clip itself has no sound; the whole is levelled behind it."""
_CHUNK = 10 * RATE_HZ
_HEADER_B = 44
"""Of a WAV file as Python writes it."""
_STEP_S = 0.1
_BLOCK_S = 0.4
_SLOW_S = 3.0
"""Momentary and short-term loudness, as EBU R128 has them."""
_BEAT_DB = 2.0
"""What stands out of the slow loudness by no more is the beat, and is left to it."""
_LIFT_DB = 8.0
"""No quiet place of the music is lifted further."""

log = structlog.get_logger()

Samples = npt.NDArray[np.int16]
Stereo = npt.NDArray[np.float32]
Curve = npt.NDArray[np.float64]


async def check_music(path: Path, settings: Settings) -> None:
    """Raises Told when it cannot be laid under a clip."""
    await _read(path, find(settings), 20.0)


async def make_bed(
    music: Path,
    spoken: Sequence[Spell],
    length_s: float,
    own_lufs: float | None,
    exe: str,
    into: Path,
) -> float | None:
    """Write the bed as a WAV file; `own_lufs` is the loudness of what it lies under. Gives how far
    it lies under the speech; None where nobody speaks. Raises Told for a file that is no music."""
    sound = await _read(music, exe, length_s)
    return await asyncio.to_thread(_made, sound, spoken, length_s, own_lufs, into)


async def _read(music: Path, exe: str, length_s: float) -> Samples:
    """From where it begins to be heard, no more than is needed."""
    heard = "silenceremove=start_periods=1:start_threshold=-55dB"
    to = f"aresample={RATE_HZ},aformat=sample_fmts=s16:channel_layouts=stereo"
    args = [
        *("-i", file_arg(music), "-map", "0:a:0", "-vn", "-sn", "-dn", "-af", f"{heard},{to}"),
        *("-t", f"{length_s + CROSS_S:.3f}", "-f", "s16le", "pipe:1"),
    ]
    try:
        async with start(args, exe=exe, timeout_s=60 + length_s, reads=True) as running:
            assert running.out
            raw = await asyncio.to_thread(running.out.read)
            await running.wait()
    except FfmpegFailed as wrong:
        log.info("music.refused", why=wrong.cause)
        nothing = "matches no streams" in wrong.log
        raise Told("music.no_sound" if nothing else "music.unreadable") from wrong
    sound = np.frombuffer(raw[: len(raw) // 4 * 4], np.int16).reshape(-1, 2)
    if not len(sound) or _lufs(_momentary(Looped(sound, len(sound)))) < SILENT_LUFS:
        raise Told("music.silent")
    if len(sound) < LEAST_S * RATE_HZ:
        raise Told("music.too_short", least=Seconds(LEAST_S))
    return sound


def _made(
    sound: Samples, spoken: Sequence[Spell], length_s: float, own_lufs: float | None, into: Path
) -> float | None:
    music = Looped(sound, round(length_s * RATE_HZ))
    loud = _momentary(music)
    own = OWN_SILENT_LUFS if own_lufs is None else own_lufs
    curve = own + fader(spoken, length_s, len(loud)) - _slowly(loud)
    with wave.open(str(into), "wb") as file:
        file.setparams((2, 2, RATE_HZ, 0, "NONE", ""))
        for at in range(0, music.size, _CHUNK):
            until = min(at + _CHUNK, music.size)
            piece = music.part(at, until) * _gain(curve, at, until, music.size)[:, None]
            file.writeframes((np.clip(piece, -1, 1) * 32767).astype("<i2").tobytes())
    made = np.memmap(into, np.int16, "r", offset=_HEADER_B).reshape(-1, 2)
    return _under(_momentary(Looped(made, len(made))), spoken, own) if spoken else None


def _gain(curve_db: Curve, at: int, until: int, size: int) -> Stereo:
    """Of each sample, with the music faded in at its beginning and out at its end."""
    n = np.arange(at, until)
    db = np.interp(n / RATE_HZ, np.arange(len(curve_db)) * _STEP_S, curve_db)
    into, out = (min(s, size / RATE_HZ / 2) * RATE_HZ for s in (FADE_IN_S, FADE_OUT_S))
    edge = np.clip(np.minimum(n / into, (size - n) / out), 0, 1)
    return np.asarray(10 ** (db / 20) * np.sin(np.pi / 2 * edge) ** 2, np.float32)


class Looped:
    """A music as long as asked for. Where it is shorter it begins again, and its end runs into its
    beginning. Of a long clip only pieces are ever spread out in memory."""

    def __init__(self, sound: Samples, size: int) -> None:
        self.size = size
        self._sound = sound
        self._cross = min(round(CROSS_S * RATE_HZ), len(sound) // 3) if len(sound) < size else 0
        rise = np.linspace(0, 1, self._cross, dtype=np.float32)
        self._rise = np.sqrt(rise)[:, None]

    def part(self, at: int, until: int) -> Stereo:
        """−1…1; silence outside."""
        made = np.zeros((until - at, 2), np.float32)
        length = len(self._sound)
        begin = 0
        while begin < min(until, self.size):
            a, b = max(at, begin), min(until, begin + length, self.size)
            if a < b:
                made[a - at : b - at] += self._once(a - begin, b - begin, again=begin > 0)
            begin += length - self._cross
        return made

    def _once(self, a: int, b: int, *, again: bool) -> Stereo:
        piece = self._sound[a:b].astype(np.float32) / np.float32(32768)
        cross, length = self._cross, len(self._sound)
        if again and a < cross:
            piece[: cross - a] *= self._rise[a : min(b, cross)]
        if cross and b > length - cross:
            late = max(a, length - cross)
            piece[late - a :] *= self._rise[::-1][late - length + cross : b - length + cross]
        return piece


def fader(spoken: Sequence[Spell], length_s: float, count: int) -> Curve:
    """Where the music is to be, in LU above the speech, at each step of a clip."""
    t = np.arange(count) * _STEP_S
    if not spoken:
        return np.full(count, ALONE_LU)
    up = np.zeros(count)  # 0 down, 1 up
    edges = [-np.inf, *(e for s in spoken for e in (s.start_s, s.end_s)), np.inf]
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        if min(end, length_s) - max(begin, 0.0) < PAUSE_S:
            continue
        rising = (t - begin - BEHIND_S) / UP_S if begin > 0 else np.ones(count)
        falling = (end - AHEAD_S - t) / DOWN_S if end < length_s else np.ones(count)
        up = np.maximum(up, np.clip(np.minimum(rising, falling), 0, 1))
    return np.asarray(-UNDER_LU + RISE_LU * (0.5 - 0.5 * np.cos(np.pi * up)))


# ── loudness ────────────────────────────────────────────────────────────────────────────────────


def _momentary(music: Looped) -> Curve:
    """LUFS of 0.4 s around each step of 0.1 s (BS.1770, without its gates)."""
    size, step = round(_BLOCK_S * RATE_HZ), round(_STEP_S * RATE_HZ)
    weights, found = _k_weights(size), []
    for begin in range(0, music.size, _CHUNK):
        until = min(begin + _CHUNK, music.size)
        around = music.part(begin - size // 2, until + size // 2)
        for at in range(0, until - begin, step):
            power = np.abs(np.fft.rfft(around[at : at + size], axis=0)) ** 2
            found.append(float((power.T @ weights).sum()))
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(found, 1e-12)))


def _k_weights(size: int) -> Curve:
    """The K curve of BS.1770-4 (its two filters at 48 kHz), for powers of a spectrum."""
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    rumble = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    return np.asarray(np.abs(shelf * rumble) ** 2 * 2 / size**2)


def _lufs(momentary: Curve) -> float:
    """Of all that is louder than silence."""
    heard = momentary[momentary > -70]
    return float(10 * np.log10(np.mean(10 ** (heard / 10)))) if len(heard) else -99.0


def _slowly(momentary: Curve) -> Curve:
    """How loud the music is by and by. Where it swells all at once it counts as that loud before,
    and quiet places count as a little louder than they are."""
    slow, swift = _around(momentary, _SLOW_S), _around(momentary, 2 * _BLOCK_S)
    return np.asarray(np.maximum(np.maximum(slow, swift - _BEAT_DB), _lufs(momentary) - _LIFT_DB))


def _around(momentary: Curve, length_s: float) -> Curve:
    """Mean power of so long around each step."""
    steps = round(length_s / _STEP_S)
    power = np.pad(10 ** (momentary / 10), (steps // 2, steps - 1 - steps // 2), mode="edge")
    return np.asarray(10 * np.log10(np.convolve(power, np.ones(steps) / steps, "valid") + 1e-9))


def _under(loud: Curve, spoken: Sequence[Spell], own_lufs: float) -> float:
    """Measured on the bed that was made, where somebody speaks."""
    t = np.arange(len(loud)) * _STEP_S
    there = np.zeros(len(loud), bool)
    for spell in spoken:
        there |= (t >= spell.start_s) & (t <= spell.end_s)
    return round(own_lufs - _lufs(loud[there]), 1) if there.any() else UNDER_LU
