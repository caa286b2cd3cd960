"""`python -m core.analysis.speech.whisper_child MODEL PCM STRETCHES LANGUAGE DEVICE`: a JSON line
for each stretch, as soon as it is done."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from core.analysis.sound import RATE_HZ

PRECISION = {"cpu": "int8", "cuda": "int8_float16"}
_SIDE_BY_SIDE = 4
"""Stretches at most; each has the sound of a minute in memory, and its own search."""
_TEMPERATURES = (0.0, 0.2, 0.4, 0.6)
"""Tried until the text is likely; what needs more is invented."""
_SHORT_S = 5
"""What is not understood of so little at once is not understood at all, and each try takes long."""
_LISTEN_TO = 5
"""Places by which the language is told: a talk may begin with a song, or with a foreign guest."""
_CERTAIN = 0.8
SEVERAL = "mul"
"""What ISO 639-2 calls several languages: each stretch is told apart."""

Sound = npt.NDArray[np.float32]


def main(model: str, pcm: str, todo: list[tuple[float, float]], language: str, device: str) -> None:
    """Understand every stretch. An empty `language` is found out."""
    # Threads that wait do not spin: others have work for the core. Read when the library is loaded.
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    from faster_whisper import WhisperModel

    beside, threads = _shares(len(todo), device)
    whisper = WhisperModel(
        model,
        device=device,
        compute_type=PRECISION[device],
        local_files_only=True,
        num_workers=beside,
        cpu_threads=threads,
    )
    spoken = language or _language(whisper, Path(pcm), todo)
    one_line = Lock()

    def understand(stretch: tuple[float, float]) -> None:
        at_s, to_s = stretch
        line: dict[str, Any] = {"at": at_s, "to": to_s}
        line |= _heard(whisper, _read(Path(pcm), at_s, to_s), spoken, at_s)
        with one_line:
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()

    with ThreadPoolExecutor(beside) as pool:
        list(pool.map(understand, todo))


def _shares(stretches: int, device: str) -> tuple[int, int]:
    """How many stretches side by side, and threads for each. Several threads on one stretch wait
    for each other at every layer; one on each takes 15 to 25 % less processor time (tiny.en)."""
    if device != "cpu":
        return 1, 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    beside = max(1, min(_SIDE_BY_SIDE, cores or 1, stretches))
    return beside, max(1, (cores or 1) // beside)


def _language(whisper: Any, pcm: Path, todo: list[tuple[float, float]]) -> str:
    """The likeliest over some stretches, or `SEVERAL` where two are certain."""
    if not whisper.model.is_multilingual:
        return "en"
    if len(todo) == 1:
        return SEVERAL  # found out as it is understood, at no cost
    likely: dict[str, float] = {}
    certain: set[str] = set()
    for start_s, end_s in todo[:: max(1, len(todo) // _LISTEN_TO)]:
        sound = _read(pcm, start_s, min(end_s, start_s + 30))
        _, best, every = whisper.detect_language(sound)
        certain |= {every[0][0]} if best >= _CERTAIN else set()
        for name, share in every:
            likely[name] = likely.get(name, 0.0) + share
    return SEVERAL if len(certain) > 1 else max(likely, key=lambda name: likely[name])


def _read(pcm: Path, start_s: float, end_s: float) -> Sound:
    first, last = (int(t * RATE_HZ) for t in (start_s, end_s))
    raw = np.fromfile(pcm, np.int16, count=last - first, offset=2 * first)
    return raw.astype(np.float32) * np.float32(1 / 32768)


def _heard(whisper: Any, sound: Sound, language: str, at_s: float) -> dict[str, Any]:
    """What is said from `at_s` on. Words keep the space in front of them: one without is a part of
    the word before it."""
    found, info = whisper.transcribe(
        sound,
        beam_size=5,
        temperature=_TEMPERATURES if len(sound) > _SHORT_S * RATE_HZ else 0.0,
        language=None if language == SEVERAL else language,
        word_timestamps=True,
        condition_on_previous_text=False,  # one wrong sentence must not repeat itself for ever
    )
    segments = [
        {
            "sure": round(float(segment.avg_logprob), 3),
            "again": round(float(segment.compression_ratio), 2),
            "window": segment.seek,
            "words": [
                {
                    "w": word.word,
                    "s": round(at_s + float(word.start), 3),
                    "e": round(at_s + float(word.end), 3),
                    "p": round(float(word.probability), 3),
                }
                for word in segment.words or ()
            ],
        }
        for segment in found
    ]
    return {"language": info.language, "segments": segments}


if __name__ == "__main__":
    _, named, sound_file, listen_to, spoken_here, on = sys.argv
    main(named, sound_file, json.loads(listen_to), spoken_here, on)
