"""Commands, buttons and answers, declared where they are handled and found by import.

    @command("again", args=[Arg("clip")], role="editor")
    async def again(ask: Ask, svc: Services) -> Out:
        '''Cut the last video once more, with other moments.'''

    @on_act("clip.discard", role="editor")
    async def discard(ask: Ask, svc: Services) -> Answer: ...

    @on_answer("post.when", role="editor")
    async def when(ask: Ask, svc: Services) -> Answer: ...

A docstring is the help text. The role is checked by the front door before the handler runs, so no
handler can forget it: there is no default.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal

from core.chat.message import ChatRef, InFile, MessageRef, Out
from core.say import Say

Role = Literal["owner", "approver", "editor", "viewer"]
_REACH: dict[str, int] = {"viewer": 0, "editor": 1, "approver": 2, "owner": 3}


def reaches(role: str, needed: Role) -> bool:
    """Whether a role may do what `needed` may."""
    return _REACH.get(role, -1) >= _REACH[needed]


@dataclass(frozen=True, slots=True)
class Hint:
    """One value an argument may have, and how it reads in a list."""

    value: str
    label: Say


Suggest = Callable[["Asker", str, Any], Awaitable[Sequence[Hint]]]
"""Who asks, what they have written so far, the services: what they may mean, best first."""


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument of a command. The last one may take the rest of the line. Where the network
    lists values while somebody writes, `suggest` says which."""

    name: str
    kind: Literal["text", "number", "choice"] = "text"
    choices: tuple[str, ...] = ()
    needed: bool = False
    suggest: Suggest | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """The member who asks, and the conversation they ask in."""

    workspace_id: int
    member_id: int
    role: str
    name: str
    chat_id: int
    where: ChatRef
    language: str
    zone: str
    """IANA name; the chat's, else the member's, else UTC."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, already let in."""

    by: Asker
    key: str
    """Unique per update; derive idempotency keys from it."""
    text: str = ""
    """What was written after the command, or the answer to our question."""
    args: Mapping[str, str] = field(default_factory=dict)
    ids: tuple[int, ...] = ()
    """Ids the button carried."""
    files: tuple[InFile, ...] = ()
    """All of them are in the media store."""
    on: MessageRef | None = None
    said: MessageRef | None = None
    """The person's own message."""
    slot: str | None = None
    """Of the message that stands for this request already; say the first answer in it."""
    kept: Mapping[str, Any] = field(default_factory=dict)
    """What the question that is answered here was asked with."""


@dataclass(frozen=True, slots=True)
class Change:
    """Answer by changing the message the button was on."""

    out: Out


@dataclass(frozen=True, slots=True)
class Question:
    """Say this and take the person's next words as the answer, with `name`'s handler."""

    out: Out
    name: str
    kept: Mapping[str, Any] = field(default_factory=dict)


Answer = Out | Change | Question | Sequence["Out | Change | Question"] | None
Handler = Callable[[Ask, Any], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One registered handler."""

    name: str
    run: Handler
    role: Role
    args: tuple[Arg, ...] = ()
    listed: bool = True
    files: tuple[str, ...] = ()
    """What may be sent along with it, as its fields are called where a network has some: files and
    links are fetched."""

    @property
    def help(self) -> str:
        """First line of the docstring."""
        return (self.run.__doc__ or "").strip().splitlines()[0] if self.run.__doc__ else ""


class Registry:
    """Everything a person can ask for."""

    def __init__(self) -> None:
        self.commands: dict[str, Entry] = {}
        self.acts: dict[str, Entry] = {}
        self.answers: dict[str, Entry] = {}
        self.video: Entry | None = None
        """What happens to a file that comes without a command."""
        self.reply: Entry | None = None
        """What happens to words that answer a message of ours nobody asked in."""


_HERE = Registry()


def _put(into: dict[str, Entry], entry: Entry) -> None:
    before = into.get(entry.name)
    if before and before.run.__module__ != entry.run.__module__:
        raise ValueError(f"{entry.name!r} is declared twice")
    into[entry.name] = entry


def command(
    name: str,
    *,
    role: Role,
    args: Sequence[Arg] = (),
    listed: bool = True,
    files: Sequence[str] = (),
) -> Callable[[Handler], Handler]:
    """`/name` in every chat. With `files`, named by what they are, it takes files along."""

    def keep(run: Handler) -> Handler:
        _put(_HERE.commands, Entry(name, run, role, tuple(args), listed, tuple(files)))
        return run

    return keep


def on_act(name: str, *, role: Role) -> Callable[[Handler], Handler]:
    """A button whose act has this name."""

    def keep(run: Handler) -> Handler:
        _put(_HERE.acts, Entry(name, run, role))
        return run

    return keep


def on_answer(name: str, *, role: Role, files: Sequence[str] = ()) -> Callable[[Handler], Handler]:
    """The next words after a `Question` of this name; with `files`, also a file."""

    def keep(run: Handler) -> Handler:
        _put(_HERE.answers, Entry(name, run, role, files=tuple(files)))
        return run

    return keep


def on_video(*, role: Role) -> Callable[[Handler], Handler]:
    """A file without a command."""

    def keep(run: Handler) -> Handler:
        _HERE.video = Entry("video", run, role, files=("video",))
        return run

    return keep


def on_reply(*, role: Role) -> Callable[[Handler], Handler]:
    """Words in reply to a message of ours, when no question is open."""

    def keep(run: Handler) -> Handler:
        _HERE.reply = Entry("reply", run, role)
        return run

    return keep


def discover(package: ModuleType) -> Registry:
    """Import every public module of a package of handlers and give what they declared."""
    for module in pkgutil.iter_modules(package.__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{package.__name__}.{module.name}")
    return _HERE
