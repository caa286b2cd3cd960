"""The slash commands and the message menu, built from the one registry.

The list is sent to Discord only when it changed: there are 200 creates a day, and people see
commands flicker. What was sent last is kept in the database as its hash.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import discord
import structlog
from discord import app_commands
from discord.app_commands import Choice, locale_str

from bot.discord_line import AnyInteraction
from core.chat.limits import DISCORD_CHOICES, DISCORD_HELP_CHARS
from core.chat.registry import Arg, Entry, Registry
from core.db import kept
from core.i18n.catalog import Catalog
from core.say import say
from core.services import Services

log = structlog.get_logger()

START: Final = "start"
_BIGGEST: Final = 2**53
"""Discord's numbers are those of JavaScript."""
_NAME_CHARS: Final = 100
"""Of a choice."""

_INSTALLS: Final = app_commands.AppInstallationType(guild=True, user=True)
_PLACES: Final = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False)


class Listener(Protocol):
    """Who is told what somebody asked for."""

    async def commanded(
        self, interaction: AnyInteraction, name: str, given: Mapping[str, Any]
    ) -> None: ...

    async def chosen(self, interaction: AnyInteraction, message: discord.Message) -> None: ...

    async def suggested(
        self, interaction: AnyInteraction, command: str, arg: str, typed: str
    ) -> Sequence[tuple[str, str]]: ...


class Tree(app_commands.CommandTree[Any]):
    """Everything a client offers behind `/` and in the menu of a message."""

    def __init__(
        self, client: discord.Client, svc: Services, registry: Registry, listener: Listener
    ) -> None:
        super().__init__(client, allowed_contexts=_PLACES, allowed_installs=_INSTALLS)
        self._svc = svc
        self._listener = listener
        self._words = _Words(svc.catalog)
        for entry in registry.commands.values():
            if entry.listed:
                self.add_command(self._command(entry))
        self.add_command(self._start())
        self.add_command(self._menu())

    # ── what is offered ─────────────────────────────────────────────────────────────────────────

    def _command(self, entry: Entry) -> app_commands.Command[Any, ..., None]:
        async def run(interaction: AnyInteraction, **given: Any) -> None:
            await self._listener.commanded(interaction, entry.name, _filled(given))

        parameters = [_parameter(arg) for arg in entry.args]
        if entry.files:
            parameters = [*(_attachment(name) for name in entry.files), *parameters]
        made = self._made(entry.name, self._words.help(entry), run, parameters)
        for arg in entry.args:
            if arg.suggest is not None:
                made.autocomplete(arg.name)(self._completer(entry.name, arg))
        return made

    def _made(
        self,
        name: str,
        about: locale_str,
        run: Callable[..., Awaitable[None]],
        parameters: Sequence[inspect.Parameter],
    ) -> app_commands.Command[Any, ..., None]:
        """A command as the library wants it: it reads the options from the signature."""
        ask = inspect.Parameter(
            "interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=discord.Interaction
        )
        run.__signature__ = inspect.Signature([ask, *parameters])  # type: ignore[attr-defined]
        names = {p.name: self._words.argument(p.name) for p in parameters}
        described: Any = app_commands.describe(**names)(run) if names else run
        return app_commands.Command(name=name, description=about, callback=described)

    def _completer(self, command: str, arg: Arg) -> Callable[..., Any]:
        async def complete(interaction: AnyInteraction, typed: str) -> list[Choice[Any]]:
            found = await self._listener.suggested(interaction, command, arg.name, str(typed))
            number = arg.kind == "number"
            return [
                Choice(name=label[:_NAME_CHARS], value=int(value) if number else value)
                for value, label in found[:DISCORD_CHOICES]
            ]

        return complete

    def _start(self) -> app_commands.Command[Any, ..., None]:
        """How somebody comes in with a code, in a server too, and unseen by others."""

        async def run(interaction: AnyInteraction, **given: Any) -> None:
            await self._listener.commanded(interaction, START, _filled(given))

        about = self._words.of("discord.start")
        return self._made(START, about, run, [_parameter(Arg("code"))])

    def _menu(self) -> app_commands.ContextMenu:
        async def run(interaction: AnyInteraction, message: discord.Message) -> None:
            await self._listener.chosen(interaction, message)

        run.__annotations__ = {"interaction": discord.Interaction, "message": discord.Message}
        return app_commands.ContextMenu(name=self._words.of("discord.menu"), callback=run)

    async def on_error(
        self, interaction: AnyInteraction, error: app_commands.AppCommandError, /
    ) -> None:
        """A list of commands that is older than ours; everything else is caught before."""
        log.warning("discord.command_failed", error=repr(error))

    # ── telling Discord ─────────────────────────────────────────────────────────────────────────

    async def payload(self) -> list[dict[str, Any]]:
        """The list as Discord gets it, in every language it speaks."""
        every = self._get_all_commands()
        return [await c.get_translated_payload(self, self._words) for c in every]

    async def tell_discord(self) -> None:
        """Send the list if it is another one than last time."""
        await self.set_translator(self._words)
        text = json.dumps(await self.payload(), sort_keys=True, ensure_ascii=False)
        now = hashlib.sha256(text.encode()).hexdigest()
        name = f"discord.commands:{self.client.application_id}"
        async with self._svc.db.read() as tx:
            before = await kept.read(tx, name)
        if before == now:
            return
        try:
            told = await self.sync()
        except (app_commands.AppCommandError, discord.HTTPException) as wrong:
            log.error("discord.commands_refused", error=str(wrong))
            return
        async with self._svc.db.write() as tx:
            await kept.write(tx, name, now)
        log.info("discord.commands_told", n=len(told))


def _filled(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _parameter(arg: Arg) -> inspect.Parameter:
    """One option, typed."""
    kind: Any = str
    if arg.kind == "number":
        kind = app_commands.Range[int, 1, _BIGGEST]
    elif arg.kind == "choice":
        kind = _literal(arg.choices)
    return inspect.Parameter(
        arg.name,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=kind,
        default=inspect.Parameter.empty if arg.needed else None,
    )


def _literal(choices: Sequence[str]) -> Any:
    from typing import Literal

    return Literal[tuple(choices)]


def _attachment(name: str) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, annotation=discord.Attachment, default=None
    )


class _Words(app_commands.Translator):
    """Descriptions in the reader's language. Names stay as they are in every sentence of ours: the
    help says `/schedule`, and so does the list."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def of(self, key: str) -> locale_str:
        text = self._catalog.text(say(key))
        return locale_str(_short(text), key=key)

    def help(self, entry: Entry) -> locale_str:
        return locale_str(_short(entry.help), key=f"command.{entry.name}")

    def argument(self, name: str) -> locale_str:
        """Its name says enough where no sentence does."""
        key = f"argument.{name}"
        return self.of(key) if self._catalog.has(key) else locale_str(name)

    async def translate(
        self, string: locale_str, locale: discord.Locale, context: Any
    ) -> str | None:
        key = string.extras.get("key")
        language = self._catalog.known(locale.value)
        family = locale.value.split("-")[0]
        if key is None or language.split("-")[0] != family or language == "en":
            return None
        return (
            _short(self._catalog.text(say(key), language))
            if self._catalog.has(key, language)
            else None
        )


def _short(text: str) -> str:
    return text if len(text) <= DISCORD_HELP_CHARS else f"{text[: DISCORD_HELP_CHARS - 1]}…"
