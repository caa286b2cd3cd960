"""What a recogniser is: the sound of a source in, timed words out.

One file per engine in this folder; `choose.py` says which is used when.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from core.analysis.model import Spell, Word, WordsFrom
from core.say import Say
from core.settings import Section
from core.tell import Tell


class SpeechSettings(Section):
    """Where the words come from."""

    model_config = SettingsConfigDict(**{**Section.model_config, "env_prefix": "SPEECH_"})

    engine: Literal["auto", "whisper", "endpoint", "sphinx", "none"] = "auto"
    """`auto`: the endpoint when one is set, else Whisper when its model is here or can be
    fetched, else the small English recogniser, whose captions are marked rough."""
    model: str = "small"
    """Whisper model: `tiny`, `base`, `small`, `medium`, `large-v3`, or a folder that holds one."""
    api_root: str | None = None
    """An OpenAI-compatible endpoint, for example `https://host/v1`."""
    api_key: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What an engine understood."""

    words: tuple[Word, ...]
    by: WordsFrom
    language: str | None = None
    notes: tuple[Say, ...] = ()
    """What a person must know of where the words come from."""


SoFar = Callable[[Callable[[], Heard], float], None]
"""Told how to get what is understood, and until which second nothing is missing in it."""


def nobody_waits(_: Callable[[], Heard], __: float) -> None:
    """A `SoFar` for when only the whole is wanted."""


class Recogniser(Protocol):
    """Turns sound into words."""

    by: WordsFrom

    async def missing(self, tell: Tell) -> Say | None:
        """None when it can work now; else the sentence that says what is missing. May fetch what
        it needs."""
        ...

    async def words(
        self,
        pcm: Path,
        voice: Sequence[Spell],
        tell: Tell,
        journal: Path | None = None,
        so_far: SoFar = nobody_waits,
    ) -> Heard:
        """`pcm` is 16 kHz mono signed 16-bit from t = 0 on; speech lies in `voice`. `journal`
        is a file in which what was understood is noted line by line, and from which another try
        goes on. Raises Told when it cannot, and ends its child processes when it is cancelled."""
        ...
