"""Every error of ours, drawn as a tree.

    AppError
    ├── Told                 for a person: what happened, what was not done, what to do
    │   ├── NotUsable        the input is no usable video
    │   ├── TooLarge         more bytes than can be taken here
    │   ├── NothingToCut     a fine video without anything worth a clip
    │   ├── NotAllowed       the role of the person does not reach
    │   ├── NeedsSignIn      a connected account must be connected again
    │   └── BadSetting       the program cannot start as it is configured
    ├── Later                try again after a while
    ├── Cancelled            a person said stop
    └── Unsure               it may have happened; nobody may repeat it before it is settled

Anything else is a bug: it is logged with a code and the person gets the code.
Exceptions of libraries are translated at the edge that imports them.
"""

from __future__ import annotations

from core.say import Fact, Say


class AppError(Exception):
    """Root of everything this program raises on purpose."""


class Told(AppError):
    """For a person to read. `key` names a sentence of the catalogue, `facts` fill it."""

    def __init__(self, key: str, **facts: Fact) -> None:
        super().__init__(key, facts)
        self.say = Say(key, facts)

    def __str__(self) -> str:
        return f"{self.say.key} {dict(self.say.facts)}"


class NotUsable(Told):
    """The input is no usable video; the sentence says why."""


class TooLarge(Told):
    """More bytes than this way in can take; raised before the transfer starts."""


class NothingToCut(Told):
    """The video is fine, and holds nothing worth a clip; the sentence says why."""


class NotAllowed(Told):
    """The role of the person does not reach."""


class NeedsSignIn(Told):
    """The platform no longer accepts our token; only a person can mend it."""


class BadSetting(Told):
    """The program cannot start as it is configured. Printed as one line, no traceback."""


class Later(AppError):
    """Try again after `after_s` seconds. Nothing was done."""

    def __init__(self, after_s: float, why: str = "") -> None:
        super().__init__(f"later, in {after_s:.0f} s: {why}")
        self.after_s = after_s
        self.why = why


class Cancelled(AppError):
    """A person cancelled the job this code works for."""


class Unsure(AppError):
    """It may have happened. `remote` is what the platform may know it by."""

    def __init__(self, why: str, remote: str | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.remote = remote


def broken_install(wrong: ImportError) -> Say:
    """What to say when a wheel is missing, or was built for another machine."""
    return Say("setting.broken_install", {"why": str(wrong).strip().rstrip(".")})
