"""A wish while it is read: what is left of its words, and what was understood so far."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from core.analysis.model import Spell
from core.clips.wish_words import words

ASIDE = "\ue000"
"""Marks a hidden phrase; no text has it, `_UNSEEN` takes it out."""


@dataclass(slots=True)
class Reading:
    """The text that is left, and what was understood so far."""

    left: str
    duration_s: float | None
    found: dict[str, Any] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    """Phrases that need the length of the video; nothing else may read them meanwhile."""

    def take(self, wanted: str, understand: Callable[[re.Match[str]], bool | None]) -> None:
        """Hand every match over and remove it from what is left, unless it answers False."""

        def taken(match: re.Match[str]) -> str:
            return match[0] if understand(match) is False else " "

        self.left = pattern(wanted).sub(taken, self.left)

    def take_of_whole(
        self, wanted: str, place: Callable[[re.Match[str]], tuple[float, float]]
    ) -> None:
        """Take a place that needs the length of the video; hide it from the later steps while that
        is not known."""

        def taken(match: re.Match[str]) -> str:
            if self.duration_s is None:
                self.waiting.append(match[0])
                return f"{ASIDE}{len(self.waiting) - 1}{ASIDE}"
            self.found["within"] = Spell(*place(match))
            return " "

        self.left = pattern(wanted).sub(taken, self.left)

    @property
    def rest(self) -> str:
        """What nobody understood, with everything that was put aside back in its place."""
        aside = re.compile(rf"{ASIDE}(\d+){ASIDE}")
        return tidy(aside.sub(lambda m: self.waiting[int(m[1])], self.left))


@lru_cache(maxsize=512)
def pattern(wanted: str) -> re.Pattern[str]:
    """Compiled once."""
    return re.compile(wanted, re.IGNORECASE)


def tidy(left: str) -> str:
    """What is left for people to read and for the topic: no filler at its ends."""
    filler = words("filler", "words")
    before = None
    while left != before:
        before = left
        left = re.sub(r"^[\s,;.:&+!-]+|[\s,;.:&+!-]+$", "", left)
        left = pattern(rf"^{filler}\s+|(?:^|\s+){filler}$").sub("", left)
    left = re.sub(r"\s+([,;.])", r"\1", " ".join(left.split()))
    return re.sub(r"[,;](?:\s*[,;])+", ",", left)
