"""The numbers both platforms ask for, held against what is written in the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from core.checks.check import Check
from core.checks.file import FileFacts, Packet, PictureStream, SoundStream
from core.media.facts import Format

MIN_FPS, MAX_FPS = 23.0, 60.0
"""TikTok's media transfer guide and Meta's Reels specification agree on these."""
GOP_S = 2.0
RATE_BPS = 12_000_000
AHEAD_B = 24_000_000 // 8
"""What may lie in a player's buffer beyond the rate: two seconds of it, as the encoder is told."""
LENGTH_OFF_S = 0.2
SYNC_OFF_S = 0.08
_EVEN_S = 0.0015
"""Containers round times to a millisecond; a frame that is late by more is not on the beat."""
_BT709 = (1, 1, 1, 1)
_H264_PROFILES = ("High",)


def spec_checks(file: FileFacts, fmt: Format, planned_s: float) -> Iterator[Check]:
    """Everything that is known without decoding."""
    yield _is("container", file.container or "none", _is_mp4(file.container), "MP4")
    order = [b for b in file.boxes if b in ("moov", "mdat")]
    first = order[:1] == ["moov"]
    yield _is("moov_first", order[0] if order else "none", first, "moov before mdat")
    edits = file.boxes.count("edts") + file.boxes.count("elst")
    yield _is("edit_list", edits, edits == 0, "none")
    kinds = f"{int(file.picture is not None)}+{int(file.sound is not None)} of {file.streams}"
    yield _is("streams", kinds, kinds == "1+1 of 2", "one picture, one sound")
    if file.picture:
        yield from _picture(file.picture, fmt)
        yield from _pace(file.picture.packets)
        yield _near("duration", _length_s(file.picture.packets), planned_s, LENGTH_OFF_S)
    if file.sound:
        yield _sound(file.sound)
    if file.sound and file.picture and file.picture.packets:
        yield from _together(file.picture.packets, file.sound)


def _is(name: str, value: float | str, ok: bool, limit: str) -> Check:
    return Check(name, ok, value, limit)


def _near(name: str, value: float, wish: float, off: float) -> Check:
    return Check(name, abs(value - wish) <= off, round(value, 3), f"{wish:.2f} ± {off:g} s")


def _is_mp4(brand: str) -> bool:
    return brand.startswith(("iso", "mp4", "avc1"))


def _picture(stream: PictureStream, fmt: Format) -> Iterator[Check]:
    codec = f"{stream.codec} {stream.profile}"
    ok = stream.codec == "h264" and stream.profile in _H264_PROFILES
    yield _is("video_codec", codec, ok, "H.264 High")
    pixels = stream.pixel_format
    yield _is("pixel_format", pixels, pixels == "yuv420p", "yuv420p")
    colour = "/".join(map(str, stream.colour))
    yield _is("colour", colour, stream.colour == _BT709, "BT.709, limited range")
    size = f"{stream.width}x{stream.height}"
    yield _is("size", size, size == f"{fmt.width}x{fmt.height}", f"{fmt.width}x{fmt.height}")
    aspect = f"{stream.sample_aspect.numerator}:{stream.sample_aspect.denominator}"
    yield _is("sample_aspect", aspect, aspect == "1:1", "1:1")


def _pace(packets: Sequence[Packet]) -> Iterator[Check]:
    """Rate, evenness, groups of pictures, and how much comes per second."""
    times = sorted(p.pts_s for p in packets)
    steps = sorted(b - a for a, b in pairwise(times))
    step = (times[-1] - times[0]) / len(steps) if steps else 0.0
    fps = 1 / step if step > 0 else 0.0
    ok = MIN_FPS - 0.03 <= fps <= MAX_FPS + 0.01  # 23.976 counts as 24
    yield _is("frame_rate", round(fps, 3), ok, "23–60 frames a second")
    off = max(abs(steps[0] - step), abs(steps[-1] - step)) if steps else 0.0
    yield _is("constant_rate", round(off, 4), off <= _EVEN_S, f"steps alike within {_EVEN_S} s")
    longest = _longest_group_s(packets)
    closed = _closed(packets)
    yield _is(
        "gop",
        round(longest, 3) if closed else "open",
        closed and longest <= GOP_S + _EVEN_S,
        f"closed, ≤ {GOP_S:g} s",
    )
    rate = _needed_bps(packets, step)
    yield _is("bitrate", round(rate), rate <= RATE_BPS, f"≤ {RATE_BPS // 1_000_000} Mbit/s")


def _length_s(packets: Sequence[Packet]) -> float:
    return max((p.pts_s + p.length_s for p in packets), default=0.0)


def _longest_group_s(packets: Sequence[Packet]) -> float:
    starts = sorted(p.pts_s for p in packets if p.idr)
    if not starts:
        return _length_s(packets)
    return max(b - a for a, b in pairwise([0.0, *starts, _length_s(packets)]))


def _closed(packets: Sequence[Packet]) -> bool:
    """The first picture and every key is one nothing after it looks behind."""
    begin = -1.0
    for packet in packets:
        if packet.key and not packet.idr:
            return False
        if packet.idr:
            begin = packet.pts_s
        elif packet.pts_s < begin:
            return False  # shown before the key picture it is decoded after
    return bool(packets) and packets[0].idr


def _needed_bps(packets: Sequence[Packet], step: float) -> float:
    """The constant rate at which a player with two seconds in hand never waits."""
    total_b, worst = 0, 0.0
    for n, packet in enumerate(packets, start=1):
        total_b += packet.size_b
        worst = max(worst, (total_b - AHEAD_B) / (n * step)) if step else worst
    length_s = len(packets) * step
    mean = total_b / length_s if length_s else 0.0
    return 8 * max(worst, min(mean, RATE_BPS / 8))


def _sound(stream: SoundStream) -> Check:
    value = f"{stream.codec} {stream.profile}, {stream.rate_hz} Hz, {stream.channels} channels"
    ok = (stream.codec, stream.profile) == ("aac", "LC")
    ok = ok and (stream.rate_hz, stream.channels) == (48000, 2)
    return _is("audio", value, ok, "AAC-LC, 48000 Hz, 2 channels")


def _together(packets: Sequence[Packet], sound: SoundStream) -> Iterator[Check]:
    begin_s, end_s = min(p.pts_s for p in packets), _length_s(packets)
    for name, off in (("sync_start", sound.start_s - begin_s), ("sync_end", sound.end_s - end_s)):
        limit = f"± {SYNC_OFF_S * 1000:g} ms"
        yield Check(name, abs(off) <= SYNC_OFF_S, round(off, 4), limit)
