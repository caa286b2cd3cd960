"""How far the work on a video is: the one quiet message that is kept up to date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.chat.message import Act, Button, Out, Rows
from core.say import Say, Seconds, say

CANCEL = "cut.cancel"

WEIGHTS = {"probe": 0.02, "audio": 0.13, "video": 0.5, "words": 0.3, "pick": 0.05}
"""Shares of the analysis, as measured on a 10 min talk without a subtitle track."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known of a request while it is worked on. Shares are 0…1."""

    name: str
    """Display name of the source."""
    stages: Mapping[str, float]
    """Share done of each stage of the analysis that has begun."""
    clip: int = 0
    """Which clip is being rendered, from 1; 0 during the analysis."""
    clips: int = 0
    clip_done: float = 0.0
    left_s: float | None = None


def analysis_share(stages: Mapping[str, float]) -> float:
    """How much of the analysis is done, 0…1."""
    return sum(WEIGHTS.get(stage, 0.0) * done for stage, done in stages.items())


def slot(cut_id: int) -> str:
    """The outbox slot of a request's status message."""
    return f"cut:{cut_id}"


def status(cut_id: int, at: Progress) -> Out:
    """The status message, with its Cancel button."""
    return Out((_line(at),), _cancel(cut_id), quiet=True)


def waiting(cut_id: int, name: str) -> Out:
    """The status of a request while others are worked on before it."""
    return Out((say("status.waiting", name=name),), _cancel(cut_id), quiet=True)


def _cancel(cut_id: int) -> Rows:
    return ((Button(say("card.button_cancel"), Act.of(CANCEL, cut_id), style="danger"),),)


def _line(at: Progress) -> Say:
    left: Say | str = ""
    if at.left_s is not None:
        left = say("status.left", left=Seconds(_round(at.left_s)))
    if at.clips:
        return say(
            "status.rendering",
            name=at.name,
            clip=at.clip,
            clips=at.clips,
            percent=round(100 * at.clip_done),
            left=left,
        )
    stage = next((s for s in ("words", "video", "audio") if at.stages.get(s, 1.0) < 1.0), "probe")
    return say(
        "status.analysing",
        name=at.name,
        what=say(f"status.stage_{stage}"),
        percent=round(100 * analysis_share(at.stages)),
        left=left,
    )


def _round(seconds: float) -> float:
    """Steps a person does not mind: a countdown that jitters is worse than a coarse one."""
    step = 5 if seconds < 60 else 15 if seconds < 300 else 60
    return max(step, round(seconds / step) * step)


def done(name: str, ready: int, failed: tuple[Say, ...], notes: tuple[Say, ...]) -> Out:
    """The last state: what came out, what did not and why."""
    head = say("status.done", name=name, n=ready) if ready else say("status.nothing", name=name)
    return Out((head, *failed, *notes), quiet=True)


def stopped(name: str, ready: int) -> Out:
    """After Cancel, with the clips that were ready before it."""
    key = "status.cancelled_some" if ready else "status.cancelled"
    return Out((say(key, name=name, n=ready),), quiet=True)


def failed(name: str, why: Say) -> Out:
    """It could not be done at all."""
    return Out((say("status.failed", name=name), why), quiet=True)
