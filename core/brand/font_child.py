"""A small program that makes a font of anybody's fit to be drawn, and prints what it is as JSON.

    python -I font_child.py FILE OUT FAMILY

It runs behind `confined.py`. Every table is read and written anew, and only what draws letters is
kept: no programs (hinting), no pictures, no colours, and a family name of ours, so that a caption
can neither be broken by a name nor take a face of the machine for this one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTFont, TTLibError
from fontTools.varLib import instancer

_RESTRICTED = 0x0002  # OS/2 fsType (OpenType specification)
_MORE = 0x0004 | 0x0008
_PICTURES_ONLY = 0x0200
_NEEDED = ("cmap", "head", "hhea", "hmtx", "maxp", "OS/2")
_KEPT = frozenset(
    {*_NEEDED, "name", "post", "glyf", "loca", "CFF ", "CFF2", "GDEF", "GSUB", "GPOS", "kern"}
)
_REWRITTEN = 8000
"""Glyphs. Beyond it (all of Chinese) writing the outlines anew takes a minute; libass, in a child
of its own, is the one who meets them."""
BOLD = 700
_TALLEST_EM = 1.55
"""Lines are as high as the font says; beyond this they would lie far apart."""


def main(argv: list[str]) -> None:
    source, out, family = argv
    print(json.dumps(_made(source, out, family)))  # noqa: T201  # this is the answer


def _made(source: str, out: str, family: str) -> dict[str, Any]:
    with Path(source).open("rb") as file:
        head = file.read(4)
    if head in (b"ttcf", b"wOFF", b"wOF2"):
        return {"failed": "collection" if head == b"ttcf" else "web"}
    if head not in (b"\0\1\0\0", b"OTTO", b"true"):
        return {"failed": "none"}
    try:
        return _cleaned(TTFont(source, lazy=False), out, family)
    except Exception as wrong:  # whatever is broken in it, it is not to be drawn
        return {"failed": "broken", "why": f"{type(wrong).__name__}: {wrong}"[:200]}


def _cleaned(font: TTFont, out: str, family: str) -> dict[str, Any]:
    if any(tag not in font for tag in _NEEDED):
        raise TTLibError("a table is missing")
    if not any(tag in font for tag in ("glyf", "CFF ", "CFF2")):
        return {"failed": "pictures"}
    rights = font["OS/2"].fsType
    if (rights & _RESTRICTED and not rights & _MORE) or rights & _PICTURES_ONLY:
        return {"failed": "restricted", "name": _name(font)}
    letters = font.getBestCmap()
    if not letters or sum(chr(c).isalpha() for c in letters) < 10:
        return {"failed": "letters"}
    name = _name(font)
    if "fvar" in font:
        font = _bold(font)
    if font["maxp"].numGlyphs <= _REWRITTEN:
        _rewrite(font, letters)
    for tag in [t for t in font.keys() if t != "GlyphOrder" and t not in _KEPT]:  # noqa: SIM118
        del font[tag]
    _named(font, family)
    font.save(out)
    return {"name": name}


def _rewrite(font: TTFont, letters: Collection[int]) -> None:
    """Every outline and every rule anew; without hinting, which is a program."""
    options = subset.Options(hinting=False, notdef_outline=True, legacy_kern=True)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=letters)
    cutter.subset(font)


def _name(font: TTFont) -> str:
    return str(font["name"].getBestFullName() or "") if "name" in font else ""


def _bold(font: TTFont) -> TTFont:
    """Of a variable font the bold face, and otherwise what it is without being asked."""
    at = {a.axisTag: a.defaultValue for a in font["fvar"].axes}
    for axis in font["fvar"].axes:
        if axis.axisTag == "wght":
            at["wght"] = max(axis.minValue, min(BOLD, axis.maxValue))
    return instancer.instantiateVariableFont(font, at)


def _named(font: TTFont, family: str) -> None:
    """A family of its own, said to be bold (libass would embolden it once more otherwise)."""
    table = font["name"] = type(font["name"])() if "name" in font else _new_names()
    table.names = []
    for number, text in ((1, family), (2, "Regular"), (4, family), (6, family.replace(" ", ""))):
        table.setName(text, number, 3, 1, 0x409)
    sizes, em = font["OS/2"], font["head"].unitsPerEm
    sizes.usWeightClass = BOLD
    tall = (sizes.usWinAscent + sizes.usWinDescent) / em
    if tall <= 0:
        sizes.usWinAscent, sizes.usWinDescent = round(0.95 * em), round(0.25 * em)
    elif tall > _TALLEST_EM:
        for side in ("usWinAscent", "usWinDescent"):
            setattr(sizes, side, round(getattr(sizes, side) * _TALLEST_EM / tall))


def _new_names() -> Any:
    from fontTools.ttLib import newTable

    return newTable("name")


if __name__ == "__main__":
    main(sys.argv[1:])
