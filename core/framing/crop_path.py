"""Window paths as expressions of ffmpeg's crop filter.

    Crop(608, 1080, x="floor(0.5+0+(112*clip((n-30)/24,0,1)))", y="0")

A path is a sum: one clipped ramp for each stretch of motion, one step for each jump. ffmpeg refuses
expressions deeper than 100 operations, and a flat sum is as deep as it is long (tried with ffmpeg
9.0: 97 terms pass, 98 fail; 5.1 only failed for nested `if()`). So the sum is bracketed like a
balanced tree, a dozen deep for thousands of terms. It counts in frames (`n`), not in time stamps,
so it is exact to the frame; half pixels are rounded, not cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.framing.plan import Window


@dataclass(frozen=True, slots=True)
class Crop:
    """Arguments of the crop filter."""

    w: int
    h: int
    x: str
    y: str

    def __str__(self) -> str:
        return f"crop=w={self.w}:h={self.h}:x='{self.x}':y='{self.y}':exact=1"


def even(size: float, most: int) -> int:
    """The nearest even size that is not above `most`: 4:2:0 colour knows no half pixels."""
    return max(2, min(2 * round(size / 2), most - most % 2))


def crop(
    paths: Sequence[tuple[int, Sequence[Window]]],
    fps: float,
    offset_s: float,
    picture: tuple[int, int],
) -> Crop:
    """The crop for paths that follow each other, each with the frame it begins at.

    All windows are of one size. Frame `n` of the filter's input lies at `n / fps - offset_s` of the
    windows' clock. Where one path ends and the next begins the window jumps.
    """
    width, height = picture
    first = paths[0][1][0]
    w, h = even(first.w, width), even(first.h, height)
    base = paths[0][0]
    pieces = [(begin - base, path) for begin, path in paths]

    def axis(across: bool) -> str:
        room = float(width - w if across else height - h)
        knots = [(n, [_knot(k, across, (w, h), room) for k in path]) for n, path in pieces]
        shift = offset_s * fps - base
        return _sum([(n, [(t * fps + shift, p) for t, p in path]) for n, path in knots])

    return Crop(w, h, axis(True), axis(False))


def _knot(k: Window, across: bool, size: tuple[int, int], room: float) -> tuple[float, float]:
    """Time and edge of the rounded window that has the middle of the wished one."""
    middle = k.x + k.w / 2 - size[0] / 2 if across else k.y + k.h / 2 - size[1] / 2
    return k.t_s, min(max(middle, 0.0), room)


def _sum(pieces: Sequence[tuple[int, Sequence[tuple[float, float]]]]) -> str:
    """One sum over all pieces; each is (first frame, [(frame, position)])."""
    terms: list[str] = []
    still = round(pieces[0][1][0][1])
    now = float(still)
    for number, (begin, knots) in enumerate(pieces):
        if number and (jump := knots[0][1] - now):
            terms.append(f"{_number(jump)}*gte(n,{begin})")
        for (a, p), (b, q) in pairwise(knots):
            if q != p:
                terms.append(f"{_number(q - p)}*clip((n-{_number(a)})/{_number(b - a)},0,1)")
        now = knots[-1][1]
    if not terms:
        return str(still)
    start = _number(pieces[0][1][0][1])
    return f"floor(0.5+{start}+({flat_sum(terms)}))"


def flat_sum(terms: Sequence[str]) -> str:
    """All terms added up, bracketed so that it is no deeper than it must be."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    return f"({flat_sum(terms[:half])})+({flat_sum(terms[half:])})"


def _number(value: float) -> str:
    """Short, and never in exponent form."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
