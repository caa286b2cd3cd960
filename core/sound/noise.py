"""What lies under the speech of a clip: mains hum and steady noise, measured on its sound.

    heard = measure(samples, spoken)
    heard.noise.below_db      # how far the noise of the pauses lies under the speech
    heard.hum                 # None, or its mains frequency and lines

Noise is what the pauses hold when they hold the same all the time; music, applause, rooms full of
people do not. Hum is narrow lines at the multiples of 50 or 60 Hz that never go away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.analysis.model import Spell

RATE_HZ = 48000
MOST_S = 120.0
"""More of a clip tells nothing new."""
_WINDOW = 2048
_HOP = _WINDOW // 2
_LONG = 32768
"""For hum: lines 1.5 Hz wide."""
_BEFORE_S, _AFTER_S = 0.08, 0.2
"""Speech swells before a detector hears it, and rooms ring on."""
_LEAST_PAUSE_S = 0.4
"""Of all pauses together."""
_LEAST_VOICE = 0.2
"""Share of the clip in which somebody speaks; else it is no speech that something lies under."""
_STEADY_DB = 2.5
"""From the tenth to the half of the pauses by level. Steady noise stays under 1, music over 4."""
_TONES = 0.04
"""Share of lines in the spectrum of a floor: above it is music, not noise."""
_LOUD = 0.3
"""Share of the spoken frames that show what the speech itself is like."""
CENTRES_HZ = tuple(80 * 2 ** (n / 3) for n in range(22))
"""Third octaves, 80 Hz to 10 kHz."""
_LINES = 20
_LINE_DB, _SURE_LINE_DB = 6.0, 9.0
"""How far a line of hum stands above what is beside it."""
_COMES_AND_GOES_DB = 3.5
"""From the tenth to the thirtieth part of the time: 0 for a steady line, 5 for noise."""
_HUM_DRIFT_HZ = 0.3
"""Mains keep to 0.2 Hz."""

Samples = npt.NDArray[np.float32]
Spectra = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Hum:
    """Lines at multiples of the mains frequency."""

    mains_hz: float
    lines_hz: tuple[float, ...]
    below_db: float
    """How far all of them together lie under the speech."""


@dataclass(frozen=True, slots=True)
class Noise:
    """The steady floor of the pauses."""

    below_db: float
    """How far it lies under the speech, as an ear weighs both (A)."""
    bands_db: tuple[float, ...]
    """Its density in each of `PROFILE_HZ`: the level in dBFS of white noise as dense as it."""


PROFILE_HZ = (
    80, 120, 180, 270, 410, 620, 930, 1400, 2100, 3150, 4750, 7100, 10700, 16100, 24000,
)  # fmt: skip
"""Where ffmpeg's `afftdn` takes the density of a noise (af_afftdn.c, `band_centre`)."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Spectra of one sound, and which of its frames are speech and which are floor."""

    power: Spectra
    """Of each frame and bin, in full-scale sines."""
    loud: npt.NDArray[np.bool_]
    """The loudest frames of the speech."""
    floor: npt.NDArray[np.bool_]
    """The frames of the pauses that hold nothing but the floor; none where there is no floor."""
    hum: Hum | None
    noise: Noise | None


def worse(stereo: npt.NDArray[np.float32]) -> int:
    """The channel with more in its quiet parts, of those that somebody is heard on."""
    blocks = stereo[: len(stereo) // _WINDOW * _WINDOW].reshape(-1, _WINDOW, 2)
    if not len(blocks):
        return 0
    power = (blocks.astype(np.float64) ** 2).mean(axis=1)
    whole, quiet = power.mean(axis=0), np.quantile(power, 0.1, axis=0)
    return int(np.argmax(np.where(whole >= whole.max() / 100, quiet, -1.0)))


def measure(samples: Samples, spoken: Sequence[Spell]) -> Heard:
    """`samples` are one channel at `RATE_HZ`, `spoken` the speech in it."""
    power = spectra(samples)
    voiced, paused = _frames(len(power), spoken)
    levels = ear_db(power)
    loud, floor = _loud(levels, voiced), _floor(levels, paused)
    speech = bool(voiced.mean() >= _LEAST_VOICE) if len(voiced) else False
    if not speech or not loud.any():
        return Heard(power, loud, floor & False, None, None)
    hum = _hum(samples, float(_db(power[loud].sum(axis=1).mean())))
    noise = _noise(power, loud, floor, hum) if floor.any() else None
    return Heard(power, loud, floor, hum, noise)


# ── frames ──────────────────────────────────────────────────────────────────────────────────────


def spectra(samples: Samples) -> Spectra:
    """Power of overlapping windows; a sine of full scale has about 1 in its bin."""
    return _spectra(samples, _WINDOW, _HOP, _WINDOW // 2 + 1)


def _spectra(samples: Samples, size: int, hop: int, bins: int) -> Spectra:
    if len(samples) < size:
        return np.zeros((0, bins))
    window = np.hanning(size).astype(np.float32)
    framed = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]
    made = np.empty((len(framed), bins), np.float32)
    step = 1 + (1 << 18) // size  # the whole at once would be big
    for at in range(0, len(framed), step):
        made[at : at + step] = np.abs(np.fft.rfft(framed[at : at + step] * window)[:, :bins]) ** 2
    return made * np.float32((2 / window.sum()) ** 2)


def _frames(
    count: int, spoken: Sequence[Spell]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which frames are speech, and which are surely none."""
    begin = np.arange(count) * _HOP / RATE_HZ
    end = begin + _WINDOW / RATE_HZ
    voiced, paused = np.zeros(count, bool), np.ones(count, bool)
    for spell in spoken:
        voiced |= (begin >= spell.start_s) & (end <= spell.end_s)
        paused &= (end <= spell.start_s - _BEFORE_S) | (begin >= spell.end_s + _AFTER_S)
    return voiced, paused


def _loud(levels: Spectra, voiced: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    if not voiced.any():
        return voiced
    return voiced & (levels >= np.quantile(levels[voiced], 1 - _LOUD))


def _floor(levels: Spectra, paused: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Breaths and clicks are above the floor; where that moves by itself it is none."""
    nothing = np.zeros(len(levels), bool)
    # The edges of a clip are faded.
    paused = paused & (np.arange(len(levels)) > 1) & (np.arange(len(levels)) < len(levels) - 2)
    if paused.sum() * _HOP / RATE_HZ < _LEAST_PAUSE_S:
        return nothing
    low, middle = np.quantile(levels[paused], (0.1, 0.5))
    if middle - low > _STEADY_DB:
        return nothing
    return np.asarray(paused & (levels <= middle + 1.0))


def ear_db(power: Spectra) -> Spectra:
    """Level of each frame as an ear weighs it (the A curve of IEC 61672)."""
    return np.asarray(_db(power @ _ear_weights()))


def _ear_weights() -> Spectra:
    f2 = np.maximum(bins_hz(), 1.0) ** 2
    shape = 12194.0**2 * f2**2 / (
        (f2 + 20.6**2) * np.sqrt((f2 + 107.7**2) * (f2 + 737.9**2)) * (f2 + 12194.0**2)
    )  # fmt: skip
    return np.asarray((shape * 10 ** (2.0 / 20)) ** 2)


def bins_hz(size: int = _WINDOW) -> Spectra:
    return np.asarray(np.arange(size // 2 + 1) * RATE_HZ / size)


def _db(power: Spectra) -> Spectra:
    return np.asarray(10 * np.log10(np.maximum(power, 1e-14)))


# ── noise ───────────────────────────────────────────────────────────────────────────────────────


def _noise(
    power: Spectra, loud: npt.NDArray[np.bool_], floor: npt.NDArray[np.bool_], hum: Hum | None
) -> Noise | None:
    mean = power[floor].mean(axis=0)
    for line in hum.lines_hz if hum else ():
        _take_out(mean, line)
    if _tones(mean) > _TONES:
        return None
    speech_db = float(_db(power[loud].mean(axis=0) @ _ear_weights()))
    return Noise(speech_db - float(_db(mean @ _ear_weights())), _profile(mean))


def _take_out(mean: Spectra, line_hz: float) -> None:
    """A line of hum is no noise: what is beside it stands in for it."""
    at = round(line_hz * _WINDOW / RATE_HZ)
    around = mean[max(1, at - 6) : at + 7]
    mean[max(0, at - 2) : at + 3] = np.quantile(around, 0.25)


def _tones(mean: Spectra) -> float:
    """Share of the bins that stand out of what is around them."""
    hz = bins_hz()
    level = _db(mean)[(hz > 150) & (hz < 8000)]
    around = np.lib.stride_tricks.sliding_window_view(np.pad(level, 12, mode="edge"), 25)
    return float((level - np.median(around, axis=1) > 7).mean())


def _profile(mean: Spectra) -> tuple[float, ...]:
    """White noise of power p has p · 4/N · 1.5 in each bin, of the sine scale and a Hann window."""
    hz, dense = bins_hz(), 10 * np.log10(_WINDOW / 6.0)
    found = []
    for centre in PROFILE_HZ:
        near = (hz >= centre / 1.25) & (hz <= min(centre * 1.25, 23000.0))
        if not near.any():
            near = np.abs(hz - min(centre, 23000)) < 400
        found.append(round(float(_db(mean[near].mean()) + dense), 1))
    return tuple(found)


# ── hum ─────────────────────────────────────────────────────────────────────────────────────────


def _hum(samples: Samples, speech_db: float) -> Hum | None:
    """The surer of both mains."""
    power = _spectra(samples, _LONG, _LONG // 4, _bin(1300))
    if len(power) < 6:
        return None
    low, quarter = np.quantile(_db(power), (0.1, 0.3), axis=0)
    mains, sure, lines = max((_lines(low, quarter, m) for m in (50, 60)), key=lambda f: f[1])
    if not sure:
        return None
    strongest = max(lines, key=lambda n: low[_bin(n * mains)])
    mains_hz = _exactly(samples, strongest * mains) / strongest
    together = float(_db(sum(10 ** (quarter[_bin(n * mains_hz)] / 10) for n in lines)))
    lines_hz = tuple(round(n * mains_hz, 2) for n in lines)
    return Hum(round(mains_hz, 2), lines_hz, speech_db - together)


def _bin(hz: float) -> int:
    return round(hz * _LONG / RATE_HZ)


def _lines(low: Spectra, quarter: Spectra, mains: int) -> tuple[float, float, list[int]]:
    """About the mains frequency, how sure it is, and which multiples of it stand out."""
    best: tuple[float, float, list[int]] = (float(mains), 0.0, [])
    for mains_hz in np.arange(mains - _HUM_DRIFT_HZ, mains + _HUM_DRIFT_HZ + 0.01, 0.05):
        lines = {n: _stands_out(low, quarter, n * mains_hz) for n in range(1, _LINES + 1)}
        there = {n: db for n, db in lines.items() if db > _LINE_DB}
        sure = [n for n, db in lines.items() if db > _SURE_LINE_DB]
        if len(sure) < 2 or min(sure) > 3:
            continue
        score = sum(min(db, 30.0) for db in there.values())
        if score > best[1]:
            best = (float(mains_hz), score, list(there))
    return best


def _stands_out(low: Spectra, quarter: Spectra, hz: float) -> float:
    """How far a place stands above both its sides, in dB; 0 where it comes and goes."""
    at = _bin(hz)
    if at < 12 or at + 12 >= len(low) or quarter[at] - low[at] > _COMES_AND_GOES_DB:
        return 0.0
    sides = np.concatenate([low[at - 10 : at - 3], low[at + 4 : at + 11]])
    return float(low[at] - np.median(sides))


def _exactly(samples: Samples, about_hz: float) -> float:
    """The frequency of a line from how its phase moves on; windows that speech fills count no more
    than the others."""
    at, hop = _bin(about_hz), _LONG // 4
    wave = np.hanning(_LONG) * np.exp(-2j * np.pi * at / _LONG * np.arange(_LONG))
    framed = np.lib.stride_tricks.sliding_window_view(samples, _LONG)[::hop]
    phase = np.array([np.vdot(wave.conj(), frame) for frame in framed])
    phase /= np.maximum(np.abs(phase), 1e-12)
    turned = float(np.angle(np.sum(phase[1:] * phase[:-1].conj())))
    # Of the turns a window of this step makes, the part beyond whole ones is seen.
    whole = at * hop / _LONG
    return (whole + (turned / (2 * np.pi) - whole + 0.5) % 1.0 - 0.5) * RATE_HZ / hop


def hum_db(samples: Samples, lines_hz: Sequence[float]) -> float:
    """Level of all these lines together, as far as they are there all the time."""
    levels = _db(_spectra(samples, _LONG, _LONG // 4, _bin(1300)))
    low = np.quantile(levels, 0.3, axis=0) if len(levels) else np.zeros(_bin(1300))
    return float(_db(sum(10 ** (low[_bin(line)] / 10) for line in lines_hz)))
