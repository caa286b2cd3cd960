"""A finished clip: the file and what was checked on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.analysis.timeline import Timeline
from core.checks.check import Check
from core.framing.plan import FaceAt, Plan
from core.sound.mix import Mix


@dataclass(frozen=True, slots=True)
class Rendered:
    """One clip in one format."""

    file: Path
    cover: Path
    width: int
    height: int
    duration_s: float
    size_b: int
    plan: Plan
    faces: tuple[FaceAt, ...]
    checks: tuple[Check, ...]
    mix: Mix | None = None
    """What its sound was made with: another version that sounds the same takes it over."""
    intro_s: float = 0.0
    """What stands before the clip itself in the file, and behind it: plan, faces and everything
    else that is told of a clip count from where its own picture begins."""
    outro_s: float = 0.0
    logo: bool = False
    """A logo is shown in it."""
    line: Timeline | None = None
    """The stretches of the source it is made of; None of versions from before there were any."""
    cover_s: float | None = None
    """The moment its cover shows."""

    @property
    def fit(self) -> bool:
        """True when nothing that must hold failed."""
        return all(c.ok for c in self.checks if c.must)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "file": str(self.file), "cover": str(self.cover)}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Rendered:
        raw, gain = {**raw}, raw.get("gain")
        line = raw.get("line")
        raw.pop("gain", None)  # as it was kept before there was a mix
        mix = raw.get("mix") or (gain and {"gain": gain})
        return cls(
            **{
                **raw,
                "file": Path(raw["file"]),
                "cover": Path(raw["cover"]),
                "plan": Plan.from_json(raw["plan"]),
                "faces": tuple(FaceAt(**f) for f in raw["faces"]),
                "checks": tuple(Check(**c) for c in raw["checks"]),
                "mix": Mix.from_json(mix) if mix else None,
                "line": Timeline.from_json(line) if line else None,
            }
        )
