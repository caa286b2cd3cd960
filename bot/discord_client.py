"""The library's client with our ears: interactions and messages, each handed to the front door.

An interaction is answered within three seconds or its person is told that it failed; so it is
acknowledged first and understood after. What that person alone should read is whispered; everything
else reaches the chat through the outbox.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar

import aiohttp
import discord
import structlog

from bot import discord_updates as updates
from bot.discord_commands import Tree
from bot.discord_draw import ANSWER_ID, Pen
from bot.discord_line import AnyInteraction, Asked, Line
from bot.discord_missed import Missed
from bot.discord_referred import with_what_it_answers
from core.chat.limits import DISCORD_FORM_CHARS, DISCORD_FORM_TITLE_CHARS
from core.chat.message import ChatRef, In
from core.chat.registry import reaches
from core.db import chats, outbox, people
from core.db.people import Member
from core.say import Say, say
from handlers import _front_door

if TYPE_CHECKING:  # it lists us
    from bot.faces import Hall, Receive

log = structlog.get_logger()

_Done = TypeVar("_Done")
_Given = ParamSpec("_Given")

ACT: Final = r"(?P<act>[a-z_]+\.[a-z_]+(?::[0-9a-f]+)*)"
"""What `Act.pack` writes, and nothing else."""
PATIENCE_S: Final = 6.0
"""How long "is thinking…" may stand there before it says that work goes on."""
LOOK_S: Final = 1.5
"""What may be spent on looking who somebody is before the answer is due."""
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
        self._line = line
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
        await _in_time(interaction.response.send_modal(form))

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
            await _in_time(
                interaction.response.send_message(
                    self._pen(interaction).paragraph(say("door.strange_button")), ephemeral=True
                )
            )

    async def _on_message_of_ours(
        self, interaction: AnyInteraction, read: Callable[[ChatRef], In]
    ) -> None:
        if not await _in_time(interaction.response.defer()):
            return
        try:
            whisper = await self._receive(read(await self._place(interaction)))
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

        await self._answer(interaction, name, read)

    @_ends_with_us
    async def chosen(self, interaction: AnyInteraction, message: discord.Message) -> None:
        def read(where: ChatRef, said: Asked) -> In | None:
            return updates.chosen(interaction, where, said.ref(where), message)

        await self._answer(interaction, "clip", read)

    async def _answer(
        self,
        interaction: AnyInteraction,
        command: str,
        read: Callable[[ChatRef, Asked], In | None],
    ) -> None:
        """Acknowledge it; then what it says takes the place of "is thinking…"."""
        here = _may_write(interaction)
        try:
            async with asyncio.timeout(LOOK_S):
                member = await self._member(interaction)
            apart = not here or member is None or not self._reaches(member, command)
        except TimeoutError:  # better seen by all than too late
            log.warning("discord.slow_look")
            apart = not here
        answer = await _in_time(interaction.response.defer(thinking=True, ephemeral=apart))
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
        read: Callable[[ChatRef, Asked], In | None],
        *,
        here: bool,
        apart: bool,
    ) -> None:
        member = await self._member(interaction)
        where, message_id = await self._place(interaction), str(answer_id)
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
        text = self._pen(interaction).paragraph(words)
        await interaction.edit_original_response(content=text)

    @_ends_with_us
    async def suggested(
        self, interaction: AnyInteraction, command: str, arg: str, typed: str
    ) -> Sequence[tuple[str, str]]:
        where = updates.where_of(interaction.channel)
        inn = updates.listing(interaction, where)
        return await _front_door.suggest(
            inn, self._svc, self._hall.registry, command=command, arg=arg, typed=typed
        )

    # ── where ───────────────────────────────────────────────────────────────────────────────────

    async def _place(self, interaction: AnyInteraction) -> ChatRef:
        """Where answers go: here, if we may write here; else to the person directly."""
        if _may_write(interaction):
            return updates.where_of(interaction.channel)
        direct = await interaction.user.create_dm()
        return ChatRef("discord", str(direct.id))

    def _pen(self, interaction: AnyInteraction) -> Pen:
        return Pen(self._svc.catalog, interaction.locale.value)


def _may_write(interaction: AnyInteraction) -> bool:
    """Whether the bot itself is here and may speak: an app that somebody brought along is not."""
    if interaction.guild_id is None:
        return True
    may = interaction.app_permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    speaks = may.send_messages_in_threads if in_thread else may.send_messages
    return interaction.is_guild_integration() and may.view_channel and speaks


async def _in_time(answer: Awaitable[_Done]) -> _Done | None:
    """The first answer to an interaction. None when it came too late or Discord was not reached:
    the person was told that it failed, so nothing may be done."""
    try:
        return await answer
    except (discord.DiscordException, aiohttp.ClientError, OSError) as wrong:
        log.warning("discord.not_in_time", error=repr(wrong))
        return None
