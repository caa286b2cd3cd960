"""Two voices for the sample video: made of tones and noise in the rhythm of speech.

Nobody will understand a word, and nobody needs to: the words come with the subtitles. What matters
is that it sounds like talk to whatever listens for voices: pitch that moves, vowels with formants,
consonants of noise, syllables, and silence between sentences.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from core.media.sample_story import Spoken, Story, Who

RATE_HZ = 24_000
_PITCH_HZ: dict[Who, float] = {"mira": 205.0, "theo": 118.0}
_STRETCH: dict[Who, float] = {"mira": 1.12, "theo": 0.96}  # a shorter throat, higher formants
_VOWELS = {
    # First three formants in Hz, rounded from Peterson and Barney (1952).
    **{"a": (730, 1090, 2440), "e": (530, 1840, 2480), "i": (270, 2290, 3010)},
    **{"o": (570, 840, 2410), "u": (300, 870, 2240), "y": (390, 1990, 2550)},
}
_NOISY = re.compile(r"s|sh|ch|t|f|th|k|p|z|x|c")
Sound = NDArray[np.float32]


def voice(story: Story) -> Sound:
    """The sound of the whole story, −1…1, one channel at `RATE_HZ`."""
    noise = np.random.default_rng(7)
    sound = np.zeros(int(story.length_s * RATE_HZ), np.float32)
    for word in story.words:
        spoken = _word(word, noise)
        at = int(word.start_s * RATE_HZ)
        sound[at : at + len(spoken)] += spoken[: len(sound) - at]
    sound += 0.0006 * noise.standard_normal(len(sound)).astype(np.float32)  # a room, not a void
    return sound


def openness(sound: Sound, fps: int) -> NDArray[np.float64]:
    """How far the mouth is open at each frame of the picture, 0…1."""
    per = RATE_HZ // fps
    loud = np.sqrt(np.mean(sound[: len(sound) // per * per].reshape(-1, per) ** 2, axis=1))
    opened: NDArray[np.float64] = np.clip(loud / 0.16, 0, 1).astype(np.float64)
    return opened


def _word(word: Spoken, noise: np.random.Generator) -> Sound:
    """One word: its syllables, each a consonant that runs into a vowel."""
    letters = re.sub(r"[^a-z]", "", word.text.lower()) or "a"
    parts = re.findall(r"[^aeiouy]*[aeiouy]+", letters) or [letters]
    length = int((word.end_s - word.start_s) * RATE_HZ / word.syllables)
    rising = word.text.endswith("?")
    said = []
    for i in range(word.syllables):
        part = parts[min(i, len(parts) - 1)]
        vowel = next((c for c in part if c in _VOWELS), "e")
        pitch = _PITCH_HZ[word.who] * (1.06 if i == 0 else 0.97)
        said.append(_syllable(word.who, vowel, pitch, length, rising))
        if _NOISY.match(part):
            burst = _burst(length // 4, noise)
            said[-1][: len(burst)] = 0.4 * said[-1][: len(burst)] + burst
    return np.concatenate(said)


def _syllable(who: Who, vowel: str, pitch_hz: float, length: int, rising: bool) -> Sound:
    """Harmonics of a gliding pitch, as loud as the formants of the vowel let them through."""
    along = np.linspace(0, 1, length, dtype=np.float32)
    glide = 1 + (0.25 * along if rising else 0.05 * np.sin(np.pi * along) - 0.06 * along)
    phase = 2 * np.pi * np.cumsum(pitch_hz * glide) / RATE_HZ
    sound = np.zeros(length, np.float32)
    for k in range(1, int(4200 / pitch_hz)):
        sound += _through(_VOWELS[vowel], k * pitch_hz / _STRETCH[who]) / k**0.6 * np.sin(k * phase)
    envelope = np.minimum(1, along / 0.18) * np.minimum(1, (1 - along) / 0.25)
    peak = float(np.max(np.abs(sound))) or 1.0
    spoken: Sound = (0.42 * envelope * sound / peak).astype(np.float32)
    return spoken


def _through(formants: tuple[int, int, int], hz: float) -> float:
    """How much of a frequency the mouth lets pass."""
    return sum(
        gain / (1 + ((hz - f) / width) ** 2)
        for f, width, gain in zip(formants, (90, 120, 170), (1.0, 0.6, 0.3), strict=True)
    )


def _burst(length: int, noise: np.random.Generator) -> Sound:
    """A hiss that fades."""
    white = noise.standard_normal(length + 1).astype(np.float32)
    hiss: Sound = 0.05 * np.diff(white) * np.linspace(1, 0, length, dtype=np.float32)
    return hiss
