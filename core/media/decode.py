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

MAX_PIXELS = 36_000_000
"""8192 × 4320 and a little. One such frame in 10 bit takes 110 MB."""
_DECODER_PIXELS = 40_000_000
"""The same with the edges decoders add; a stream may not grow beyond it half-way."""
Reads = Literal["both", "picture", "sound"]
INDEXED = frozenset({"mov", "matroska", "avi", "gif"})
"""Seeking lands on the key frame before the place. Elsewhere it may land behind it (tried)."""
_JUMPY = frozenset({"mpegts", "mpeg"})
"""Containers of libavformat with AVFMT_TS_DISCONT: their clock may jump, and ffmpeg moves t = 0."""
_RUN_UP_S = 20.0
"""Longer than key frames lie apart in such streams: 2 s in broadcasts, ≤ 250 frames by x264."""
_SDR_NITS = 100
"""ITU-R BT.1886; what `npl` of zscale makes into 1.0. With 203 (BT.2408) skies turned yellow."""


def input_args(
    video: Video,
    *,
    start_s: float | None = None,
    length_s: float | None = None,
    reads: Reads = "both",
) -> list[str]:
    """Everything up to and with `-i`. The seek is exact: frames before `start_s` are dropped.

    `reads` says which streams the command maps; transport streams are timed by it.
    """
    args = ["-max_pixels", str(_DECODER_PIXELS), "-f", video.facts.container]
    if video.facts.container not in INDEXED:
        args += _seek_without_index(video.facts, start_s or 0.0, reads)
    elif start_s:
        args += ["-ss", f"{start_s:.6f}"]
    if length_s is not None:
        args += ["-t", f"{length_s:.6f}"]
    return [*args, "-i", file_arg(video.path)]


def _seek_without_index(facts: VideoFacts, start_s: float, reads: Reads) -> list[str]:
    """Begin earlier and let ffmpeg cut at t = 0, which `-itsoffset` moves to where it belongs."""
    late_s = _late_s(facts, reads)
    if not start_s:
        return ["-itsoffset", f"{late_s:.6f}"] if late_s else []
    seek_s = max(0.0, start_s - _RUN_UP_S)
    return ["-ss", f"{seek_s:.6f}", "-itsoffset", f"{max(seek_s, late_s) - start_s:.6f}"]


def _late_s(facts: VideoFacts, reads: Reads) -> float:
    """How much later than the file the streams begin that are read. In a transport stream ffmpeg
    makes that moment t = 0 (`correct_input_start_times` in ffmpeg_opt.c)."""
    if facts.container not in _JUMPY or reads == "both" or not facts.sound:
        return 0.0
    own_s = facts.start_s if reads == "picture" else facts.sound.start_s
    return own_s - min(facts.start_s, facts.sound.start_s)


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
        "tonemap=tonemap=hable:desat=0",
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
