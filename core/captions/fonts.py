"""A font for the script that is always there: the caption faces lie in this repository.

    font_for("привет").family       # "Clipdesk Latin"
    [r.font.family for r in runs("नमस्ते world", font_for("नमस्ते world"))]

Nothing of the machine is used, so a caption looks the same on a server without any font. How the
files were made and whose they are is told in `fonts/README.md`. A workspace may have a font of its
own; it draws the scripts of a text it has every letter of, and the bundled ones draw the others.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import regex
import uharfbuzz as hb

_FOLDER = Path(__file__).with_name("fonts")
_FIRST = ("latin", "latin-more")
_LAST = ("korean", "chinese", "japanese", "emoji")
"""Where several have a character, the earlier one draws it. Han alone is taken for Chinese; kana
beside it make `font_for` choose the Japanese forms."""
_OF_LATIN = frozenset(("LATIN", "CYRILLIC", "GREEK"))
"""Scripts the first face is for; most others have some of their letters."""
_EMOJI = regex.compile(r"\p{Emoji_Presentation}|(?![0-9#*])\p{Emoji}\ufe0f")
"""What is meant as a picture: a plain `3` or `©` is not. It may go on, with tones and joiners."""
_UNDRAWN = str.maketrans("", "", "\u200d\u20e3")
"""libass shapes what a joiner joins, and the cap of a key, on its own: a family is drawn as its
members, a key as its digit."""
_SAMPLE = 20_000
"""Characters looked at to choose the main font; far more than a clip has."""


@dataclass(frozen=True, slots=True)
class Font:
    """One face, by the name libass finds it under in the folder of `link_fonts`."""

    family: str
    path: Path
    without: frozenset[str] = frozenset()
    """Scripts it is not asked for: it lacks some of their letters."""
    then: Font | None = None
    """Asked before the bundled ones for what this one does not have."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text that one font draws."""

    text: str
    font: Font


def fonts_dir() -> Path:
    """Where the bundled faces lie."""
    return _FOLDER


def link_fonts(into: Path, own: Font | None = None) -> None:
    """Make `into` a folder for libass' `fontsdir`: every bundled face, and the one of one's own."""
    if own is None:
        into.symlink_to(_FOLDER.absolute(), target_is_directory=True)
        return
    into.mkdir()
    for path in (own.path, *(f.path for f in fonts())):
        (into / path.name).symlink_to(path.absolute())


@cache
def fonts() -> tuple[Font, ...]:
    """Every bundled face, in the order in which they are asked."""
    stems = sorted(p.stem for p in _FOLDER.glob("*.[ot]tf"))
    middle = [s for s in stems if s not in _FIRST and s not in _LAST]
    paths = [next(_FOLDER.glob(f"{s}.[ot]tf")) for s in (*_FIRST, *middle, *_LAST)]
    return tuple(font_in(p) for p in paths)


def font_in(path: Path) -> Font:
    """The face of a file that was made, or made safe, by us."""
    face = hb.Face(hb.Blob.from_file_path(path))
    return Font(str(face.get_name(hb.OTNameIdPredefined.FONT_FAMILY)), path)


@cache
def _letters(path: Path) -> frozenset[int]:
    """Code points the font has a glyph for."""
    return frozenset(hb.Face(hb.Blob.from_file_path(path)).unicodes)


def covers(font: Font, char: str) -> bool:
    return ord(char) in _letters(font.path) and script_of(char) not in font.without


@cache
def script_of(char: str) -> str:
    """`LATIN`, `CYRILLIC`, `CJK` …; empty for what belongs to every script."""
    if not unicodedata.category(char).startswith("L"):
        return ""
    return unicodedata.name(char, "").split(" ")[0]


def lacking(own: Font, text: str) -> frozenset[str]:
    """The scripts of a text that a font lacks letters of."""
    return frozenset(script_of(c) for c in set(text) if script_of(c) and not covers(own, c))


def font_for(text: str, own: Font | None = None) -> Font:
    """The font that draws most of a text; one's `own` where it has all letters of that script."""
    text = text[:_SAMPLE]
    scripts = Counter(script for c in text if (script := script_of(c)))
    if own is not None and scripts:
        own = replace(own, without=lacking(own, text))
        if scripts.most_common(1)[0][0] not in own.without:
            return own
    seen = {c for c in text if not c.isspace()}
    bundled = max(fonts(), key=lambda f: sum(covers(f, c) for c in seen))
    return replace(bundled, then=own)


def font_here(text: str, main: Font) -> Font:
    """The font of one cue: `main` is for most of a clip, which may go from one script to another.
    No word is drawn by two fonts, and none in the Latin letters of a font for another script."""
    scripts = Counter(script for c in text if (script := script_of(c)))
    if not scripts:
        return main
    most = scripts.most_common(1)[0][0]
    letters = [c for c in set(text) if script_of(c) == most]
    first = [
        f for f in (main.then, main) if f and (f.path.parent != _FOLDER or most not in _OF_LATIN)
    ]
    for font in (*first, *fonts()):
        if all(covers(font, c) for c in letters):
            same = font.path == main.path
            return main if same else replace(font, then=replace(main, then=None))
    return main


@cache
def _fallback(char: str, pictures: bool = False) -> Font | None:
    """The first font that has a character; of one meant as a picture, the last."""
    order = reversed(fonts()) if pictures else fonts()
    return next((f for f in order if covers(f, char)), None)


def runs(text: str, main: Font) -> list[Run]:
    """A text by fonts: `main` where it can, else whichever has the character. What no font has (a
    script of five readers) is left out: nobody wants to see an empty box."""
    parts: list[tuple[str, Font]] = []
    for cluster in regex.findall(r"\X", text):
        if _EMOJI.match(cluster) and (font := _fallback(cluster[0], pictures=True)):
            _add(parts, cluster.translate(_UNDRAWN), font)
            continue
        for char in cluster.replace("\u20e3", ""):
            if chosen := _choose(char, main, parts):
                _add(parts, char, chosen)
    return [Run(t, f) for t, f in parts]


def _add(parts: list[tuple[str, Font]], text: str, font: Font) -> None:
    if parts and parts[-1][1] == font:
        parts[-1] = (parts[-1][0] + text, font)
    else:
        parts.append((text, font))


def _choose(char: str, main: Font, before: Sequence[tuple[str, Font]]) -> Font | None:
    """Marks stay with their letter, and neutral signs with the text before them."""
    neutral = not unicodedata.category(char).startswith(("L", "N"))
    if neutral and before and covers(before[-1][1], char):
        return before[-1][1]
    if not covers(main, char) and main.then is not None and covers(main.then, char):
        return main.then
    return main if covers(main, char) else _fallback(char)
