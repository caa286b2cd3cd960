"""Reads the frames of one piece in one thread, and looks for faces in another."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

from core.analysis.bars import BarMeter, Block
from core.analysis.boxes import Boxes, BoxMeter
from core.analysis.burnt import TextMeter
from core.analysis.faces import FaceMeter
from core.analysis.frames import Frame, Reading, read_frames
from core.analysis.looks import Look, LookMeter
from core.analysis.model import FaceSample, Spell
from core.analysis.pieces import OVER_S
from core.analysis.shots import Shots
from core.analysis.steps import StepMeter, Steps
from core.media.facts import VideoFacts

_WAITING = 12
"""Frames that may wait for the face finder; then the reader waits, and ffmpeg with it."""
_SOON_S, _EACH_S = 8.0, 6.0
"""With two doubts in the first few seconds, or with one in so many later on, reading everything
costs less than going back to each."""


class PieceMeter:
    """What is seen of one piece. Without `faces` nobody is looked for."""

    def __init__(
        self,
        facts: VideoFacts,
        reading: Reading,
        usual_s: float,
        faces: FaceMeter | None,
        note: Callable[[float], None],
    ) -> None:
        self.too_many_doubts = False
        self._facts, self._reading, self._usual_s = facts, reading, usual_s
        self._meter, self._faces, self._note = StepMeter(), faces, note
        self._text, self._bars = TextMeter(), BarMeter()
        self._boxes, self._looks = BoxMeter(), LookMeter()
        self._asked = False
        self._due: queue.Queue[Frame | None] = queue.Queue(_WAITING)
        self._stopped = threading.Event()

    @property
    def steps(self) -> Steps:
        return self._meter.steps

    @property
    def samples(self) -> Sequence[FaceSample]:
        return self._faces.seen if self._faces else ()

    @property
    def burnt(self) -> tuple[Spell, ...]:
        return self._text.spells()

    @property
    def bars(self) -> tuple[Block, ...]:
        return self._bars.blocks()

    @property
    def boxes(self) -> tuple[Boxes, ...]:
        return self._boxes.blocks()

    @property
    def looks(self) -> Sequence[Look]:
        return self._looks.looks

    def doubts(self) -> list[Spell]:
        """Places where frames that were left out would tell more."""
        if self._reading.every:
            return []
        return Shots(self.steps).doubts(self._usual_s)

    def read(self, pipe: BinaryIO) -> bool:
        """To the end of the piece; whether the pipe ended before."""
        with ThreadPoolExecutor(1, "faces") as beside:
            finding = beside.submit(self._find)
            try:
                ended = self._read(pipe)
            finally:
                self._due.put(None)
            finding.result()
        return ended

    def _read(self, pipe: BinaryIO) -> bool:
        for n, frame in enumerate(read_frames(pipe, self._facts, self._reading)):
            self._add(n, frame)
            if self._enough(frame.t_s):
                self._judge()
                return False
        self._judge()
        return not self._stopped.is_set()

    def stop(self) -> None:
        """End both threads soon."""
        self._stopped.set()

    def _add(self, n: int, frame: Frame) -> None:
        step = self._meter.add(frame)
        if self._faces is not None and self._faces.wants(frame.t_s, step):
            self._bars.add(frame, step)
            self._looks.add(frame, step)
            self._due.put(frame)
        if self._faces is not None and n % 30 == 0:
            self._note(frame.t_s)

    def _enough(self, t_s: float) -> bool:
        reading = self._reading
        over_s = 0.0 if reading.exact else OVER_S
        if not (self._asked or reading.every) and t_s > reading.start_s + _SOON_S:
            self._asked = True
            self.too_many_doubts = len(self.doubts()) > 1
        ended = reading.end_s is not None and t_s > reading.end_s + over_s
        return ended or self.too_many_doubts or self._stopped.is_set()

    def _judge(self) -> None:
        if len(self.steps):
            length_s = self.steps.t_s[-1] - self.steps.t_s[0]
            self.too_many_doubts |= len(self.doubts()) > max(1.0, length_s / _EACH_S)

    def _find(self) -> None:
        try:
            while (frame := self._due.get()) is not None:
                if not self._stopped.is_set() and self._faces is not None:
                    self._faces.add(frame)
                    self._text.add(frame)
                    self._boxes.add(frame, self._faces.here)
        except BaseException:
            self._stopped.set()
            while self._due.get() is not None:  # the reader waits where the queue is full
                pass
            raise
