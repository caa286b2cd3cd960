"""What a person settles about a post before it goes out: who sees it, what others may do with it,
what has to be said about it. Each platform declares its own; a chat draws them as buttons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from core.say import Say, say

Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """One button: `name` is set to `value`, and again to nothing. Buttons carry the place in the
    list of their platform, so choices are only ever added at its end."""

    name: str
    value: str | bool
    label: str
    """Of `choice.button_…`."""
    row: int
    kept: Literal["account", "offered", "never"] = "never"
    """Whether it counts for later posts of the account, is offered again with one tap, or is asked
    for anew each time."""

    @property
    def words(self) -> Say:
        return say(f"choice.button_{self.label}")

    def is_set(self, settings: Settings) -> bool:
        found = settings.get(self.name)
        return found == self.value and isinstance(found, type(self.value))


@dataclass(frozen=True, slots=True)
class Offer:
    """What the platform says of an account at this moment."""

    called: str = ""
    """How the account is called there."""
    closed: frozenset[int] = field(default_factory=frozenset)
    """Places of choices it does not offer now."""
    notes: tuple[Say, ...] = ()


def settle(choices: tuple[Choice, ...], settings: Settings, place: int) -> dict[str, Any]:
    """The settings after a button was pressed: a box is ticked or not, one of several is chosen."""
    pressed = choices[place]
    if isinstance(pressed.value, bool) and pressed.value and not _has_other(choices, pressed):
        return {**settings, pressed.name: not pressed.is_set(settings)}
    return {**settings, pressed.name: pressed.value}


def _has_other(choices: tuple[Choice, ...], pressed: Choice) -> bool:
    """Whether there is a button for No as well: then neither may be guessed."""
    return any(c.name == pressed.name and c.value is False for c in choices)


def chosen(choices: tuple[Choice, ...], settings: Settings) -> tuple[Say, ...]:
    """Everything that is set, in words."""
    return tuple(c.words for c in choices if c.is_set(settings))


LAST = "last"
"""In the rules of an account: what was chosen for the post before."""


def remembered(choices: tuple[Choice, ...], settings: Settings) -> dict[str, Any]:
    """What an account keeps of the choices for one post."""
    kept = {c.name: settings.get(c.name) for c in choices if c.kept == "account"}
    last = {c.name: settings.get(c.name) for c in choices if c.kept == "offered"}
    return {**kept, **({LAST: {k: v for k, v in last.items() if v is not None}} if last else {})}


def last_time(choices: tuple[Choice, ...], rules: Settings) -> dict[str, Any]:
    """What may be offered again; empty when nothing was chosen before."""
    last = rules.get(LAST)
    names = {c.name for c in choices if c.kept == "offered"}
    return {k: v for k, v in last.items() if k in names} if isinstance(last, dict) else {}
