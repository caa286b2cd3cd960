"""What is known of a video file, and of the file made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class SoundFacts:
    """The audio stream that is used."""

    stream: int
    """Index among all streams of the file."""
    codec: str
    rate_hz: int
    channels: int
    start_s: float
    language: str | None = None


@dataclass(frozen=True, slots=True)
class SubtitleFacts:
    """One text subtitle stream (picture subtitles are left out)."""

    stream: int
    codec: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """A video as it is to be seen: sizes are upright and with square pixels."""

    size_b: int
    container: str
    duration_s: float
    """Of what is really there, not of what the header says."""
    stream: int
    """Index of the picture stream among all streams of the file."""
    codec: str
    pixel_format: str
    width: int
    height: int
    coded_width: int
    coded_height: int
    fps: float
    """Mean frame rate; with `variable_rate` frames come unevenly."""
    frames: int
    """Frames of the picture stream, counted or estimated from its packets."""
    start_s: float
    """Time stamp of the first frame on the container's clock."""
    rotation: Literal[0, 90, 180, 270] = 0
    """Clockwise turn that makes the stored picture upright."""
    sample_aspect: tuple[int, int] = (1, 1)
    variable_rate: bool = False
    interlaced: bool = False
    hdr: Literal["pq", "hlg"] | None = None
    color: tuple[str, str, str] = ("", "", "")
    """Primaries, transfer, matrix as ffmpeg names them; empty where not written down."""
    bits: int = 8
    sound: SoundFacts | None = None
    subtitles: tuple[SubtitleFacts, ...] = ()
    entries_s: tuple[float, ...] = ()
    """Key frames, 20 s apart or more: places where a decoder can begin."""
    damaged: bool = False
    """The header promises clearly more than can be decoded, or decoding meets errors."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> VideoFacts:
        sound = raw.get("sound")
        return cls(
            **{
                **raw,
                "sample_aspect": tuple(raw["sample_aspect"]),
                "color": tuple(raw["color"]),
                "entries_s": tuple(raw.get("entries_s", ())),
                "sound": SoundFacts(**sound) if sound else None,
                "subtitles": tuple(SubtitleFacts(**s) for s in raw["subtitles"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Video:
    """A video on this machine, ready to be worked on."""

    path: Path
    sha256: str
    facts: VideoFacts
    name: str = ""
    """What people call it, without an ending; the file itself may be called anything."""


@dataclass(frozen=True, slots=True)
class Format:
    """A shape of finished clip. Sizes in pixels."""

    name: str
    width: int
    height: int


VERTICAL = Format("9:16", 1080, 1920)
PORTRAIT = Format("4:5", 1080, 1350)
SQUARE = Format("1:1", 1080, 1080)
WIDE = Format("16:9", 1920, 1080)
FORMATS = {f.name: f for f in (VERTICAL, PORTRAIT, SQUARE, WIDE)}
