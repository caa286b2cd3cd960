"""Scaling into BT.709 with square pixels, and the ground a whole picture stands on.

zimg (`zscale`) and swscale (`scale`) give the same picture; zimg takes two thirds of the time (2.1
and 1.4 ms a frame from 546×972 to 1080×1920, 2.7 and 1.3 ms from 1920×1080 to 1080×608, measured
on two cores), but not every ffmpeg has it, and it is strict about what it takes.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.framing.crop_path import even
from core.media.decode import tone_map_filters, upright_filters
from core.media.facts import Format, VideoFacts
from core.media.ffmpeg import FfmpegFailed, run

_UNSAID = {"", "unknown", "unspecified", "reserved"}
_ZIMG_TAKES = {"yuv420p", "yuvj420p"}
_ZIMG_KNOWS = {"bt709", "smpte170m", "bt470bg"}
_TRIED_S = 20
TO_709 = "out_color_matrix=bt709:out_range=tv"
BLUR_PART = 10
"""The background is blurred at a tenth of the size: nobody sees it, and it costs a hundredth."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What the source's picture is and needs."""

    size: tuple[int, int]
    """Upright."""
    upright: tuple[str, ...]
    """Filters that make it upright and progressive."""
    toning: tuple[str, ...]
    """Filters from HDR to BT.709; they cost so much that they run where the picture is smallest."""
    matrix: str
    """Its colour matrix as `setparams` names it."""
    zimg: bool = False
    """Whether zimg may scale it."""


def matrix_of(facts: VideoFacts) -> str:
    """The colour matrix, guessed by size as players do where the file does not say; empty when the
    picture is RGB."""
    if facts.pixel_format.startswith(("rgb", "bgr", "gbr", "argb", "abgr", "pal", "0rgb", "0bgr")):
        return ""
    if facts.color[2] not in _UNSAID:
        return facts.color[2]
    return "smpte170m" if max(facts.coded_width, facts.coded_height) < 1024 else "bt709"


def picture_of(facts: VideoFacts, *, zimg: bool = False) -> Picture:
    """What it is and needs; `zimg`: this ffmpeg has it."""
    matrix = matrix_of(facts)
    return Picture(
        (facts.width, facts.height),
        tuple(upright_filters(facts, tone_map=False)),
        tuple(tone_map_filters(facts)),
        matrix,
        zimg and facts.pixel_format in _ZIMG_TAKES and matrix in _ZIMG_KNOWS,
    )


_known: dict[str, bool] = {}


async def has_zimg(exe: str) -> bool:
    """Whether this ffmpeg was built with it; asked once."""
    if exe not in _known:
        tried = ("-f", "lavfi", "-i", "color=s=64x64:d=0.1", "-vf", "zscale=32:32", "-f", "null")
        try:
            await run([*tried, "-"], exe=exe, timeout_s=_TRIED_S)
        except FfmpegFailed:
            _known[exe] = False
        else:
            _known[exe] = True
    return _known[exe]


def scaled(was: tuple[int, int], size: tuple[int, int], picture: Picture) -> str:
    """The filters that scale from `was` to `size`; HDR is toned on the smaller side of it."""
    scale = f"scale={size[0]}:{size[1]}:flags=lanczos"
    toned = ",".join(picture.toning)
    is_even = was[0] % 2 == was[1] % 2 == 0
    if picture.zimg and is_even and not toned:
        steps = [f"zscale={size[0]}:{size[1]}:filter=lanczos:matrix=709:range=limited"]
    elif not toned:
        steps = [f"{scale}:{TO_709}"]
    elif was[0] * was[1] <= size[0] * size[1] and is_even:
        steps = [toned, scale]
    else:
        steps = [scale, toned]
    return ",".join([*steps, "setsar=1", "format=yuv420p"])


def ground(front: tuple[int, int], fmt: Format) -> str:
    """From the whole picture, already as small as it will stand there, to a dark and blurred one
    that fills the frame."""
    small = tuple(even(side / BLUR_PART, side) for side in (fmt.width, fmt.height))
    w = even(min(front[0], front[1] * fmt.width / fmt.height), front[0])
    h = even(min(front[1], front[0] * fmt.height / fmt.width), front[1])
    return (
        f"crop={w}:{h},scale={small[0]}:{small[1]}:flags=area,setsar=1,format=yuv420p,"
        "gblur=sigma=4,eq=brightness=-0.12:saturation=0.85,"
        f"scale={fmt.width}:{fmt.height}:flags=bicubic,setsar=1,format=yuv420p"
    )
