"""The cover of a clip: its best moment, drawn from the source without captions, a text on it
on wish.

A frame of the finished file would have the captions of that moment on it, often half a sentence.
Drawing one frame anew costs no more than reaching it in the source.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import cv2

from core.analysis.model import FaceSample
from core.analysis.timeline import Timeline
from core.analysis.yunet import face_model
from core.errors import Told
from core.framing.plan import Plan, Window, window_at
from core.media.facts import Format, Video
from core.media.ffmpeg import FfmpegFailed, find, run
from core.media.inputs import file_arg
from core.render.cover_moment import cover_moment
from core.render.cover_text import Cover, cover_ass
from core.render.graph import picture_graph
from core.render.rate import beat
from core.render.scaling import picture_of
from core.render.shown import layout_at, taken
from core.render.work import Work
from core.settings import Settings

MOST_B = 8 << 20
"""Instagram takes no cover above 8 MB."""
_AS_JPEG = "[v]scale=out_color_matrix=bt601:out_range=pc:flags=lanczos,format=yuvj420p[jpeg]"
"""What JPEG is taken for, everywhere."""


async def make_cover(
    clip: Path,
    inside_s: tuple[float, float],
    video: Video,
    source_s: Callable[[float], float],
    *,
    plan: Plan,
    seen: Sequence[FaceSample],
    shots_s: Sequence[float],
    fmt: Format,
    captioned: bool,
    cover: Cover,
    into: Path,
    settings: Settings,
) -> float:
    """Write the best moment of `clip` as JPEG; which one it was, in seconds from its start, which
    is, with its length, `inside_s` of the file. `source_s` tells where a moment of it lies in the
    source. Raises Told when there is no frame at all."""
    at_s = await asyncio.to_thread(
        cover_moment,
        clip,
        *inside_s,
        plan=plan,
        seen=seen,
        shots_s=shots_s,
        fmt=fmt,
        captioned=captioned,
        model=face_model(settings),
    )
    if at_s is None:
        raise Told("render.no_cover")
    try:
        await draw_cover(
            video, source_s(at_s), at_s, plan=plan, seen=seen, fmt=fmt, cover=cover, into=into,
            settings=settings,
        )  # fmt: skip
    except FfmpegFailed:  # a damaged place that is not reached twice: as it is in the file
        await asyncio.to_thread(_taken, clip, inside_s[0] + at_s, into)
    return at_s


async def draw_cover(
    video: Video,
    source_s: float,
    at_s: float,
    *,
    plan: Plan,
    seen: Sequence[FaceSample],
    fmt: Format,
    cover: Cover,
    into: Path,
    settings: Settings,
) -> None:
    """Draw one moment of a clip anew, without captions and with the text of the cover: `at_s` in
    the clip, `source_s` in the source."""
    ass = None
    if cover.text:
        ass = cover_ass(cover, *taken(plan, seen, at_s, fmt, captioned=True), fmt)
    with TemporaryDirectory(prefix="cover-", dir=into.parent) as folder:
        scratch = Path(folder)
        moment = beat(video.facts, Timeline.whole(source_s, source_s + 0.001))
        work = Work(video, moment, scratch, find(settings))
        words = work.letters(ass, cover.own)
        picture, stream = picture_of(video.facts), video.facts.stream
        graph = picture_graph(
            _still(plan, at_s), moment, picture, fmt, captions=words, source=stream
        )
        made = scratch / "cover.jpg"
        source, other = work.alone("picture")
        args = [
            *(*source, "-filter_complex", f"{graph};{_AS_JPEG}", "-map", "[jpeg]", "-an"),
            *("-frames:v", "1", "-q:v", "2", "-update", "1", file_arg(made), *other),
        ]
        await run(args, exe=work.exe, timeout_s=work.timeout_s, cwd=scratch)
        if not made.is_file():
            raise FfmpegFailed(0, "no frame")
        await asyncio.to_thread(_keep, made, into)


def _still(plan: Plan, at_s: float) -> Plan:
    """The framing of one moment, as a plan of its own."""

    def held(path: Sequence[Window]) -> tuple[Window, ...]:
        return (replace(window_at(path, at_s), t_s=0.0),)

    one = layout_at(plan, at_s)
    still = replace(one, start_s=0.0, end_s=1.0).with_paths(map(held, one.paths))
    return Plan(plan.format, (still,))


def _taken(clip: Path, at_s: float, into: Path) -> None:
    """A frame of the finished file."""
    with av.open(str(clip)) as file:
        file.seek(int(at_s * 1_000_000))
        last: Any = None
        with suppress(av.FFmpegError):
            for frame in file.decode(file.streams.video[0]):
                last = frame
                if frame.time is not None and frame.time >= at_s - 0.001:
                    break
        if last is None:
            raise Told("render.no_cover")
        cv2.imwrite(str(into), last.to_ndarray(format="bgr24"))


def _keep(made: Path, into: Path) -> None:
    """Move it to its place; one too big for the platforms is written smaller."""
    if made.stat().st_size > MOST_B:
        picture: Any = cv2.imread(str(made))
        cv2.imwrite(str(made), picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
    shutil.move(made, into)
