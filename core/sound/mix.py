"""How the sound of a clip is wished, and what it was made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.sound.cleaning import Cleaned, Cleaning
from core.sound.loudness import Gain


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
    cleaned: Cleaned | None = None
    """What was taken out; None where nothing was."""
    own_lufs: float | None = None
    """How loud the clip's own sound was when a music was laid under it; None for silence."""
    music_under_lu: float | None = None
    """How far that music lies under the speech; None without music, or where nobody speaks."""

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Mix:
        cleaned = raw.get("cleaned")
        return cls(
            Gain(**raw["gain"]),
            Cleaned.from_json(cleaned) if cleaned else None,
            raw.get("own_lufs"),
            raw.get("music_under_lu"),
        )
