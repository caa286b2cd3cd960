"""Where somebody speaks: the Silero model that comes inside the faster-whisper wheel."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog

from core.analysis.model import Spell

_PAUSE_S = 0.25
"""A shorter silence belongs to the speech around it."""
_LEAST_S = 0.2

log = structlog.get_logger()


def _silero() -> Any:
    """The function that finds speech in one array; None where onnxruntime does not work."""
    # Since 1.29 importing onnxruntime sends what it runs to its maker and leaves files in the home
    # and temporary folders, unless this is set before (microsoft/onnxruntime#27379).
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        from faster_whisper.vad import VadOptions, get_speech_timestamps, get_vad_model

        get_vad_model()
    except (ImportError, RuntimeError, OSError) as wrong:
        log.warning("voice.no_model", error=type(wrong).__name__)
        return None
    options = VadOptions(
        threshold=0.5,
        min_speech_duration_ms=int(_LEAST_S * 1000),
        min_silence_duration_ms=int(_PAUSE_S * 1000),
        speech_pad_ms=60,
    )
    return lambda samples: get_speech_timestamps(samples, options)


class VoiceMeter:
    """Takes the sound piece by piece; pieces may be any length, 30 s is good."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._find = _silero()
        self._at = 0
        self._found: list[Spell] = []

    def add(self, samples: npt.NDArray[np.float32]) -> None:
        """The next piece, −1…1."""
        if self._find is not None:
            for speech in self._find(samples):
                began, ended = (self._at + speech[k] for k in ("start", "end"))
                self._found.append(Spell(began / self._rate_hz, ended / self._rate_hz))
        self._at += len(samples)

    def spells(self, energy_db: Sequence[float]) -> tuple[Spell, ...]:
        """Speech in order; without the model, wherever it is clearly louder than the quiet."""
        found = self._found if self._find is not None else _louder(energy_db)
        return _joined(found)


def _louder(energy_db: Sequence[float]) -> list[Spell]:
    if not energy_db:
        return []
    level = np.asarray(energy_db)
    floor = float(np.percentile(level, 10))
    loud = level > max(-50.0, floor + 12)
    return [Spell(i / 10, (i + 1) / 10) for i in np.flatnonzero(loud)]


def _joined(spells: Sequence[Spell]) -> tuple[Spell, ...]:
    """Neighbours with hardly a pause between them become one."""
    joined: list[Spell] = []
    for spell in spells:
        if joined and spell.start_s - joined[-1].end_s < _PAUSE_S:
            joined[-1] = Spell(joined[-1].start_s, max(joined[-1].end_s, spell.end_s))
        else:
            joined.append(spell)
    return tuple(
        Spell(round(s.start_s, 3), round(s.end_s, 3)) for s in joined if s.length_s >= _LEAST_S
    )
