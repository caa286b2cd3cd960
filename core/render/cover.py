"""The cover of a clip: a sharp, well lit frame of the finished file, with a face and open eyes.

Key frames are enough to choose from (one every two seconds and one at most shot edges), and reading
only those costs a tenth of decoding the clip.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
from numpy.typing import NDArray

from core.errors import Told
from core.render.work import Ffmpeg

CANDIDATES = 14
FACED = 7
"""Looking for faces costs 50 ms a frame."""
MOST_B = 8 << 20
"""Instagram takes no cover above 8 MB."""
Picture = NDArray[Any]


async def make_cover(
    clip: Path, into: Path, length_s: float, ffmpeg: Ffmpeg, *, begin_s: float = 0.0
) -> None:
    """Write the best frame of `clip` as JPEG, of the `length_s` from `begin_s` on. Raises Told when
    there is no frame at all."""
    with TemporaryDirectory(prefix="cover-", dir=into.parent) as folder:
        every_s = max(0.4, length_s / CANDIDATES)
        thin = f"select='isnan(prev_selected_t)+gte(t-prev_selected_t,{every_s:.3f})'"
        end_s = begin_s + length_s
        within = f"trim=start={begin_s:.3f}:end={end_s:.3f}," if begin_s else ""
        await ffmpeg(
            [
                *("-skip_frame", "nokey", "-i", f"file:{clip.absolute()}", "-an"),
                *(
                    "-vf",
                    f"{within}{thin}",
                    "-fps_mode",
                    "passthrough",
                    "-q:v",
                    "2",
                    "-pix_fmt",
                    "yuvj420p",
                ),
                *("-f", "image2", f"{Path(folder).absolute()}/frame-%03d.jpg"),
            ]
        )
        found = sorted(Path(folder).glob("frame-*.jpg"))
        if not found:
            raise Told("render.no_cover")
        best = await asyncio.to_thread(choose, found)
        await asyncio.to_thread(_keep, best, into)


def choose(frames: Sequence[Path]) -> Path:
    """The frame people would rather look at. Faces are looked for in the best few only."""
    looks = []
    for number, path in enumerate(frames):
        picture: Any = cv2.imread(str(path), cv2.IMREAD_REDUCED_GRAYSCALE_4)
        if picture is not None:
            # The first frame is often a fade or a face about to speak.
            first = 0.7 if number == 0 and len(frames) > 1 else 1.0
            looks.append((_look(picture) * first, -number, picture))
    if not looks:
        return frames[0]
    best = sorted(looks, key=lambda look: look[:2], reverse=True)[:FACED]
    number = max((look * (1.0 + _face(gray)), n) for look, n, gray in best)[1]
    return frames[-number]


def _look(gray: Picture) -> float:
    """0 for black, flat or blown out; more for sharp and well lit."""
    light, contrast = float(gray.mean()), float(gray.std())
    if light < 12 or light > 243 or contrast < 8:
        return 0.0
    lit = 1.0 - abs(light - 118) / 236
    return (0.3 + _sharp(gray, 600)) * lit


def _sharp(gray: Picture, good: float) -> float:
    """0…1, by the variance of the Laplacian; `good` is that of a crisp picture."""
    return float(min(1.0, float(cv2.Laplacian(gray, cv2.CV_64F).var()) / good) ** 0.5)


def _face(gray: Picture) -> float:
    """0 without a face, up to 2.5 for a big sharp one with both eyes open."""
    boxes = _cascade("haarcascade_frontalface_default.xml").detectMultiScale(
        gray, 1.15, 5, minSize=(40, 40)
    )
    if len(boxes) == 0:
        return 0.0
    x, y, w, h = max(boxes, key=lambda b: b[2] * b[3])
    upper = gray[y + h // 6 : y + int(h * 0.6), x : x + w]
    # Enlarged, because the eye cascade was trained on eyes of 20 × 20 pixels.
    upper = cv2.resize(upper, None, fx=200 / w, fy=200 / w)
    eyes = _cascade("haarcascade_eye.xml").detectMultiScale(upper, 1.1, 5, minSize=(24, 24))
    return 0.5 + 0.5 * _sharp(upper, 150) + 0.75 * min(2, len(eyes))


@cache
def _cascade(name: str) -> Any:
    return cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / name))


def _keep(best: Path, into: Path) -> None:
    """Move it to its place; a frame too big for the platforms is written smaller."""
    if best.stat().st_size > MOST_B:
        picture: Any = cv2.imread(str(best))
        cv2.imwrite(str(best), picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
    best.replace(into)
