"""The captions of a clip as SRT and WebVTT, for players and platforms that draw them themselves."""

from __future__ import annotations

from collections.abc import Sequence

from core.analysis.model import Word
from core.captions.cues import Cue, cues


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


def _line(cue: Cue) -> str:
    """One line; an arrow inside would end it in a player's eyes."""
    return "".join(ch for ch in cue.text if ch.isprintable()).replace("-->", "→")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(seconds: float, mark: str) -> str:
    ms = max(0, round(seconds * 1000))
    return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02}{mark}{ms % 1000:03}"
