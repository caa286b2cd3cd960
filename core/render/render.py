"""A span of a source becomes a finished clip: one ffmpeg process, one lossy generation.

    rendered = await render(video, analysis, 62.4, 91.0, plan=plan, faces=faces, fmt=VERTICAL,
                            captions=ass, fonts_dir=fonts, into=folder, settings=settings,
                            tell=tell)

The loudness is worked out beforehand, from the sound alone. Then
crop, scale, captions, sound and both encoders run as one graph. The result is looked at before it
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
from core.errors import Told
from core.framing.plan import FaceAt, Plan
from core.media.decode import Reads, input_args, tone_map_filters, upright_filters
from core.media.facts import Format, Video
from core.media.ffmpeg import FfmpegFailed, find, run
from core.media.inputs import file_arg
from core.render.checks import check
from core.render.cover import make_cover
from core.render.encode import file_args, picture_args, sound_args, sound_filters, sound_graph
from core.render.graph import Picture, matrix_of, picture_graph
from core.render.loudness import Gain, find_gain, level, mended, right
from core.render.rate import Beat, beat
from core.render.rendered import Check, Rendered
from core.say import Seconds
from core.settings import Settings
from core.tell import Tell

CLIP, COVER = "clip.mp4", "cover.jpg"
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
        known, gain = gain, gain or await _gain(work)
        tell("render", 0.05)
        await _encode(work, plan, fmt, gain, _captions(captions, fonts_dir, scratch), tell)
        gain = known or await _level(work, gain)
        made_s = await asyncio.to_thread(_length_s, scratch / CLIP)
        if abs(made_s - work.beat.length_s) > LENGTH_OFF_S:
            raise Told(
                "render.came_short", made=Seconds(made_s), planned=Seconds(work.beat.length_s)
            )
        await make_cover(scratch / CLIP, scratch / COVER, made_s, work.ffmpeg)
        for name in (CLIP, COVER):
            (scratch / name).replace(into / name)
    tell("render", 1.0)
    checks = await check(
        into / CLIP,
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
    return _rendered(into, fmt, made_s, plan, faces, checks, gain)


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


async def _level(work: _Work, gain: Gain) -> Gain:
    """Measure the finished file and, when the encoder lifted a peak, make its sound again. Gives
    what it was made with in the end."""
    sound, clip = work.video.facts.sound, work.scratch / CLIP
    for _ in range(LEVEL_TRIES):
        got = await level(["-i", file_arg(clip), "-vn"], [], work.ffmpeg) if sound else None
        if sound is None or got is None or right(gain, got):
            break
        gain = mended(gain, got)
        again = work.scratch / "again.mp4"
        graph = sound_graph(f"1:{sound.stream}", work.beat, gain.filters())
        await work.ffmpeg(
            [
                *("-i", file_arg(clip), *work.source("sound"), "-filter_complex", graph),
                *("-map", "0:v", "-map", "[a]", "-c:v", "copy", *sound_args(), *file_args()),
                file_arg(again),
            ]
        )
        again.replace(clip)
    return gain


async def _encode(
    work: _Work, plan: Plan, fmt: Format, gain: Gain, captions: str | None, tell: Tell
) -> None:
    """The one pass that makes the file."""
    facts, length_s = work.video.facts, work.beat.length_s
    picture = Picture(
        (facts.width, facts.height),
        tuple(upright_filters(facts, tone_map=False)),
        tuple(tone_map_filters(facts)),
        matrix_of(facts),
    )
    seen = picture_graph(plan, work.beat, picture, fmt, captions=captions, source=facts.stream)
    stream = f"0:{facts.sound.stream}" if facts.sound else None
    graph = f"{seen};{sound_graph(stream, work.beat, gain.filters())}"
    args = [
        *work.source("both" if facts.sound else "picture"),
        *("-filter_complex", graph, "-map", "[v]", "-map", "[a]", "-sn", "-dn"),
        *(*picture_args(work.beat), *sound_args(), *file_args()),
        file_arg(work.scratch / CLIP),
    ]
    await run(
        args,
        exe=work.exe,
        timeout_s=work.timeout_s,
        cwd=work.scratch,
        on_progress=lambda s: tell("render", 0.05 + 0.9 * min(1.0, s / length_s)),
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
