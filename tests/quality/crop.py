"""Measures on the crop: is a face in it, whole, and does it hold still? Faces are looked for anew
in the source, by whatever OpenCV has here."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from tests.quality.parts import in_source, joins

LOOKS_PER_S = 2.0
SMALL = 0.06
"""Of the height; a face smaller than this is nobody a crop could follow."""
MODELS = Path(__file__).parents[3] / "shared" / "models"
Box = tuple[float, float, float, float]


class Finder:
    """YuNet where its model is at hand, else the cascade inside OpenCV."""

    def __init__(self) -> None:
        models = sorted(MODELS.glob("face_detection_yunet*.onnx"))
        self.name = models[-1].stem if models else "cascade"
        self._net = cv2.FaceDetectorYN.create(str(models[-1]), "", (1, 1), 0.8) if models else None
        file = Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml"
        self._cascade = cv2.CascadeClassifier(str(file))

    def faces(self, picture: Any) -> list[Box]:
        """x, y, w, h in pixels, biggest first."""
        scale = min(1.0, 960 / max(picture.shape[:2]))
        small = cv2.resize(picture, None, fx=scale, fy=scale)
        if self._net is not None:
            self._net.setInputSize((small.shape[1], small.shape[0]))
            _, rows = self._net.detect(small)
            found = [] if rows is None else [tuple(map(float, row[:4])) for row in rows]
        else:
            gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
            found = [tuple(map(float, b)) for b in self._cascade.detectMultiScale(gray, 1.1, 8)]
        up = [(x / scale, y / scale, w / scale, h / scale) for x, y, w, h in found]
        return sorted((_cut_off(b, picture) for b in up), key=lambda b: -b[2] * b[3])


def _cut_off(face: Box, picture: Any) -> Box:
    """What the source itself shows of a face at its edge: no crop can show more."""
    high, wide = picture.shape[:2]
    x, y = max(0.0, face[0]), max(0.0, face[1])
    return x, y, min(wide, face[0] + face[2]) - x, min(high, face[1] + face[3]) - y


@dataclass(slots=True)
class Seen:
    """What was counted over one clip."""

    looks: int = 0
    with_face: int = 0
    blind: int = 0
    """A face is in the source and none is in the window."""
    fits: int = 0
    whole: int = 0
    """The face that is followed lies whole in the window, where it fits."""


def look(source: Path, clip: dict[str, Any], finder: Finder) -> Seen:
    """Hold the windows of the JSON against the faces in the source."""
    seen = Seen()
    count = max(1, int(clip["duration_s"] * LOOKS_PER_S))
    times = [(i + 0.5) / LOOKS_PER_S for i in range(count)]
    for t_s, picture in _frames(source, clip, times):
        layout = next(
            (one for one in clip["layouts"] if one["start_s"] <= t_s < one["end_s"]), None
        )
        if layout is None:
            continue
        seen.looks += 1
        faces = [f for f in finder.faces(picture) if f[3] >= SMALL * picture.shape[0]]
        if not faces:
            continue
        seen.with_face += 1
        if layout["kind"] not in ("track", "split"):
            continue
        # Of two tiles the JSON tells the upper one.
        window = window_at(layout["path"], t_s)
        inside = any(_middle_inside(face, window) for face in faces)
        seen.blind += layout["kind"] == "track" and not inside
        followed = max(faces, key=lambda face: _shared(face, window))
        if followed[2] <= window[2] and followed[3] <= window[3] and _shared(followed, window) > 0:
            seen.fits += 1
            seen.whole += _shared(followed, window) >= 0.95 * followed[2] * followed[3]
    return seen


def _frames(source: Path, clip: dict[str, Any], times: list[float]) -> list[tuple[float, Any]]:
    """Upright pictures of the source at these times of the clip."""
    found: list[tuple[float, Any]] = []
    left = [(in_source(clip, t), t) for t in times]
    start_s = left[0][0]
    with av.open(str(source)) as file:
        stream = file.streams.video[0]
        stream.thread_type = "AUTO"
        zero_s = (file.start_time or 0) / 1e6
        file.seek(int(max(0.0, start_s - 1 + zero_s) * 1e6))
        for frame in file.decode(stream):
            if frame.time is None:
                continue
            shown_s = frame.time - zero_s
            if not left:
                break
            if shown_s >= left[0][0]:
                while left and shown_s >= left[0][0]:
                    t_s = left.pop(0)[1]
                picture = frame.to_ndarray(format="bgr24")
                turn = getattr(frame, "rotation", 0) % 360
                found.append((t_s, np.ascontiguousarray(np.rot90(picture, turn // 90))))
    return found


def window_at(path: list[dict[str, float]], t_s: float) -> Box:
    """Between two points of the path the window moves in a straight line."""
    times = [p["t_s"] for p in path]
    x, y, w, h = (float(np.interp(t_s, times, [p[k] for p in path])) for k in "xywh")
    return x, y, w, h


def _middle_inside(face: Box, window: Box) -> bool:
    x, y = face[0] + face[2] / 2, face[1] + face[3] / 2
    return window[0] <= x <= window[0] + window[2] and window[1] <= y <= window[1] + window[3]


def _shared(face: Box, window: Box) -> float:
    w = min(face[0] + face[2], window[0] + window[2]) - max(face[0], window[0])
    h = min(face[1] + face[3], window[1] + window[3]) - max(face[1], window[1])
    return max(0.0, w) * max(0.0, h)


def reversals(clip: dict[str, Any]) -> int:
    """How often a window turns back within one layout, sideways or up and down."""
    return sum(
        _turns([p[place] + p[size] / 2 for p in layout["path"]])
        for layout in clip["layouts"]
        for place, size in (("x", "w"), ("y", "h"))
    )


def _turns(places: list[float]) -> int:
    moves = [b - a for a, b in itertools.pairwise(places) if abs(b - a) > 2]
    return sum(a * b < 0 for a, b in itertools.pairwise(moves))


def jumps_off_cuts(clip: dict[str, Any], shots_s: list[float]) -> int:
    """Edges between layouts that lie on no shot edge of the source and on no join."""
    edges = [in_source(clip, layout["start_s"]) for layout in clip["layouts"][1:]]
    free = [*shots_s, *(back for _, _, back in joins(clip))]
    return sum(min((abs(e - s) for s in free), default=9.0) > 0.05 for e in edges)
