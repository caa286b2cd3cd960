"""Which moment of a clip is its cover: a sharp face with open eyes that is not in the middle of a
word; where nobody is, a sharp and well lit picture.

Key frames are enough to choose from (one every two seconds and one at most shot edges), and reading
only those costs a tenth of decoding the clip.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from core.analysis.model import FaceSample
from core.framing.plan import Plan
from core.media.facts import Format
from core.render.portrait import Picture, Portrait, portrait
from core.render.shown import shown_faces

CANDIDATES = 24
SHORT_S = 8.0
"""A clip this short has so few key frames that others are looked at, too."""
APART_S = 0.3
_EDGE_S = 0.25
"""The first moment is often a fade, or a face about to speak."""
_A_FRAME_S = 0.01
"""Less than one: times are rounded."""
_FACELESS = 0.3
"""What a picture without a face is worth beside one with."""
_EYES, _SHARP, _MOUTH, _STRAIGHT, _LOOK = 0.42, 0.2, 0.18, 0.1, 0.1
_BLINK = 0.45
"""Shut eyes show this part less of what open ones of the same person do."""
_WORD = 0.08
"""So much more of a mouth is dark in the middle of a word, at least."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    t_s: float
    look: float
    seen: Portrait | None
    big: float
    """Height of the face in parts of the picture."""


def cover_moment(
    clip: Path,
    begin_s: float,
    length_s: float,
    *,
    plan: Plan,
    seen: Sequence[FaceSample],
    shots_s: Sequence[float],
    fmt: Format,
    captioned: bool,
    model: Path,
) -> float | None:
    """Seconds from the start of the clip, which is `begin_s` of the file; None when there is not
    one frame. `model` is a YuNet file, `seen` are the faces of the source and `shots_s` the starts
    of its shots, both in the time of the clip.
    """
    found: list[_Candidate] = []
    for t_s, picture in _frames(clip, begin_s, length_s):
        # Many a key frame is the first of its shot: whoever was there a moment ago is gone.
        shot = bisect_right(shots_s, t_s + _A_FRAME_S)
        own = [s for s in seen if bisect_right(shots_s, s.t_s + _A_FRAME_S) == shot]
        faces = shown_faces(plan, own, t_s, fmt, captioned=captioned)
        look = portrait(picture, faces[0], model) if faces else None
        big = faces[0].h / fmt.height if faces else 0.0
        found.append(_Candidate(t_s, _look(picture), look, big))
    return _best(found)


def _frames(clip: Path, begin_s: float, length_s: float) -> Iterator[tuple[float, Picture]]:
    """Some frames of the file with their times."""
    every_s, last_s = max(APART_S, length_s / CANDIDATES), -1e9
    with av.open(str(clip)) as file:
        stream = file.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY" if length_s > SHORT_S else "NONREF"
        for frame in file.decode(stream):
            t_s = float(frame.time or 0.0) - begin_s
            if t_s >= length_s:
                break
            if t_s >= 0 and t_s - last_s >= every_s:
                last_s = t_s
                yield t_s, np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def _best(found: Sequence[_Candidate]) -> float | None:
    usable = [c for c in found if c.look > 0] or list(found)
    if not usable:
        return None
    faced = [c for c in usable if c.seen]
    biggest = max((c.big for c in faced), default=0.0)

    def worth(c: _Candidate) -> float:
        late = 1.0 if c.t_s > _EDGE_S or len(usable) == 1 else 0.7
        if c.seen is None:
            return float(late * (_FACELESS if faced else 1.0) * c.look)
        # One who is shown small in this layout is no portrait.
        size = min(1.0, 0.5 + c.big / biggest)
        return float(late * size * _portrait(c, faced))

    return float(max(usable, key=lambda c: (worth(c), -c.t_s)).t_s)


def _portrait(one: _Candidate, every: Sequence[_Candidate]) -> float:
    """0…1, beside all others of the clip."""
    assert one.seen is not None

    def every_of(name: str) -> list[float]:
        return [float(getattr(c.seen, name)) for c in every]

    usual = float(np.percentile(every_of("eyes"), 85))
    opened = 1.0 - (usual - one.seen.eyes) / max(_BLINK * usual, 1e-6)  # no eyes: in the dark
    calmest, widest = min(every_of("mouth")), max(every_of("mouth"))
    calm = 1.0 - (one.seen.mouth - calmest) / max(widest - calmest, _WORD)
    sharp = (one.seen.sharp / max(*every_of("sharp"), 1e-6)) ** 0.5
    straight = 1.0 - 2.5 * one.seen.aside
    return float(
        _EYES * min(1.0, max(0.0, opened))
        + _SHARP * sharp
        + _MOUTH * calm
        + _STRAIGHT * max(0.0, straight)
        + _LOOK * one.look
    )


def _look(picture: Picture) -> float:
    """0 for black, flat or blown out; up to 1 for sharp and well lit."""
    small: Any = cv2.resize(picture, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    gray: Any = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    light, contrast = float(gray.mean()), float(gray.std())
    if light < 12 or light > 243 or contrast < 8:
        return 0.0
    lit = 1.0 - abs(light - 118) / 236
    sharp = float(min(1.0, cv2.Laplacian(gray, cv2.CV_64F).var() / 600) ** 0.5)
    return float((0.3 + 0.7 * sharp) * lit)
