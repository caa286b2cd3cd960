"""What a render is held against: ffmpeg as anybody would call it, at the same settings."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from core.framing.plan import Layout, Plan
from core.media.facts import VERTICAL
from core.media.inputs import file_arg
from core.render.encode import file_args, picture_args, sound_args
from core.render.rate import Beat

MIDDLE = "crop=608:1080,scale=1080:1920:flags=lanczos"
"""The middle of the picture, whatever is there."""


def encode(
    exe: str, video: Path, start_s: float, length_s: float, graph: str, out: Path
) -> list[str]:
    """The command that crops, scales and encodes a span; `graph` leads from `[0:v]`."""
    return [
        *(exe, "-y", "-v", "error", "-ss", str(start_s), "-t", str(length_s), "-i", str(video)),
        *("-filter_complex", f"[0:v]{graph}"),
        *picture_args(Beat(Fraction(30), start_s, round(30 * length_s), 0.0)),
        *(*sound_args(), *file_args(), file_arg(out)),
    ]


def same_windows(plan: Plan) -> str:
    """The graph that shows what the clip shows: people cost an encoder more than the wall between
    them. Windows stand still where they begin; no captions."""
    count = len(plan.layouts)
    parts = ["".join([f"split={count}", *(f"[p{k}]" for k in range(count))])]
    for k, layout in enumerate(plan.layouts):
        cut = f"[p{k}]trim={layout.start_s}:{layout.end_s},setpts=PTS-STARTPTS"
        parts += _tiles(k, cut, layout)
    made = "".join(f"[m{k}]" for k in range(count))
    return ";".join([*parts, f"{made}concat=n={count}"])


def _tiles(k: int, cut: str, layout: Layout) -> Sequence[str]:
    """One below the other; a whole picture fills its part of the height."""
    windows = [path[0] for path in layout.paths]
    n, width = len(windows), VERTICAL.width
    height = VERTICAL.height // n // 2 * 2
    names = [f"[m{k}]"] if n == 1 else [f"[t{k}_{i}]" for i in range(n)]
    parts = [cut if n == 1 else f"{cut},split={n}" + "".join(f"[s{k}_{i}]" for i in range(n))]
    crops = [
        f"crop={w.w:.0f}:{w.h:.0f}:{w.x:.0f}:{w.y:.0f},"
        f"scale={width}:{height}:flags=lanczos,setsar=1{name}"
        for w, name in zip(windows, names, strict=True)
    ]
    if n == 1:
        return [f"{parts[0]},{crops[0]}"]
    tiles = [f"[s{k}_{i}]{crop}" for i, crop in enumerate(crops)]
    return [*parts, *tiles, f"{''.join(names)}vstack=inputs={n}[m{k}]"]
