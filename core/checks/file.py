"""What is written in a finished file: its boxes, its streams, the time of every packet.

Nothing is decoded here. The boxes are read by hand, because every library hides the two things that
matter: where `moov` stands, and whether there is an edit list.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from core.media.boxes import box_names

_IDR = 5  # nal_unit_type of a picture that refers to nothing before it (H.264, table 7-1)
_SLICES = frozenset({1, _IDR})
_FORBIDDEN = (b"\0\0\0", b"\0\0\1", b"\0\0\2")  # inside a unit (H.264, 7.4.1)


@dataclass(frozen=True, slots=True)
class Packet:
    """One coded picture. Times in seconds."""

    pts_s: float
    length_s: float
    size_b: int
    key: bool
    idr: bool
    """A key picture after which nothing looks behind it."""
    whole: bool
    """Made of coded units from its first byte to its last; decoders drop the rest silently."""


@dataclass(frozen=True, slots=True)
class PictureStream:
    """The stream as its headers describe it, and its packets in the order of decoding."""

    codec: str
    profile: str
    pixel_format: str
    colour: tuple[int, int, int, int]
    """Primaries, transfer, matrix and range, by the numbers of H.273; range 1 is limited."""
    width: int
    height: int
    sample_aspect: Fraction
    packets: tuple[Packet, ...]


@dataclass(frozen=True, slots=True)
class SoundStream:
    """The sound as its headers describe it, with the times of its first and last packet."""

    codec: str
    profile: str
    rate_hz: int
    channels: int
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Everything written in the file that a check asks for."""

    container: str
    """Of what its first box says: the major brand of an MP4, else empty."""
    boxes: tuple[str, ...]
    """Names in file order, those inside `moov` too."""
    streams: int
    picture: PictureStream | None
    sound: SoundStream | None


def read_file(path: Path) -> FileFacts:
    """Read it; blocks. A file that is no video at all has neither picture nor sound."""
    names = box_names(path)
    with path.open("rb") as file:
        file.seek(4)
        head = file.read(8)
    brand = head[4:].decode("latin-1").strip() if head[:4] == b"ftyp" else ""
    try:
        with av.open(str(path)) as opened:
            videos, sounds = opened.streams.video, opened.streams.audio
            count = len(opened.streams)
            packets = _packets(opened, videos[0] if videos else None, sounds[0] if sounds else None)
            picture = _picture(videos[0], packets[0]) if videos else None
            sound = _sound(sounds[0], packets[1]) if sounds else None
    except (av.FFmpegError, OSError):
        return FileFacts(brand, names, 0, None, None)
    return FileFacts(brand, names, count, picture, sound)


def _packets(opened: Any, video: Any, sound: Any) -> tuple[list[Packet], list[Packet]]:
    """Both streams' packets from one reading of the file."""
    found: tuple[list[Packet], list[Packet]] = ([], [])
    for packet in opened.demux([s for s in (video, sound) if s is not None]):
        if packet.pts is None or packet.size == 0:
            continue
        base, is_sound = packet.time_base, packet.stream is sound
        units = [] if is_sound else _units(bytes(packet))
        found[is_sound].append(
            Packet(
                float(packet.pts * base),
                float((packet.duration or 0) * base),
                packet.size,
                packet.is_keyframe,
                _IDR in units,
                is_sound or packet.stream.codec.name != "h264" or bool(_SLICES & {*units}),
            )
        )
    return found


def _units(data: bytes) -> list[int]:
    """Kinds of the H.264 units of a packet, each behind its length in 4 bytes; none when the
    lengths do not add up or a unit holds bytes that no encoder writes."""
    at, kinds = 0, []
    while at + 5 <= len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        kinds.append(data[at + 4] & 0x1F)
        if size == 0 or any(data.find(f, at + 4, at + 4 + size) >= 0 for f in _FORBIDDEN):
            return []
        at += 4 + size
    return kinds if at == len(data) else []


def _picture(stream: Any, packets: list[Packet]) -> PictureStream:
    context = stream.codec_context
    colour = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
    return PictureStream(
        codec=stream.codec.name,
        profile=str(stream.profile or ""),
        pixel_format=str(stream.pix_fmt or ""),
        colour=tuple(int(c or 0) for c in colour),  # type: ignore[arg-type]
        width=stream.width,
        height=stream.height,
        sample_aspect=Fraction(stream.sample_aspect_ratio or 1),
        packets=tuple(packets),
    )


def _sound(stream: Any, packets: list[Packet]) -> SoundStream:
    return SoundStream(
        codec=stream.codec.name,
        profile=str(stream.profile or ""),
        rate_hz=stream.rate,
        channels=stream.channels,
        start_s=min((p.pts_s for p in packets), default=0.0),
        end_s=max((p.pts_s + p.length_s for p in packets), default=0.0),
    )
