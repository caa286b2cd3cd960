"""Answers to commands on Discord: acknowledged at once, filled with words when there are some."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from bot.discord_draw import Pen
from bot.discord_interaction import in_time, may_write, place_of
from bot.discord_line import AnyInteraction, Asked, Line
from core.chat.message import ChatRef, In
from core.chat.registry import reaches
from core.db import chats, outbox, people
from core.db.people import Member
from core.say import Say, say

if TYPE_CHECKING:  # it lists us
    from bot.faces import Hall, Receive

log = structlog.get_logger()

PATIENCE_S: Final = 6.0
"""How long "is thinking…" may stand there before it says that work goes on."""
LOOK_S: Final = 1.5
"""What may be spent on looking who somebody is before the answer is due."""

Read = Callable[[ChatRef, Asked], In | None]
"""What was said, when one knows where and by which message; None when there is nothing in it."""


class Answers:
    """Those of one connection."""

    def __init__(self, hall: Hall, line: Line, receive: Receive) -> None:
        self._hall = hall
        self._svc = hall.svc
        self._line = line
        self._receive = receive

    async def give(self, interaction: AnyInteraction, command: str, read: Read) -> None:
        """Acknowledge it; then what it says takes the place of "is thinking…"."""
        here = may_write(interaction)
        try:
            async with asyncio.timeout(LOOK_S):
                member = await self._member(interaction)
            apart = not here or member is None or not self._reaches(member, command)
        except TimeoutError:  # better seen by all than too late
            log.warning("discord.slow_look")
            apart = not here
        answer = await in_time(interaction.response.defer(thinking=True, ephemeral=apart))
        if answer is None or answer.message_id is None:
            return
        try:
            await self._say_to(interaction, answer.message_id, read, here=here, apart=apart)
        except Exception:  # a database that is away: nobody may look at "is thinking…" for ever
            log.exception("discord.not_handled")
            await self._fill(interaction, str(answer.message_id), say("door.later"))

    async def _say_to(
        self,
        interaction: AnyInteraction,
        answer_id: int,
        read: Read,
        *,
        here: bool,
        apart: bool,
    ) -> None:
        member = await self._member(interaction)
        where, message_id = await place_of(interaction), str(answer_id)
        in_server = interaction.guild_id is not None
        inn = read(where, Asked(answer_id, interaction.user.id if in_server else None))
        if inn is None:
            whisper: Say | None = say("discord.no_video")
        elif apart or member is None:
            whisper = await self._receive(replace(inn, said=None, aside=here))
            whisper = whisper or await self._nothing_heard(interaction, here)
        else:
            slot = await self._stands(inn, member, message_id, interaction)
            whisper = await self._receive(replace(inn, slot=slot))
        if whisper is not None:
            await self._fill(interaction, message_id, whisper)
        else:
            await self._watch(message_id)

    async def _nothing_heard(self, interaction: AnyInteraction, here: bool) -> Say:
        """What an answer says that only one person sees, when the rest stands elsewhere: strangers
        hear one word, and that only once."""
        if await self._member(interaction) is None:
            return say("door.stranger")
        return say("discord.seen_to" if here else "discord.no_right_here")

    async def _member(self, interaction: AnyInteraction) -> Member | None:
        async with self._svc.db.read() as tx:
            return await people.find_member(tx, "discord", str(interaction.user.id))

    def _reaches(self, member: Member, command: str) -> bool:
        entry = self._hall.registry.commands.get(command)
        return entry is None or reaches(member.role, entry.role)

    async def _stands(
        self, inn: In, member: Member, message_id: str, interaction: AnyInteraction
    ) -> str:
        """The "is thinking…" message as a slot of the outbox: the answer is a change of it, which
        may be repeated as often as the courier likes."""
        slot, now = f"asked:{inn.key}", self._svc.clock.now()
        alone = None if inn.chat_title else member.id
        self._line.open[message_id] = interaction
        async with self._svc.db.write() as tx:
            chat = await chats.open_chat(
                tx, member.workspace_id, inn.where, now, inn.chat_title, alone
            )
            await outbox.stand(tx, chat.id, slot, message_id, now)
        return slot

    async def _watch(self, message_id: str) -> None:
        """Nothing may stand there thinking for ever."""
        for _ in range(int(PATIENCE_S / 0.1)):
            if message_id not in self._line.open:
                return
            await asyncio.sleep(0.1)
        interaction = self._line.open.get(message_id)
        if interaction is not None:
            await self._fill(interaction, message_id, say("discord.on_it"))

    async def _fill(self, interaction: AnyInteraction, message_id: str, words: Say) -> None:
        self._line.open.pop(message_id, None)
        text = Pen(self._svc.catalog, interaction.locale.value).paragraph(words)
        await interaction.edit_original_response(content=text)
