"""A logo somebody sent: a PNG, looked at from its header first, then drawn anew."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import NotUsable, Told
from core.media.ffmpeg import FfmpegFailed, start
from core.media.inputs import file_arg
from core.say import Bytes

MOST_B = 5 << 20
MOST_PX, LEAST_PX = 4000, 32
"""Of either side. It is shown some 200 pixels wide."""
KEPT_PX = 800
_SIGNATURE = b"\x89PNG\r\n\x1a\n"  # PNG specification, 5.2
_OTHERS = (b"\xff\xd8\xff", b"GIF8", b"RIFF", b"<svg", b"<?xm", b"BM", b"\x00\x00\x01\x00")
_SEEN = 16
"""Alpha (0…255) from which a pixel is noticed."""


@dataclass(frozen=True, slots=True)
class CheckedLogo:
    """A logo as it may be shown, without empty edges."""

    path: Path
    opaque: bool
    """No part of it lets the picture through: it will be a rectangle."""


def looks_like_picture(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(12)
    return head.startswith((_SIGNATURE, *_OTHERS[:2])) or head[8:12] == b"WEBP"


async def check_logo(path: Path, into: Path, *, exe: str) -> CheckedLogo:
    """Write it anew into the folder `into`. Raises NotUsable with the reason."""
    _refuse(path)
    width, height = size_of(path)
    small = min(1.0, KEPT_PX / max(width, height))
    size = tuple(max(1, round(side * small)) for side in (width, height))
    try:
        pixels = await _pixels(path, (size[0], size[1]), exe)
    except (FfmpegFailed, Told) as wrong:
        raise NotUsable("brand.logo_broken") from wrong
    out = into / "logo.png"
    opaque = await asyncio.to_thread(_keep, pixels, out)
    return CheckedLogo(out, opaque)


def size_of(path: Path) -> tuple[int, int]:
    """Width and height in pixels, as its header says. Raises NotUsable for what is no PNG."""
    with path.open("rb") as file:
        head = file.read(24)
    if not head.startswith(_SIGNATURE) or len(head) < 24:
        raise NotUsable("brand.logo_no_png")
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def _refuse(path: Path) -> None:
    """Nothing is decoded of what is too large."""
    size_b, (width, height) = path.stat().st_size, size_of(path)
    if size_b > MOST_B:
        raise NotUsable("brand.logo_heavy", size=Bytes(size_b), limit=Bytes(MOST_B))
    if not LEAST_PX <= min(width, height) <= max(width, height) <= MOST_PX:
        picture = f"{width}x{height}"
        raise NotUsable("brand.logo_sides", picture=picture, low=LEAST_PX, high=MOST_PX)


async def _pixels(path: Path, size: tuple[int, int], exe: str) -> npt.NDArray[np.uint8]:
    """Rows × columns × RGBA."""
    # What cannot be seen has a colour too; scaled as it is, it would show as a rim.
    scaled = f"premultiply=inplace=1,scale={size[0]}:{size[1]}:flags=area,unpremultiply=inplace=1"
    args = [
        *("-max_pixels", str(MOST_PX * MOST_PX), "-f", "png_pipe", "-i", file_arg(path)),
        *("-frames:v", "1", "-vf", f"format=gbrap,{scaled},format=rgba"),
        *("-f", "rawvideo", "pipe:1"),
    ]
    async with start(args, exe=exe, timeout_s=30, reads=True) as running:
        assert running.out
        raw = await asyncio.to_thread(running.out.read)
        ran = await running.wait()
    pixels = np.frombuffer(raw, np.uint8)
    if ran.errors or len(pixels) != size[0] * size[1] * 4:
        raise NotUsable("brand.logo_broken")
    return pixels.reshape(size[1], size[0], 4)


def _keep(pixels: npt.NDArray[np.uint8], out: Path) -> bool:
    """Cut off what is empty around it; True when nothing shows through."""
    import cv2

    seen = pixels[:, :, 3] >= _SEEN
    if not seen.any():
        raise NotUsable("brand.logo_empty")
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    cut: Any = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    cv2.imwrite(str(out), cv2.cvtColor(cut, cv2.COLOR_RGBA2BGRA))
    return bool((cut[:, :, 3] >= _SEEN).all())
