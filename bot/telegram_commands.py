"""The commands Telegram shows in its menu: from the registry, for each scope and language, and told
only when they changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import structlog
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)
from telegram.constants import BotCommandLimit

from core.chat.help import help_of
from core.chat.registry import Registry
from core.db import kept
from core.services import Services

log = structlog.get_logger()

FIRST = ("clip", "schedule", "queue", "calendar", "connect", "accounts", "status", "help")
"""At the top of the menu, in this order; the rest follows by name."""
SCOPES: tuple[BotCommandScope, ...] = (
    BotCommandScopeAllPrivateChats(),
    BotCommandScopeAllGroupChats(),
)
MOST = 100
"""core.telegram.org/bots/api#setmycommands"""


async def tell_commands(svc: Services, bot: Bot, registry: Registry) -> bool:
    """Whether there was something new to tell."""
    lists = {language: list(_commands(svc, registry, language)) for language in _languages(svc)}
    told = {language: [c.to_dict() for c in commands] for language, commands in lists.items()}
    name = f"telegram.commands:{bot.id}"
    mark = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    async with svc.db.read() as tx:
        if await kept.read(tx, name) == mark:
            return False
    for language, commands in lists.items():
        for scope in SCOPES:
            await bot.set_my_commands(commands, scope=scope, language_code=language or None)
    async with svc.db.write() as tx:
        await kept.write(tx, name, mark)
    log.info("telegram.commands_told", languages=len(lists))
    return True


def _languages(svc: Services) -> list[str]:
    """Everybody else gets English, which has no code here. Telegram knows two letters only, so that
    `pt-BR` is `pt`."""
    short = {name.split("-")[0] for name in svc.catalog.languages}
    return ["", *sorted(short - {"en"})]


def _commands(svc: Services, registry: Registry, language: str) -> Iterator[BotCommand]:
    places = {name: place for place, name in enumerate(FIRST)}
    listed = [e for e in registry.commands.values() if e.listed]
    listed.sort(key=lambda e: (places.get(e.name, len(places)), e.name))
    for entry in listed[:MOST]:
        text = help_of(entry, svc.catalog, language or "en").rstrip(".") or entry.name
        yield BotCommand(entry.name, text[: BotCommandLimit.MAX_DESCRIPTION])
