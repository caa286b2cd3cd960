"""What was done to the sound of a clip, as rows among its checks."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.check import Check
from core.say import Say, say
from core.sound.cleaning import SPEECH_OFF_DB, Cleaned
from core.sound.mix import Mix

LEAST_UNDER_LU = 15.0


def mix_checks(mix: Mix) -> Iterator[Check]:
    """One for each thing that was done; what was taken out was measured to help."""
    if mix.cleaned:
        limit = f"speech kept within {SPEECH_OFF_DB:g} dB"
        yield Check("cleaned", True, _figures(mix.cleaned), limit, must=False)
    if mix.music_under_lu is not None:
        ok = mix.music_under_lu >= LEAST_UNDER_LU
        limit = f">= {LEAST_UNDER_LU:g} LU under the speech"
        yield Check("music", ok, mix.music_under_lu, limit, must=False)


def _figures(done: Cleaned) -> str:
    hum = f"hum {done.mains_hz:.0f} Hz -{done.hum_fell_db:.0f} dB" if done.lines_hz else ""
    noise = f"noise -{done.noise_fell_db:.0f} dB" if done.noise_db else ""
    return ", ".join(filter(None, (hum, noise)))


def cleaned_in_words(done: Cleaned) -> tuple[Say, ...]:
    """The same for a person."""
    said = []
    if done.lines_hz:
        said.append(say("card.cleaned_hum", hz=round(done.mains_hz), db=round(done.hum_fell_db)))
    if done.noise_db:
        said.append(say("card.cleaned_noise", db=round(done.noise_fell_db)))
    return tuple(said)
