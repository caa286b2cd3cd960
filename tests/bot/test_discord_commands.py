"""Every command of the product, as Discord is told of it."""

from __future__ import annotations

from typing import Any, cast

import discord
import pytest

import handlers
from bot.discord_commands import Listener, Tree
from core.chat.registry import discover
from core.services import Services
from tests.doubles import discord_rules as rules

Command = dict[str, Any]


@pytest.fixture
async def commands(svc: Services) -> dict[str, Command]:
    async with discord.Client(intents=discord.Intents.none()) as client:
        tree = Tree(client, svc, discover(handlers), cast(Listener, None))
        payload = await tree.payload()
    rules.check_commands(payload)
    return {c["name"]: c for c in payload}


def options(command: Command) -> dict[str, Command]:
    return {o["name"]: o for o in command["options"]}


async def test_every_listed_command_is_offered_and_nothing_else(
    commands: dict[str, Command],
) -> None:
    listed = {e.name for e in discover(handlers).commands.values() if e.listed}
    assert set(commands) == listed | {"start", "Make clips"}


async def test_options_are_typed_with_choices_and_suggestions(commands: dict[str, Command]) -> None:
    clip = options(commands["clip"])
    assert [clip[name]["type"] for name in ("video", "subtitles", "wish")] == [11, 11, 3]
    plan = options(commands["schedule"])
    assert (plan["clip"]["type"], plan["clip"]["required"], plan["clip"]["autocomplete"]) == (
        4,
        True,
        True,
    )
    assert options(commands["timezone"])["place"]["autocomplete"]
    assert {c["value"] for c in options(commands["invite"])["role"]["choices"]} >= {"editor"}


async def test_every_field_says_what_it_is_for(commands: dict[str, Command]) -> None:
    bare = [
        f"/{c['name']} {o['name']}"
        for c in commands.values()
        for o in c.get("options", ())
        if o["description"] in (o["name"], "…")
    ]
    assert bare == []


async def test_help_is_told_in_the_languages_we_speak_and_names_stay(
    commands: dict[str, Command],
) -> None:
    told = commands["queue"]["description_localizations"]
    assert {"de", "es-ES", "es-419", "pt-BR", "ru"} == set(told)
    assert told["de"] != commands["queue"]["description"]
    assert not any(c.get("name_localizations") for n, c in commands.items() if n != "Make clips")
