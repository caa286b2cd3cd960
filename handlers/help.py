"""What one can ask for: read from the commands themselves."""

from __future__ import annotations

from core.chat import acts
from core.chat.help import help_of, usage_of
from core.chat.message import Out
from core.chat.registry import Answer, Ask, command, discover, on_act, reaches
from core.db import chats
from core.i18n.catalog import FALLBACK
from core.say import say
from core.services import Services
from handlers.sample import sample_button

FIRST = ("clip", "queue", "calendar", "connect", "accounts", "status", "again")
"""Shown first, in this order; the rest follows by name."""


@command("help", role="viewer")
async def help(ask: Ask, svc: Services) -> Answer:
    """See everything you can ask for."""
    import handlers

    known = discover(handlers).commands.values()
    mine = [e for e in known if e.listed and reaches(ask.by.role, e.role)]
    order = {name: place for place, name in enumerate(FIRST)}
    mine.sort(key=lambda e: (order.get(e.name, len(order)), e.name))
    language = await _heard_in(ask, svc)
    lines = tuple(
        say("help.line", usage=usage_of(e), what=help_of(e, svc.catalog, language)) for e in mine
    )
    return Out((say("help.head"), *lines, say("help.words")))


async def _heard_in(ask: Ask, svc: Services) -> str:
    """The language of the chat: in a group it need not be the one of whoever asks."""
    async with svc.db.read() as tx:
        chat = await chats.conversation(tx, ask.by.chat_id)
    return chat.language or FALLBACK


@on_act(acts.HELP_SHOW, role="viewer")
async def show(ask: Ask, svc: Services) -> Answer:
    """The button that shows it."""
    return await help(ask, svc)


@command("start", role="viewer", listed=False)
async def start(ask: Ask, svc: Services) -> Answer:
    """Say hello and what to do first."""
    hello = say("help.hello", name=ask.by.name)
    return Out.of(hello, say("help.begin"), buttons=((sample_button(),),))


@command("cancel", role="viewer")
async def cancel(ask: Ask, svc: Services) -> Answer:
    """Forget the question I asked last."""
    return Out.of(say("help.forgotten"))
