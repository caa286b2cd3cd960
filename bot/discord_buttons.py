"""What can be pressed on Discord, also under messages from before the last start."""

from __future__ import annotations

import re
from typing import Any, Final

import discord

from bot.discord_draw import ANSWER_ID
from bot.discord_line import AnyInteraction

ACT: Final = r"(?P<act>[a-z_]+\.[a-z_]+(?::[0-9a-f]+)*)"
"""What `Act.pack` writes, and nothing else."""


class Press(discord.ui.DynamicItem[discord.ui.Button[Any]], template=ACT):
    """A button of ours, also of messages from before the last start."""

    def __init__(self, button: discord.ui.Button[Any], act: str) -> None:
        super().__init__(button)
        self.act = act

    @classmethod
    async def from_custom_id(
        cls, interaction: AnyInteraction, item: Any, match: re.Match[str], /
    ) -> Press:
        return cls(item, match["act"])

    async def callback(self, interaction: AnyInteraction) -> None:
        await interaction.client.pressed(interaction, self.act)


class AnswerButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=ANSWER_ID):
    """Opens a form: in a server nobody's plain words reach us."""

    @classmethod
    async def from_custom_id(
        cls, interaction: AnyInteraction, item: Any, match: re.Match[str], /
    ) -> AnswerButton:
        return cls(item)

    async def callback(self, interaction: AnyInteraction) -> None:
        await interaction.client.asked_for_form(interaction)
