"""Measures where something was taken out of a clip: from the finished file, the source and JSON.

Each stretch is looked for in the source, its sound by correlation and its picture by comparing
frames, so that sound and picture are held against each other at every join and at the end.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from tests.quality.crop import window_at
from tests.quality.parts import Clip, joins, parts

RATE_HZ = 16000
REACH_S = 0.1
AROUND = 3
"""Frames before and after the expected one that are compared."""
SIZE = (72, 128)
FREE_ROWS = slice(0, 62)
"""Captions stand below."""


@dataclass(slots=True)
class Met:
    """What was counted over one clip."""

    joins: int = 0
    removed_s: float = 0.0
    off_s: list[float] = field(default_factory=list)
    """How much later than its picture the sound of each stretch comes."""
    frames_off: list[int] = field(default_factory=list)
    """How many frames from where it should be the picture goes on."""
    click_db: list[float] = field(default_factory=list)
    """The sharpest bend of the wave at each join, over the sharpest ones around it."""
    loud_db: list[float] = field(default_factory=list)
    """The loudest that was taken out at each join, over the loud parts of the speech."""


def meet(exe: str, source: Path, clip: Clip) -> Met:
    """Everything about the joins of one clip."""
    met = Met(len(joins(clip)), float(clip.get("removed_s", 0.0)))
    if not met.joins:
        return met
    file = Path(clip["file"])
    made, own = _sound(exe, file, RATE_HZ), _sound(exe, source, RATE_HZ)
    lags = [_lag(made, own, clip, k) for k in range(len(parts(clip)))]
    fps, frames = _frames(file, clip)
    for k, (at, left, back) in enumerate(joins(clip)):
        before, after = _seen(source, clip, at, left, back, fps, frames)
        met.frames_off += [n for n in (before, after) if n is not None]
        pictures = (before or 0, after or 0)
        for lag, late in zip(lags[k : k + 2], pictures, strict=True):
            met.off_s += [lag - late / fps] if lag is not None else []
    full = _sound(exe, file, 48000)
    met.click_db = [_click(full, at) for at, _, _ in joins(clip)]
    speech = np.percentile(_levels(own, parts(clip)[0][0], parts(clip)[-1][1]), 90)
    met.loud_db = [
        float(np.max(_levels(own, a, b), initial=-90) - speech) for _, a, b in joins(clip)
    ]
    return met


def _sound(exe: str, path: Path, rate: int) -> np.ndarray:
    args = ["-v", "error", "-i", str(path), "-vn", "-ac", "1", "-ar", str(rate)]
    args += ["-af", "aresample=async=1:first_pts=0", "-f", "f32le", "-"]
    raw = subprocess.run([exe, *args], capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.float32)


def _levels(sound: np.ndarray, start_s: float, end_s: float) -> np.ndarray:
    """dB of every 20 ms."""
    step = RATE_HZ // 50
    part = sound[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
    blocks = part[: len(part) // step * step].reshape(-1, step).astype(float)
    return 10 * np.log10(np.maximum((blocks**2).mean(axis=1), 1e-9))


def _lag(made: np.ndarray, own: np.ndarray, clip: Clip, k: int) -> float | None:
    """How much later than it should a stretch is heard; None where nothing is heard in it."""
    a, b = parts(clip)[k]
    at = sum(y - x for x, y in parts(clip)[:k])
    length, reach = round(min(b - a - 0.04, 3.0) * RATE_HZ), round(REACH_S * RATE_HZ)
    # The first one at its end, by the join; the last one too: a drift is largest there.
    late = k in (0, len(parts(clip)) - 1)
    skip = round((b - a - 0.03) * RATE_HZ) - length if late else round(0.02 * RATE_HZ)
    here = made[round(at * RATE_HZ) + skip :][:length]
    begin = round(a * RATE_HZ) + skip - reach
    there = own[max(0, begin) : begin + length + 2 * reach]
    if len(here) < length or len(there) < length + 2 * reach or here.std() < 1e-4:
        return None
    # FFT: a direct correlation of seconds takes seconds.
    size = 1 << (len(there) - 1).bit_length()
    match = np.fft.irfft(np.fft.rfft(there, size) * np.conj(np.fft.rfft(here, size)), size)
    return (reach - int(match[: 2 * reach + 1].argmax())) / RATE_HZ


def _frames(file: Path, clip: Clip) -> tuple[float, dict[int, Any]]:
    """The frame rate, and the frames around the joins, small and grey."""
    with av.open(str(file)) as opened:
        stream = opened.streams.video[0]
        stream.thread_type = "AUTO"
        fps = float(stream.average_rate)
        wanted = {
            round(at * fps) + n for at, _, _ in joins(clip) for n in range(-AROUND - 1, AROUND + 1)
        }
        found = {}
        for n, frame in enumerate(opened.decode(stream)):
            if n in wanted:
                found[n] = _small(frame.to_ndarray(format="gray"))
    return fps, found


def _small(picture: Any) -> np.ndarray:
    return cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA).astype(np.float32)[FREE_ROWS]


def _seen(
    source: Path,
    clip: Clip,
    at: float,
    left: float,
    back: float,
    fps: float,
    frames: dict[int, Any],
) -> tuple[int | None, int | None]:
    """How many frames late the last one before a join and the first one behind it come."""
    n = round(at * fps)
    wanted = ((left - 1 / fps, at - 1 / fps, n - 1), (back, at, n))
    found: list[int | None] = []
    for source_s, clip_s, number in wanted:
        layout = next(
            la for la in clip["layouts"] if la["start_s"] - 1e-3 <= clip_s < la["end_s"] - 1e-3
        )
        picture = _grey_at(source, source_s + 0.5 / fps)
        if picture is None or layout["kind"] != "track":
            found.append(None)
            continue
        x, y, w, h = (round(v) for v in window_at(layout["path"], clip_s))
        truth = _small(picture[max(0, y) : y + h, max(0, x) : x + w])
        near = {m: frames[m] for m in range(number - AROUND, number + AROUND + 1) if m in frames}
        off = {m: float(np.abs(truth - frame).mean()) for m, frame in near.items()}
        best = min(off, key=lambda m: off[m])
        # Somebody who holds still looks the same in many frames.
        alike = [m for m, o in off.items() if o < 1.15 * off[best] + 0.1]
        found.append(0 if number in alike else best - number)
    return found[0], found[1]


def _grey_at(source: Path, t_s: float) -> np.ndarray | None:
    """The picture that is shown at a moment."""
    with av.open(str(source)) as file:
        stream, last = file.streams.video[0], None
        zero_s = (file.start_time or 0) / 1e6
        file.seek(int(max(0.0, t_s - 0.5 + zero_s) * 1e6))
        for frame in file.decode(stream):
            if frame.time is None:
                continue
            if frame.time - zero_s > t_s:
                break
            last = frame
        return None if last is None else last.to_ndarray(format="gray")


def _click(sound: np.ndarray, at: float) -> float:
    bends = np.abs(np.diff(sound, 2))
    t = round(at * 48000)
    here = bends[t - 480 : t + 480].max()
    beside = max(bends[t - 4800 : t - 480].max(), bends[t + 480 : t + 4800].max())
    return float(20 * np.log10(max(here, 1e-6) / max(beside, 1e-4)))
