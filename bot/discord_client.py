"""The library's client with our ears: interactions and messages, each handed to the front door.

An interaction is answered within three seconds or its person is told that it failed; so it is
acknowledged first and understood after. What that person alone should read is whispered; everything
else reaches the chat through the outbox.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar

import discord
import structlog

from bot import discord_updates as updates
from bot.discord_answers import Answers
from bot.discord_buttons import ACT, AnswerButton, Press
from bot.discord_commands import Tree
from bot.discord_draw import ANSWER_ID, Pen
from bot.discord_interaction import in_time, place_of
from bot.discord_line import AnyInteraction, Asked, Line
from bot.discord_missed import Missed
from bot.discord_referred import with_what_it_answers
from core.chat.limits import DISCORD_FORM_CHARS, DISCORD_FORM_TITLE_CHARS
from core.chat.message import ChatRef, In
from core.say import say
from handlers import _front_door

if TYPE_CHECKING:  # it lists us
    from bot.faces import Hall, Receive

log = structlog.get_logger()

_Done = TypeVar("_Done")
_Given = ParamSpec("_Given")

LAST_WORDS_S: Final = 1.0
"""What is being handled when the connection ends may take so long; a few reads and one write."""


def _ends_with_us(
    handle: Callable[Concatenate[Ears, _Given], Coroutine[Any, Any, _Done]],
) -> Callable[Concatenate[Ears, _Given], Coroutine[Any, Any, _Done]]:
    """For what the library calls in tasks of its own. It waits for none of them when it closes
    (2.7.1), so they would speak to a database that is closed already."""

    @wraps(handle)
    async def run(self: Ears, /, *args: _Given.args, **kwargs: _Given.kwargs) -> _Done:
        if self.ending:
            raise asyncio.CancelledError
        task = asyncio.current_task()
        assert task is not None
        self.handling.add(task)
        try:
            return await handle(self, *args, **kwargs)
        finally:
            self.handling.discard(task)

    return run


class Ears(discord.Client):
    """Hears one connection's worth of Discord."""

    def __init__(self, hall: Hall, line: Line, receive: Receive) -> None:
        super().__init__(
            # None of them is privileged: what people write to each other stays hidden from us.
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_ratelimit_timeout=30.0,
        )
        self._hall = hall
        self._svc = hall.svc
        self._answers = Answers(hall, line, receive)
        self._receive = receive
        self._tree = Tree(self, hall.svc, hall.registry, self)
        self._missed = Missed(hall.svc, self, self._hear)
        self.handling: set[asyncio.Task[Any]] = set()
        self.ending = False

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Press, AnswerButton)
        await self._tree.tell_discord()

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Nothing any more once it is closed: the library still calls from tasks of its own."""
        if not self.is_closed():
            super().dispatch(event, *args, **kwargs)

    async def close(self) -> None:
        """Hear nothing any more, and end what is being handled. A message that was not taken is
        read up by the next connection."""
        self.ending = True
        try:
            if self.handling:
                _, late = await asyncio.wait(self.handling, timeout=LAST_WORDS_S)
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)
        finally:
            await super().close()

    async def on_error(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        log.exception("discord.fault", event=event)

    # ── messages ────────────────────────────────────────────────────────────────────────────────

    @_ends_with_us
    async def on_message(self, message: discord.Message) -> None:
        await self._hear(message)

    async def _hear(self, message: discord.Message) -> None:
        assert self.user is not None
        inn = updates.written(message, self.user)
        if inn is not None:
            inn = await with_what_it_answers(inn, message, self.user, self._svc)
        if inn is not None:
            await self._take(inn)

    async def _take(self, inn: In) -> None:
        """A message is not sent again by its network, so it is tried again by us."""
        for wait_s in (1.0, 3.0, 9.0, 27.0):
            try:
                await self._receive(inn)
                return
            except Exception:  # a database that is away for a moment
                log.exception("discord.not_taken")
                await asyncio.sleep(wait_s)
        await self._receive(inn)

    @_ends_with_us
    async def on_connect(self) -> None:
        """A new session."""
        log.info("discord.connected")
        await self._missed.read_up()

    async def mark_heard(self) -> None:
        """Everything until now was heard."""
        if not self.is_closed() and self.ws is not None and self.ws.open:
            await self._missed.mark_heard()

    # ── buttons and forms ───────────────────────────────────────────────────────────────────────

    @_ends_with_us
    async def pressed(self, interaction: AnyInteraction, act: str) -> None:
        await self._on_message_of_ours(
            interaction, lambda where: updates.pressed(interaction, where, act)
        )

    @_ends_with_us
    async def asked_for_form(self, interaction: AnyInteraction) -> None:
        pen = self._pen(interaction)
        title = pen.plain(say("discord.form_title"))[:DISCORD_FORM_TITLE_CHARS]
        label = pen.plain(say("discord.form_label"))[:DISCORD_FORM_TITLE_CHARS]
        form = discord.ui.Modal(title=title, custom_id=ANSWER_ID)
        field: discord.ui.TextInput[Any] = discord.ui.TextInput(
            style=discord.TextStyle.paragraph, max_length=DISCORD_FORM_CHARS, custom_id="words"
        )
        form.add_item(discord.ui.Label(text=label, component=field))
        await in_time(interaction.response.send_modal(form))

    @_ends_with_us
    async def on_interaction(self, interaction: AnyInteraction) -> None:
        """Forms, by their id: they outlive a restart as buttons do. And buttons nobody knows."""
        data: Mapping[str, Any] = interaction.data or {}
        kind, name = interaction.type, str(data.get("custom_id", ""))
        if kind is discord.InteractionType.modal_submit and name == ANSWER_ID:
            await self._on_message_of_ours(
                interaction, lambda where: updates.answered(interaction, where)
            )
        elif kind is discord.InteractionType.component and not re.fullmatch(
            f"{ACT}|{ANSWER_ID}", name
        ):
            await in_time(
                interaction.response.send_message(
                    self._pen(interaction).paragraph(say("door.strange_button")), ephemeral=True
                )
            )

    async def _on_message_of_ours(
        self, interaction: AnyInteraction, read: Callable[[ChatRef], In]
    ) -> None:
        if not await in_time(interaction.response.defer()):
            return
        try:
            whisper = await self._receive(read(await place_of(interaction)))
        except Exception:  # a database that is away
            log.exception("discord.not_handled")
            whisper = say("door.later")
        if whisper is not None:
            text = self._pen(interaction).paragraph(whisper)
            await interaction.followup.send(text, ephemeral=True)

    # ── commands ────────────────────────────────────────────────────────────────────────────────

    @_ends_with_us
    async def commanded(
        self, interaction: AnyInteraction, name: str, given: Mapping[str, Any]
    ) -> None:
        def read(where: ChatRef, said: Asked) -> In:
            return updates.commanded(interaction, where, said.ref(where), name, given)

        await self._answers.give(interaction, name, read)

    @_ends_with_us
    async def chosen(self, interaction: AnyInteraction, message: discord.Message) -> None:
        def read(where: ChatRef, said: Asked) -> In | None:
            return updates.chosen(interaction, where, said.ref(where), message)

        await self._answers.give(interaction, "clip", read)

    @_ends_with_us
    async def suggested(
        self, interaction: AnyInteraction, command: str, arg: str, typed: str
    ) -> Sequence[tuple[str, str]]:
        where = updates.where_of(interaction.channel)
        inn = updates.listing(interaction, where)
        return await _front_door.suggest(
            inn, self._svc, self._hall.registry, command=command, arg=arg, typed=typed
        )

    def _pen(self, interaction: AnyInteraction) -> Pen:
        return Pen(self._svc.catalog, interaction.locale.value)
