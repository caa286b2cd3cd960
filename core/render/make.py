"""A span of a source to a finished clip: words to captions, then framing, render and checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.analysis.model import Analysis, Word
from core.captions.ass import captions_ass
from core.captions.fonts import fonts_dir
from core.captions.style import load_style
from core.framing.frame import frame
from core.media.facts import Format, Video
from core.render.place import places
from core.render.render import render
from core.render.rendered import Rendered
from core.settings import Settings
from core.tell import Tell


def words_inside(words: Sequence[Word], start_s: float, end_s: float) -> tuple[Word, ...]:
    """The words spoken in a span, with times that count from its start. A word belongs to the
    clip when most of it lies inside."""
    inside = (w for w in words if start_s <= (w.start_s + w.end_s) / 2 <= end_s)
    return tuple(
        replace(
            w,
            start_s=max(0.0, w.start_s - start_s),
            end_s=min(end_s, w.end_s) - start_s,
        )
        for w in inside
    )


async def make_clip(
    video: Video,
    analysis: Analysis,
    start_s: float,
    end_s: float,
    *,
    fmt: Format,
    captions: bool,
    into: Path,
    settings: Settings,
    tell: Tell,
    style: str = "default",
) -> Rendered:
    """Render one clip into the folder `into`. Raises Told when the file cannot be made."""
    words = words_inside(analysis.words, start_s, end_s) if captions else ()
    plan, faces = frame(video, analysis, start_s, end_s, fmt)
    ass = None
    if words:
        look = load_style(style)
        middles = places(plan, faces, fmt, look)
        ass = captions_ass(words, fmt, look, until_s=end_s - start_s, middles=middles)
    return await render(
        video,
        analysis,
        start_s,
        end_s,
        plan=plan,
        faces=faces,
        fmt=fmt,
        captions=ass,
        fonts_dir=fonts_dir() if ass else None,
        into=into,
        settings=settings,
        tell=tell,
    )
