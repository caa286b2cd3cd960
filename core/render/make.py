"""A span of a source to a finished clip: on wish without its pauses; words to captions, then
framing, render and checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.analysis.model import Analysis, Spell, Word
from core.analysis.timeline import Timeline, shown, words_inside
from core.brand.kit import Kit
from core.captions.look import Look
from core.captions.wording import written
from core.clips.tight import NOT_TIGHT, Tight
from core.framing.frame import frame
from core.framing.plan import FaceAt, Plan
from core.media.facts import Format, Video
from core.media.ffmpeg import find
from core.render.cover_text import Cover
from core.render.lettering import faces_in, lettering
from core.render.logo import logo_spot
from core.render.punch import hide
from core.render.rate import beat
from core.render.render import render
from core.render.rendered import Rendered
from core.render.tighten import tighten, without
from core.settings import Settings
from core.sound.levels import levels_of
from core.sound.mix import Mix, SoundWish
from core.tell import Tell


@dataclass(frozen=True, slots=True)
class Laid:
    """Which stretches of the source a clip shows, and how they are framed."""

    line: Timeline
    plan: Plan
    faces: tuple[FaceAt, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """What another version of the clip found out already and this one has in common with it."""

    laid: Laid | None = None
    mix: Mix | None = None


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
    look: Look | None = None,
    words: Sequence[Word] | None = None,
    tight: Tight = NOT_TIGHT,
    kept: Kept | None = None,
    sound: SoundWish | None = None,
    over: bool = False,
    kit: Kit | None = None,
    cover: str = "",
) -> Rendered:
    """Render one clip into the folder `into`. `words` are those of the captions, in the time of
    the clip, when they are not simply what is said; they are left out where the video shows
    captions of its own, unless they are to be `over` those. `kit` is the brand it is made in,
    `cover` a text on the cover. Raises Told when the file cannot be made."""
    look, kept, kit = look or Look(), kept or Kept(), kit or Kit()
    laid = kept.laid or await lay(
        video, analysis, start_s, end_s, fmt=fmt, settings=settings, tight=tight
    )
    line, plan, faces = laid.line, laid.plan, laid.faces
    if words is None:
        words = written(words_inside(analysis.words, line), look)
    if not over:
        words = [w for w in words if not analysis.shows_captions(line.source_s(w.start_s))]
    ass = None
    if words and captions:
        ass = lettering(words, analysis, line, plan, faces, look, kit)
    seen = faces_in(analysis, line)
    spot = logo_spot(kit.logo, plan, faces, ass, seen=seen) if kit.logo else None
    return await render(
        video,
        analysis,
        line,
        plan=plan,
        faces=faces,
        fmt=fmt,
        captions=ass,
        into=into,
        settings=settings,
        tell=tell,
        sound=sound,
        mix=kept.mix,
        kit=kit,
        spot=spot,
        cover=Cover.of(cover, look, kit, analysis.language),
    )


async def lay(
    video: Video,
    analysis: Analysis,
    start_s: float,
    end_s: float,
    *,
    fmt: Format,
    settings: Settings,
    other: int = 0,
    tight: Tight = NOT_TIGHT,
) -> Laid:
    """What is shown, and how; with every join hidden. A join that cannot be hidden is given back:
    what was to go there stays in the clip."""
    line = await _line(video, analysis, start_s, end_s, tight, settings)
    while True:
        own = shown(analysis, line)
        plan, faces = frame(video, own, 0.0, line.length_s, fmt, other=other)
        hidden = hide(plan, faces, line, analysis)
        if not hidden.bare:
            return Laid(line, hidden.plan, faces)
        line = without(line, [j.at_s for j in hidden.bare])


async def _line(
    video: Video,
    analysis: Analysis,
    start_s: float,
    end_s: float,
    tight: Tight,
    settings: Settings,
) -> Timeline:
    """All of the span, unless less is wished."""
    whole = Timeline.whole(start_s, end_s)
    if not tight:
        return whole
    levels = await levels_of(video, start_s, end_s, exe=find(settings))
    if levels is None:
        return replace(whole, why_whole="nothing")
    span = Spell(start_s, end_s)
    return tighten(levels, analysis, span, beat(video.facts, whole), tight)
