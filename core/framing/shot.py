"""One shot of a clip, and how a window follows somebody through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from core.analysis.model import FaceSample
from core.framing.pan import REVERSALS_A_S, Knot, at, follow
from core.framing.plan import Window
from core.framing.window import EYES_IN_WINDOW, Box, left, top
from core.media.facts import Format

MAX_GROWTH = 2.4
"""No source pixel is blown up more than this to bring a small face closer."""


@dataclass(frozen=True, slots=True)
class Shot:
    """Its times count from the start of the clip, its pixels from the corner of the picture inside
    its bars."""

    samples: Sequence[FaceSample]
    start_s: float
    end_s: float
    inside: Box
    """Where that picture lies in the frame of the source."""
    fmt: Format

    @property
    def width(self) -> float:
        return self.inside.w

    @property
    def height(self) -> float:
        return self.inside.h

    @property
    def whole(self) -> Box:
        """All of the picture."""
        return Box(0.0, 0.0, self.width, self.height)

    def path(
        self, aim: Sequence[Box], w: float, h: float, room: Box, axes: int
    ) -> tuple[Window, ...]:
        """Windows of one size that follow `aim` and stay in `room`; `axes` share what a picture may
        rock."""
        times = [s.t_s for s in self.samples]
        xs = [(t, room.x + left(b.cx - room.x, w, room.w)) for t, b in zip(times, aim, strict=True)]
        ys = [
            (t, room.y + top(Box(b.x, b.y - room.y, b.w, b.h), h, room.h))
            for t, b in zip(times, aim, strict=True)
        ]
        rocks = REVERSALS_A_S / axes
        face_h = median(b.h for b in aim)
        # Above eyes at a third there is room for so much more than a head with its hair, and below
        # them for more than a chin.
        beside = w / 2 - 0.7 * median(b.w for b in aim)
        below, above = h * (1 - EYES_IN_WINDOW) - 0.8 * face_h, h * EYES_IN_WINDOW - 0.8 * face_h
        span = (self.start_s, self.end_s)
        across = follow(
            xs,
            *span,
            w,
            spare=(beside, beside),
            ends=(room.x, room.x + room.w - w),
            reversals_a_s=rocks,
        )
        down = follow(
            ys,
            *span,
            h,
            spare=(below, above),
            ends=(room.y, room.y + room.h - h),
            reversals_a_s=rocks,
        )
        return _windows(across, down, w, h)


def closer(
    w: float, h: float, face_h: float, part: float, out_h: float, growth: float = MAX_GROWTH
) -> tuple[float, float]:
    """A smaller window, so that a small face has `part` of its height, as far as the pixels allow;
    in steps of a twentieth, so that shots of the same camera agree."""
    wished = max(face_h / part, out_h / growth)
    share = min(1.0, max(0.2, -(-wished / h // 0.05) * 0.05))
    return w * share, h * share


def _windows(
    across: Sequence[Knot], down: Sequence[Knot], w: float, h: float
) -> tuple[Window, ...]:
    """Both axes on one set of times."""
    times = sorted({t for t, _ in across} | {t for t, _ in down})
    return tuple(Window(t, at(across, t), at(down, t), w, h) for t in times)
