"""A span of a source to a finished clip: words to captions, then framing, render and checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.analysis.model import Analysis, Word
from core.brand.kit import Kit
from core.brand.logo import size_of
from core.captions.look import Look
from core.captions.wording import written
from core.framing.frame import frame
from core.framing.plan import FaceAt, Plan
from core.media.facts import FORMATS, Format, Video
from core.render.lettering import faces_in, lettering
from core.render.logo import Spot, band_of, place
from core.render.mix import Mix, SoundWish
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


@dataclass(frozen=True, slots=True)
class Kept:
    """What another version of the clip found out already and this one has in common with it."""

    framing: tuple[Plan, tuple[FaceAt, ...]] | None = None
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
    other: int = 0,
    kept: Kept | None = None,
    sound: SoundWish | None = None,
    over: bool = False,
    kit: Kit | None = None,
) -> Rendered:
    """Render one clip into the folder `into`. `words` are those of the captions, in the time of
    the clip, when they are not simply what is said; they are left out where the video shows
    captions of its own, unless they are to be `over` those. `kit` is the brand it is made in.
    Raises Told when the file cannot be made."""
    look, kept, kit = look or Look(), kept or Kept(), kit or Kit()
    if words is None:
        words = written(words_inside(analysis.words, start_s, end_s), look)
    if not over:
        words = [w for w in words if not analysis.shows_captions(start_s + w.start_s)]
    plan, faces = kept.framing or frame(video, analysis, start_s, end_s, fmt, other=other)
    ass = None
    if words and captions:
        ass = lettering(words, analysis, start_s, end_s, plan, faces, look, kit)
    spot = _spot(kit.logo, analysis, start_s, end_s, plan, faces, ass) if kit.logo else None
    return await render(
        video,
        analysis,
        start_s,
        end_s,
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
    )


def _spot(
    logo: Path,
    analysis: Analysis,
    start_s: float,
    end_s: float,
    plan: Plan,
    faces: tuple[FaceAt, ...],
    ass: str | None,
) -> Spot | None:
    """Where a logo stands."""
    fmt, seen = FORMATS[plan.format], faces_in(analysis, start_s, end_s)
    words = band_of(ass, fmt)
    size = size_of(logo)
    return place(plan, faces, fmt, size, seen=seen, words=words, captioned=ass is not None)
