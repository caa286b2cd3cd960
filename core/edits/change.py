"""One thing somebody wants different about a clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "start_by", "end_by", "start_at", "end_at", "drop_first", "drop_last", "other", "captions",
    "style", "shape", "fix", "title", "emoji", "mask", "language", "sound", "music", "tight",
    "cover",
    "undo",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """`amount` is seconds (`…_by`: less than 0 is earlier; `…_at`), a number of sentences, or 1 and
    0 for on and off. `text` is the style, the shape, the title, the language, how the sound is
    cleaned (`leave`, `clean`), what goes (`pauses`, `fillers`, `both`), what is to be on the cover
    (empty: the title), the word that is written wrong; `new` what it should be."""

    kind: Kind
    amount: float = 0.0
    text: str = ""
    new: str = ""
