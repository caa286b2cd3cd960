"""A working copy for files ffmpeg cannot seek in: transport streams, FLV, MXF, RealMedia.

    video = await settled(video, into=folder, exe=exe)

Streams are copied, not coded again, so it costs one read and one write. MP4, Matroska and AVI are
handed back as they are.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import structlog

from core.errors import NotUsable
from core.media.decode import INDEXED, input_args, picture_map, sound_map
from core.media.facts import Video
from core.media.ffmpeg import FfmpegFailed, run
from core.media.inputs import file_arg
from core.media.probe import probe

log = structlog.get_logger()

_COPY_S = 900.0
"""2 GB, the most a chat takes, at the 3 MB/s of a bad network disk."""


async def settled(video: Video, *, into: Path, exe: str) -> Video:
    """The same video in a container with an index. `sha256` stays that of what was sent."""
    if video.facts.container in INDEXED:
        return video
    copy = into / f"{video.sha256[:16] or 'video'}.settled.mkv"
    try:
        await run(_arguments(video, copy), exe=exe, timeout_s=_COPY_S)
        facts = await probe(copy)
    except (FfmpegFailed, NotUsable) as wrong:
        # Seeking in the original is right to a few frames, so the work can go on.
        log.warning("media.not_settled", container=video.facts.container, why=str(wrong)[-200:])
        copy.unlink(missing_ok=True)
        return video
    except BaseException:
        copy.unlink(missing_ok=True)
        raise
    return replace(video, path=copy, facts=replace(facts, damaged=video.facts.damaged))


def _arguments(video: Video, copy: Path) -> list[str]:
    subtitles = [a for s in video.facts.subtitles for a in ("-map", f"0:{s.stream}")]
    return [
        *("-fflags", "+genpts"),
        *input_args(video),
        *picture_map(video.facts),
        *sound_map(video.facts),
        *subtitles,
        *("-c", "copy", "-f", "matroska", file_arg(copy)),
    ]
