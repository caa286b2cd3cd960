"""`python -m core.analysis.speech.sphinx_child PCM SPELLS`: a JSON line for each spell."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

RATE_HZ = 16_000
FRAME_S = 0.01
_PAD_S = 0.15
"""Sound around an utterance: the recogniser needs a breath of silence to find its edges."""


def main(pcm: Path, spells: list[tuple[float, float]]) -> None:
    """Recognise every spell; one line with its words when it is done."""
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=RATE_HZ, loglevel="FATAL")
    with pcm.open("rb") as sound:
        for start_s, end_s in spells:
            began = max(0.0, start_s - _PAD_S)
            sound.seek(int(began * RATE_HZ) * 2)
            raw = sound.read(int((end_s + _PAD_S - began) * RATE_HZ) * 2)
            words = []
            if len(raw) > RATE_HZ // 5:
                decoder.start_utt()
                decoder.process_raw(raw, full_utt=True)
                decoder.end_utt()
                words = [w for s in decoder.seg() or () if (w := _word(s, began)) is not None]
            line = {"at": start_s, "done": end_s - start_s, "words": words}
            print(json.dumps(line), flush=True)  # noqa: T201


def _word(segment: Any, began: float) -> dict[str, Any] | None:
    text = re.sub(r"\(\d+\)$", "", segment.word)  # a second reading
    if text.startswith(("<", "[", "+")):  # silence, noise, breath
        return None
    return {
        "w": text,
        "s": round(began + segment.start_frame * FRAME_S, 3),
        "e": round(began + (segment.end_frame + 1) * FRAME_S, 3),
        "p": 0.5,  # its posteriors say next to nothing; "rough" says it for all of them
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
