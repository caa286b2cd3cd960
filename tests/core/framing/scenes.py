"""Made-up scenes: who is where at which time, as the analysis would have seen it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

from core.analysis.model import Analysis, Face, FaceSample, Spell
from core.framing.plan import Layout, Window
from core.media.facts import Video, VideoFacts

Where = Callable[[float], tuple[float, float] | None]
"""Centre of a face at a time; None when it is not seen."""


def video(width: int = 1920, height: int = 1080) -> Video:
    facts = VideoFacts(
        size_b=1, container="mov", duration_s=60, stream=0, codec="h264", pixel_format="yuv420p",
        width=width, height=height, coded_width=width, coded_height=height, fps=25.0, frames=1500,
        start_s=0.0,
    )  # fmt: skip
    return Video(Path("scene.mp4"), "0" * 64, facts)


def scene(
    *people: tuple[float, Where],
    length_s: float = 20.0,
    shots_s: Sequence[float] = (0.0,),
    voice: Sequence[Spell] = (),
) -> Analysis:
    """People given by the height of their face and where it is."""
    samples = []
    for n in range(int(length_s * 5)):
        t = n / 5
        seen = [(h, at) for h, where in people if (at := where(t))]
        faces = tuple(
            Face(x - 0.4 * h, y - 0.5 * h, 0.8 * h, h, 0.9)
            for h, (x, y) in sorted(seen, key=lambda s: -s[0])
        )
        samples.append(FaceSample(t, faces))
    return Analysis(
        duration_s=length_s, shots_s=tuple(shots_s), samples=tuple(samples), motion=(), black=(),
        frozen=(), voice=tuple(voice), energy_db=(), loudness_lufs=None, words=(),
        words_from="none",
    )  # fmt: skip


def sway(x: float, y: float, by: float = 12.0) -> Where:
    """Somebody who sits, and is alive."""
    return lambda t: (x + by * ((t * 3.7) % 1 - 0.5), y + by * ((t * 2.3) % 1 - 0.5))


def at(path: Sequence[Window], t_s: float) -> Window:
    """The window at a moment."""
    before = [w for w in path if w.t_s <= t_s] or [path[0]]
    after = [w for w in path if w.t_s > t_s] or [path[-1]]
    a, b = before[-1], after[0]
    k = (t_s - a.t_s) / (b.t_s - a.t_s) if b.t_s > a.t_s else 0.0
    return Window(t_s, a.x + k * (b.x - a.x), a.y + k * (b.y - a.y), a.w, a.h)


def reversals(layouts: Sequence[Layout]) -> int:
    """How often a window changes its direction, sideways, within its shot."""
    count = 0
    for layout in layouts:
        xs = [w.x for w in layout.path]
        moves = [b - a for a, b in itertools.pairwise(xs) if abs(b - a) > 0.5]
        count += sum(1 for a, b in itertools.pairwise(moves) if a * b < 0)
    return count
