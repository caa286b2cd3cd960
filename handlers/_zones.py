"""The zone somebody's times are meant in: asked for once, with buttons for the usual ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.chat import acts
from core.chat.message import Act, Button, Out, Rows
from core.chat.registry import Ask, Asker, Question
from core.db import chats, people
from core.i18n.measures import zone_text
from core.say import say
from core.services import Services
from core.when.zones import FIRST_OFFERED, OFFERED
from handlers._ids import nth

_PER_ROW = 3


async def is_known(by: Asker, svc: Services) -> bool:
    """Whether anybody, a person or their network, ever said where they are."""
    async with svc.db.read() as tx:
        chat = await chats.conversation(tx, by.chat_id)
        member = await people.member(tx, by.member_id)
    return bool(chat.zone or member.zone)


def first_question(kept: Mapping[str, Any]) -> Question:
    """Asked once, before the first time that is read; `kept` says what goes on afterwards."""
    out = Out.of(say("zone.first"), buttons=buttons(acts.ZONE_IS, then=kept))
    return Question(out, "zone.is", kept)


def buttons(act: str, *ids: int, then: Mapping[str, Any] | None = None) -> Rows:
    """The usual zones. `then` may name a clip to go on with."""
    more = (int(then["clip"]),) if then and "clip" in then else ()

    def offer(name: str) -> Button:
        label = say("zone.name", zone=zone_text(name))
        return Button(label, Act.of(act, *ids, OFFERED.index(name), *more))

    offered = [offer(name) for name in FIRST_OFFERED]
    return tuple(
        tuple(offered[start : start + _PER_ROW]) for start in range(0, len(offered), _PER_ROW)
    )


def picked(ask: Ask, *, place: int) -> str:
    """The zone of a button."""
    return OFFERED[nth(ask, place, among=len(OFFERED))]


async def keep(ask: Ask, svc: Services, name: str) -> None:
    """For this chat, and for this person wherever their network does not tell."""
    async with svc.db.write() as tx:
        await chats.set_chat(tx, ask.by.chat_id, zone=name)
        await people.set_member(tx, ask.by.member_id, zone=name)


def in_zone(ask: Ask, name: str) -> Ask:
    """The same request, by somebody who is there."""
    return replace(ask, by=replace(ask.by, zone=name))
