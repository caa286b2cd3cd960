"""`python -m core.analysis.speech.whisper_child MODEL PCM FROM_S LANGUAGE DEVICE`: JSON lines."""

from __future__ import annotations

import json
import sys

import numpy as np

RATE_HZ = 16_000
PRECISION = {"cpu": "int8", "cuda": "int8_float16"}


def main(model: str, pcm: str, from_s: str, language: str, device: str) -> None:
    """Print the language, then the words of every segment as soon as it is done.

    An empty `language` is found out. `from_s` is where an earlier try had come to.
    """
    from faster_whisper import WhisperModel

    whisper = WhisperModel(
        model, device=device, compute_type=PRECISION[device], local_files_only=True
    )
    skipped = int(float(from_s) * RATE_HZ)
    sound = np.fromfile(pcm, np.int16, offset=2 * skipped).astype(np.float32) / 32768
    segments, info = whisper.transcribe(
        sound,
        beam_size=5,
        language=language or None,
        word_timestamps=True,
        vad_filter=True,
        condition_on_previous_text=False,  # one wrong sentence must not repeat itself for ever
    )
    print(json.dumps({"language": info.language}), flush=True)  # noqa: T201
    began_s = skipped / RATE_HZ
    for segment in segments:
        words = [
            {
                "w": word.word.strip(),
                "s": round(began_s + word.start, 3),
                "e": round(began_s + word.end, 3),
                "p": round(word.probability, 3),
            }
            for word in segment.words or ()
        ]
        line = {"to": round(began_s + segment.end, 3), "words": words}
        print(json.dumps(line), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:6])
