"""The only way in: everything a person does goes through `receive`.

It lets nobody in who is not a member, does the same update once, checks the role before any handler
runs, and turns whatever goes wrong into words. What is done in one chat is done in its order.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.chat.limits import KEY_CHARS
from core.chat.message import ChatRef, In, Out
from core.chat.registry import Answer, Ask, Asker, Change, Entry, Question, Registry, reaches
from core.db import chats, outbox, outbox_edits, people
from core.db.chats import Conversation
from core.db.people import Member
from core.errors import Later, NotAllowed, Told
from core.say import say
from core.services import Services
from core.when.zones import is_zone
from handlers import _doorstep, _route

log = structlog.get_logger()

_chats_at_work: WeakValueDictionary[ChatRef, asyncio.Lock] = WeakValueDictionary()


async def receive(inn: In, svc: Services, registry: Registry) -> None:
    """Handle one thing a person did; the answers are in the outbox when it returns."""
    inn = replace(inn, key=_short(inn.key))
    lock = _chats_at_work.setdefault(inn.where, asyncio.Lock())
    async with lock:
        visit = await _let_in(inn, svc)
        if visit is None or _route.is_small_talk(inn, registry, visit.question):
            return
        with structlog.contextvars.bound_contextvars(update=inn.key, chat=visit.by.chat_id):
            answer, on_told = await _answer(inn, svc, registry, visit)
            await _write_down(inn, svc, visit.by, answer, on_told)


def _short(key: str) -> str:
    return key if len(key) <= KEY_CHARS else hashlib.sha256(key.encode()).hexdigest()


# ── who is there ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Visit:
    """A member who was let in, in their conversation."""

    by: Asker
    question: chats.Dialogue | None


async def _let_in(inn: In, svc: Services) -> _Visit | None:
    """None for a stranger (who was answered on the doorstep) and for what was handled before."""
    now = svc.clock.now()
    async with svc.db.read() as tx:
        if await chats.was_seen(tx, inn.key):
            return None
        member = await people.find_member(tx, inn.who.network, inn.who.user_id)
        chat = await chats.find_chat(tx, inn.where)
        question = None
        if member and chat:
            question = await chats.peek_question(tx, chat.id, member.id, now)
    if member is None:
        await _doorstep.answer(inn, svc)
        return None
    if chat is None or _has_news(inn, chat, svc):
        async with svc.db.write() as tx:
            chat = await _opened(tx, inn, svc, member)
    return _Visit(_asker(inn, svc, member, chat), question)


def _has_news(inn: In, chat: Conversation, svc: Services) -> bool:
    """Something about the chat that is worth a write."""
    unknown_zone = chat.zone is None and inn.zone is not None and is_zone(inn.zone)
    return unknown_zone or (chat.language is None and inn.who.language is not None) or chat.dead


async def _opened(tx: AsyncSession, inn: In, svc: Services, member: Member) -> Conversation:
    """The conversation, with what its network told of zone and language kept."""
    now = svc.clock.now()
    chat = await chats.open_chat(tx, member.workspace_id, inn.where, now, inn.chat_title)
    changes: dict[str, object] = {"dead_at": None} if chat.dead else {}
    if chat.zone is None and inn.zone is not None and is_zone(inn.zone):
        changes["zone"] = inn.zone
    if chat.language is None and inn.who.language is not None:
        changes["language"] = inn.who.language[:16]
    if changes:
        await chats.set_chat(tx, chat.id, **changes)
    return await chats.conversation(tx, chat.id)


def _asker(inn: In, svc: Services, member: Member, chat: Conversation) -> Asker:
    return Asker(
        member.workspace_id,
        member.id,
        member.role,
        member.name,
        chat.id,
        inn.where,
        member.language or chat.language or inn.who.language or "en",
        chat.zone or member.zone or "UTC",
    )


# ── what is asked for ───────────────────────────────────────────────────────────────────────────


async def _answer(
    inn: In, svc: Services, registry: Registry, visit: _Visit
) -> tuple[Answer, Question | None]:
    """What to say, and the question that stays open because its answer was not understood."""
    by = visit.by
    try:
        found = _route.route(inn, registry, visit.question)
        _check_role(by, found.entry)
        ask = Ask(by, inn.key, found.text, found.args, found.ids, inn.files, inn.on, found.kept)
        return await found.entry.run(ask, svc), None
    except Told as told:
        out = Out.of(told.say)
        asked = visit.question
        still_open = _route.is_answer(inn, registry, asked) and not isinstance(told, NotAllowed)
        if still_open and asked is not None:
            return None, Question(out, asked.name, asked.kept)
        return out, None
    except Later as later:
        log.info("door.later", why=later.why)
        return Out.of(say("door.later")), None
    except Exception:  # a bug of ours: logged under a code, and the person gets the code
        code = secrets.token_hex(3)
        log.exception("door.fault", code=code, act=inn.act)
        return Out.of(say("door.fault", code=code)), None


def _check_role(by: Asker, entry: Entry) -> None:
    if not reaches(by.role, entry.role):
        needed, have = say(f"role.{entry.role}"), say(f"role.{by.role}")
        raise NotAllowed("role.too_low", needed=needed, have=have)


# ── what is answered ────────────────────────────────────────────────────────────────────────────


async def _write_down(
    inn: In, svc: Services, by: Asker, answer: Answer, still_open: Question | None
) -> None:
    """All answers and the mark that this update was handled, in one transaction."""
    parts = _parts(still_open if still_open is not None else answer)
    async with svc.db.write() as tx:
        if await chats.seen(tx, inn.key, svc.clock.now()):
            return
        if inn.act is None:  # words and commands close a question; a button leaves it be
            await chats.drop_question(tx, by.chat_id, by.member_id)
        for number, part in enumerate(parts):
            await _say(tx, inn, svc, by, part, f"{inn.key}:{number}")


def _parts(answer: Answer) -> list[Out | Change | Question]:
    if answer is None:
        return []
    return [answer] if isinstance(answer, Out | Change | Question) else list(answer)


async def _say(
    tx: AsyncSession, inn: In, svc: Services, by: Asker, part: Out | Change | Question, key: str
) -> None:
    now = svc.clock.now()
    if isinstance(part, Change):
        changed = inn.on is not None and await outbox_edits.change_message(
            tx, by.chat_id, inn.on.id, part.out, now
        )
        if changed:
            return
    if isinstance(part, Question):
        await chats.ask(tx, by.chat_id, by.member_id, part.name, part.kept, now)
    out = part if isinstance(part, Out) else part.out
    await outbox.say(tx, by.chat_id, out, key=key, now=now, urgent=True)
