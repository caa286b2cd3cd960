"""A small program that looks at a media file and prints what it saw as JSON.

    python -I looking.py FILE MAX_PIXELS DEMUXERS

It runs behind `confined.py`: whatever a hostile file does to the libraries of PyAV happens here. It
only measures; what is usable is decided by `probe.py`. It imports nothing of ours, so that it
starts in 0.1 s and works from any folder. Nothing in a header is believed: packets are counted, and
frames are decoded at the start and at places all over the file.
"""

from __future__ import annotations

import itertools
import json
import statistics
import sys
import time
from array import array
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import av
from av.stream import Disposition

SCAN_S = 20.0
"""For reading packets. About 10 GB from a disk; what is longer is looked at by its end."""
DECODE_S = 1.5
"""For decoding from the start, and the same again for the places all over the file."""
PLACES = 8
ENTRY_S = 20.0
_KEY_DISTANCE_S = 30.0  # key frames of screen recordings lie up to 20 s apart
_INDEXED = ("mov", "matroska", "avi", "gif")  # elsewhere a seek may land behind the key frame
_RUN_UP_S = 12.0
_NO_KEY = 3000  # packets without a key frame, 100 s at 30 fps: there is none any more
_DARK_END_S = 1.0  # a decoder may swallow the last frames of a stream that just stops
_KEPT_STAMPS = 50_000  # half an hour at 30 fps is enough to see whether the rate varies
_OPEN = {
    "protocol_whitelist": "file",
    "probesize": str(20 << 20),
    "analyzeduration": str(10_000_000),  # µs
    "max_streams": "64",
}
_TEXT = {"subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text", "microdvd", "sami", "ttml"}
_WORSE = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
_ASIDE = Disposition.visual_impaired | Disposition.comment | Disposition.descriptions


@dataclass(slots=True)
class Packets:
    """What demuxing alone shows of one stream. Times are seconds of the container's clock."""

    count: int = 0
    corrupt: int = 0
    first_s: float | None = None
    last_s: float = 0.0
    """Start of the last one."""
    end_s: float = 0.0
    encrypted: bool = False
    gaps: float = 0.0
    """Share of frames that do not follow at the usual distance."""
    entries: list[float] = field(default_factory=list)
    """Key frames, `ENTRY_S` apart or more: where a decoder can begin."""


@dataclass(slots=True)
class Decoded:
    """What decoding showed."""

    frames: int = 0
    errors: int = 0
    corrupt: int = 0
    first_s: float | None = None
    last_s: float = 0.0
    whole: bool = False
    """Everything was decoded; else only the start and `places`."""
    places: int = 0
    dark_places: int = 0
    """Places where no frame came out."""
    lit_until_s: float | None = None
    """Where the picture ends for good, when it ends before the packets do."""
    look: dict[str, Any] = field(default_factory=dict)
    """Size, format, turn, colours of the first frame."""
    interlaced: int = 0


def open_file(name: str, demuxers: str) -> Any:
    """The file, by a harmless demuxer and without any way to another file or the network."""
    return av.open(f"file:{name}", options={**_OPEN, "format_whitelist": demuxers})


def best_picture(container: Any) -> Any:
    """The moving picture: no cover, no thumbnail, the default one, the biggest."""

    def rank(s: Any) -> tuple[bool, bool, int]:
        size = s.codec_context.width * s.codec_context.height if s.codec_context else 0
        return (bool(size), bool(s.disposition & Disposition.default), size)

    moving = [s for s in container.streams.video if not s.disposition & _WORSE]
    return max(moving, key=rank, default=None)


def best_sound(container: Any) -> Any:
    """The sound a player would choose: the default one that is no comment on the picture."""

    def rank(s: Any) -> tuple[bool, bool, int]:
        default = bool(s.disposition & Disposition.default)
        return (not s.disposition & _ASIDE, default, s.codec_context.channels)

    usable = [s for s in container.streams.audio if s.codec_context and s.codec_context.sample_rate]
    return max(usable, key=rank, default=None)


def scan(container: Any, picture: Any, sound: Any) -> tuple[Packets, Packets, bool]:
    """Read the packets of both streams; the last part says whether the end was reached."""
    streams = [s for s in (picture, sound) if s]
    seen = {s.index: Packets() for s in streams}
    stamps, until, finished = array("q"), time.monotonic() + SCAN_S, True
    for packet in _demuxed(container, streams):
        _note(seen[packet.stream_index], packet)
        shown = packet.pts is not None and not packet.is_discard
        if shown and packet.stream_index == picture.index and len(stamps) < _KEPT_STAMPS:
            stamps.append(packet.pts)
        if time.monotonic() > until:
            finished = False
            break
    of_picture = seen[picture.index]
    usual, of_picture.gaps = _rhythm(sorted(stamps))
    length_s = float(usual * picture.time_base)  # FLV writes no frame lengths
    of_picture.end_s = max(of_picture.end_s, of_picture.last_s + length_s)
    return of_picture, seen[sound.index] if sound else Packets(), finished


def _demuxed(container: Any, streams: list[Any]) -> Iterator[Any]:
    """Packets until the end or until the file makes no sense any more."""
    packets = container.demux(*streams)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        if packet.size:
            yield packet


def _note(seen: Packets, packet: Any) -> None:
    stamp = packet.dts if packet.pts is None else packet.pts
    if stamp is None:  # a bare elementary stream has no clock: count
        length_s = 1 / float(getattr(packet.stream, "guessed_rate", None) or 25)
        start_s = seen.count * length_s
    else:
        start_s = float(stamp * packet.time_base)
        length_s = float((packet.duration or 0) * packet.time_base)
    seen.corrupt += packet.is_corrupt
    seen.encrypted = seen.encrypted or packet.has_sidedata("encryption_info")
    if packet.is_discard:  # before the edit list begins: never shown
        return
    seen.count += 1
    if packet.is_keyframe and start_s >= (seen.entries[-1] if seen.entries else 0.0) + ENTRY_S:
        seen.entries.append(start_s)
    seen.first_s = start_s if seen.first_s is None else min(seen.first_s, start_s)
    seen.last_s = max(seen.last_s, start_s)
    seen.end_s = max(seen.end_s, start_s + length_s)


def _rhythm(stamps: list[int]) -> tuple[float, float]:
    """The usual distance, and the share of distances that differ by more than rounding."""
    steps = [b - a for a, b in itertools.pairwise(stamps)]
    if not steps:
        return 0.0, 0.0
    usual = statistics.median(steps)
    slack = max(1.5, usual * 0.1)
    return usual, sum(abs(s - usual) > slack for s in steps) / len(steps)


def end_of_long(container: Any, picture: Any, seen: Packets, header_s: float) -> None:
    """Of a file too long to read through: the furthest place that still has packets, by halving
    what lies between the last packet seen and the end the header claims."""
    sure_s, claimed_s = seen.end_s, header_s
    counted_s = sure_s - (seen.first_s or 0.0)
    target_s = claimed_s - 5
    for _ in range(12):
        found = _packets_after(container, picture, target_s)
        if found.count and found.end_s > sure_s:
            sure_s = found.end_s
        else:
            claimed_s = target_s
        if claimed_s - sure_s < 10:
            break
        target_s = (sure_s + claimed_s) / 2
    if counted_s > 0:
        seen.count = round(seen.count * (sure_s - (seen.first_s or 0.0)) / counted_s)
    seen.end_s = sure_s


def _packets_after(container: Any, picture: Any, at_s: float) -> Packets:
    found = Packets()
    try:
        container.seek(int(at_s / picture.time_base), stream=picture)
    except av.FFmpegError:
        return found
    for packet in _demuxed(container, [picture]):
        _note(found, packet)
        if found.count >= 3000:
            break
    return found


def decode_start(container: Any, picture: Any, out: Decoded) -> None:
    """Decode from the start as long as the time allows."""
    until = time.monotonic() + DECODE_S
    for packet in itertools.chain(_demuxed(container, [picture]), [None]):
        for frame in _decoded(picture, packet, out):
            _see(frame, picture, out)
        if time.monotonic() > until and (out.frames or time.monotonic() > until + 5 * DECODE_S):
            return
    out.whole = True


def _decoded(stream: Any, packet: Any, out: Decoded) -> list[Any]:
    """Frames of one packet; None asks for those the decoder still holds."""
    try:
        return list(stream.codec_context.decode(packet))
    except av.FFmpegError:
        out.errors += 1
        return []


def _see(frame: Any, picture: Any, out: Decoded) -> None:
    out.frames += 1
    out.corrupt += frame.is_corrupt
    out.interlaced += frame.interlaced_frame
    if frame.pts is not None:
        at_s = float(frame.pts * picture.time_base)  # a frame need not know its own
        out.first_s = at_s if out.first_s is None else min(out.first_s, at_s)
        out.last_s = max(out.last_s, at_s)
    if not out.look:
        out.look = {
            "width": frame.width,
            "height": frame.height,
            "pixel_format": frame.format.name,
            "bits": max(c.bits for c in frame.format.components),
            "turn": frame.rotation,
            "color": [int(frame.color_primaries), int(frame.color_trc), int(frame.colorspace)],
        }


def decode_places(container: Any, picture: Any, start_s: float, end_s: float, out: Decoded) -> None:
    """Decode a little at places all over the file; find where it goes dark for good."""
    until = time.monotonic() + DECODE_S
    lit_s, dark_s = max(start_s, out.last_s), None
    for i in range(1, PLACES + 1):
        if time.monotonic() > until and i < PLACES:  # the last one is always looked at
            continue
        at_s = start_s + (end_s - start_s) * i / (PLACES + 1)
        out.places += 1
        if _lights_up(container, picture, at_s, out):
            lit_s, dark_s = at_s, None
        else:
            out.dark_places += 1
            dark_s = dark_s or at_s
    for _ in range(8 if dark_s else 0):  # a half-written file often ends in zeros
        middle_s = (lit_s + (dark_s or 0.0)) / 2
        if _lights_up(container, picture, middle_s, out):
            lit_s = middle_s
        else:
            dark_s = middle_s
    out.lit_until_s = lit_s if dark_s else None


def _lights_up(container: Any, picture: Any, at_s: float, out: Decoded) -> bool:
    """Whether a frame of this place comes out, not only one from long before it."""
    seek_s = at_s if container.format.name.startswith(_INDEXED) else at_s - _RUN_UP_S
    try:
        container.seek(int(max(0.0, seek_s) / picture.time_base), stream=picture)
    except av.FFmpegError:
        return False
    frames, since_key, key_s, entered = 0, 0, at_s, False
    for tried, packet in enumerate(_demuxed(container, [picture])):
        if not (entered or packet.is_keyframe):  # entered between two: this is not damage
            if tried >= _NO_KEY:
                break
            continue
        if not entered and packet.pts is not None:
            key_s = float(packet.pts * picture.time_base)
        entered = True
        since_key += not packet.is_discard  # what an edit list hides is not shown, however long
        if key_s < at_s - _KEY_DISTANCE_S:
            # Decoding from so far away takes too long. What is written there tells as well: live
            # recordings have one key frame, a file that was not written to its end has zeros.
            return _written(container, picture, packet, at_s)
        for frame in _decoded(picture, packet, out):
            out.corrupt += frame.is_corrupt
            stamp_s = at_s if frame.pts is None else float(frame.pts * picture.time_base)
            frames += stamp_s > at_s - _KEY_DISTANCE_S
        if frames >= 3 or since_key >= 60:
            break
    return frames > 0


def _written(container: Any, picture: Any, packet: Any, at_s: float) -> bool:
    """Whether packets of this place hold anything; `packet` is the last one that was read."""
    for ahead in itertools.chain([packet], _demuxed(container, [picture])):
        if ahead.pts is not None and float(ahead.pts * picture.time_base) >= at_s:
            return any(bytes(ahead))
    return False


def hears(name: str, demuxers: str, index: int) -> bool:
    """Whether the sound can be decoded at all."""
    with open_file(name, demuxers) as container:
        stream = container.streams[index]
        for tried, packet in enumerate(_demuxed(container, [stream])):
            if _decoded(stream, packet, Decoded()):
                return True
            if tried >= 200:
                break
    return False


def streams_of(container: Any) -> dict[str, Any]:
    return {
        "kinds": [s.type for s in container.streams],
        "subtitles": [
            {"stream": s.index, "codec": codec_of(s), "language": s.language}
            for s in container.streams.subtitles
            if codec_of(s) in _TEXT
        ],
    }


def codec_of(stream: Any) -> str:
    """The name of the codec, not of the decoder; empty when there is none here."""
    return stream.codec_context.codec.canonical_name if stream.codec_context else ""


def picture_of(stream: Any) -> dict[str, Any]:
    context = stream.codec_context
    aspect = stream.sample_aspect_ratio
    return {
        "stream": stream.index,
        "codec": codec_of(stream),
        "width": context.width if context else 0,
        "height": context.height if context else 0,
        "aspect": [aspect.numerator, aspect.denominator] if aspect else [1, 1],
        "start_s": float((stream.start_time or 0) * stream.time_base),
        "rate": float(stream.average_rate or 0),
        "header_s": float(stream.duration * stream.time_base) if stream.duration else 0.0,
    }


def sound_of(stream: Any) -> dict[str, Any]:
    return {
        "stream": stream.index,
        "codec": codec_of(stream),
        "rate_hz": stream.codec_context.sample_rate,
        "channels": stream.codec_context.channels,
        "language": stream.language,
    }


def look(name: str, max_pixels: int, demuxers: str) -> dict[str, Any]:
    """Everything there is to see."""
    with open_file(name, demuxers) as container:
        header_s = (container.duration or 0) / 1e6
        seen: dict[str, Any] = {
            "container": container.format.name.split(",")[0],
            "start_s": (container.start_time or 0) / 1e6,
            "header_s": header_s,
            **streams_of(container),
        }
        picture, sound = best_picture(container), best_sound(container)
        if not picture:
            return seen
        seen["picture"] = picture_of(picture)
        if not 0 < seen["picture"]["width"] * seen["picture"]["height"] <= max_pixels:
            return seen
        packets, heard, finished = scan(container, picture, sound)
        if not finished:
            end_of_long(container, picture, packets, seen["start_s"] + header_s)
        seen["packets"] = asdict(packets)
        index = picture.index
        if sound and heard.count and hears(name, demuxers, sound.index):
            seen["sound"] = {**sound_of(sound), "start_s": heard.first_s, "end_s": heard.end_s}
    seen["decoded"] = asdict(decode(name, demuxers, index, packets))
    return seen


def decode(name: str, demuxers: str, index: int, packets: Packets) -> Decoded:
    out = Decoded()
    if packets.encrypted or not packets.count:
        return out
    with open_file(name, demuxers) as container:
        picture = container.streams[index]
        picture.codec_context.thread_count = 1  # memory stays small; the time is bounded anyway
        decode_start(container, picture, out)
        if not out.whole:
            decode_places(container, picture, packets.first_s or 0.0, packets.end_s, out)
        elif out.frames and packets.last_s - out.last_s > _DARK_END_S:
            out.lit_until_s = out.last_s
    return out


def main(argv: list[str]) -> None:
    name, max_pixels, demuxers = argv
    av.logging.set_level(None)
    try:
        seen = look(name, int(max_pixels), demuxers)
    except MemoryError:
        seen = {"failed": "memory"}
    except av.FFmpegError as wrong:
        seen = {"failed": type(wrong).__name__}
    with Path(name).open("rb") as file:
        seen["head"] = file.read(4096).decode("latin-1")
    print(json.dumps(seen))  # noqa: T201  # this is the answer


if __name__ == "__main__":
    main(sys.argv[1:])
