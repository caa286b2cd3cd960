"""A finished file that a platform would not take, encoded anew so that it does: the picture and the
sound stay what they are, as far as the platform allows."""

from __future__ import annotations

from pathlib import Path

from core.media.decode import input_args, upright_filters
from core.media.facts import Video, VideoFacts
from core.media.ffmpeg import find, run
from core.media.inputs import file_arg
from core.render.encode import file_args, picture_args, sound_args, sound_graph
from core.render.rate import Beat, rate_of
from core.settings import Settings

_ROOM = 0.92
"""Of the size that is allowed: the encoder aims, and does not measure."""
_SOUND_BPS = 128_000
_MOST_BPS = 12_000_000


async def mend(
    path: Path,
    facts: VideoFacts,
    out: Path,
    *,
    sides: tuple[int, int],
    size_b: int,
    settings: Settings,
) -> None:
    """Write `out`: H.264 and AAC as every platform takes them, with sides and size inside these
    limits. Raises FfmpegFailed, or Told when time or disk ran out."""
    rate = rate_of(facts)
    beat = Beat(rate, 0.0, max(1, round(facts.duration_s * rate)), 0.0)
    width, height = _fitting(facts.width, facts.height, sides)
    filters = [
        *upright_filters(facts),
        f"scale={width}:{height}:flags=lanczos",
        f"setsar=1,fps={rate.numerator}/{rate.denominator},format=yuv420p",
    ]
    sound = f"0:{facts.sound.stream}" if facts.sound else None
    graph = f"[0:{facts.stream}]{','.join(filters)}[v];{sound_graph(sound, beat, ())}"
    video = Video(path, "", facts)
    await run(
        [
            *input_args(video, reads="both" if facts.sound else "picture"),
            *("-filter_complex", graph, "-map", "[v]", "-map", "[a]", "-sn", "-dn"),
            *(*picture_args(beat), *_rate_args(size_b, facts.duration_s)),
            *(*sound_args(), *file_args(), file_arg(out)),
        ],
        exe=find(settings),
        timeout_s=120 + 60 * facts.duration_s,
    )


def _rate_args(size_b: int, length_s: float) -> list[str]:
    """A lower ceiling than usual where the file would become too large."""
    most = int(size_b * 8 * _ROOM / max(length_s, 0.1)) - _SOUND_BPS
    if most >= _MOST_BPS:
        return []
    return ["-maxrate", str(max(most, 100_000)), "-bufsize", str(max(most, 100_000))]


def _fitting(width: int, height: int, sides: tuple[int, int]) -> tuple[int, int]:
    """The same shape with its sides inside the limits, in even numbers."""
    least, longest = sides
    factor = min(1.0, longest / max(width, height))
    factor = max(factor, least / min(width, height))
    fitted = [min(round(n * factor / 2) * 2, longest // 2 * 2) for n in (width, height)]
    return max(2, fitted[0]), max(2, fitted[1])
