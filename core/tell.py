"""How long work reports how far it is."""

from __future__ import annotations

from typing import Literal, Protocol

from core.say import Say

Stage = Literal["download", "probe", "video", "audio", "words", "pick", "render", "check"]
"""Stages of a video in the order they begin; `video`, `audio` and `words` may overlap."""


class Tell(Protocol):
    """Called from any thread, as often as there is news; the receiver thins it out."""

    def __call__(self, stage: Stage, done: float, *, note: Say | None = None) -> None:
        """`done` is 0…1 of this stage. `note` is something the person must know once
        ("captions are rough", "the speech model could not be fetched")."""
        ...


def tell_nobody(stage: Stage, done: float, *, note: Say | None = None) -> None:
    """A `Tell` for work nobody watches."""
