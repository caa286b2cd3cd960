"""`python -m core.analysis.speech.whisper_child MODEL PCM`: words as JSON lines."""

from __future__ import annotations

import json
import sys

import numpy as np


def main(model: str, pcm: str) -> None:
    """Print the language, then every word as soon as its segment is done."""
    from faster_whisper import WhisperModel

    whisper = WhisperModel(model, device="cpu", compute_type="int8", local_files_only=True)
    sound = np.fromfile(pcm, np.int16).astype(np.float32) / 32768
    segments, info = whisper.transcribe(
        sound,
        beam_size=5,
        word_timestamps=True,
        vad_filter=True,
        condition_on_previous_text=False,  # one wrong sentence must not repeat itself for ever
    )
    print(json.dumps({"language": info.language}), flush=True)  # noqa: T201
    for segment in segments:
        for word in segment.words or ():
            line = {
                "w": word.word.strip(),
                "s": round(word.start, 3),
                "e": round(word.end, 3),
                "p": round(word.probability, 3),
            }
            print(json.dumps(line), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:3])
