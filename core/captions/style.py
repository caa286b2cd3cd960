"""How captions look, as data: one small TOML file per style in `styles/`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("styles")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?")


OFFERED = (
    *("default", "pop", "karaoke", "boxed", "clean", "typewriter", "neon", "single", "green"),
    "contrast",
)
"""The styles in the order they are offered in. Buttons carry the place in it: only ever add at its
end."""


GLOWS = 2.6
"""A glow is seen this many of its widths from the letters: the blur carries it outwards."""


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
    words: int = 3
    """In one cue, at most."""
    said: str = ""
    """Of the words of a cue that were said already; they sweep from `fill` to it. Empty: `fill`."""
    ahead: bool = True
    """Words are there before they are said; False: each appears when it is."""
    emphasis: str = ""
    """Of names, numbers and the words a video turns around. Empty: none stands out."""
    plate: str = ""
    """A plate of this colour stands behind the word that is being said."""
    plate_px: float = 0.0
    """How far it reaches beyond the line."""
    glow: str = ""
    """The letters glow in this colour."""
    glow_px: float = 0.0

    @property
    def rim_px(self) -> float:
        """What is drawn around the letters, on either side."""
        around = self.outline_px + self.shadow_px
        return max(around, self.plate_px, GLOWS * self.glow_px)

    @property
    def plated(self) -> bool:
        """Something covers the whole height of its lines."""
        return self.box or bool(self.plate)

    def __post_init__(self) -> None:
        wished = [n for n in ("said", "emphasis", "plate", "glow") if getattr(self, n)]
        for name in ("fill", "spoken", "outline", "shadow", *wished):
            if not _COLOUR.fullmatch(getattr(self, name)):
                raise ValueError(f"style {self.name}: {name} is no colour: {getattr(self, name)!r}")
        if not (
            20 <= self.letter_px <= 200 and 0 <= self.outline_px <= 20 and 1 <= self.words <= 3
        ):
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
