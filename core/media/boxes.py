"""The boxes of an MP4, read by hand: every library hides where `moov` stands and whether there is
an edit list."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

_INSIDE = frozenset({b"moov", b"trak", b"edts"})
"""Boxes that are looked into."""
_MOST_BOXES = 10_000


def box_names(path: Path) -> tuple[str, ...]:
    """Names in file order, those inside `moov` too; nonsense for a file that is no MP4."""
    with path.open("rb") as file:
        return tuple(islice(_boxes(file, 0, path.stat().st_size), _MOST_BOXES))


def moov_is_first(names: tuple[str, ...]) -> bool:
    """Whether the index stands before the media."""
    return [n for n in names if n in ("moov", "mdat")][:1] == ["moov"]


def has_edit_list(names: tuple[str, ...]) -> bool:
    return "edts" in names or "elst" in names


def _boxes(file: BinaryIO, begin: int, end: int) -> Iterator[str]:
    """Names of the boxes between two places (ISO/IEC 14496-12, 4.2)."""
    at = begin
    while at + 8 <= end:
        file.seek(at)
        size, name = struct.unpack(">I4s", file.read(8))
        header = 8
        if size == 1:
            raw = file.read(8)
            size, header = struct.unpack(">Q", raw)[0] if len(raw) == 8 else 0, 16
        size = size or end - at
        if size < header:
            return
        yield name.decode("latin-1")
        if name in _INSIDE:
            yield from _boxes(file, at + header, min(at + size, end))
        at += size
