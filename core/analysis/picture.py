"""Everything the picture tells, from one decode: shots, faces, motion, black and frozen parts."""

from __future__ import annotations

import asyncio
import queue
import threading
from dataclasses import dataclass

import cv2

from core.analysis.faces import FaceMeter, open_finder
from core.analysis.frames import Frame, frame_args, read_frames
from core.analysis.model import FaceSample, Spell
from core.analysis.shots import ShotMeter
from core.errors import NotUsable
from core.media.facts import Video
from core.media.ffmpeg import find, start
from core.settings import Settings
from core.tell import Tell

_WAITING = 12
"""Frames that may wait for the face finder; then the reader waits, and ffmpeg with it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What was seen. Times in seconds of the source."""

    end_s: float
    shots_s: tuple[float, ...]
    samples: tuple[FaceSample, ...]
    motion: tuple[float, ...]
    black: tuple[Spell, ...]
    frozen: tuple[Spell, ...]


async def watch(video: Video, *, settings: Settings, tell: Tell) -> Picture:
    """Look at every frame once. Memory does not grow with the length of the picture. Raises
    NotUsable when there is not one."""
    cv2.setNumThreads(1)  # the cores are busy already: decoding, shots and faces side by side
    meter = _Watcher(FaceMeter(open_finder(settings)), video, tell)
    timeout_s = 600 + 4 * video.facts.duration_s
    async with start(
        frame_args(video), exe=find(settings), timeout_s=timeout_s, reads=True
    ) as running:
        assert running.out is not None
        try:
            await asyncio.to_thread(meter.read, running.out)
        finally:
            meter.stop()
            running.out.close()  # a program that is no ffmpeg might write on for ever
        await running.wait()
    if not meter.frames:
        raise NotUsable("media.broken")
    return meter.picture()


class _Watcher:
    """Reads frames in one thread and looks for faces in another."""

    def __init__(self, faces: FaceMeter, video: Video, tell: Tell) -> None:
        self._faces, self._shots = faces, ShotMeter()
        self._video, self._tell = video, tell
        self._due: queue.Queue[Frame | None] = queue.Queue(_WAITING)
        self._stopped = threading.Event()
        self._end_s = 0.0
        self.frames = 0

    def read(self, pipe: object) -> None:
        """To the end of the pipe."""
        finding = threading.Thread(target=self._find, name="faces")
        finding.start()
        try:
            for n, frame in enumerate(read_frames(pipe, self._video.facts)):  # type: ignore[arg-type]
                self._add(n, frame)
                if self._stopped.is_set():
                    break
        finally:
            self._due.put(None)
            finding.join()

    def _add(self, n: int, frame: Frame) -> None:
        step = self._shots.add(frame)
        self.frames += 1
        self._end_s = max(self._end_s, frame.t_s)
        if self._faces.wants(frame.t_s, step):
            self._due.put(frame)
        if n % 30 == 0:
            self._tell("video", min(0.99, frame.t_s / max(0.1, self._video.facts.duration_s)))

    def _find(self) -> None:
        while (frame := self._due.get()) is not None:
            if not self._stopped.is_set():
                self._faces.add(frame)

    def stop(self) -> None:
        """End both threads soon."""
        self._stopped.set()

    def picture(self) -> Picture:
        samples = self._faces.samples()
        duration_s = self._video.facts.duration_s
        return Picture(
            self._end_s,
            self._shots.shots(samples),
            samples,
            self._shots.motion(duration_s),
            self._shots.black(),
            self._shots.frozen(),
        )
