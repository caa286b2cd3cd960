"""What a command does and how it is written, in the reader's language: for `/help`, and for the
lists of commands that networks and the page show.

A docstring is the English; `command.<name>` in a catalogue is its translation.
"""

from __future__ import annotations

from core.chat.registry import Arg, Entry
from core.i18n.catalog import Catalog
from core.say import Say, say


def help_of(entry: Entry, catalog: Catalog, language: str) -> str:
    """One line; as the docstring has it where nobody has translated it."""
    key = f"command.{entry.name}"
    known = catalog.known(language)
    return catalog.text(say(key), known) if catalog.has(key, known) else entry.help


def argument_of(arg: Arg) -> Say:
    """What an argument is called."""
    return say(f"field.{arg.name}")


def usage_of(entry: Entry) -> Say | str:
    """`/post number`, `/clip [wish]`"""
    usage: Say | str = f"/{entry.name}"
    for arg in entry.args:
        key = "usage.needed" if arg.needed else "usage.optional"
        usage = say(key, before=usage, argument=argument_of(arg))
    return usage
