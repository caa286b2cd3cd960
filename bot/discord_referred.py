"""Somebody answers another person's video and mentions us: that video is meant.

What comes along with the mention shows nothing of the message it answers, nor does asking for it,
unless this app may see what people write to each other. Then the way out is told: the menu of that
message hands it to us whole.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import discord
import structlog

from bot import discord_updates as updates
from core.chat.message import In, Out
from core.db import chats, outbox, people
from core.say import say
from core.services import Services

log = structlog.get_logger()

_OTHER_COMMAND: Final = re.compile(r"/(?!clip\b)\w")


async def with_what_it_answers(
    inn: In, message: discord.Message, me: discord.ClientUser, svc: Services
) -> In | None:
    """The same with the files or the link of the message it answers. None when those are hidden
    from us and that was said."""
    answered = message.reference
    if answered is None or not _means_it(inn, answered, me) or await _is_expected(inn, svc):
        return inn
    found = await _fetched(message, answered)
    if found is None or found.author == me:
        return inn
    files, link = updates.files_of(found.attachments), updates.link_in(found.content)
    if files or link:
        return replace(inn, files=files, text=inn.text if files else f"{inn.text} {link}".strip())
    if found.content or found.embeds:
        return inn  # it can be read, and holds nothing to cut
    return None if await _told(inn, svc) else inn


def _means_it(inn: In, answered: discord.MessageReference, me: discord.ClientUser) -> bool:
    if not inn.addressed or inn.files or updates.link_in(inn.text):
        return False
    ours = isinstance(answered.resolved, discord.Message) and answered.resolved.author == me
    return not ours and _OTHER_COMMAND.match(inn.text) is None


async def _is_expected(inn: In, svc: Services) -> bool:
    """Strangers cost no call, and whoever was asked something answers that."""
    async with svc.db.read() as tx:
        member = await people.find_member(tx, inn.who.network, inn.who.user_id)
        if member is None:
            return True
        chat = await chats.find_chat(tx, inn.where)
        if chat is None:
            return False
        question = await chats.peek_question(tx, chat.id, member.id, svc.clock.now())
        return question is not None


async def _fetched(
    message: discord.Message, answered: discord.MessageReference
) -> discord.Message | None:
    if answered.message_id is None:
        return None
    try:
        return await message.channel.fetch_message(answered.message_id)
    except discord.HTTPException as wrong:
        log.info("discord.cannot_fetch", error=str(wrong)[:100])
        return None


async def _told(inn: In, svc: Services) -> bool:
    """Say it once, in answer to whoever asked."""
    now = svc.clock.now()
    async with svc.db.write() as tx:
        member = await people.find_member(tx, inn.who.network, inn.who.user_id)
        if member is None:
            return False
        if await chats.seen(tx, inn.key, now):
            return True
        chat = await chats.open_chat(tx, member.workspace_id, inn.where, now, inn.chat_title)
        await outbox.say(
            tx,
            chat.id,
            Out.of(say("discord.hidden")),
            key=f"{inn.key}:0",
            now=now,
            urgent=True,
            reply_to=inn.said.id if inn.said else None,
        )
    return True
