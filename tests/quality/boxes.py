"""The boxes of an MP4 file, read by hand (ISO/IEC 14496-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

_NESTED = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"}


def boxes(raw: bytes, begin: int = 0, end: int | None = None) -> Iterator[tuple[str, int]]:
    """Path and place of every box, for example `("moov/trak/edts", 812)`."""
    at, end = begin, len(raw) if end is None else end
    while at + 8 <= end:
        size, kind = struct.unpack(">I4s", raw[at : at + 8])
        head = 8
        if size == 1:
            (size,) = struct.unpack(">Q", raw[at + 8 : at + 16])
            head = 16
        size = size or end - at
        if size < head:
            return
        name = kind.decode("latin-1")
        yield name, at
        if kind in _NESTED:
            for inner, place in boxes(raw, at + head, at + size):
                yield f"{name}/{inner}", place
        at += size


def faults(path: Path) -> list[str]:
    """What the platforms refuse in a container: edit lists, and an index behind the data."""
    found = list(boxes(path.read_bytes()))
    names = [name for name, _ in found]
    wrong = ["edit list"] if any(name.endswith("edts/elst") for name in names) else []
    if names.index("moov") > names.index("mdat"):
        wrong.append("moov behind mdat")
    return wrong
