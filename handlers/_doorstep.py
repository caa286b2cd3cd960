"""Strangers: told once that this is private; a code lets them in. A code also makes somebody who is
in already the same person on one more network.

Whoever floods us costs a look into memory: one answer, ten codes a day, and a bound on how many
strangers are written down at all.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.chat import Capabilities
from core.chat.limits import CODE_TRIES_A_DAY
from core.chat.message import In, Out
from core.db import audit, chats, outbox, people
from core.db.people import Member
from core.db.session import Database
from core.say import Say, say
from core.services import Services

log = structlog.get_logger()

_CODE = re.compile(r"(?:/start(?:@\w+)?\s+)?([A-Za-z2-9]{4})[- ]?([A-Za-z2-9]{4})", re.IGNORECASE)
_SURE = re.compile(r"/start(?:@\w+)?\s+[A-Za-z2-9]{4}-?[A-Za-z2-9]{4}|[A-Z2-9]{4}-[A-Z2-9]{4}")
"""What from somebody who is in can be nothing but a code."""

LOOKS = 5
"""How often a stranger is looked up within `TURNED_AWAY`; what comes beyond is not even read."""
TURNED_AWAY = timedelta(seconds=60)
REMEMBERED = 20_000
NEW_AT_ONCE = 40
NEW_PER_S = 1.0
"""Strangers that are written down and answered, in all. Real ones come one by one."""


@dataclass(slots=True)
class _Memory:
    """Of one installation: who was looked up lately, and how many new ones may come."""

    looks: OrderedDict[tuple[str, str], datetime] = field(default_factory=OrderedDict)
    """Strangers, and when what they did lately is forgotten. Every look adds its share of
    `TURNED_AWAY`."""
    spent: OrderedDict[tuple[str, str], datetime] = field(default_factory=OrderedDict)
    """Whose codes of the day are used up."""
    tokens: float = NEW_AT_ONCE
    at: datetime | None = None

    def may_be_new(self, now: datetime) -> bool:
        if self.at is not None:
            filled = self.tokens + max(0.0, (now - self.at).total_seconds()) * NEW_PER_S
            self.tokens = min(NEW_AT_ONCE, filled)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


_memories: WeakKeyDictionary[Database, _Memory] = WeakKeyDictionary()


def _memory(svc: Services) -> _Memory:
    return _memories.setdefault(svc.db, _Memory())


def _remember(
    into: OrderedDict[tuple[str, str], datetime], who: tuple[str, str], until: datetime
) -> None:
    into[who] = until
    into.move_to_end(who)
    if len(into) > REMEMBERED:
        into.popitem(last=False)


def _who(inn: In) -> tuple[str, str]:
    return inn.who.network, inn.who.user_id


def is_turned_away(inn: In, svc: Services) -> bool:
    """A stranger we looked up several times just now, with no code to offer, or with too many."""
    memory, now, who = _memory(svc), svc.clock.now(), _who(inn)
    if memory.spent.get(who, now) > now:
        return True
    return memory.looks.get(who, now) > now + TURNED_AWAY and _code(inn) is None


def _note_look(inn: In, memory: _Memory, now: datetime) -> None:
    who = _who(inn)
    before = max(now, memory.looks.get(who, now))
    _remember(memory.looks, who, before + TURNED_AWAY / (LOOKS - 1))


def _code(inn: In) -> str | None:
    found = _CODE.fullmatch(inn.text.strip()) if inn.act is None else None
    return f"{found[1]}-{found[2]}".upper() if found else None


# ── strangers ───────────────────────────────────────────────────────────────────────────────────


async def answer(inn: In, svc: Services, can: Capabilities | None) -> Say | None:
    """Let them in with a code, or say once that they are not."""
    memory, now, code = _memory(svc), svc.clock.now(), _code(inn)
    _note_look(inn, memory, now)
    aside = can is not None and can.whispers and (inn.act is not None or inn.aside)
    if aside and code is None:
        return say("door.stranger")
    if inn.chat_title and not inn.text.startswith("/") and inn.act is None:
        return None  # people talking to each other in a group, where others may use us
    if not memory.may_be_new(now):
        log.warning("door.flood", network=inn.who.network)
        return None
    async with svc.db.write() as tx:
        if await chats.seen(tx, inn.key, now):
            return None
        if code is None:
            await _deny(tx, inn, svc)
        elif await _may_try(tx, inn, svc):
            member = await people.use_invite(tx, svc.vault, code, inn.who, now)
            if member is None and aside:
                log.warning("door.wrong_code", network=inn.who.network)
                return say("door.wrong_code")
            if member is None:
                await _wrong_code(tx, inn, svc)
            else:
                memory.looks.pop(_who(inn), None)
                await _welcome(tx, inn, svc, member)
    return None


async def _deny(tx: AsyncSession, inn: In, svc: Services) -> None:
    """One sentence, once: a closed door need not be polite for ever. A group hears it once, however
    many of its people try."""
    whom = f"in:{inn.where.chat}" if inn.chat_title else inn.who.user_id
    if not await chats.seen(tx, f"deny:{inn.who.network}:{whom}"[:120], svc.clock.now()):
        await _say(tx, inn, svc, Out.of(say("door.stranger")))


async def _may_try(tx: AsyncSession, inn: In, svc: Services) -> bool:
    """A handful of codes a day; afterwards silence."""
    now = svc.clock.now()
    who = f"try:{inn.who.network}:{inn.who.user_id}:{now:%Y%m%d}"[:110]
    for n in range(CODE_TRIES_A_DAY):
        if not await chats.seen(tx, f"{who}:{n}", now):
            return True
    log.warning("door.too_many_codes", network=inn.who.network)
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    _remember(_memory(svc).spent, _who(inn), tomorrow)
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


# ── somebody who is in already ──────────────────────────────────────────────────────────────────


def is_code(inn: In) -> bool:
    """Whether somebody who is in means a code by this."""
    return inn.act is None and not inn.files and bool(_SURE.fullmatch(inn.text.strip()))


async def join(inn: In, svc: Services, member: Member) -> None:
    """With a code of `/login` they are that person here, too. An invitation is for somebody else,
    and stays good."""
    code, now = _code(inn), svc.clock.now()
    assert code is not None
    async with svc.db.write() as tx:
        if await chats.seen(tx, inn.key, now):
            return
        if not await _may_try(tx, inn, svc):
            await _say(tx, inn, svc, Out.of(say("door.too_many_codes")))
            return
        joined = await people.use_login(tx, svc.vault, code, inn.who, now)
        if joined is None:
            good = await people.is_invite(tx, svc.vault, code, now)
            await _say(
                tx, inn, svc, Out.of(say("door.in_already" if good else "door.wrong_code_in"))
            )
        elif joined.id == member.id:
            await _say(tx, inn, svc, Out.of(say("door.same_already", name=member.name)))
        else:
            await _welcome(tx, inn, svc, joined)


async def _say(tx: AsyncSession, inn: In, svc: Services, out: Out) -> None:
    workspace = await people.first_workspace(tx)
    if workspace is None:
        return
    now = svc.clock.now()
    known = await people.find_member(tx, inn.who.network, inn.who.user_id)
    at = known.workspace_id if known else workspace
    chat = await chats.open_chat(tx, at, inn.where, now, inn.chat_title)
    if chat.language is None and inn.who.language is not None:
        await chats.set_chat(tx, chat.id, language=inn.who.language[:16])
    reply_to = inn.said.id if inn.said and inn.chat_title else None
    await outbox.say(tx, chat.id, out, key=f"{inn.key}:0", now=now, urgent=True, reply_to=reply_to)
