"""Measures on the finished file alone: what it is, and how it sounds."""

from __future__ import annotations

import itertools
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import av

from tests.quality.boxes import faults

FRAME_S = 1 / 30


@dataclass(frozen=True, slots=True)
class Sound:
    """As an EBU R128 meter has it; None for silence."""

    lufs: float | None
    peak_dbtp: float | None


def spec_faults(path: Path, size: tuple[int, int]) -> list[str]:
    """Everything that is not as the design asks (§5)."""
    wrong = faults(path)
    with av.open(str(path)) as file:
        picture, sound = file.streams.video[0], file.streams.audio[0]
        facts = {
            "size": ((picture.width, picture.height), size),
            "codec": (picture.codec_context.name, "h264"),
            "profile": (picture.codec_context.profile, "High"),
            "pixels": (picture.codec_context.pix_fmt, "yuv420p"),
            "aspect": (picture.sample_aspect_ratio in (None, 1), True),
            "matrix": (int(picture.codec_context.colorspace), 1),
            "sound": (sound.codec_context.name, "aac"),
            "rate": (sound.codec_context.sample_rate, 48000),
            "channels": (sound.codec_context.channels, 2),
        }
        wrong += [f"{name} {is_}" for name, (is_, asked) in facts.items() if is_ != asked]
        wrong += _times(file)
    return wrong


def _times(file: av.container.InputContainer) -> list[str]:
    """Frame times, distance of key frames, starts and ends, bit rate."""
    picture, sound = file.streams.video[0], file.streams.audio[0]
    stamps, keys, size_b, ends = [], [], 0, {picture.index: 0.0, sound.index: 0.0}
    starts: dict[int, float] = {}
    for packet in file.demux(picture, sound):
        if packet.pts is None:
            continue
        at, base = float(packet.pts * packet.time_base), packet.time_base
        index = packet.stream.index
        starts[index] = min(starts.get(index, at), at)
        ends[index] = max(ends[index], at + float((packet.duration or 0) * base))
        if index == picture.index:
            stamps.append(at)
            size_b += packet.size
            keys += [at] if packet.is_keyframe else []
    stamps.sort()
    steps = [round(b - a, 4) for a, b in itertools.pairwise(stamps)]
    gaps = [b - a for a, b in zip(keys, [*keys[1:], stamps[-1]], strict=True)]
    wrong = []
    if steps and max(steps) - min(steps) > 0.002:
        wrong.append("uneven frame times")
    if max(gaps) > 2.05:
        wrong.append(f"key frames {max(gaps):.2f} s apart")
    if max(starts.values()) > 0.001:
        wrong.append("starts late")
    if abs(ends[picture.index] - ends[sound.index]) > FRAME_S + 0.022:  # one AAC frame is 21 ms
        wrong.append("sound and picture end apart")
    if size_b * 8 / max(1.0, stamps[-1]) > 12.2e6:
        wrong.append("bit rate")
    return wrong


def loudness(exe: str, path: Path) -> Sound:
    """Integrated loudness and true peak of the file."""
    ran = subprocess.run(
        [
            exe,
            "-hide_banner",
            "-nostats",
            "-i",
            str(path),
            "-vn",
            "-af",
            "ebur128=peak=true",
            "-f",
            "null",
            "-",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    told = ran.stderr[ran.stderr.rindex("Summary:") :]
    lufs, peak = (
        re.search(pattern, told) for pattern in (r"I:\s+(-[\d.]+) LUFS", r"Peak:\s+(-?[\d.]+) dBFS")
    )
    silent = lufs is None or float(lufs[1]) <= -69
    return Sound(None if silent else float(lufs[1]), float(peak[1]) if peak else None)
