"""How a video is opened for ffmpeg and made upright, the same for analysis and render.

    args = [*input_args(video, start_s=12.0, length_s=30.0),
            "-vf", ",".join([*upright_filters(video.facts), "scale=320:-2"]), …]

After `upright_filters` a frame is `facts.width` × `facts.height` with square pixels, progressive
and the right way up. t = 0 is the start of the file as a player shows it, also when only one of its
streams is read.
"""

from __future__ import annotations

import math
from typing import Literal

from core.media.facts import Video, VideoFacts
from core.media.inputs import file_arg

_SDR_NITS = 203
"""White of a text page in HDR, ITU-R BT.2408; what `npl` of zscale makes into 1.0."""


def input_args(
    video: Video, *, start_s: float | None = None, length_s: float | None = None
) -> list[str]:
    """Everything up to and with `-i`. The seek is exact: frames before `start_s` are dropped."""
    args = ["-max_pixels", str(_pixels_with_slack(video.facts)), "-f", video.facts.container]
    # Otherwise ffmpeg moves t = 0 of a transport stream to the first of the streams that are read,
    # and sound and picture read apart no longer fit. Any offset at all switches that off.
    args += ["-itsoffset", "0.000001"]
    if start_s is not None:
        args += ["-ss", f"{start_s:.6f}"]
    if length_s is not None:
        args += ["-t", f"{length_s:.6f}"]
    return [*args, "-i", file_arg(video.path)]


def picture_map(facts: VideoFacts) -> list[str]:
    """`-map` of the picture that was chosen, for commands with one input."""
    return ["-map", f"0:{facts.stream}"]


def sound_map(facts: VideoFacts) -> list[str]:
    """`-map` of the sound that was chosen; nothing when there is none."""
    return ["-map", f"0:{facts.sound.stream}"] if facts.sound else []


def upright_filters(facts: VideoFacts, *, tone_map: bool = True) -> list[str]:
    """Filters that make the picture upright, progressive, with square pixels and SDR colours.

    ffmpeg has turned it by the display matrix before the first filter (`-autorotate`, its default),
    mirrored pictures included. `tone_map=False` saves time where colours do not matter, or where
    `tone_map_filters` come later, on a smaller picture; the geometry is the same.
    """
    filters = ["bwdif=mode=send_frame:deint=interlaced"] if facts.interlaced else []
    if facts.sample_aspect != (1, 1):
        filters.append(f"scale={facts.width}:{facts.height}")
    filters.append("setsar=1")
    return [*filters, *(tone_map_filters(facts) if tone_map else [])]


def tone_map_filters(facts: VideoFacts) -> list[str]:
    """From HDR to BT.709 for ordinary screens; nothing for an SDR picture."""
    if not facts.hdr:
        return []
    transfer = "smpte2084" if facts.hdr == "pq" else "arib-std-b67"
    return [
        f"zscale=tin={transfer}:pin=2020:min=2020_ncl:t=linear:npl={_SDR_NITS}",
        "format=gbrpf32le",
        "zscale=p=bt709",
        "tonemap=tonemap=mobius:desat=0",
        "zscale=t=bt709:m=bt709:r=tv",
        "format=yuv420p",
    ]


def rotation_of(turn: float) -> Literal[0, 90, 180, 270]:
    """Clockwise quarter turns of a display matrix given in degrees counterclockwise.

    Like ffmpeg, which swaps the sides only within one degree of a quarter turn.
    """
    if not math.isfinite(turn) or abs(turn) > 360:  # a broken matrix
        return 0
    clockwise = -turn % 360
    quarters: tuple[Literal[90, 180, 270], ...] = (90, 180, 270)
    return next((q for q in quarters if abs(clockwise - q) < 1), 0)


def upright_size(
    width: int, height: int, aspect: tuple[int, int], rotation: int
) -> tuple[int, int]:
    """Size as seen: the short side of each pixel is stretched, nothing is thrown away."""
    ratio = aspect[0] / aspect[1]
    if ratio >= 1:
        width = round(width * ratio)
    else:
        height = round(height / ratio)
    return (height, width) if rotation in (90, 270) else (width, height)


def _pixels_with_slack(facts: VideoFacts) -> int:
    """Room for the block padding of the decoders, none for a stream that grows half-way."""
    return (facts.coded_width + 128) * (facts.coded_height + 128)
