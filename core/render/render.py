"""A span of a source becomes a finished clip: one lossy generation.

    rendered = await render(video, analysis, Timeline.whole(62.4, 91.0), plan=plan, faces=faces,
                            fmt=VERTICAL, captions=ass, into=folder, settings=settings, tell=tell)

Crop, scale, captions and the picture's encoder run as one graph. The sound is measured, levelled
and encoded meanwhile, beside it, because it takes a part of the time and leaves the cores to the
picture; then both are put into one file without being coded again. That is looked at before it
gets its name: nothing half done is ever found under it.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import av

from core.analysis.model import Analysis
from core.analysis.side_by_side import side_by_side
from core.analysis.timeline import Timeline, shown
from core.brand.kit import Kit
from core.checks.check import Check
from core.checks.checks import check
from core.checks.mix import mix_checks
from core.errors import Told
from core.framing.plan import FaceAt, Plan
from core.media.disk import tell_if_full
from core.media.facts import Format, Video
from core.media.ffmpeg import FfmpegFailed, find
from core.media.inputs import file_arg
from core.render.cover import make_cover
from core.render.cover_text import Cover
from core.render.encode import SOFTWARE, Encoder, file_args
from core.render.encoders import encoders
from core.render.ends import with_ends
from core.render.lettering import faces_in
from core.render.logo import Spot
from core.render.picture import PICTURE, make_picture
from core.render.rate import beat
from core.render.rendered import Rendered
from core.render.sound import SOUND, make_sound
from core.render.work import Work
from core.say import Seconds
from core.settings import Settings
from core.sound.mix import Mix, SoundWish
from core.tell import Tell

CLIP, COVER = "clip.mp4", "cover.jpg"
_MAKING = ".making-"
LENGTH_OFF_S = 0.2
"""A file that is off by more than this was cut short by a damaged source."""

Hearing = Callable[[], Coroutine[None, None, Mix]]
"""Makes the sound of the clip beside its picture; what it was made with."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a clip is to be made of, and how it is to look."""

    video: Video
    analysis: Analysis
    line: Timeline
    plan: Plan
    faces: tuple[FaceAt, ...]
    fmt: Format
    captions: str | None
    kit: Kit
    cover: Cover
    settings: Settings
    own: Analysis
    """What is known of the clip alone, in its time."""


@dataclass(frozen=True, slots=True)
class _Made:
    """What is known of a file that was made and looked at."""

    length_s: float
    mix: Mix
    checks: tuple[Check, ...]
    cover_s: float

    @property
    def fit(self) -> bool:
        return all(c.ok for c in self.checks if c.must)


async def render(
    video: Video,
    analysis: Analysis,
    line: Timeline,
    *,
    plan: Plan,
    faces: tuple[FaceAt, ...],
    fmt: Format,
    captions: str | None,
    into: Path,
    settings: Settings,
    tell: Tell,
    sound: SoundWish | None = None,
    mix: Mix | None = None,
    kit: Kit | None = None,
    spot: Spot | None = None,
    cover: Cover | None = None,
) -> Rendered:
    """Make `clip.mp4` and `cover.jpg` in the folder `into` of the stretches of `line`; `captions`
    is a whole ASS file. With the `mix` of another version that sounds the same, its sound is not
    measured again. The intro and outro of `kit` are joined to it, and its logo is shown at `spot`.

    Raises Told when it cannot be made; then, and after a cancel, nothing is left behind.
    """
    tell("render", 0.0)
    async with _scratch(into) as scratch:
        kit, cover, own = kit or Kit(), cover or Cover(), shown(analysis, line)
        asked = _Asked(video, analysis, line, plan, faces, fmt, captions, kit, cover, settings, own)
        work = _work(asked, spot, scratch)
        words = work.letters(captions, kit.own)
        hearing = partial(make_sound, work, own, sound or SoundWish(), mix)
        made = await _by_the_best_encoder(asked, work, words, hearing, tell)
        for name in (CLIP, COVER):
            (scratch / name).replace(into / name)
    return _rendered(asked, work, made, into)


def _work(asked: _Asked, spot: Spot | None, scratch: Path) -> Work:
    """The clip on its beat, with what its brand puts around it and onto it."""
    kit = asked.kit
    whole, ends = with_ends(beat(asked.video.facts, asked.line), kit)
    logo = (kit.logo, spot) if kit.logo and spot else None
    return Work(asked.video, whole, scratch, find(asked.settings), ends, logo)


async def _by_the_best_encoder(
    asked: _Asked, work: Work, words: str | None, hearing: Hearing, tell: Tell
) -> _Made:
    """A file that is fit, or what software makes of it, which is the last word."""
    known = encoders(work.exe)
    while True:
        encoder = await known.best()
        try:
            length_s, mix = await _file(asked, work, words, hearing, encoder, tell)
            checks, cover_s = await side_by_side(
                _checked(asked, work), _covered(asked, work, length_s)
            )
        except (FfmpegFailed, Told):
            if encoder is SOFTWARE:
                raise
        else:
            made = _Made(length_s, mix, checks, cover_s)
            if encoder is SOFTWARE or made.fit:
                return made
        known.failed(encoder)  # whatever was wrong: software does it again


async def _file(
    asked: _Asked, work: Work, words: str | None, hearing: Hearing, encoder: Encoder, tell: Tell
) -> tuple[float, Mix]:
    """Make the file; how long it came out, and what its sound was made with."""
    clip = work.scratch / CLIP
    seeing = make_picture(work, asked.plan, asked.fmt, words, encoder, tell)
    _, mix = await side_by_side(seeing, hearing())
    both = ("-i", file_arg(work.scratch / PICTURE), "-i", file_arg(work.scratch / SOUND))
    copied = ("-map", "0:v", "-map", "1:a", "-c", "copy")
    await work.ffmpeg([*both, *copied, *file_args(), file_arg(clip)])
    made_s = await asyncio.to_thread(_length_s, clip)
    if abs(made_s - work.beat.whole_s) > LENGTH_OFF_S:
        raise Told("render.came_short", made=Seconds(made_s), planned=Seconds(work.beat.whole_s))
    tell("render", 1.0)
    return made_s, mix


async def _checked(asked: _Asked, work: Work) -> tuple[Check, ...]:
    """The file held against what was asked for."""
    return await check(
        work.scratch / CLIP,
        video=asked.video,
        analysis=asked.analysis,
        line=asked.line,
        plan=asked.plan,
        faces=asked.faces,
        fmt=asked.fmt,
        captioned=asked.captions is not None,
        ass=asked.captions,
        settings=asked.settings,
        own=asked.kit.own,
        around=(work.beat.before_s, work.beat.after_s),
    )


async def _covered(asked: _Asked, work: Work, made_s: float) -> float:
    """Make the cover; which moment of the clip it shows."""
    before_s, after_s = work.beat.before_s, work.beat.after_s
    return await make_cover(
        work.scratch / CLIP,
        (before_s, made_s - before_s - after_s),
        asked.video,
        asked.line.source_s,
        plan=asked.plan,
        seen=faces_in(asked.analysis, asked.line),
        shots_s=asked.own.shots_s,
        fmt=asked.fmt,
        captioned=asked.captions is not None,
        cover=asked.cover,
        into=work.scratch / COVER,
        settings=asked.settings,
    )


@asynccontextmanager
async def _scratch(into: Path) -> AsyncIterator[Path]:
    """A hidden folder beside the result, gone afterwards; also what a killed run had left."""
    try:
        into.mkdir(parents=True, exist_ok=True)
        for left in into.glob(f"{_MAKING}*"):
            shutil.rmtree(left, ignore_errors=True)
        with TemporaryDirectory(prefix=_MAKING, dir=into) as folder:
            yield Path(folder)
    except OSError as wrong:
        tell_if_full(wrong)
        raise
    except FfmpegFailed as wrong:
        raise Told("render.failed", why=wrong.cause) from wrong


def _length_s(clip: Path) -> float:
    """Length of the picture that is really in the file."""
    with av.open(str(clip)) as file:
        stream = file.streams.video[0]
        ends = [p.pts + (p.duration or 0) for p in file.demux(stream) if p.pts is not None]
        return float(max(ends, default=0) * (stream.time_base or 0))


def _rendered(asked: _Asked, work: Work, made: _Made, into: Path) -> Rendered:
    clip = into / CLIP
    return Rendered(
        file=clip,
        cover=into / COVER,
        width=asked.fmt.width,
        height=asked.fmt.height,
        duration_s=round(made.length_s, 3),
        size_b=clip.stat().st_size,
        plan=asked.plan,
        faces=asked.faces,
        checks=(*made.checks, *mix_checks(made.mix)),
        mix=made.mix,
        intro_s=round(work.beat.before_s, 3),
        outro_s=round(work.beat.after_s, 3),
        logo=work.logo is not None,
        line=asked.line,
        cover_s=round(made.cover_s, 3),
    )
