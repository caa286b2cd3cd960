"""The captions of one version of a clip as they are drawn into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.analysis.model import Analysis, FaceSample, Word
from core.captions.ass import captions_ass
from core.captions.emoji import SIZE
from core.captions.emphasis import key_words
from core.captions.look import Look
from core.captions.style import load_style
from core.framing.plan import FaceAt, Plan
from core.media.facts import FORMATS
from core.render.place import places


def lettering(
    words: Sequence[Word],
    analysis: Analysis,
    start_s: float,
    end_s: float,
    plan: Plan,
    faces: Sequence[FaceAt],
    look: Look,
) -> str:
    """A whole ASS file. `words` are in the time of the clip, `start_s` and `end_s` in that of the
    source."""
    style, fmt = load_style(look.style), FORMATS[plan.format]
    above_px = 1.3 * SIZE * style.letter_px if look.emoji else 0.0
    seen = _seen(analysis, start_s, end_s)
    return captions_ass(
        words,
        fmt,
        style,
        until_s=end_s - start_s,
        middles=places(plan, faces, fmt, style, seen=seen, above_px=above_px),
        # A translation has other words than the video.
        keys=key_words(words if look.language else analysis.words) if style.emphasis else (),
        language=look.language or analysis.language,
        emoji=look.emoji,
    )


def _seen(analysis: Analysis, start_s: float, end_s: float) -> list[FaceSample]:
    """Every face that shows in the clip, in its time."""
    return [replace(s, t_s=s.t_s - start_s) for s in analysis.samples if start_s <= s.t_s < end_s]
