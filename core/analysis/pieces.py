"""A long picture is looked at in pieces, several at once, and what was seen of each is kept.

Each piece begins at a key frame and reads a moment into the next one, so that joined they are what
one reading from start to end would have been. A piece that was kept is not read again: whatever
kills an analysis, the next try goes on near where it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.analysis.bars import Block
from core.analysis.boxes import Boxes
from core.analysis.burnt import together
from core.analysis.frames import Reading
from core.analysis.looks import Look
from core.analysis.model import ANALYSER, Face, FaceSample, Spell
from core.analysis.steps import Steps
from core.media.decode import INDEXED
from core.media.facts import VideoFacts

LEAST_S, USUAL_S = 20.0, 60.0
"""Length of a piece: one or two for a short video, about one a minute for a longer one."""
TOGETHER, MOST = 4, 120
"""They come in so many at a time, so that two or four that are read at once end together: the last
one by itself would leave cores waiting. And no more than so many."""
OVER_S = 0.5
"""How far a piece is read beyond its end: longer than a flash and than a neighbourhood."""


def pieces(facts: VideoFacts) -> list[Reading]:
    """Where the reading is cut. One piece where a place inside cannot be reached for sure."""
    if facts.container not in INDEXED or facts.damaged:
        return [Reading()]
    length_s = facts.duration_s / _count(facts.duration_s)
    starts = [0.0]
    for entry_s in facts.entries_s:
        enough = entry_s - starts[-1] >= length_s / 2 and facts.duration_s - entry_s >= length_s / 2
        if enough and entry_s >= len(starts) * length_s:
            starts.append(entry_s)
    ends: list[float | None] = [*starts[1:], None]
    alone = len(starts) == 1
    return [Reading(a, b, alone=alone) for a, b in zip(starts, ends, strict=True)]


def _count(duration_s: float) -> int:
    """How many pieces a video is to have."""
    if duration_s < TOGETHER * LEAST_S:
        return 1 if duration_s < 2 * LEAST_S else 2
    return min(MOST, TOGETHER * max(1, round(duration_s / USUAL_S / TOGETHER)))


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one piece."""

    steps: Steps
    samples: tuple[FaceSample, ...]
    burnt: tuple[Spell, ...] = ()
    bars: tuple[Block, ...] = ()
    boxes: tuple[Boxes, ...] = ()
    looks: tuple[Look, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "steps": self.steps.to_json(),
            "samples": [asdict(s) for s in self.samples],
            "burnt": [asdict(s) for s in self.burnt],
            "bars": [asdict(b) for b in self.bars],
            "boxes": [asdict(b) for b in self.boxes],
            "looks": [look.to_json() for look in self.looks],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Seen:
        samples = (
            FaceSample(s["t_s"], tuple(Face(**f) for f in s["faces"])) for s in raw["samples"]
        )
        burnt = tuple(Spell(**s) for s in raw.get("burnt", ()))
        bars = tuple(Block.from_json(b) for b in raw.get("bars", ()))
        boxes = tuple(Boxes.from_json(b) for b in raw.get("boxes", ()))
        looks = tuple(Look.from_json(look) for look in raw.get("looks", ()))
        return cls(Steps.from_json(raw["steps"]), tuple(samples), burnt, bars, boxes, looks)


def joined(readings: Sequence[Reading], seen: Sequence[Seen]) -> Seen:
    """All pieces as one."""
    steps, samples, bars, boxes = Steps(), list[FaceSample](), list[Block](), list[Boxes]()
    looks = list[Look]()
    for reading, piece in zip(readings, seen, strict=True):
        steps.append(piece.steps)
        until_s = float("inf") if reading.end_s is None else reading.end_s
        samples += [s for s in piece.samples if reading.start_s <= s.t_s < until_s]
        bars += [b for b in piece.bars if reading.start_s <= b.start_s < until_s]
        boxes += [b for b in piece.boxes if reading.start_s <= b.start_s < until_s]
        looks += [look for look in piece.looks if reading.start_s <= look.t_s < until_s]
    burnt = together([s for piece in seen for s in piece.burnt])
    return Seen(steps, tuple(samples), burnt, tuple(bars), tuple(boxes), tuple(looks))


class Kept:
    """A folder with what is known so far; without one nothing is kept."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def load(self, name: str) -> dict[str, Any] | None:
        """What was kept under a name by this version of the analysis."""
        if self.folder is None:
            return None
        try:
            found: dict[str, Any] = json.loads((self.folder / f"{name}.json").read_bytes())
        except (OSError, ValueError):
            return None
        return found["kept"] if found.get("version") == ANALYSER else None

    def save(self, name: str, what: Mapping[str, Any]) -> None:
        """Whole or not at all: a kill in the middle leaves nothing under the name."""
        if self.folder is None:
            return
        making = self.folder / f"{name}.making"
        making.write_text(json.dumps({"version": ANALYSER, "kept": what}))
        making.replace(self.folder / f"{name}.json")
