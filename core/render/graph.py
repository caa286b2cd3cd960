"""The filter graph of a clip's picture: every stretch cut to its layout, joined, captioned.

Stretches that follow each other with the same layout and size share one chain, whose window jumps
where they meet. The stretches are told apart by frame numbers, so a layout changes on exactly the
frame on which the shot does. What was taken out of the clip is gone before that, also by frame
numbers: the source is decoded once, and no piece of it twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.captions.area import area
from core.framing.crop_path import Crop, crop, flat_sum
from core.framing.grid import cells, rows
from core.framing.inset import inset
from core.framing.plan import Layout, Plan, Window
from core.media.facts import Format
from core.render.place import lines_top
from core.render.rate import Beat
from core.render.scaling import Picture, ground, scaled

FINISHED = (
    "format=yuv420p,setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
)
SPARE_S = 0.5
"""A picture that ends before the sound is held this long; longer would hide damage."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Neighbouring layouts that go through one chain of filters."""

    begin: int
    end: int
    layouts: tuple[tuple[int, Layout], ...]
    """With the frame each begins at."""


def picture_graph(
    plan: Plan,
    beat: Beat,
    picture: Picture,
    fmt: Format,
    *,
    captions: str | None,
    source: int,
) -> str:
    """The graph from stream `source` to `[v]`; `captions` is the finished `ass` filter."""
    stretches = _stretches(plan, beat)
    parts = [f"[0:{source}]{on_beat(picture, beat)}{_fan(len(stretches))}"]
    for k, stretch in enumerate(stretches):
        captioned, alone = captions is not None, len(stretches) == 1
        parts += _chain(k, stretch, beat, picture, fmt, captioned=captioned, alone=alone)
    made = "".join(f"[made{k}]" for k in range(len(stretches)))
    joined = f"concat=n={len(stretches)}:v=1:a=0," if len(stretches) > 1 else ""
    words = f"{captions}," if captions else ""
    parts.append(f"{made}{joined}setsar=1,{words}{FINISHED}[v]")
    return ";".join(parts)


def on_beat(picture: Picture, beat: Beat) -> str:
    """The picture upright and steady, from the first frame of the clip to its last."""
    steady = f"fps={beat.rate}:start_time=0:round=near"
    late = [f"trim=start_frame={beat.lead},setpts=PTS-STARTPTS"] if beat.lead else []
    tail = f"tpad=stop_mode=clone:stop_duration={SPARE_S},trim=end_frame={beat.frames}"
    named = [f"setparams=colorspace={picture.matrix}"] if picture.matrix else []
    return ",".join([*picture.upright, *named, steady, *late, *_kept(beat), tail])


def _kept(beat: Beat) -> list[str]:
    """Leave out the frames between the stretches, and close the gaps they leave in the clock."""
    if not beat.kept:
        return []
    inside = [f"between(n,{a},{b - 1})" for a, b in beat.kept]
    return [f"select='{flat_sum(inside)}'", "setpts=N"]


def _fan(count: int) -> str:
    """Give every stretch its own copy of the source."""
    names = "".join(f"[part{k}]" for k in range(count))
    return names if count == 1 else f",split={count}{names}"


def _stretches(plan: Plan, beat: Beat) -> list[_Stretch]:
    """Layouts by frames, neighbours of one kind and size together."""
    found: list[_Stretch] = []
    last = len(plan.layouts) - 1
    for k, layout in enumerate(plan.layouts):
        begin = beat.frame(layout.start_s) if k else 0
        end = beat.frame(layout.end_s) if k < last else beat.frames
        if end <= begin:
            continue
        if found and _alike(found[-1].layouts[-1][1], layout):
            before = found.pop()
            found.append(_Stretch(before.begin, end, (*before.layouts, (begin, layout))))
        else:
            found.append(_Stretch(begin, end, ((begin, layout),)))
    return found


def _alike(a: Layout, b: Layout) -> bool:
    def sizes(layout: Layout) -> list[tuple[float, float]]:
        return [(round(path[0].w, 2), round(path[0].h, 2)) for path in layout.paths]

    return a.kind == b.kind and sizes(a) == sizes(b)


def _chain(
    k: int,
    stretch: _Stretch,
    beat: Beat,
    picture: Picture,
    fmt: Format,
    *,
    captioned: bool,
    alone: bool,
) -> list[str]:
    """The filters of one stretch, from `[partK]` to `[madeK]`."""
    cut = f"trim=start_frame={stretch.begin}:end_frame={stretch.end},setpts=PTS-STARTPTS"
    source = f"[part{k}]{'null' if alone else cut}"
    kind = stretch.layouts[0][1].kind
    paths = [layout.path for _, layout in stretch.layouts]
    if kind == "fit":
        if (paths[0][0].w, paths[0][0].h) != picture.size:  # there were bars around it
            window = _window(stretch, paths, beat, picture)
            source, picture = f"{source},{window}", replace(picture, size=(window.w, window.h))
        return fitted(k, source, picture, fmt, fit_top(picture.size, fmt, captioned=captioned))
    if kind == "track":
        size = (fmt.width, fmt.height)
        return [f"{source},{_cropped(stretch, paths, beat, picture, size)}[made{k}]"]
    if kind == "inset":
        return _inset(k, source, stretch, beat, picture, fmt)
    return _tiled(k, source, stretch, beat, picture, fmt)


def _window(
    stretch: _Stretch, paths: Sequence[tuple[Window, ...]], beat: Beat, picture: Picture
) -> Crop:
    begins = [begin for begin, _ in stretch.layouts]
    pieces = list(zip(begins, paths, strict=True))
    return crop(pieces, float(beat.rate), beat.offset_s, picture.size)


def _cropped(
    stretch: _Stretch,
    paths: Sequence[tuple[Window, ...]],
    beat: Beat,
    picture: Picture,
    size: tuple[int, int],
) -> str:
    """Crop along the paths, then scale to `size`."""
    window = _window(stretch, paths, beat, picture)
    return f"{window},{scaled((window.w, window.h), size, picture)}"


def fit_size(picture: tuple[int, int], fmt: Format) -> tuple[int, int]:
    """How big the whole picture comes out."""
    scale = min(fmt.width / picture[0], fmt.height / picture[1])
    w, h = (max(2, round(side * scale / 2) * 2) for side in picture)
    return w, h


def fit_top(picture: tuple[int, int], fmt: Format, *, captioned: bool) -> int:
    """Its upper edge: in the middle, or higher, so that captions stand below it: they would cover
    what a slide or a screen says."""
    height = fit_size(picture, fmt)[1]
    middle = (fmt.height - height) // 2
    if not captioned:
        return middle
    return min(middle, max(area(fmt).top, round(lines_top(fmt) - height))) // 2 * 2


def fitted(k: int | str, source: str, picture: Picture, fmt: Format, top: int) -> list[str]:
    """The whole picture, over a dark and blurred one that fills the rest."""
    size = fit_size(picture.size, fmt)
    return [
        f"{source},{scaled(picture.size, size, picture)},split[back{k}][whole{k}]",
        f"[back{k}]{ground(size, fmt)}[blur{k}]",
        f"[blur{k}][whole{k}]overlay=x=(W-w)/2:y={top}[made{k}]",
    ]


def _tiled(
    k: int, source: str, stretch: _Stretch, beat: Beat, picture: Picture, fmt: Format
) -> list[str]:
    """A tile for everybody, in rows that lie on each other."""
    tiles = list(zip(*(layout.paths for _, layout in stretch.layouts), strict=True))
    parts = [f"{source},split={len(tiles)}" + "".join(f"[part{k}_{n}]" for n in range(len(tiles)))]
    for n, (paths, at) in enumerate(zip(tiles, cells(len(tiles), fmt), strict=True)):
        cropped = _cropped(stretch, paths, beat, picture, (int(at.w), int(at.h)))
        parts.append(f"[part{k}_{n}]{cropped}[tile{k}_{n}]")
    names = [f"[tile{k}_{n}]" for n in range(len(tiles))]
    lines = []
    for r, count in enumerate(rows(len(tiles))):
        row, names = names[:count], names[count:]
        if count > 1:
            parts.append(f"{''.join(row)}hstack={count}[row{k}_{r}]")
            row = [f"[row{k}_{r}]"]
        lines += row
    return [*parts, f"{''.join(lines)}vstack={len(lines)}[made{k}]"]


def _inset(
    k: int, source: str, stretch: _Stretch, beat: Beat, picture: Picture, fmt: Format
) -> list[str]:
    """A screen and, below it, the head from a corner of it, over the screen's own blurred image."""
    screens = [layout.path for _, layout in stretch.layouts]
    heads = [layout.lower for _, layout in stretch.layouts]
    screen, head = screens[0][0], heads[0][0]
    at = inset((screen.w, screen.h), (head.w, head.h), fmt)
    above = _cropped(stretch, screens, beat, picture, (fmt.width, at.screen_h))
    below = _cropped(stretch, heads, beat, picture, (at.head_w, at.head_h))
    return [
        f"{source},split[up{k}][low{k}]",
        f"[up{k}]{above},split[back{k}][screen{k}]",
        f"[low{k}]{below}[head{k}]",
        f"[back{k}]{ground((fmt.width, at.screen_h), fmt)}[blur{k}]",
        f"[blur{k}][screen{k}]overlay=x=0:y={at.screen_y}[over{k}]",
        f"[over{k}][head{k}]overlay=x={at.head_x}:y={at.head_y}[made{k}]",
    ]
