"""Measures on words: lost ones, edges inside one, and how captions are cut into cues."""

from __future__ import annotations

import io
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pysubs2
from charset_normalizer import from_bytes

from core.analysis.model import Word
from core.captions.ass import captions_ass
from core.captions.style import load_style
from core.media.facts import VERTICAL
from tests.quality.parts import in_clip, parts

HAIR_S = 0.02


def tokens(text: str) -> list[str]:
    """Words without punctuation and case."""
    return re.findall(r"[\w'’]+", text.lower())


def lost(subtitles: Path, found: list[dict[str, Any]]) -> tuple[int, int]:
    """How many words of the subtitle file are not among the words that were found, of how many."""
    read = pysubs2.SSAFile.from_string(str(from_bytes(subtitles.read_bytes()).best()))
    there = Counter(t for line in read for t in tokens(line.plaintext))
    here = Counter(t for word in found for t in tokens(word["text"]))
    return sum((there - here).values()), sum(there.values())


def edges_inside(clip: dict[str, Any], words: list[dict[str, Any]]) -> int:
    """Edges of the clip that lie inside a word."""
    return sum(
        any(w["start_s"] + HAIR_S < edge < w["end_s"] - HAIR_S for w in words)
        for edge in (clip["start_s"], clip["end_s"])
    )


def air_s(clip: dict[str, Any], words: list[dict[str, Any]]) -> tuple[float, float] | None:
    """Seconds before the first and after the last word of the clip."""
    middle = [(w["start_s"] + w["end_s"]) / 2 for w in words]
    inside = [
        w for w, at in zip(words, middle, strict=True) if clip["start_s"] <= at <= clip["end_s"]
    ]
    if not inside:
        return None
    return inside[0]["start_s"] - clip["start_s"], clip["end_s"] - inside[-1]["end_s"]


def cues_of(clip: dict[str, Any], words: list[dict[str, Any]]) -> list[tuple[float, str]]:
    """Length and text of each caption, read back from the file that is burned in."""
    inside = [
        Word(w["text"], in_clip(clip, w["start_s"]), in_clip(clip, w["end_s"]))
        for w in words
        if clip["start_s"] <= (w["start_s"] + w["end_s"]) / 2 <= clip["end_s"]
        and in_clip(clip, w["end_s"]) > in_clip(clip, w["start_s"])
    ]
    if not inside:
        return []
    length_s = sum(b - a for a, b in parts(clip))
    ass = captions_ass(inside, VERTICAL, load_style("default"), until_s=length_s)
    found: list[tuple[float, float, str]] = []
    for event in pysubs2.SSAFile.from_file(io.StringIO(ass), format_="ass"):
        start_s, end_s, text = event.start / 1000, event.end / 1000, event.plaintext
        text = " ".join(text.split())
        if found and found[-1][2] == text and abs(found[-1][1] - start_s) < 0.02:
            found[-1] = (found[-1][0], end_s, text)
        else:
            found.append((start_s, end_s, text))
    return [(end_s - start_s, text) for start_s, end_s, text in found]
