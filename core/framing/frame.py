"""The framing of a clip: for each of its shots a layout, for each layout the windows.

    plan, faces = frame(video, analysis, 62.4, 91.0, VERTICAL)

It works on the face samples of the analysis alone; no picture is read here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from core.analysis.model import Analysis, FaceSample
from core.framing.aim import boxes, group, subjects
from core.framing.choose import Choice, choose, somebody_else, tile_limit
from core.framing.follow import REVERSALS_A_S, Knot, at, follow
from core.framing.people import Person
from core.framing.plan import FaceAt, Layout, Plan, Window, turns, window_at
from core.framing.window import EYES_IN_WINDOW, Box, biggest, left, top
from core.media.facts import Format, Video

EDGE_S = 0.04
"""A shot edge this close to the edge of the clip is the edge of the clip."""
FACE_IN_WINDOW = 0.13
"""A small face is brought closer until it has this part of the window's height …"""
FACE_IN_TILE = 0.26
"""… and in a tile, which is half as high, this part."""
MAX_GROWTH = 2.4
"""… but no source pixel is blown up more than this for it."""
WIDER, TURNS_A_S = (1.0, 1.25, 1.6, 2.0, 3.0), 0.1
"""Around two who rise and bend the tiles grow, until they turn back no more often than this; not
when a face would be lost by it."""
WHOLE = 0.97
"""A face is kept when so many of its looks are whole sideways and upright, on average."""


def frame(
    video: Video, analysis: Analysis, start_s: float, end_s: float, fmt: Format, *, other: int = 0
) -> tuple[Plan, tuple[FaceAt, ...]]:
    """Plan a clip from `start_s` to `end_s` of the source; also the face kept at each sample. With
    `other` it is on somebody else than it would be, wherever somebody else is there."""
    layouts: list[Layout] = []
    faces: list[FaceAt] = []
    for a, b in _shots(analysis.shots_s, start_s, end_s):
        inside = _inside(video, analysis, (a + b) / 2)
        samples = [
            _seen_inside(s, start_s, inside) for s in analysis.samples if a <= s.t_s + 0.005 < b
        ]
        voice = [
            replace(v, start_s=v.start_s - start_s, end_s=v.end_s - start_s) for v in analysis.voice
        ]
        choice = choose(samples, voice, (inside.w, inside.h), fmt)
        choice = somebody_else(choice, len(samples), other)
        shot = _Shot(samples, a - start_s, b - start_s, inside, fmt)
        _append(layouts, shot.layout(choice, layouts[-1] if layouts else None))
        faces += shot.faces(choice)
    return Plan(fmt.name, tuple(layouts)), tuple(faces)


def _shots(edges_s: Sequence[float], start_s: float, end_s: float) -> list[tuple[float, float]]:
    """The shots of the clip, in source time."""
    inner = [e for e in edges_s if start_s + EDGE_S < e < end_s - EDGE_S]
    points = [start_s, *inner, end_s]
    return list(pairwise(points))


def _inside(video: Video, analysis: Analysis, at_s: float) -> Box:
    """Where the picture lies at a moment: all of the frame, or what is between black bars."""
    found = next((p for p in analysis.pictures if p.start_s <= at_s < p.end_s), None)
    if found:
        return Box(found.x, found.y, found.w, found.h)
    return Box(0.0, 0.0, float(video.facts.width), float(video.facts.height))


def _seen_inside(sample: FaceSample, start_s: float, inside: Box) -> FaceSample:
    """A sample on the clock of the clip, its faces in pixels of the picture between the bars."""
    faces = (replace(f, x=f.x - inside.x, y=f.y - inside.y) for f in sample.faces)
    return FaceSample(sample.t_s - start_s, tuple(faces))


def _append(layouts: list[Layout], new: Layout) -> None:
    """Join two neighbours that show the very same, so that nothing is switched for nothing."""
    last = layouts[-1] if layouts else None
    still = last is not None and len(last.path) == len(new.path) == 1 and not last.lower
    if last and still and last.kind == new.kind and _same(last.path[0], new.path[0]):
        layouts[-1] = replace(last, end_s=new.end_s)
    else:
        layouts.append(new)


def _same(a: Window, b: Window) -> bool:
    return (a.x, a.y, a.w, a.h) == (b.x, b.y, b.w, b.h)


class _Shot:
    """One shot of the clip; its times count from the start of the clip, its pixels from the corner
    of the picture inside its bars."""

    def __init__(
        self,
        samples: Sequence[FaceSample],
        start_s: float,
        end_s: float,
        inside: Box,
        fmt: Format,
    ) -> None:
        self.samples, self.start_s, self.end_s = samples, start_s, end_s
        self.inside, self.width, self.height = inside, inside.w, inside.h
        self.fmt = fmt

    def layout(self, choice: Choice, before: Layout | None) -> Layout:
        """The layout of this shot. A flash too short to have been sampled keeps what was shown."""
        if not self.samples and before and not choice.plain:
            return self._hold(before)
        made = self._laid(choice)
        return replace(made, path=self._placed(made.path), lower=self._placed(made.lower))

    def _placed(self, path: tuple[Window, ...]) -> tuple[Window, ...]:
        """From the picture inside its bars to the whole frame."""
        return tuple(replace(w, x=w.x + self.inside.x, y=w.y + self.inside.y) for w in path)

    def _laid(self, choice: Choice) -> Layout:
        if choice.plain:
            return self._made("track", self._plain(choice))
        if choice.kind == "fit":
            whole = Window(self.start_s, 0.0, 0.0, self.width, self.height)
            return self._made("fit", (whole,))
        if choice.kind == "split":
            return self._split(choice)
        return self._made("track", self._track(choice))

    def faces(self, choice: Choice) -> list[FaceAt]:
        """The face the framing keeps, where it is really seen; of two, the one above."""
        if not choice.who:
            return []
        who = subjects(choice.who[0], choice.others, len(self.samples))
        return [
            FaceAt(round(s.t_s, 3), f.x + self.inside.x, f.y + self.inside.y, f.w, f.h)
            for n, (s, person) in enumerate(zip(self.samples, who, strict=True))
            if (f := person.seen.get(n))
        ]

    def _made(self, kind: str, path: tuple[Window, ...]) -> Layout:
        return Layout(self.start_s, self.end_s, kind, path)  # type: ignore[arg-type]

    def _hold(self, before: Layout) -> Layout:
        def last(path: tuple[Window, ...]) -> tuple[Window, ...]:
            return (replace(path[-1], t_s=self.start_s),) if path else ()

        return Layout(self.start_s, self.end_s, before.kind, last(before.path), last(before.lower))

    def _plain(self, choice: Choice) -> tuple[Window, ...]:
        """The biggest window, high enough for the heads when a strip must go, else centred."""
        w, h = biggest(self.width, self.height, self.fmt.width / self.fmt.height)
        y = (self.height - h) / 2
        if choice.who:
            x, up = choice.who[0].center[0], choice.who[0]
            y = min(y, max(0.0, up.center[1] - up.height))
        else:
            x = self.width / 2
        return (Window(self.start_s, left(x, w, self.width), y, w, h),)

    def _track(self, choice: Choice) -> tuple[Window, ...]:
        w, h = biggest(self.width, self.height, self.fmt.width / self.fmt.height)
        if len(choice.who) > 1:
            aim = group(choice.who, len(self.samples))
        else:
            aim = boxes(subjects(choice.who[0], choice.others, len(self.samples)))
            w, h = self._closer(w, h, median(b.h for b in aim), FACE_IN_WINDOW, self.fmt.height)
        axes = 1 + (h < self.height)
        return self._path(aim, w, h, (0.0, self.width), axes)

    def _split(self, choice: Choice) -> Layout:
        limit = tile_limit(*choice.who) or self.width / 2
        sides = ((0.0, limit), (limit, self.width))
        tiles = [self._tile(p, s) for p, s in zip(choice.who, sides, strict=True)]
        if max(t[0] for t in tiles) < 1.35 * min(t[0] for t in tiles):
            tiles = [min(tiles)] * 2  # heads of one size, unless that would cut one
        allowed = TURNS_A_S * (self.end_s - self.start_s)

        def unrest(more: float) -> tuple[bool, float, float]:
            paths = self._tile_paths(choice.who, tiles, sides, more)
            whole = min(self._whole(p, w) for p, w in zip(choice.who, paths, strict=True))
            return whole < WHOLE, max(0.0, sum(map(turns, paths)) - allowed), more

        upper, lower = self._tile_paths(choice.who, tiles, sides, min(map(unrest, WIDER))[2])
        return Layout(self.start_s, self.end_s, "split", upper, lower)

    def _tile_paths(
        self,
        who: Sequence[Person],
        tiles: Sequence[tuple[float, float]],
        sides: Sequence[tuple[float, float]],
        more: float,
    ) -> list[tuple[Window, ...]]:
        return [
            self._path(boxes([p] * len(self.samples)), *self._wider(t, side, more), side, axes=4)
            for p, t, side in zip(who, tiles, sides, strict=True)
        ]

    def _whole(self, person: Person, path: Sequence[Window]) -> float:
        """How often a window shows the whole face, 0…1."""
        shown = 0
        for n, face in person.seen.items():
            w = window_at(path, self.samples[n].t_s)
            shown += w.x <= face.x and face.x + face.w <= w.x + w.w
            shown += w.y <= face.y and face.y + face.h <= w.y + w.h
        return shown / 2 / len(person.seen)

    def _wider(
        self, tile: tuple[float, float], side: tuple[float, float], more: float
    ) -> tuple[float, float]:
        """The same shape, as much bigger as there is room."""
        most = biggest(side[1] - side[0], self.height, tile[0] / tile[1])
        return min((tile[0] * more, tile[1] * more), most)

    def _tile(self, person: Person, side: tuple[float, float]) -> tuple[float, float]:
        """Size of the window of one of two: close, but whole, and in the middle if it can be."""
        ratio = self.fmt.width / (self.fmt.height / 2)
        w, h = biggest(side[1] - side[0], self.height, ratio)
        middle = 2 * min(person.center[0] - side[0], side[1] - person.center[0])
        centred = max(middle, 2.2 * person.width, 1.6 * person.height * ratio)
        w, h = (w, h) if w <= centred else (centred, centred / ratio)
        return self._closer(w, h, person.height, FACE_IN_TILE, self.fmt.height / 2)

    def _closer(
        self, w: float, h: float, face_h: float, part: float, out_h: float
    ) -> tuple[float, float]:
        """A smaller window for a small face, as far as the pixels allow; in steps of a twentieth,
        so that shots of the same camera agree."""
        wished = max(face_h / part, out_h / MAX_GROWTH)
        share = min(1.0, max(0.2, -(-wished / h // 0.05) * 0.05))
        return w * share, h * share

    def _path(
        self, aim: Sequence[Box], w: float, h: float, side: tuple[float, float], axes: int
    ) -> tuple[Window, ...]:
        """Windows of one size that follow; `axes` share what a picture may rock."""
        times = [s.t_s for s in self.samples]
        room = side[1] - side[0]
        xs = [(t, side[0] + left(b.cx - side[0], w, room)) for t, b in zip(times, aim, strict=True)]
        ys = [(t, top(b, h, self.height)) for t, b in zip(times, aim, strict=True)]
        rocks = REVERSALS_A_S / axes
        face_h = median(b.h for b in aim)
        # Above eyes at a third there is room for so much more than a head with its hair.
        spare = (w / 2 - 0.7 * median(b.w for b in aim), h * EYES_IN_WINDOW - 0.8 * face_h)
        span = (self.start_s, self.end_s)
        across = follow(xs, *span, w, spare=spare[0], reversals_a_s=rocks)
        down = follow(ys, *span, h, spare=spare[1], reversals_a_s=rocks)
        return _windows(across, down, w, h)


def _windows(
    across: Sequence[Knot], down: Sequence[Knot], w: float, h: float
) -> tuple[Window, ...]:
    """Both axes on one set of times."""
    times = sorted({t for t, _ in across} | {t for t, _ in down})
    return tuple(Window(t, at(across, t), at(down, t), w, h) for t in times)
