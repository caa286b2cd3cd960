"""The captions of one version of a clip as they are drawn into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.analysis.model import Analysis, FaceSample, Word
from core.analysis.timeline import Timeline
from core.brand.colours import dressed
from core.brand.kit import Kit
from core.captions.ass import captions_ass
from core.captions.emoji import SIZE
from core.captions.emphasis import key_words
from core.captions.look import Look
from core.captions.style import Style, load_style
from core.framing.plan import FaceAt, Plan
from core.media.facts import FORMATS, Format
from core.render.place import clear_of_faces, places

SIZES = (1.0, 0.9, 0.8)
"""Of the style's letters; smaller ones nobody reads on a phone."""


def lettering(
    words: Sequence[Word],
    analysis: Analysis,
    line: Timeline,
    plan: Plan,
    faces: Sequence[FaceAt],
    look: Look,
    kit: Kit | None = None,
) -> str:
    """A whole ASS file. `words` are in the time of the clip, `analysis` is of the source."""
    kit = kit or Kit()
    fmt, seen = FORMATS[plan.format], faces_in(analysis, line)
    style = dressed(load_style(look.style), kit.brand)
    style, middles = _placed(plan, faces, fmt, style, seen, emoji=look.emoji)
    return captions_ass(
        words,
        fmt,
        style,
        until_s=line.length_s,
        middles=middles,
        # A translation has other words than the video.
        keys=key_words(words if look.language else analysis.words) if style.emphasis else (),
        language=look.language or analysis.language,
        emoji=look.emoji,
        own=kit.own,
    )


def _placed(
    plan: Plan,
    faces: Sequence[FaceAt],
    fmt: Format,
    style: Style,
    seen: Sequence[FaceSample],
    *,
    emoji: bool,
) -> tuple[Style, list[tuple[float, float]]]:
    """Where the captions stand; a little smaller when that brings them clear of a chin."""
    usual: tuple[Style, list[tuple[float, float]]] | None = None
    for size in SIZES:
        tried = replace(style, letter_px=round(style.letter_px * size, 1))
        above_px = 1.3 * SIZE * tried.letter_px if emoji else 0.0
        found = places(plan, faces, fmt, tried, seen=seen, above_px=above_px)
        usual = usual or (tried, found)
        if clear_of_faces(plan, faces, fmt, tried, found, seen=seen):
            return tried, found
    assert usual is not None
    return usual


def faces_in(analysis: Analysis, line: Timeline) -> list[FaceSample]:
    """Every face that shows in the clip, in its time."""
    inside = (s for s in analysis.samples if line.has(s.t_s))
    return [replace(s, t_s=line.clip_s(s.t_s)) for s in inside]
