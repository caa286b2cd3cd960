"""A talk with known hum, noise and music in it, and measures of what came out of it that share
nothing with the engine's own."""

from __future__ import annotations

import itertools
import wave
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from core.analysis.model import Word
from core.media.sample_story import tell_story
from core.media.sample_voice import RATE_HZ, voice
from tests.core.render.conftest import ffmpeg

Sound = npt.NDArray[np.float64]
STORY = tell_story()
WORDS = tuple(Word(w.text, w.start_s, w.end_s) for w in STORY.words)
HZ = 48000


def talk(
    path: Path,
    *,
    length_s: float,
    hum_hz: float = 0.0,
    hum_db: float = -25.0,
    noise_db: float | None = None,
    hushed: tuple[float, float] = (0.0, 0.0),
) -> Path:
    """A video of the sample's voices; hum and noise lie that far from the level of the speech."""
    said = voice(STORY)[: int(length_s * RATE_HZ)].astype(np.float64)
    said[int(hushed[0] * RATE_HZ) : int(hushed[1] * RATE_HZ)] = 0
    wav = path.with_suffix(".wav")
    write_wav(wav, 0.5 * worn(said, hum_hz, hum_db, noise_db), RATE_HZ)
    picture = ("-f", "lavfi", "-i", f"color=gray:s=64x64:r=24:d={length_s}")
    ffmpeg(*picture, "-i", wav, "-c:v", "libx264", "-c:a", "pcm_s16le", "-shortest", path)
    return path


def worn(said: Sound, hum_hz: float, hum_db: float, noise_db: float | None) -> Sound:
    """A sound at `RATE_HZ` with hum and noise that far from the level of its speech."""
    said = said.copy()
    speech = np.sqrt(np.mean(said[np.abs(said) > 0.01] ** 2))
    t = np.arange(len(said)) / RATE_HZ
    if hum_hz:
        hum = sum(np.sin(2 * np.pi * hum_hz * n * t + n) / n for n in (1, 2, 3, 4, 5))
        said += hum / np.std(hum) * speech * 10 ** (hum_db / 20)
    if noise_db is not None:
        hiss = np.random.default_rng(3).standard_normal(len(said))
        said += hiss * speech * 10 ** (noise_db / 20)
    return said


def write_wav(path: Path, sound: Sound, rate_hz: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate_hz, 0, "NONE", ""))
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


def heard(clip: Path) -> Sound:
    """The mean of both channels at 48 kHz, −1…1, from the first picture on."""
    to = av.AudioResampler("fltp", "stereo", HZ)
    with av.open(str(clip)) as file:
        frames = [f for frame in file.decode(audio=0) for f in to.resample(frame)]
    return np.concatenate([f.to_ndarray().mean(axis=0) for f in frames]).astype(np.float64)


def pauses(until_s: float, least_s: float = 0.6) -> list[tuple[float, float]]:
    """The middles of the pauses of the talk."""
    gaps = ((a.end_s, b.start_s) for a, b in itertools.pairwise(WORDS))
    return [(a + 0.2, b - 0.1) for a, b in gaps if b - a > least_s and b < until_s]


def at(sound: Sound, spans: list[tuple[float, float]]) -> Sound:
    return np.concatenate([sound[int(a * HZ) : int(b * HZ)] for a, b in spans])


def db(sound: Sound, low_hz: float = 20.0, high_hz: float = 20000.0) -> float:
    """Level of a band."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    hz = np.fft.rfftfreq(len(sound), 1 / HZ)
    return float(10 * np.log10(power[(hz > low_hz) & (hz < high_hz)].sum() / len(sound) ** 2))


def rise_s(sound: Sound, period_s: float = 1 / 180) -> float:
    """How long a steady tone takes from nothing to all it has; 5 ms where it is cut off sharply."""
    size = int(period_s * HZ)
    level = np.sqrt(np.convolve(sound[: HZ // 4] ** 2, np.ones(size) / size, "same"))
    level /= np.median(level)
    return float(np.argmax(level > 0.9) - np.argmax(level > 0.1)) / HZ / 0.8


def late_s(a: Sound, b: Sound) -> float:
    """By how much `b` runs behind `a`."""
    size = 1 << (len(a) + len(b)).bit_length()
    both = np.fft.irfft(np.fft.rfft(b, size) * np.fft.rfft(a, size).conj())
    at_ = int(np.argmax(both))
    return (at_ - size if at_ > size // 2 else at_) / HZ


def tune(path: Path, *, length_s: float, hz: float = 14000.0) -> Path:
    """A music of one tone where the voices have nothing; after 2 s it is 10 dB louder."""
    t = np.arange(int(length_s * HZ)) / HZ
    write_wav(path, np.where(t < 2, 0.1, 0.316) * np.sin(2 * np.pi * hz * t), HZ)
    return path


def tone_db(sound: Sound, hz: float = 14000.0, step_s: float = 0.1) -> Sound:
    """Level of that tone over time, in dBFS, by a filter 60 Hz wide."""
    t = np.arange(len(sound)) / HZ
    turned = sound * np.exp(-2j * np.pi * hz * t)
    size = int(HZ / 60)
    smooth = np.convolve(turned, np.hanning(size) / np.hanning(size).sum(), "same")
    return np.asarray(20 * np.log10(2 * np.abs(smooth[:: int(step_s * HZ)]) + 1e-9))
