"""How the sound of a clip is wished, and what it was made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from core.render.loudness import Gain

Cleaning = Literal["auto", "leave", "clean"]
"""`auto` takes out hum and noise that stand out, `clean` also what hardly does, `leave` nothing."""


@dataclass(frozen=True, slots=True)
class SoundWish:
    """What somebody wants of it."""

    cleaning: Cleaning = "auto"
    music: Path | None = None
    """A file whose sound lies under the speech."""


@dataclass(frozen=True, slots=True)
class Mix:
    """What a sound was made with. Another version that sounds the same takes it over, and nothing
    is measured again."""

    gain: Gain = field(default_factory=Gain)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Mix:
        return cls(Gain(**raw["gain"]))
