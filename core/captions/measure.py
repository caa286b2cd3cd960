"""How much room a text takes, by the same shaper (HarfBuzz) and the same font that draw it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache

import uharfbuzz as hb

from core.captions.fonts import Font, Run


@dataclass(frozen=True, slots=True)
class Ink:
    """What a text covers around its baseline. In em, `top` and `bottom` count upwards."""

    advance: float
    left: float
    right: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Face:
    """A font opened for measuring."""

    font: hb.Font
    upem: int
    ascent: float
    """In em, as libass takes it: what Windows clips to."""
    descent: float


@cache
def face(font: Font) -> Face:
    opened = hb.Face(hb.Blob.from_file_path(font.path))
    # usWinAscent and usWinDescent stand at 74 and 76 of OS/2 (OpenType specification); libass sizes
    # a font by their sum, as GDI did.
    ascent, descent = struct.unpack(">HH", bytes(opened.reference_table("OS/2").data)[74:78])
    return Face(hb.Font(opened), opened.upem, ascent / opened.upem, descent / opened.upem)


def ass_size(font: Font, em_px: float) -> float:
    """The `\\fs` that makes one em this many pixels."""
    opened = face(font)
    return em_px * (opened.ascent + opened.descent)


@cache
def ink(run: Run) -> Ink:
    """Measure one run."""
    opened = face(run.font)
    buffer = hb.Buffer()
    buffer.add_str(run.text)
    buffer.guess_segment_properties()
    hb.shape(opened.font, buffer)
    at, boxes = 0, []
    for info, pos in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        box = opened.font.get_glyph_extents(info.codepoint)
        if box and box.width:
            x, y = at + pos.x_offset + box.x_bearing, pos.y_offset + box.y_bearing
            boxes.append((x, x + box.width, y, y + box.height))
        at += pos.x_advance
    em = opened.upem
    lefts, rights, tops, bottoms = zip(*boxes or [(0, 0, 0, 0)], strict=True)
    return Ink(at / em, min(lefts) / em, max(rights) / em, max(tops) / em, min(bottoms) / em)
