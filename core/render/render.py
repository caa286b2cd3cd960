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
import errno
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import av

from core.analysis.model import Analysis
from core.analysis.side_by_side import side_by_side
from core.analysis.timeline import Timeline, shown
from core.brand.kit import Kit
from core.captions.fonts import Font, link_fonts
from core.checks.check import Check
from core.checks.checks import check
from core.checks.mix import mix_checks
from core.errors import Told
from core.framing.plan import FaceAt, Plan
from core.media.facts import Format, Video
from core.media.ffmpeg import FfmpegFailed, find, run
from core.media.inputs import file_arg
from core.media.turns import my_turn
from core.render.cover import make_cover
from core.render.cover_text import Cover
from core.render.encode import SOFTWARE, Encoder, file_args, picture_args
from core.render.encoders import ROOMY, encoders
from core.render.ends import joined_picture, with_ends
from core.render.graph import picture_graph
from core.render.lettering import faces_in
from core.render.logo import Spot, stamped
from core.render.rate import Beat, beat
from core.render.rendered import Rendered
from core.render.scaling import has_zimg, picture_of
from core.render.sound import SOUND, make_sound
from core.render.work import Work
from core.say import Seconds
from core.settings import Settings
from core.sound.mix import Mix, SoundWish
from core.tell import Tell

CLIP, COVER = "clip.mp4", "cover.jpg"
PICTURE = "picture.mp4"
_MAKING = ".making-"
LENGTH_OFF_S = 0.2
"""A file that is off by more than this was cut short by a damaged source."""


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
        kit = kit or Kit()
        whole, ends = with_ends(beat(video.facts, line), kit)
        logo = (kit.logo, spot) if kit.logo and spot else None
        work = Work(video, whole, scratch, find(settings), ends, logo)
        words = _captions(captions, kit.own, scratch)
        known = encoders(work.exe)
        own = shown(analysis, line)
        hearing = partial(make_sound, work, own, sound or SoundWish(), mix)

        async def examined() -> tuple[Check, ...]:
            return await check(
                scratch / CLIP,
                video=video,
                analysis=analysis,
                line=line,
                plan=plan,
                faces=faces,
                fmt=fmt,
                captioned=captions is not None,
                ass=captions,
                settings=settings,
                own=kit.own,
                around=(whole.before_s, whole.after_s),
            )

        while True:
            encoder = await known.best()
            try:
                made_s, mixed = await _made(work, plan, fmt, words, hearing, encoder, tell)
                begin_s, length_s = whole.before_s, made_s - whole.before_s - whole.after_s
                covering = make_cover(
                    scratch / CLIP,
                    (begin_s, length_s),
                    video,
                    line.source_s,
                    plan=plan,
                    seen=faces_in(analysis, line),
                    shots_s=own.shots_s,
                    fmt=fmt,
                    captioned=captions is not None,
                    cover=cover or Cover(),
                    into=scratch / COVER,
                    settings=settings,
                )
                checks, cover_s = await side_by_side(examined(), covering)
            except (FfmpegFailed, Told):
                if encoder is SOFTWARE:
                    raise
            else:
                if encoder is SOFTWARE or all(c.ok for c in checks if c.must):
                    break
            known.failed(encoder)  # whatever was wrong: software does it again
        for name in (CLIP, COVER):
            (scratch / name).replace(into / name)
    made = _rendered(into, fmt, made_s, line, plan, faces, checks, mixed, whole, cover_s)
    return replace(made, logo=work.logo is not None)


async def _made(
    work: Work,
    plan: Plan,
    fmt: Format,
    captions: str | None,
    hearing: Callable[[], Coroutine[None, None, Mix]],
    encoder: Encoder,
    tell: Tell,
) -> tuple[float, Mix]:
    """Make the file; how long it came out, and what its sound was made with."""
    clip = work.scratch / CLIP
    seen = _picture(work, plan, fmt, captions, encoder, tell)
    _, mix = await side_by_side(seen, hearing())
    both = ("-i", file_arg(work.scratch / PICTURE), "-i", file_arg(work.scratch / SOUND))
    copied = ("-map", "0:v", "-map", "1:a", "-c", "copy")
    await work.ffmpeg([*both, *copied, *file_args(), file_arg(clip)])
    made_s = await asyncio.to_thread(_length_s, clip)
    if abs(made_s - work.beat.whole_s) > LENGTH_OFF_S:
        raise Told("render.came_short", made=Seconds(made_s), planned=Seconds(work.beat.whole_s))
    tell("render", 1.0)
    return made_s, mix


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
        if wrong.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Told("media.disk_full") from wrong
        raise
    except FfmpegFailed as wrong:
        raise Told("render.failed", why=wrong.cause) from wrong


def _captions(ass: str | None, own: Font | None, scratch: Path) -> str | None:
    """The caption filter. File and fonts get plain names in the folder ffmpeg runs in, so that no
    character of a path can be read as an option."""
    if ass is None:
        return None
    (scratch / "captions.ass").write_text(ass, encoding="utf-8")
    link_fonts(scratch / "fonts", own)
    return "ass=captions.ass:fontsdir=fonts"


async def _picture(
    work: Work, plan: Plan, fmt: Format, captions: str | None, encoder: Encoder, tell: Tell
) -> None:
    """The one pass that makes the picture."""
    facts, length_s = work.video.facts, work.beat.whole_s
    picture = picture_of(facts, zimg=await has_zimg(work.exe))
    graph = picture_graph(plan, work.beat, picture, fmt, captions=captions, source=facts.stream)
    source, other = work.alone("picture")
    if work.logo is not None:
        logo, spot = work.logo
        graph = stamped(graph, spot, work.beat, number=1)
        source = [*source, "-f", "png_pipe", "-i", file_arg(logo)]
    graph = joined_picture(graph, work.ends, fmt, first=source.count("-i"))
    if encoder.upload:
        graph += f";[v]{encoder.upload}[up]"
    args = [
        *encoder.device,
        *source,
        *work.ends.inputs(),
        *("-filter_complex", graph, "-map", "[up]" if encoder.upload else "[v]"),
        *("-an", "-sn", "-dn", *picture_args(work.beat, encoder), *file_args()),
        *(file_arg(work.scratch / PICTURE), *other),
    ]
    software = encoder is SOFTWARE
    async with my_turn("picture"):
        await run(
            args,
            exe=work.exe,
            # A driver that hangs is found out soon; on one slow core software is only slow.
            timeout_s=work.timeout_s if software else 60 + 4 * length_s,
            cwd=work.scratch,
            limits=None if software else ROOMY,
            on_progress=lambda s: tell("render", 0.97 * min(1.0, s / length_s)),
        )


def _length_s(clip: Path) -> float:
    """Length of the picture that is really in the file."""
    with av.open(str(clip)) as file:
        stream = file.streams.video[0]
        ends = [p.pts + (p.duration or 0) for p in file.demux(stream) if p.pts is not None]
        return float(max(ends, default=0) * (stream.time_base or 0))


def _rendered(
    into: Path,
    fmt: Format,
    length_s: float,
    line: Timeline,
    plan: Plan,
    faces: tuple[FaceAt, ...],
    checks: tuple[Check, ...],
    mix: Mix,
    beat: Beat,
    cover_s: float,
) -> Rendered:
    clip = into / CLIP
    return Rendered(
        file=clip,
        cover=into / COVER,
        width=fmt.width,
        height=fmt.height,
        duration_s=round(length_s, 3),
        size_b=clip.stat().st_size,
        plan=plan,
        faces=faces,
        checks=(*checks, *mix_checks(mix)),
        mix=mix,
        intro_s=round(beat.before_s, 3),
        outro_s=round(beat.after_s, 3),
        line=line,
        cover_s=round(cover_s, 3),
    )
