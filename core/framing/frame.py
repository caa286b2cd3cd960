"""The framing of a clip: for each of its shots a layout, for each layout the windows.

    plan, faces = frame(video, analysis, 62.4, 91.0, VERTICAL)

It works on the face samples of the analysis alone; no picture is read here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from core.analysis.model import Analysis, FaceSample, Part
from core.framing.aim import boxes, group, subjects
from core.framing.choice import Choice, Scene
from core.framing.choose import choose, somebody_else
from core.framing.guests import alone_s, guest_s
from core.framing.plan import FaceAt, Layout, Plan, Window
from core.framing.shot import Shot, closer
from core.framing.tiles import inset, split
from core.framing.window import Box, biggest, left
from core.media.facts import Format, Video

EDGE_S = 0.04
"""A shot edge this close to the edge of the clip is the edge of the clip."""
FACE_IN_WINDOW = 0.13
"""A small face is brought closer until it has this part of the window's height."""
FLICKER_S = 1.0
"""A shot shorter than this may be the pause between two flashes."""
SAME_PLACE = 0.15
"""A head in a box that sits no further off behind a cut, in parts of its window, has not moved."""


def frame(
    video: Video, analysis: Analysis, start_s: float, end_s: float, fmt: Format, *, other: int = 0
) -> tuple[Plan, tuple[FaceAt, ...]]:
    """Plan a clip from `start_s` to `end_s` of the source; also the face kept at each sample. With
    `other` it is on somebody else than it would be, wherever somebody else is there."""
    layouts: list[Layout] = []
    faces: list[FaceAt] = []
    left = _shots(analysis.shots_s, start_s, end_s)
    while left:
        a, b = left.pop(0)
        inside = _inside(video, analysis, (a + b) / 2)
        samples = [
            _seen_inside(s, start_s, inside) for s in analysis.samples if a <= s.t_s + 0.005 < b
        ]
        voice = [
            replace(v, start_s=v.start_s - start_s, end_s=v.end_s - start_s) for v in analysis.voice
        ]
        scene = Scene((inside.w, inside.h), _boxes(analysis.boxes, (a + b) / 2, inside),
                      _drawn(analysis, a, b))  # fmt: skip
        chosen = choose(samples, voice, scene, fmt)
        if come := alone_s(chosen, samples) or guest_s(chosen, samples, voice, scene, fmt):
            left[:0] = pairwise([a, *(start_s + t for t in come), b])
            continue
        choice = somebody_else(chosen, len(samples), other)
        shot = Shot(samples, a - start_s, b - start_s, inside, fmt)
        _append(layouts, _layout(shot, choice, layouts[-1] if layouts else None))
        faces += _faces(shot, choice)
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


def _boxes(parts: Sequence[Part], at_s: float, inside: Box) -> tuple[Box, ...]:
    """The camera pictures of a shot, in pixels of the picture between the bars."""
    here = [p for p in parts if p.start_s <= at_s < p.end_s]
    return tuple(Box(p.x - inside.x, p.y - inside.y, p.w, p.h) for p in here)


def _drawn(analysis: Analysis, start_s: float, end_s: float) -> bool:
    """Whether most of a shot is a screen or a game."""
    there = (min(end_s, s.end_s) - max(start_s, s.start_s) for s in analysis.screens)
    return sum(max(0.0, t) for t in there) >= 0.5 * (end_s - start_s)


def _append(layouts: list[Layout], new: Layout) -> None:
    """Join two neighbours that show the very same, so that nothing is switched for nothing."""
    last = layouts[-1] if layouts else None
    if last and last.kind == new.kind and _still(last, new) and _same(last, new):
        layouts[-1] = replace(last, end_s=new.end_s)
    else:
        layouts.append(new)


def _still(*both: Layout) -> bool:
    return all(len(path) == 1 for x in both for path in x.paths)


def _same(a: Layout, b: Layout) -> bool:
    def place(windows: Sequence[Window]) -> list[tuple[float, ...]]:
        return [(w.x, w.y, w.w, w.h) for w in windows]

    return list(map(place, a.paths)) == list(map(place, b.paths))


def _layout(shot: Shot, choice: Choice, before: Layout | None) -> Layout:
    """The layout of a shot. A flash too short to have been sampled keeps what was shown, and so
    does a flicker."""
    brief = not shot.samples or (choice.kind == "fit" and before and _flickers(shot, before))
    if brief and before and not choice.plain:
        return _hold(shot, before)
    made = _laid(shot, choice)
    made = made.with_paths(_placed(shot, path) for path in made.paths)
    return _settled(made, before) if before else made


def _laid(shot: Shot, choice: Choice) -> Layout:
    if choice.plain:
        return Layout(shot.start_s, shot.end_s, "track", _plain(shot, choice))
    if choice.kind == "fit":
        part = choice.rooms[0] if choice.rooms else shot.whole
        whole = Window(shot.start_s, part.x, part.y, part.w, part.h)
        return Layout(shot.start_s, shot.end_s, "fit", (whole,))
    if choice.kind == "split":
        return split(shot, choice)
    if choice.kind == "inset":
        return inset(shot, choice)
    return Layout(shot.start_s, shot.end_s, "track", _track(shot, choice))


def _placed(shot: Shot, path: tuple[Window, ...]) -> tuple[Window, ...]:
    """From the picture inside its bars to the whole frame."""
    return tuple(replace(w, x=w.x + shot.inside.x, y=w.y + shot.inside.y) for w in path)


def _settled(made: Layout, before: Layout) -> Layout:
    """On a screen a cut is another slide: the head beside it stays where it is shown."""
    if not (made.kind == before.kind == "inset" and len(made.lower) == 1):
        return made
    was, new = before.lower[-1], made.lower[0]
    off = max(abs(was.x - new.x), abs(was.y - new.y), abs(was.w - new.w), abs(was.h - new.h))
    if off > SAME_PLACE * was.w:
        return made
    return replace(made, lower=(replace(was, t_s=made.start_s),))


def _flickers(shot: Shot, before: Layout) -> bool:
    """Whether a moment between two flashes, too short to be sure of anybody, shows somebody where
    the window was."""
    if shot.end_s - shot.start_s >= FLICKER_S:
        return False
    faces = [f for s in shot.samples for f in s.faces]
    x, y = shot.inside.x, shot.inside.y
    return any(
        w.x <= x + f.x and x + f.x + f.w <= w.x + w.w
        and w.y <= y + f.y and y + f.y + f.h <= w.y + w.h
        for w in (path[-1] for path in before.paths)
        for f in faces
    )  # fmt: skip


def _hold(shot: Shot, before: Layout) -> Layout:
    held = replace(before, start_s=shot.start_s, end_s=shot.end_s)
    return held.with_paths((replace(path[-1], t_s=shot.start_s),) for path in before.paths)


def _plain(shot: Shot, choice: Choice) -> tuple[Window, ...]:
    """The biggest window, high enough for the heads when a strip must go, else centred."""
    w, h = biggest(shot.width, shot.height, shot.fmt.width / shot.fmt.height)
    y = (shot.height - h) / 2
    if choice.who:
        x, up = choice.who[0].center[0], choice.who[0]
        y = min(y, max(0.0, up.center[1] - up.height))
    else:
        x = shot.width / 2
    return (Window(shot.start_s, left(x, w, shot.width), y, w, h),)


def _track(shot: Shot, choice: Choice) -> tuple[Window, ...]:
    room = choice.rooms[0] if choice.rooms else shot.whole
    w, h = biggest(room.w, room.h, shot.fmt.width / shot.fmt.height)
    if len(choice.who) > 1:
        aim = group(choice.who, len(shot.samples))
    else:
        aim = boxes(subjects(choice.who[0], choice.others, len(shot.samples)))
        w, h = closer(w, h, median(b.h for b in aim), FACE_IN_WINDOW, shot.fmt.height)
    axes = 1 + (h < room.h)
    return shot.path(aim, w, h, room, axes)


def _faces(shot: Shot, choice: Choice) -> list[FaceAt]:
    """The face the framing keeps, where it is really seen; of two, the one above."""
    if not choice.who:
        return []
    who = subjects(choice.who[0], choice.others, len(shot.samples))
    return [
        FaceAt(round(s.t_s, 3), f.x + shot.inside.x, f.y + shot.inside.y, f.w, f.h)
        for n, (s, person) in enumerate(zip(shot.samples, who, strict=True))
        if (f := person.seen.get(n))
    ]
