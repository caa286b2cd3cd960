"""How captions look, as data: one small TOML file per style in `styles/`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("styles")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?")


@dataclass(frozen=True, slots=True)
class Style:
    """Sizes are pixels of a 1080 × 1920 picture, colours `#RRGGBB` or `#RRGGBBAA`."""

    name: str
    letter_px: float
    """Size of the em."""
    middle_y: float
    """Where the middle of a cue lies."""
    fill: str
    spoken: str
    """Of the word that is being said."""
    outline: str
    outline_px: float
    shadow: str
    shadow_px: float
    box: bool = False
    """A plate in the colour of the shadow behind the words."""
    upper: bool = False
    """All in capitals."""

    def __post_init__(self) -> None:
        for name in ("fill", "spoken", "outline", "shadow"):
            if not _COLOUR.fullmatch(getattr(self, name)):
                raise ValueError(f"style {self.name}: {name} is no colour: {getattr(self, name)!r}")
        if not (20 <= self.letter_px <= 200 and 0 <= self.outline_px <= 20):
            raise ValueError(f"style {self.name}: sizes out of range")


def styles() -> tuple[str, ...]:
    """The names of all styles, the default first."""
    found = sorted(p.stem for p in _FOLDER.glob("*.toml"))
    return ("default", *(n for n in found if n != "default"))


@cache
def load_style(name: str) -> Style:
    """A style by its name; a name nobody knows (a style that was removed) gives the default."""
    if name not in styles():
        name = "default"
    raw = tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    known = {f.name for f in fields(Style)} - {"name"}
    if wrong := raw.keys() - known:
        raise ValueError(f"style {name}: unknown {', '.join(sorted(wrong))}")
    return Style(name=name, **raw)
