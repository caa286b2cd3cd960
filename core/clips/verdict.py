"""What somebody else may say about our moments, and what of it we believe."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from core.clips.lexicon import spaced, tokens
from core.clips.tidy import tidied
from core.clips.wording import SHORTEST_TITLE, TITLE_CHARS

_OWN_WORDS = 0.6
"""Share of the words of a title that must be spoken in the clip."""
_LEADS_AWAY = re.compile(r"\w+://|www\.|\w\.[^\W\d_]{2}|[@#]\s*\w|\d{6,}")
"""Addresses of any ending ("bit.ly", "a.example"), handles, tags, telephone numbers."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A moment as it is shown to a judge."""

    index: int
    text: str
    length_s: float

    @property
    def id(self) -> str:
        return f"c{self.index + 1}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Indices of moments, best first, and titles for some of them."""

    order: list[int] = field(default_factory=list)
    titles: dict[int, str] = field(default_factory=dict)


def honest_title(title: str, text: str) -> str | None:
    """The title made fit to be shown, or None when it leads away or is not about what is said."""
    plain = "".join(" " if unicodedata.category(ch)[0] in "CZ" else ch for ch in title)
    if _LEADS_AWAY.search(unicodedata.normalize("NFKC", plain).replace("。", ".").lower()):
        return None
    plain = tidied(plain.strip("\"'“”«» "))
    if not SHORTEST_TITLE <= len(plain) <= TITLE_CHARS:
        return None
    return plain if _own_share(plain, text) >= _OWN_WORDS else None


def _own_share(title: str, text: str) -> float:
    if not spaced(title):
        return float(fuzz.partial_ratio(title, text)) / 100
    said = set(tokens(text))
    stems = {t[: max(4, len(t) - 2)] for t in said}
    words = [t for t in tokens(title) if len(t) > 2]
    own = sum(t in said or t[: max(4, len(t) - 2)] in stems for t in words)
    return own / max(1, len(words))
