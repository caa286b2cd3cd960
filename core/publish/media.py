"""Whether a platform takes a file as it is: found in the file, not in what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.media.boxes import box_names, has_edit_list, moov_is_first
from core.media.facts import VideoFacts
from core.say import Bytes, Fact, Say, say


@dataclass(frozen=True, slots=True)
class MediaSpec:
    """What a platform takes. Where something is empty, everything is taken."""

    containers: tuple[str, ...] = ("mov", "matroska")
    """As ffmpeg calls them: `mov` reads MP4 too, `matroska` WebM."""
    codecs: tuple[str, ...] = ()
    pixels: tuple[str, ...] = ()
    fps: tuple[float, float] = (1.0, 240.0)
    sides: tuple[int, int] = (1, 65535)
    """Shortest and longest side of the picture, in pixels."""
    bps: float = float("inf")
    size_b: int = 4_000_000_000
    sounds: tuple[str, ...] = ()
    sound_hz: int = 1 << 20
    sound_channels: int = 64
    index_first: bool = False
    """`moov` before `mdat`, and no edit list."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something of a file that would be refused; all of these can be mended by encoding anew."""

    name: str
    what: Say


_NTSC = 0.03
"""23.976 counts as 24."""


def flaws(spec: MediaSpec, path: Path, facts: VideoFacts) -> tuple[Flaw, ...]:
    """What would be refused. Reads the file's boxes where their order matters; blocks."""
    found = list(_flaws(spec, facts))
    if spec.index_first and facts.container.startswith("mov"):
        names = box_names(path)
        if not moov_is_first(names):
            found.append(Flaw("moov", say("publish.media_index")))
        if has_edit_list(names):
            found.append(Flaw("edit_list", say("publish.media_edits")))
    return tuple(found)


def _flaws(spec: MediaSpec, facts: VideoFacts) -> Iterator[Flaw]:
    container = facts.container.split(",")[0]
    if spec.containers and container not in spec.containers:
        yield _flaw("container", found=facts.container)
    if spec.codecs and facts.codec not in spec.codecs:
        yield _flaw("codec", found=facts.codec.upper(), allowed=_upper(spec.codecs))
    if spec.pixels and facts.pixel_format not in spec.pixels:
        yield _flaw("pixels", found=facts.pixel_format)
    low, high = spec.fps
    if not low - _NTSC <= facts.fps <= high + _NTSC:
        found = f"{facts.fps:.1f}".removesuffix(".0")
        yield _flaw("fps", found=found, low=f"{low:g}", high=f"{high:g}")
    least, longest = spec.sides
    if not within(spec, facts.width, facts.height, 0):
        picture = f"{facts.width}x{facts.height}"
        yield Flaw("sides", say("publish.sides", picture=picture, low=least, high=longest))
    if facts.size_b > spec.size_b:
        size, most = Bytes(facts.size_b), Bytes(spec.size_b)
        yield Flaw("size", say("publish.size", size=size, limit=most))
    if facts.size_b * 8 / max(facts.duration_s, 0.1) > spec.bps:
        yield _flaw("bitrate", limit=round(spec.bps / 1e6))
    yield from _sound(spec, facts)


def within(spec: MediaSpec, width: int, height: int, size_b: int) -> bool:
    """Whether sides and size are as the platform takes them."""
    least, longest = spec.sides
    fits = least <= min(width, height) <= max(width, height) <= longest
    return fits and size_b <= spec.size_b


def _sound(spec: MediaSpec, facts: VideoFacts) -> Iterator[Flaw]:
    sound = facts.sound
    if sound is None:
        return
    named = spec.sounds and sound.codec not in spec.sounds
    if named or sound.rate_hz > spec.sound_hz or sound.channels > spec.sound_channels:
        yield _flaw("sound", found=f"{sound.codec.upper()}, {sound.rate_hz} Hz")


def _flaw(name: str, **facts: Fact) -> Flaw:
    return Flaw(name, say(f"publish.media_{name}", **facts))


def _upper(names: tuple[str, ...]) -> tuple[Fact, ...]:
    return tuple(n.upper() for n in names)
