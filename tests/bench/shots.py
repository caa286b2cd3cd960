"""Shot edges of joined recordings, found by us and by PySceneDetect, in the same run.

Three encoders' habits: key frames on the cuts, key frames at fixed places with few pictures between
that others refer to, and no such pictures at all. Then the same pieces dark, with flashes and
a camera that swings, and a concert whose cuts were found by eye.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.analysis.picture import watch
from core.analysis.pieces import Kept
from core.media.facts import Video
from core.media.probe import probe
from core.settings import Settings
from core.tell import tell_nobody
from tests.quality.cuts import f1
from tests.quality.material import RECORDINGS, Case, joined

HABITS = {
    "scenes": (),
    "fixed": ("-g", "60", "-sc_threshold", "0", "-bf", "3", "-b_strategy", "0"),
    "simple": ("-bf", "0", "-g", "120", "-sc_threshold", "0"),
}
CONCERT = Case("concert", RECORDINGS / "cuts_concert_10s_360p.mp4", cuts_s=(1.511, 3.580, 7.884))
Find = Callable[[Path], list[float]]


@dataclass(frozen=True, slots=True)
class Found:
    """The F1 over all files, with one frame of tolerance, and the time for all of them."""

    f1: float
    took_s: float
    files: int
    edges: int


def compare(settings: Settings, folder: Path, runs: int) -> dict[str, Found]:
    """Nothing where there are no recordings."""
    if not RECORDINGS.is_dir():
        return {"ours": Found(0.0, 0.0, 0, 0)}
    cases = [joined(settings, folder, name, *habit) for name, habit in HABITS.items()]
    cases += [joined(settings, folder, "hard", hard=True), CONCERT]
    # What a file is, and whether it is whole, is asked once, before anything is looked for.
    videos = {case.video: _probed(case.video) for case in cases}
    ways: dict[str, Find] = {
        "ours": lambda path: _ours(videos[path], settings, faces=False),
        "ours, with faces, text and boxes": lambda path: _ours(videos[path], settings, faces=True),
        "AdaptiveDetector": lambda path: _theirs(path, "AdaptiveDetector"),
        "ContentDetector": lambda path: _theirs(path, "ContentDetector"),
    }
    scores: dict[str, list[float]] = {name: [] for name in ways}
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, find in ways.items():
            began = time.monotonic()
            found = [find(case.video) for case in cases]
            took[name].append(time.monotonic() - began)
            pairs = zip(found, cases, strict=True)
            scores[name] = [f1(shots, case.cuts_s or ()) for shots, case in pairs]
    edges = sum(len(case.cuts_s or ()) for case in cases)
    return {
        name: Found(statistics.mean(scores[name]), statistics.median(took[name]), len(cases), edges)
        for name in ways
    }


def _probed(path: Path) -> Video:
    return Video(path, "0" * 64, asyncio.run(probe(path)))


def _ours(video: Video, settings: Settings, *, faces: bool) -> list[float]:
    """Motion, black and frozen parts come with it."""
    looking = watch(video, settings=settings, tell=tell_nobody, kept=Kept(), faces=faces)
    return list(asyncio.run(looking).shots_s[1:])


def _theirs(path: Path, name: str) -> list[float]:
    import scenedetect

    scenes = scenedetect.detect(str(path), getattr(scenedetect, name)())
    return [start.get_seconds() for start, _ in scenes[1:]]
