"""Hum and noise taken out of a sound by ffmpeg's own filters, when that helps.

    for plan in plans(heard, "auto"):          # the best first
        …                                      # make the sound with plan.filters()
        if (done := judged(plan, before, after)) is not None: break

Nothing is taken on trust: what a plan did is measured on what came out. A plan that lowers the
floor too little, changes the speech, lets single specks of noise stand out or moves the sound in
time is not used, and the next one is tried; behind the last one the sound stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from core.sound.noise import (
    CENTRES_HZ,
    Heard,
    Samples,
    Spectra,
    bins_hz,
    ear_db,
    hum_db,
    spectra,
)

Cleaning = Literal["auto", "leave", "clean"]
"""`auto` takes out hum and noise that stand out, `clean` also what hardly does, `leave` nothing."""
NOISE_BELOW_DB = {"auto": 35.0, "clean": 48.0}
"""Noise further under the speech is left: at −14 LUFS it lies under −50 dBFS."""
HUM_BELOW_DB = {"auto": 42.0, "clean": 55.0}
WISHED_BELOW_DB = 38.0
"""No more is taken out than brings the noise this far under the speech."""
LEAST_DB, MOST_DB = 6.0, 14.0
"""What a filter may take out: less is not worth it, more begins to gurgle."""
NOTCH_HZ = 6.0
"""Wide enough for a mains that wanders by 0.2 Hz, and for the filter to swing in within 0.1 s."""
_AFFTDN_LATE = 2 * (48000 // 80)
"""Samples by which `afftdn` is late at 48 kHz without saying so (af_afftdn.c: its windows are three
steps of an eightieth of a second)."""
_NF_DB = -50.0
"""Of `afftdn`: half the power of the white noise it takes for noise, or 3 dB less."""
_OVER_DB = 5.0
"""The noise is told to be this much louder than it is: with 0 half of it stayed and single specks
stood out, with 5 the specks fell nearly as far as the floor and speech changed by under 1 dB."""

NOISE_FELL_DB, HUM_FELL_DB = 3.0, 6.0
SPEECH_OFF_DB = 1.5
"""Of any third octave of the speech that stands clear of the noise."""
_CLEAR_DB = 12.0
SPECKS = 0.4
"""The loudest specks must fall by this part of what the floor falls by."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What is taken out of a sound; with the figures of what that did, once it was measured."""

    mains_hz: float = 0.0
    lines_hz: tuple[float, ...] = ()
    noise_db: float = 0.0
    """How far the filter may lower the noise."""
    bands_db: tuple[float, ...] = ()
    """What noise (`Noise.bands_db`)."""
    hum_fell_db: float = 0.0
    noise_fell_db: float = 0.0
    speech_off_db: float = 0.0
    """The biggest change of a third octave of the speech."""

    def filters(self) -> list[str]:
        """For a 48 kHz sound; it stays as long as it was, and in step."""
        made = [f"bandreject=f={line}:t=h:w={NOTCH_HZ:g}:r=f64" for line in self.lines_hz]
        return [*made, *self._denoise()] if self.noise_db else made

    def _denoise(self) -> list[str]:
        mean = sum(self.bands_db) / len(self.bands_db)
        # `nf` has bounds: the sound is brought to it, and back.
        lift = _NF_DB - _OVER_DB + 3.0 - mean
        shape = " ".join(f"{band - mean:.1f}" for band in self.bands_db)
        return [
            f"apad=pad_len={_AFFTDN_LATE}",
            f"volume={lift:.1f}dB:precision=float",
            f"afftdn=nr={self.noise_db:.1f}:nf={_NF_DB:g}:nt=c:bn={shape}",
            f"volume={-lift:.1f}dB:precision=float",
            f"atrim=start_sample={_AFFTDN_LATE},asetpts=PTS-STARTPTS",
        ]

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Cleaned:
        lists = {k: tuple(raw[k]) for k in ("lines_hz", "bands_db")}
        return cls(**{**raw, **lists})


def plans(heard: Heard, wish: Cleaning) -> list[Cleaned]:
    """What might help, the most thorough first; nothing for a sound that is fine."""
    if wish == "leave":
        return []
    hum, noise, made = heard.hum, heard.noise, []
    lines = Cleaned()
    if hum and hum.below_db < HUM_BELOW_DB[wish]:
        lines = Cleaned(hum.mains_hz, hum.lines_hz)
        made.append(lines)
    if noise and noise.below_db < NOISE_BELOW_DB[wish]:
        wished = max(WISHED_BELOW_DB, noise.below_db + LEAST_DB) - noise.below_db
        both = replace(lines, noise_db=min(wished, MOST_DB), bands_db=noise.bands_db)
        made.insert(0, both)
        if lines.lines_hz:
            made.append(replace(both, mains_hz=0.0, lines_hz=()))
    return made


def judged(plan: Cleaned, heard: Heard, before: Samples, after: Samples) -> Cleaned | None:
    """The plan with its figures, None when it did not help. `heard` is of `before`."""
    now = spectra(after)[: len(heard.power)]
    if len(now) < len(heard.power) - 3 or not _in_step(before, after):
        return None
    then, loud, floor = heard.power[: len(now)], heard.loud[: len(now)], heard.floor[: len(now)]
    louder = float(np.median(ear_db(now[loud]) - ear_db(then[loud])))
    off = _speech_off(_without(then, plan), _without(now, plan), loud, floor, louder)
    done = replace(plan, speech_off_db=round(off, 1))
    if plan.lines_hz:
        fell = hum_db(before, plan.lines_hz) + louder - hum_db(after, plan.lines_hz)
        done = replace(done, hum_fell_db=round(fell, 1))
    if plan.noise_db:
        fell = _ear_mean(then[floor]) + louder - _ear_mean(now[floor])
        if _specks_fell(then[floor], now[floor]) + louder < SPECKS * fell:
            return None
        done = replace(done, noise_fell_db=round(fell, 1))
    hum_helped = not plan.lines_hz or done.hum_fell_db >= HUM_FELL_DB
    noise_helped = not plan.noise_db or done.noise_fell_db >= NOISE_FELL_DB
    return done if hum_helped and noise_helped and off <= SPEECH_OFF_DB else None


def _ear_mean(power: Spectra) -> float:
    return float(ear_db(power.mean(axis=0, keepdims=True))[0])


def _without(power: Spectra, plan: Cleaned) -> Spectra:
    """Without the places where the lines of a hum were."""
    kept = np.ones(power.shape[1], bool)
    for line in plan.lines_hz:
        kept &= np.abs(bins_hz() - line) > 1.5 * bins_hz()[1]
    return np.asarray(power * kept)


def _speech_off(then: Spectra, now: Spectra, loud: Any, floor: Any, louder: float) -> float:
    """The biggest change of a third octave in which the speech stands clear of the floor."""
    worst, hz = 0.0, bins_hz()
    for centre in CENTRES_HZ[2:]:  # 80 and 100 Hz hold hum, and hardly any speech
        near = (hz > centre / 2 ** (1 / 6)) & (hz <= centre * 2 ** (1 / 6))
        if not then[:, near].any():
            continue
        was, is_ = (10 * np.log10(p[loud][:, near].mean() + 1e-14) for p in (then, now))
        under = 10 * np.log10(then[floor][:, near].mean() + 1e-14) if floor.any() else -140.0
        if was - under >= _CLEAR_DB:
            worst = max(worst, abs(float(is_ - was) - louder))
    return worst


def _specks_fell(then: Spectra, now: Spectra) -> float:
    """By how much the loudest thousandth of the floor fell, each place against its own mean."""
    hz = bins_hz()
    heard = (hz > 150) & (hz < 10000)
    mean = then[:, heard].mean(axis=0) + 1e-14
    was, is_ = (np.quantile(p[:, heard] / mean, 0.999) for p in (then, now))
    return float(10 * np.log10(was / (is_ + 1e-14)))


def _in_step(before: Samples, after: Samples) -> bool:
    """Whether both run together to the millisecond."""
    at = max(0, min(len(before), len(after)) // 2 - 48000 * 2)
    a, b = before[at : at + 48000 * 4], after[at : at + 48000 * 4]
    size = 2 * max(len(a), len(b))
    both = np.fft.irfft(np.fft.rfft(b, size) * np.fft.rfft(a, size).conj(), size)
    late = int(np.argmax(both))
    late = late - size if late > size // 2 else late
    return abs(late) <= 48
