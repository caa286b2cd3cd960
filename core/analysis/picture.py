"""Everything the picture tells, from one decode: shots, faces, motion, black and frozen parts.

Frames that nothing else refers to are left out: they are half of what most encoders write, and what
is between them shows up in what follows. Only where a step might or might not be a cut, or where a
cut lies among frames that were left out, the place is looked at again with every frame.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, replace

import cv2

from core.analysis.bars import pictures
from core.analysis.boxes import boxes, screens
from core.analysis.faces import FaceMeter
from core.analysis.frames import MAX_FPS, Reading, frame_args
from core.analysis.looks import Look
from core.analysis.meter import PieceMeter
from core.analysis.model import FaceSample, Part, Spell
from core.analysis.pieces import Kept, Seen, joined, pieces
from core.analysis.shots import Shots
from core.analysis.side_by_side import side_by_side
from core.analysis.steps import FLASH_S
from core.analysis.yunet import YuNet
from core.errors import NotUsable
from core.media.facts import Video
from core.media.ffmpeg import find, start
from core.settings import Settings
from core.tell import Tell

_AT_ONCE = 4
"""Pieces that are read at the same time, on machines with as many cores."""
_AROUND_S = 0.55
"""Read before and behind a doubt: a neighbourhood, and a flash before that."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What was seen. Times in seconds of the source."""

    end_s: float
    shots_s: tuple[float, ...]
    samples: tuple[FaceSample, ...]
    motion: tuple[float, ...]
    black: tuple[Spell, ...]
    frozen: tuple[Spell, ...]
    burnt: tuple[Spell, ...] = ()
    pictures: tuple[Part, ...] = ()
    """Where it lies inside black bars."""
    boxes: tuple[Part, ...] = ()
    """Camera pictures inside it."""
    screens: tuple[Spell, ...] = ()
    looks: tuple[Look, ...] = ()


async def watch(
    video: Video, *, settings: Settings, tell: Tell, kept: Kept, faces: bool = True
) -> Picture:
    """Look at the picture once. Memory does not grow with its length. Without `faces` only shots,
    motion, black and frozen parts are told. Raises NotUsable when there is no picture."""
    cv2.setNumThreads(1)  # the cores are busy already: decoding, shots and faces side by side
    work = _Watching(video, settings, tell, kept, faces=faces)
    seen = await work.everything()
    if not len(seen.steps):
        raise NotUsable("media.broken")
    found, duration_s = Shots(seen.steps, seen.samples), video.facts.duration_s
    starts_s, end_s = found.starts(), max(seen.steps.t_s)
    return Picture(
        end_s,
        starts_s,
        seen.samples,
        found.motion(duration_s, work.usual_s),
        found.black(),
        found.frozen(),
        seen.burnt,
        pictures(seen.bars, starts_s, end_s, video.facts),
        boxes(seen.boxes, starts_s, end_s, video.facts),
        screens(seen.boxes),
        seen.looks,
    )


class _Watching:
    """Reads the pieces of one video."""

    def __init__(
        self, video: Video, settings: Settings, tell: Tell, kept: Kept, *, faces: bool
    ) -> None:
        self._video, self._settings, self._tell, self._kept = video, settings, tell, kept
        self._faces = faces
        self.usual_s = 1 / min(MAX_FPS, max(1.0, video.facts.fps))
        self._done_s: dict[float, float] = {}

    async def everything(self) -> Seen:
        readings = pieces(self._video.facts)
        seen: list[Seen | None] = [None] * len(readings)
        left = list(range(len(readings)))[::-1]

        async def some() -> None:
            # One net for all of them: a new one for each piece leaves holes in the memory.
            finder = YuNet(self._settings) if self._faces else None
            while left:
                n = left.pop()
                seen[n] = await self._piece(readings[n], finder)

        at_once = min(_AT_ONCE, os.cpu_count() or 1, len(readings))
        await side_by_side(*(some() for _ in range(at_once)))
        return joined(readings, [s for s in seen if s is not None])

    async def _piece(self, reading: Reading, finder: YuNet | None) -> Seen:
        """Of an earlier try, or read now."""
        name = f"picture-{reading.start_s:.3f}-{reading.end_s or 0:.3f}"
        if (raw := self._kept.load(name)) is not None:
            seen = Seen.from_json(raw)
            self._note(reading, reading.end_s or self._video.facts.duration_s)
            return seen
        meter = self._meter(reading, finder)
        await self._read(reading, meter)
        if meter.too_many_doubts:
            reading = replace(reading, every=True)
            meter = self._meter(reading, finder)
            await self._read(reading, meter)
        for doubt in meter.doubts():
            await self._look_again(doubt, meter)
        seen = Seen(
            meter.steps,
            tuple(meter.samples),
            meter.burnt,
            meter.bars,
            meter.boxes,
            tuple(meter.looks),
        )
        self._kept.save(name, seen.to_json())
        return seen

    def _meter(self, reading: Reading, finder: YuNet | None) -> PieceMeter:
        def note(at_s: float) -> None:
            self._note(reading, at_s)

        faces = FaceMeter(finder) if finder else None
        return PieceMeter(self._video.facts, reading, self.usual_s, faces, note)

    async def _read(self, reading: Reading, meter: PieceMeter) -> None:
        facts = self._video.facts
        async with start(
            frame_args(self._video, reading),
            exe=find(self._settings),
            timeout_s=600 + 4 * facts.duration_s,
            reads=True,
        ) as running:
            assert running.out is not None
            try:
                ended = await asyncio.to_thread(meter.read, running.out)
            finally:
                meter.stop()
            running.out.close()  # a program that is no ffmpeg might write on for ever
            if ended:
                await running.wait()

    async def _look_again(self, doubt: Spell, meter: PieceMeter) -> None:
        """Put every frame of a place into the steps."""
        begin_s, end_s = max(0.0, doubt.start_s - _AROUND_S), doubt.end_s + _AROUND_S
        exact = Reading(begin_s, end_s, every=True, exact=True, alone=False)
        again = self._meter(exact, None)
        await self._read(exact, again)
        if len(again.steps):
            primed_s = again.steps.t_s[0] + FLASH_S if begin_s else 0.0
            meter.steps.put(again.steps, primed_s, end_s)

    def _note(self, reading: Reading, at_s: float) -> None:
        self._done_s[reading.start_s] = at_s - reading.start_s
        share = sum(self._done_s.values()) / max(0.1, self._video.facts.duration_s)
        self._tell("video", min(0.99, share))
