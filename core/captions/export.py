"""The captions of a clip as files, for players and platforms that draw them themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.analysis.model import Word
from core.captions.cues import Cue, cues
from core.captions.tags import time

_EVENT = re.compile(r"^(Dialogue: \d+,)([\d:.]+),([\d:.]+),", re.M)


def srt(words: Sequence[Word], *, until_s: float | None = None, language: str | None = None) -> str:
    """SubRip. Times of the words count from the start of the clip."""
    return "".join(
        f"{n}\n{_time(c.start_s, ',')} --> {_time(c.end_s, ',')}\n{_line(c)}\n\n"
        for n, c in enumerate(cues(words, until_s=until_s, language=language), start=1)
    )


def vtt(words: Sequence[Word], *, until_s: float | None = None, language: str | None = None) -> str:
    """WebVTT; markup in a word is text."""
    body = "".join(
        f"{_time(c.start_s, '.')} --> {_time(c.end_s, '.')}\n{_escaped(_line(c))}\n\n"
        for c in cues(words, until_s=until_s, language=language)
    )
    return f"WEBVTT\n\n{body}"


def later(ass: str, by_s: float) -> str:
    """A whole ASS file with every event so much later."""

    def moved(line: re.Match[str]) -> str:
        return f"{line[1]}{time(_read(line[2]) + by_s)},{time(_read(line[3]) + by_s)},"

    return _EVENT.sub(moved, ass) if by_s else ass


def _read(text: str) -> float:
    h, m, s = text.split(":")
    return int(h) * 3600 + int(m) * 60 + float(s)


def _line(cue: Cue) -> str:
    """One line; an arrow inside would end it in a player's eyes."""
    return "".join(ch for ch in cue.text if ch.isprintable()).replace("-->", "→")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(seconds: float, mark: str) -> str:
    ms = max(0, round(seconds * 1000))
    return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02}{mark}{ms % 1000:03}"
