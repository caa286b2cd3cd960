"""Strangers: told once that this is private; a code lets them in."""

from __future__ import annotations

import re

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.limits import CODE_TRIES_A_DAY
from core.chat.message import In, Out
from core.db import audit, chats, outbox, people
from core.db.people import Member
from core.say import say
from core.services import Services

log = structlog.get_logger()

_CODE = re.compile(r"(?:/start\s+)?([A-Za-z2-9]{4})[- ]?([A-Za-z2-9]{4})", re.IGNORECASE)


async def answer(inn: In, svc: Services) -> None:
    """Let them in with a code, or say once that they are not."""
    code = _CODE.fullmatch(inn.text.strip()) if inn.act is None else None
    if inn.chat_title and not inn.text.startswith("/"):
        return  # people talking to each other in a group, where others may use us
    async with svc.db.write() as tx:
        now = svc.clock.now()
        if await chats.seen(tx, inn.key, now):
            return
        if code is None:
            await _deny(tx, inn, svc)
            return
        if not await _may_try(tx, inn, svc):
            log.warning("door.too_many_codes", network=inn.who.network)
            return
        written = f"{code[1]}-{code[2]}".upper()
        member = await people.use_invite(tx, svc.vault, written, inn.who, now)
        await (_welcome(tx, inn, svc, member) if member else _wrong_code(tx, inn, svc))


async def _deny(tx: AsyncSession, inn: In, svc: Services) -> None:
    """One sentence, once: a closed door need not be polite for ever."""
    who = f"deny:{inn.who.network}:{inn.who.user_id}"
    if not await chats.seen(tx, who[:120], svc.clock.now()):
        await _say(tx, inn, svc, Out.of(say("door.stranger")))


async def _may_try(tx: AsyncSession, inn: In, svc: Services) -> bool:
    """A handful of codes a day; afterwards silence."""
    now = svc.clock.now()
    who = f"try:{inn.who.network}:{inn.who.user_id}:{now:%Y%m%d}"[:110]
    for n in range(CODE_TRIES_A_DAY):
        if not await chats.seen(tx, f"{who}:{n}", now):
            return True
    return False


async def _wrong_code(tx: AsyncSession, inn: In, svc: Services) -> None:
    log.warning("door.wrong_code", network=inn.who.network)
    await _say(tx, inn, svc, Out.of(say("door.wrong_code")))


async def _welcome(tx: AsyncSession, inn: In, svc: Services, member: Member) -> None:
    about = f"member:{member.id}"
    await audit.record(
        tx, member.workspace_id, member.id, "member.join", about, svc.clock.now(), role=member.role
    )
    role = say(f"role.{member.role}")
    await _say(
        tx, inn, svc, Out.of(say("door.welcome", name=member.name, role=role), say("help.begin"))
    )


async def _say(tx: AsyncSession, inn: In, svc: Services, out: Out) -> None:
    workspace = await people.first_workspace(tx)
    if workspace is None:
        return
    now = svc.clock.now()
    known = await people.find_member(tx, inn.who.network, inn.who.user_id)
    at = known.workspace_id if known else workspace
    chat = await chats.open_chat(tx, at, inn.where, now, inn.chat_title)
    await outbox.say(tx, chat.id, out, key=f"{inn.key}:0", now=now, urgent=True)
