"""What became of a post: the evidence, or what is to be done without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.publish.errors import PlatformError
from core.say import Say


@dataclass(frozen=True, slots=True)
class Seen:
    """Evidence that it is there. `visible` is who can see it: `limited` is friends or followers,
    who have no public link."""

    visible: Literal["public", "limited", "private", "inbox"]
    remote_id: str | None = None
    url: str | None = None
    why: Say | None = None
    """Why it is seen by fewer people than was asked for, and what can be done about it."""


@dataclass(frozen=True, slots=True)
class NotYet:
    """Nothing can be said yet; ask again after `after_s`."""

    after_s: float


@dataclass(frozen=True, slots=True)
class NotThere:
    """Evidence that it is not there, and will not be by itself. `error` says why and what to do: a
    `Wait` may be tried again from the beginning, `most` times; with `keep` from what was marked."""

    error: PlatformError
    most: int = 12
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The platform knows nothing of it any more, in either direction: only a person can tell."""

    why: Say


Outcome = Seen | NotYet | NotThere | Lost
