"""The picture of a source, decoded once, small, every frame with the time a player shows it at.

ffmpeg scales and pipes raw frames in NUT, a container that keeps every time stamp: with a variable
frame rate nothing may be counted. Nothing is kept; the reader looks at one frame at a time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import av
import cv2
import numpy as np
import numpy.typing as npt

from core.media.decode import input_args, picture_map
from core.media.facts import Video, VideoFacts

LONG_SIDE = 480
"""Faces of a 1080p talk need this much; shots would do with less (clips.md §5.3)."""
MAX_FPS = 60.0
_MANY_THREADS, _MANY_PIXELS = 6, 9_000_000
"""Frame threads of the decoder. ffmpeg's own choice, one more than cores, leaves cores waiting:
measured 10 % slower on two. Each holds frames, so very large pictures keep to that choice. Where
two decoders run, one thread each costs least."""
_BEHIND_S, _MOVED_S = 0.005, 10.0
Gray = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Frame:
    """One small frame, planar YUV 4:2:0; `scale` source pixels lie in one of its pixels."""

    t_s: float
    data: npt.NDArray[np.uint8]
    width: int
    height: int
    scale: float

    @property
    def luma(self) -> Gray:
        """height × width, 0…255."""
        return self.data[: self.width * self.height].reshape(self.height, self.width)

    @property
    def chroma(self) -> tuple[Gray, Gray]:
        """Both colour planes at half the size."""
        w, h = self.width // 2, self.height // 2
        n = self.width * self.height
        u = self.data[n : n + w * h].reshape(h, w)
        v = self.data[n + w * h : n + 2 * w * h].reshape(h, w)
        return u, v

    @property
    def yuv(self) -> Gray:
        """As OpenCV takes I420: 1.5 × height rows."""
        return self.data.reshape(self.height * 3 // 2, self.width)


def shrink(plane: Gray, size: tuple[int, int]) -> Gray:
    """The mean of what lies in each cell of a grid, columns × rows."""
    # Halved first: OpenCV has a fast way for exactly that, and the mean of means is the mean.
    while plane.shape[0] >= 2 * size[1] and plane.shape[1] >= 2 * size[0]:
        half = (plane.shape[1] // 2, plane.shape[0] // 2)
        plane = np.asarray(cv2.resize(plane, half, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)


def small_size(facts: VideoFacts) -> tuple[int, int]:
    """Width and height of the analysis picture, both a multiple of four."""
    scale = min(1.0, LONG_SIDE / max(facts.width, facts.height))
    return (
        max(16, round(facts.width * scale / 4) * 4),
        max(16, round(facts.height * scale / 4) * 4),
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """Which frames of a source are read, and how."""

    start_s: float = 0.0
    """Where a decoder can begin: a key frame, or the start of the file."""
    end_s: float | None = None
    every: bool = False
    """Also those that nothing else refers to: half of all, and a third of the work."""
    exact: bool = False
    """`start_s` lies anywhere: what comes between the key frame and it is decoded and dropped."""
    alone: bool = True
    """Nothing else is decoded meanwhile, so that one decoder may have all cores."""


def frame_args(video: Video, reading: Reading) -> list[str]:
    """The command that writes NUT to its standard output."""
    width, height = small_size(video.facts)
    # Square pixels and rotation are in the target size: ffmpeg turns the picture first. An
    # interlaced one needs no care at this size.
    chain = [f"scale={width}:{height}:flags=fast_bilinear", "setsar=1", "format=yuv420p"]
    if video.facts.fps > MAX_FPS + 1:
        chain.insert(0, f"fps={MAX_FPS:.0f}")
    skipped = [] if reading.every else ["-skip_frame", "noref"]
    return [
        *_threads(video.facts, alone=reading.alone),
        # No deblocking of frames that nothing else refers to: cheaper, and nothing drifts.
        *(*skipped, "-skip_loop_filter", "noref"),
        *_opened(video, reading),
        *picture_map(video.facts),
        *("-an", "-sn", "-dn", "-vf", ",".join(chain)),
        *("-fps_mode", "passthrough", "-c:v", "rawvideo", "-f", "nut"),
        # Both sides would remember every one of them, for seeking in a pipe.
        *("-syncpoints", "none", "-strict", "experimental", "pipe:1"),
    ]


def _opened(video: Video, reading: Reading) -> list[str]:
    args = input_args(video, reads="picture")
    if not reading.start_s:
        return args
    # A little behind the key frame, so that rounding cannot lead to the one before it. Times are
    # moved, because NUT would not keep those before the asked start.
    seek_s = reading.start_s + (0.0 if reading.exact else _BEHIND_S)
    place = ["-accurate_seek" if reading.exact else "-noaccurate_seek", "-ss", f"{seek_s:.6f}"]
    return [*args[:-2], *place, "-itsoffset", f"{_MOVED_S}", *args[-2:]]


def _threads(facts: VideoFacts, *, alone: bool) -> list[str]:
    if not alone:
        return ["-threads", "1", "-thread_queue_size", "64"]
    if facts.width * facts.height > _MANY_PIXELS:
        return []
    return ["-threads", str(_MANY_THREADS), "-thread_queue_size", "64"]


def read_frames(pipe: BinaryIO, facts: VideoFacts, reading: Reading) -> Iterator[Frame]:
    """Every frame in order. Blocks: for a thread."""
    moved_s = 0.0
    if reading.start_s:
        moved_s = reading.start_s + (0.0 if reading.exact else _BEHIND_S) - _MOVED_S
    width, height = small_size(facts)
    scale = facts.width / width
    size = width * height * 3 // 2
    # Only our own ffmpeg writes here: the hostile file ended there.
    for packet in _packets(pipe):
        if packet.size < size or packet.pts is None:
            continue
        data = np.frombuffer(cast(Any, packet), np.uint8, count=size)
        t_s = float(packet.pts * packet.time_base) + moved_s
        yield Frame(round(t_s, 5), data, width, height, scale)


def _packets(pipe: BinaryIO) -> Iterator[Any]:
    """Until the end, or until what comes is no NUT: ffmpeg died then, and its exit code tells."""
    with (
        contextlib.suppress(av.FFmpegError),
        av.open(_Ending(pipe), mode="r", format="nut", buffer_size=1 << 20) as nut,
    ):
        yield from nut.demux(nut.streams.video[0])


class _Ending:
    """A pipe that ends when it is closed behind the reader's back: the rest of the analysis failed
    or was cancelled, and PyAV would print the error of a closed file onto our standard error."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe

    def read(self, size: int) -> bytes:
        try:
            return self._pipe.read(size)
        except ValueError:
            return b""
