"""Which handler is meant: a button, a command, a file, the answer to a question."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.chat.help import usage_of
from core.chat.message import Act, In
from core.chat.registry import Arg, Entry, Registry
from core.db.chats import Dialogue
from core.errors import Told
from handlers._parking import has_link, with_links, without_links

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_NEVER_MIND = {
    *("cancel", "never mind", "nevermind", "stop", "abort", "forget it"),
    *("abbrechen", "stopp", "egal", "vergiss es", "cancelar", "cancela", "olvídalo", "déjalo"),
    *("deixa", "deixa pra lá", "esquece", "annuler", "laisse tomber"),
    *("отмена", "отменить", "отмени", "стоп", "неважно", "إلغاء", "الغاء", "ألغ", "توقف", "لا يهم"),
}


@dataclass(frozen=True, slots=True)
class Route:
    """A handler and what it is given."""

    entry: Entry
    text: str = ""
    args: Mapping[str, str] = field(default_factory=dict)
    ids: tuple[int, ...] = ()
    kept: Mapping[str, Any] = field(default_factory=dict)
    inn: In | None = None
    """The update as it is understood where files are taken: addresses in it are files."""


def route(inn: In, registry: Registry, question: Dialogue | None) -> Route:
    """Raises Told for what nobody can be meant by."""
    if inn.act is not None:
        return _button(inn.act, registry)
    if command := _COMMAND.fullmatch(inn.text.strip()):
        return _command(command[1].lower(), inn, registry)
    if (asked := asked_for_files(inn, registry, question)) is not None:
        inn = replace(inn, answers={"name": asked.name, "kept": dict(asked.kept)})
        return Route(registry.answers[asked.name], inn.text.strip(), kept=asked.kept, inn=inn)
    if inn.files and registry.video is not None:
        return _video(inn, registry.video)
    if question is not None and question.name in registry.answers:
        if inn.text.strip().casefold().strip(".!") in _NEVER_MIND and "cancel" in registry.commands:
            return Route(registry.commands["cancel"])
        return Route(registry.answers[question.name], inn.text.strip(), kept=question.kept)
    if has_link(inn.text) and registry.video is not None:
        return _video(inn, registry.video)
    if inn.on is not None and inn.text.strip() and registry.reply is not None:
        return Route(registry.reply, inn.text.strip())
    raise Told("door.no_words")


def _video(inn: In, entry: Entry) -> Route:
    linked = with_links(inn)
    return Route(entry, linked.text.strip(), inn=linked)


def asked_for_files(inn: In, registry: Registry, question: Dialogue | None) -> Dialogue | None:
    """The question whose answer these files are."""
    asked = Dialogue(inn.answers["name"], inn.answers["kept"]) if inn.answers else question
    if not inn.files or asked is None or asked.name not in registry.answers:
        return None
    return asked if registry.answers[asked.name].files else None


def is_answer(inn: In, registry: Registry, question: Dialogue | None) -> bool:
    """Whether this was taken as the answer to our question."""
    plain = inn.act is None and not inn.files and not _COMMAND.fullmatch(inn.text.strip())
    return plain and question is not None and question.name in registry.answers


def is_small_talk(inn: In) -> bool:
    """People talking to each other in a group: none of our business, their videos neither."""
    to_us = inn.addressed or inn.act is not None or _COMMAND.fullmatch(inn.text.strip())
    return bool(inn.chat_title) and not to_us


def _button(packed: str, registry: Registry) -> Route:
    try:
        act = Act.unpack(packed)
    except ValueError:
        raise Told("door.strange_button") from None
    entry = registry.acts.get(act.name)
    if entry is None:
        raise Told("door.strange_button")
    return Route(entry, ids=act.ids)


def _command(name: str, inn: In, registry: Registry) -> Route:
    entry = registry.commands.get(name)
    if entry is None:
        raise _unknown(name, registry)
    if entry.files:
        inn = _with_hinted_links(inn)
    written = _COMMAND.fullmatch(inn.text.strip())
    text = ((written[2] if written else "") or "").strip()
    args = _args(entry, text, inn.hints)
    return Route(entry, text, args, inn=inn if entry.files else None)


def _with_hinted_links(inn: In) -> In:
    """An address may be written after the command, or stand in one of its typed arguments."""
    hints = dict(inn.hints)
    for name, value in inn.hints.items():
        linked = with_links(replace(inn, text=value))
        if linked.files != inn.files:
            inn = replace(inn, files=linked.files)
        hints[name] = without_links(value)
    if inn.files:
        return replace(inn, text=without_links(inn.text), hints=hints)
    return replace(with_links(inn), hints=hints)


def _unknown(name: str, registry: Registry) -> Told:
    from rapidfuzz import process

    listed = [e.name for e in registry.commands.values() if e.listed]
    near = process.extractOne(name, listed, score_cutoff=60)
    if near:
        return Told("door.near_command", name=f"/{name}", near=f"/{near[0]}")
    return Told("door.unknown_command", name=f"/{name}")


def _args(entry: Entry, text: str, hints: Mapping[str, str]) -> dict[str, str]:
    """One word each, and the rest of the line for the last. Raises Told with the usage."""
    found: dict[str, str] = {}
    left = text
    for place, arg in enumerate(entry.args):
        if arg.name in hints:
            value = hints[arg.name].strip()
        elif place == len(entry.args) - 1:
            value, left = left.strip(), ""
        else:
            value, _, left = left.strip().partition(" ")
        if value:
            found[arg.name] = _checked(arg, value, entry)
        elif arg.needed:
            raise Told("door.usage", usage=usage_of(entry))
    return found


def _checked(arg: Arg, value: str, entry: Entry) -> str:
    if arg.kind == "number":
        value = value.lstrip("#")
        if not value.isdecimal():
            raise Told("door.usage", usage=usage_of(entry))
    if arg.kind == "choice":
        value = value.lower()
        if value not in arg.choices:
            raise Told("door.choices", value=value, choices=arg.choices, usage=usage_of(entry))
    return value
