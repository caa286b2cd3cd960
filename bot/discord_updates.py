"""What people do on Discord, as what a person did anywhere: interactions and messages → `In`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import discord

from bot.discord_line import AnyInteraction, Asked
from core.chat.message import ChatRef, In, InFile, MessageRef, Who
from core.media.receive import safe_name

_LINK: Final = re.compile(r"https?://\S+")


def where_of(channel: Any) -> ChatRef:
    """A thread belongs to its channel: it keeps its own conversation, and its parent's rights."""
    parent = getattr(channel, "parent_id", None)
    if isinstance(channel, discord.Thread) and parent is not None:
        return ChatRef("discord", str(parent), str(channel.id))
    return ChatRef("discord", str(channel.id))


def title_of(channel: Any, guild: discord.Guild | None) -> str:
    """`Studio #clips`; empty for a conversation of two."""
    if guild is None and isinstance(channel, discord.DMChannel):
        return ""
    server = guild.name if guild is not None else ""
    return f"{server} #{getattr(channel, 'name', '')}".strip() or "#"


def who_is(user: discord.User | discord.Member, locale: discord.Locale | None = None) -> Who:
    language = locale.value if locale is not None else None
    return Who("discord", str(user.id), user.display_name, language)


def file_of(attachment: discord.Attachment) -> InFile:
    """Its address holds for about a day, so it is fetched soon."""
    name = safe_name(attachment.filename)
    return InFile(name, attachment.size, attachment.content_type, f"discord:{attachment.url}")


def files_of(attachments: Iterable[discord.Attachment]) -> tuple[InFile, ...]:
    return tuple(file_of(a) for a in attachments)


def link_in(text: str) -> str:
    """The first address in it; empty when there is none."""
    found = _LINK.search(text)
    return found[0] if found else ""


# ── messages ────────────────────────────────────────────────────────────────────────────────────


def written(message: discord.Message, me: discord.ClientUser) -> In | None:
    """None for what was not said to us: in a server only what mentions us can be read at all."""
    if message.author.bot or message.type not in (
        discord.MessageType.default,
        discord.MessageType.reply,
    ):
        return None
    alone = isinstance(message.channel, discord.DMChannel)
    addressed = me in message.mentions
    if not alone and not addressed:
        return None
    where = where_of(message.channel)
    text = re.sub(rf"<@!?{me.id}>", " ", message.content)
    answered, files = message.reference, files_of(message.attachments)
    if not files and answered is not None and isinstance(answered.resolved, discord.Message):
        files = files_of(answered.resolved.attachments) if not _ours(answered, me) else ()
    on = str(answered.message_id) if answered is not None and answered.message_id else None
    return In(
        f"discord:{message.id}",
        where,
        who_is(message.author),
        text=re.sub(r"[ \t]+", " ", text).strip(),
        files=files,
        on=MessageRef(where, on) if on else None,
        said=Asked(message.id).ref(where),
        chat_title="" if alone else title_of(message.channel, message.guild),
        addressed=addressed and not alone,
    )


def _ours(reference: discord.MessageReference, me: discord.ClientUser) -> bool:
    return isinstance(reference.resolved, discord.Message) and reference.resolved.author == me


# ── interactions ────────────────────────────────────────────────────────────────────────────────


def _asked(interaction: AnyInteraction, where: ChatRef, **what: Any) -> In:
    direct = interaction.guild_id is None
    return In(
        f"discord:{interaction.id}",
        where,
        who_is(interaction.user, interaction.locale),
        chat_title="" if direct else title_of(interaction.channel, interaction.guild),
        addressed=not direct,
        **what,
    )


def listing(interaction: AnyInteraction, where: ChatRef) -> In:
    """Half a command: somebody is still writing it."""
    return _asked(interaction, where)


def pressed(interaction: AnyInteraction, where: ChatRef, act: str) -> In:
    """A button of ours."""
    assert interaction.message is not None
    on = MessageRef(where, str(interaction.message.id))
    return _asked(interaction, where, act=act, on=on, said=_pressed_on(interaction, where))


def answered(interaction: AnyInteraction, where: ChatRef) -> In:
    """The form that a question opened, filled in."""
    assert interaction.message is not None
    on = MessageRef(where, str(interaction.message.id))
    said = _pressed_on(interaction, where)
    text = _typed(interaction.data)
    return _asked(interaction, where, text=text, on=on, said=said, aside=True)


def _pressed_on(interaction: AnyInteraction, where: ChatRef) -> MessageRef | None:
    """In a server the answer to a press refers to the message it was on, and calls the presser."""
    if interaction.message is None or interaction.guild_id is None:
        return None
    return Asked(interaction.message.id, interaction.user.id).ref(where)


def _typed(data: Mapping[str, Any] | None) -> str:
    """The text of a form, wherever its field is wrapped."""
    for part in (data or {}).get("components", ()):
        inner: Mapping[str, Any] = part.get("component") or next(
            iter(part.get("components") or ()), {}
        )
        if inner.get("value"):
            return str(inner["value"]).strip()
    return ""


def commanded(
    interaction: AnyInteraction,
    where: ChatRef,
    said: MessageRef,
    name: str,
    given: Mapping[str, Any],
) -> In:
    """A slash command with what was filled in."""
    files = files_of(v for v in given.values() if isinstance(v, discord.Attachment))
    words = {k: str(v) for k, v in given.items() if not isinstance(v, discord.Attachment)}
    text = " ".join([f"/{name}", *words.values()])
    return _asked(interaction, where, text=text, files=files, hints=words, said=said)


def chosen(
    interaction: AnyInteraction, where: ChatRef, said: MessageRef, message: discord.Message
) -> In | None:
    """ "Make clips" in the menu of somebody's message: its videos, else its first link. None when
    there is nothing to cut in it."""
    files = files_of(message.attachments)
    link = link_in(message.content)
    if not files and not link:
        return None
    text = "" if files else link
    return _asked(interaction, where, text=text, files=files, said=said)
