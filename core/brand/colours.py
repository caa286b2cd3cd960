"""Colours as people write them, and whether captions in them can be read.

read_colours("white, #ff6600")     # ("#FFFFFF", "#FF6600")
dressed(load_style("pop"), brand)  # the style in the colours of a brand
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from core.brand.brand import Brand
from core.captions.style import Style
from core.errors import Told

LEAST = 3.0
"""Contrast of large letters to what is around them (WCAG 2, 1.4.3)."""
ON_PLATE = 2.0
"""The same to a plate behind letters that have an edge of their own."""
DARK, LIGHT = "#0B0B0F", "#FFFFFF"
"""Edges that are taken where the wished one cannot be seen."""
MOST = 3
_HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})")


def read_colours(text: str) -> tuple[str, ...]:
    """Up to three colours, by number or by name in any of our languages. Raises Told."""
    if re.search(r"[,;]", text):
        said = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    else:
        said = _words(text)
    if not 1 <= len(said) <= MOST:
        raise Told("brand.how_many_colours", n=len(said))
    return tuple(_colour(word) for word in said)


def _words(text: str) -> list[str]:
    """By spaces, where names of two words stay together."""
    words, found = text.split(), []
    while words:
        take = 2 if len(words) > 1 and _plain(" ".join(words[:2])) in _names() else 1
        found.append(" ".join(words[:take]))
        words = words[take:]
    return found


def _colour(said: str) -> str:
    plain = _plain(said)
    if number := _HEX.fullmatch(plain):
        digits = number[1] if len(number[1]) == 6 else "".join(2 * c for c in number[1])
        return f"#{digits.upper()}"
    if plain in _names():
        return _names()[plain]
    raise Told("brand.no_colour", said=said[:40])


def _plain(said: str) -> str:
    return " ".join(said.casefold().split())


@cache
def _names() -> dict[str, str]:
    raw = tomllib.loads(Path(__file__).with_name("colours.toml").read_text(encoding="utf-8"))
    return {_plain(name): number for number, names in raw["colours"].items() for name in names}


def contrast(a: str, b: str) -> float:
    """1 (alike) to 21 (black and white), as WCAG 2 defines it."""
    high, low = sorted((_light(a), _light(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _light(rgb: str) -> float:
    parts = [int(rgb[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _best(letters: Sequence[str], among: Sequence[str]) -> tuple[float, str]:
    """What stands out most from the letters that stand out least from it."""
    return max((min(contrast(c, at) for c in letters), at) for at in among)


def dressed(style: Style, brand: Brand) -> Style:
    """The style in the colours of the brand, readable: where letters and edge are too alike, the
    edge is made dark or light."""
    if not any(brand.colours):
        return style
    made = _coloured(style, brand)
    letters = [made.fill] if made.plate else [made.fill, made.spoken]
    letters += [c for c in (made.said, made.emphasis) if c]
    edge = made.shadow if made.box else made.outline
    best = _best(letters, (DARK, LIGHT))
    if _best(letters, (edge,))[0] < min(LEAST, best[0]):
        made = _edged(made, best[1])
    if made.plate:
        # Its letters have an edge too, so a plate that is a little close to them will do.
        got, spoken = _best([made.plate, made.outline], (made.fill, DARK, LIGHT))
        made = replace(made, spoken=spoken, plate=made.plate if got >= ON_PLATE else style.plate)
    return made


def _coloured(style: Style, brand: Brand) -> Style:
    made = replace(style, fill=brand.letters or style.fill)
    if style.spoken == style.fill or style.plate:
        made = replace(made, spoken=made.fill)
    if light := brand.highlight:
        # A style that marks the spoken word otherwise keeps its way of doing it.
        if not style.plate and style.spoken != style.fill:
            made = replace(made, spoken=light)
        shown = ("said", "emphasis", "plate", "glow")
        changed: dict[str, str] = {n: light for n in shown if getattr(style, n)}
        made = replace(made, **changed)  # type: ignore[arg-type]
    return _edged(made, brand.edge) if brand.edge else made


def _edged(style: Style, colour: str) -> Style:
    return replace(style, shadow=colour) if style.box else replace(style, outline=colour)


def check_colours(style: Style, brand: Brand) -> str | None:
    """The edge that is taken instead of the wished one, None when it stays. Raises Told where no
    edge lets all the letters be read."""
    made = dressed(style, brand)
    letters = [made.fill] if made.plate else [made.fill, made.spoken]
    got, edge = _best(letters, (made.shadow if made.box else made.outline,))
    if got < LEAST or (brand.highlight and made.plate not in ("", brand.highlight)):
        other = brand.highlight if made.plate else letters[-1]
        raise Told("brand.colours_fight", a=letters[0], b=other)
    wished = _coloured(style, brand)
    was = wished.shadow if wished.box else wished.outline
    return edge if edge != was else None
