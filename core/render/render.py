"""A span of a source becomes a finished clip: one lossy generation.

    rendered = await render(video, analysis, 62.4, 91.0, plan=plan, faces=faces, fmt=VERTICAL,
                            captions=ass, fonts_dir=fonts, into=folder, settings=settings,
                            tell=tell)

Crop, scale, captions and the picture's encoder run as one graph. The sound is measured, levelled
and encoded meanwhile, beside it, because it takes a part of the time and leaves the cores to the
picture; then both are put into one file without being coded again. That is looked at before it
gets its name: nothing half done is ever found under it.
"""

from __future__ import annotations

import asyncio
import errno
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import av

from core.analysis.model import Analysis
from core.analysis.side_by_side import side_by_side
from core.errors import Told
from core.framing.plan import FaceAt, Plan
from core.media.decode import INDEXED, Reads, input_args, tone_map_filters, upright_filters
from core.media.facts import Format, Video
from core.media.ffmpeg import FfmpegFailed, find, run
from core.media.inputs import file_arg
from core.media.turns import my_turn
from core.render.checks import check
from core.render.cover import make_cover
from core.render.encode import (
    SOFTWARE,
    Encoder,
    file_args,
    picture_args,
    sound_args,
    sound_filters,
    sound_graph,
)
from core.render.encoders import ROOMY, encoders
from core.render.graph import Picture, matrix_of, picture_graph
from core.render.loudness import Gain, find_gain, level, mended, right
from core.render.rate import Beat, beat
from core.render.rendered import Check, Rendered
from core.say import Seconds
from core.settings import Settings
from core.tell import Tell

CLIP, COVER = "clip.mp4", "cover.jpg"
PICTURE, SOUND = "picture.mp4", "sound.mp4"
_MAKING = ".making-"
SPARE_S = 0.6
"""Read beyond the end, so that the last frame and the filters' look-ahead have what they need."""
LEVEL_TRIES = 3
LENGTH_OFF_S = 0.2
"""A file that is off by more than this was cut short by a damaged source."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What every step of one render needs."""

    video: Video
    beat: Beat
    scratch: Path
    exe: str

    def source(self, reads: Reads = "both") -> list[str]:
        """The arguments that open the span; `reads` are the streams that will be mapped."""
        beat, opened = self.beat, input_args(self.video, reads=reads)
        begin_s, length_s = beat.start_s - beat.lead_s, beat.lead_s + beat.length_s + SPARE_S
        span = ["-ss", f"{begin_s:.6f}", "-t", f"{length_s:.6f}"]
        return [*opened[:-2], *span, *opened[-2:]]

    def alone(self, reads: Reads) -> tuple[list[str], list[str]]:
        """The arguments that open the span for one stream, and an output that takes the other:
        where there is no index, t = 0 and the place sought depend on which streams are read."""
        facts = self.video.facts
        if facts.container in INDEXED or facts.sound is None:
            return self.source(reads), []
        other = facts.sound.stream if reads == "picture" else facts.stream
        return self.source(), ["-map", f"0:{other}", "-c", "copy", "-f", "null", "-"]

    @property
    def timeout_s(self) -> float:
        """Generous: 4K HDR on one slow core takes some 20 times its length."""
        return 120 + 60 * self.beat.length_s

    async def ffmpeg(self, args: Sequence[str]) -> str:
        """Run a small command; what it wrote."""
        ran = await run(args, exe=self.exe, timeout_s=self.timeout_s, loglevel="info")
        return ran.log


async def render(
    video: Video,
    analysis: Analysis,
    span_start_s: float,
    span_end_s: float,
    *,
    plan: Plan,
    faces: tuple[FaceAt, ...],
    fmt: Format,
    captions: str | None,
    fonts_dir: Path | None,
    into: Path,
    settings: Settings,
    tell: Tell,
    gain: Gain | None = None,
) -> Rendered:
    """Make `clip.mp4` and `cover.jpg` in the folder `into`; `captions` is a whole ASS file. With
    the `gain` of another version of the very same span its sound is not measured again.

    Raises Told when it cannot be made; then, and after a cancel, nothing is left behind.
    """
    tell("render", 0.0)
    async with _scratch(into) as scratch:
        work = _Work(video, beat(video.facts, span_start_s, span_end_s), scratch, find(settings))
        words = _captions(captions, fonts_dir, scratch)
        known = encoders(work.exe)

        async def examined() -> tuple[Check, ...]:
            return await check(
                scratch / CLIP,
                video=video,
                analysis=analysis,
                start_s=span_start_s,
                end_s=span_end_s,
                plan=plan,
                faces=faces,
                fmt=fmt,
                captioned=captions is not None,
                ass=captions,
                settings=settings,
            )

        while True:
            encoder = await known.best()
            try:
                made_s, level_by = await _made(work, plan, fmt, words, gain, encoder, tell)
                cover = make_cover(scratch / CLIP, scratch / COVER, made_s, work.ffmpeg)
                checks, _ = await side_by_side(examined(), cover)
            except (FfmpegFailed, Told):
                if encoder is SOFTWARE:
                    raise
            else:
                if encoder is SOFTWARE or all(c.ok for c in checks if c.must):
                    break
            known.failed(encoder)  # whatever was wrong: software does it again
        for name in (CLIP, COVER):
            (scratch / name).replace(into / name)
    return _rendered(into, fmt, made_s, plan, faces, checks, level_by)


async def _made(
    work: _Work,
    plan: Plan,
    fmt: Format,
    captions: str | None,
    gain: Gain | None,
    encoder: Encoder,
    tell: Tell,
) -> tuple[float, Gain]:
    """Make the file; how long it came out, and what its sound was levelled by."""
    clip = work.scratch / CLIP
    seen = _picture(work, plan, fmt, captions, encoder, tell)
    _, gain = await side_by_side(seen, _sound(work, gain))
    both = ("-i", file_arg(work.scratch / PICTURE), "-i", file_arg(work.scratch / SOUND))
    copied = ("-map", "0:v", "-map", "1:a", "-c", "copy")
    await work.ffmpeg([*both, *copied, *file_args(), file_arg(clip)])
    made_s = await asyncio.to_thread(_length_s, clip)
    if abs(made_s - work.beat.length_s) > LENGTH_OFF_S:
        raise Told("render.came_short", made=Seconds(made_s), planned=Seconds(work.beat.length_s))
    tell("render", 1.0)
    return made_s, gain


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


def _captions(ass: str | None, fonts_dir: Path | None, scratch: Path) -> str | None:
    """The caption filter. File and fonts get plain names in the folder ffmpeg runs in, so that no
    character of a path can be read as an option."""
    if ass is None:
        return None
    (scratch / "captions.ass").write_text(ass, encoding="utf-8")
    if fonts_dir is None:
        return "ass=captions.ass"
    (scratch / "fonts").symlink_to(fonts_dir.absolute(), target_is_directory=True)
    return "ass=captions.ass:fontsdir=fonts"


async def _gain(work: _Work) -> Gain:
    """What brings the span's sound to its loudness."""
    sound = work.video.facts.sound
    if sound is None:
        return Gain()
    source = [*work.source("sound"), "-map", f"0:{sound.stream}", "-vn", "-sn", "-dn"]
    return await find_gain(source, sound_filters(work.beat), work.ffmpeg)


async def _sound(work: _Work, known: Gain | None) -> Gain:
    """Measure, level and encode; should the encoder lift a peak, once more. What is `known` of an
    earlier render of the span is taken as it is. Gives what it was made with in the end."""
    gain, made = known or await _gain(work), work.scratch / SOUND
    sound = work.video.facts.sound
    for _ in range(LEVEL_TRIES):
        graph = sound_graph(f"0:{sound.stream}" if sound else None, work.beat, gain.filters())
        source, other = work.alone("sound") if sound else ([], [])
        args = [*source, "-filter_complex", graph, "-map", "[a]", *sound_args(), *file_args()]
        await work.ffmpeg([*args, file_arg(made), *other])
        if known or sound is None:
            break
        got = await level(["-i", file_arg(made)], [], work.ffmpeg)
        if got is None or right(gain, got):
            break
        gain = mended(gain, got)
    return gain


async def _picture(
    work: _Work, plan: Plan, fmt: Format, captions: str | None, encoder: Encoder, tell: Tell
) -> None:
    """The one pass that makes the picture."""
    facts, length_s = work.video.facts, work.beat.length_s
    picture = Picture(
        (facts.width, facts.height),
        tuple(upright_filters(facts, tone_map=False)),
        tuple(tone_map_filters(facts)),
        matrix_of(facts),
    )
    graph = picture_graph(plan, work.beat, picture, fmt, captions=captions, source=facts.stream)
    if encoder.upload:
        graph += f";[v]{encoder.upload}[up]"
    source, other = work.alone("picture")
    args = [
        *encoder.device,
        *source,
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
    plan: Plan,
    faces: tuple[FaceAt, ...],
    checks: tuple[Check, ...],
    gain: Gain,
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
        checks=checks,
        gain=gain,
    )
