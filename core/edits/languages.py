"""Languages captions may be translated into, by what people call them in six languages."""

from __future__ import annotations

import re
from functools import cache

TARGETS = (
    "ar", "bn", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hi", "hu", "id", "it", "ja",
    "ko", "nl", "no", "pl", "pt", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh",
)  # fmt: skip
"""Those our caption fonts can write."""
_READERS = ("en", "es", "de", "pt", "ru", "ar")
"""Languages people ask in."""
_ENDING = 2
"""Letters that bend: "русский, на русском", "ins Deutsche"."""


def language_said(said: str) -> str | None:
    """`de` for "German", "Deutsche", "alemán", "немецкий" and "de"; None for no language."""
    plain = said.casefold()
    if plain in TARGETS:
        return plain
    best = [code for stem, code in _stems() if re.match(rf"(?:ال|بال)?{re.escape(stem)}", plain)]
    return best[0] if best else None


@cache
def _stems() -> tuple[tuple[str, str], ...]:
    """The longest first: "norwegian" is not found in "no"."""
    from babel import Locale

    found = {}
    for code in TARGETS:
        names = [Locale.parse(code).get_display_name(reader) for reader in (*_READERS, code)]
        for name in filter(None, names):
            stem = name.casefold().split()[0].removeprefix("ال")
            found[stem[: max(4, len(stem) - _ENDING)]] = code
    return tuple(sorted(found.items(), key=lambda f: -len(f[0])))


def english_name(code: str) -> str:
    """For those who are asked in English."""
    from babel import Locale

    return str(Locale.parse(code).get_display_name("en") or code)


def own_name(code: str) -> str:
    """What its own speakers call a language."""
    from babel import Locale

    return str(Locale.parse(code).get_display_name(code) or code)
