"""The only way in: everything a person does goes through `receive`.

It lets nobody in who is not a member, does the same update once, checks the role before any handler
runs or any byte is fetched, and turns whatever goes wrong into words. What is done in one chat is
done in its order.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.cards import arrival as arrival_card
from core.chat.chat import Capabilities
from core.chat.limits import KEY_CHARS
from core.chat.message import ChatRef, In, Out
from core.chat.registry import Answer, Ask, Asker, Change, Entry, Question, Registry, reaches
from core.db import chat_places, chats, outbox, outbox_edits, people
from core.db.chats import Conversation
from core.db.people import Member
from core.errors import Later, NotAllowed, Told
from core.say import Say, say
from core.services import Services
from core.when.zones import is_zone
from handlers import _doorstep, _parking, _route

log = structlog.get_logger()

_LANGUAGE_CHARS = 16
"""Of `chat.language`; "zh-Hant-TW" has ten."""

_chats_at_work: WeakValueDictionary[ChatRef, asyncio.Lock] = WeakValueDictionary()


async def receive(
    inn: In, svc: Services, registry: Registry, can: Capabilities | None = None
) -> Say | None:
    """Handle one thing a person did; the answers are in the outbox when it returns. What it gives
    is for this person alone, on networks that can do that (`can`): why a press did nothing."""
    inn = replace(inn, key=_short(inn.key))
    if _doorstep.is_turned_away(inn, svc):
        return None
    lock = _chats_at_work.setdefault(inn.where, asyncio.Lock())
    async with lock:
        if _doorstep.is_turned_away(inn, svc):  # while it waited for its turn
            return None
        found = await _look_up(inn, svc)
        if found.handled:
            return None
        if found.member is None:
            return await _doorstep.answer(inn, svc, can)
        if _doorstep.is_code(inn) and found.question is None:
            await _doorstep.join(inn, svc, found.member)
            return None
        if _route.is_small_talk(inn):
            return None
        visit = await _let_in(inn, svc, found)
        with structlog.contextvars.bound_contextvars(update=inn.key, chat=visit.by.chat_id):
            outcome = await _answer(inn, svc, registry, visit, can)
            if outcome.told is not None and _is_between_us(inn, can):
                outcome = _Outcome(None, whisper=outcome.told)
            await _write_down(inn, svc, visit.by, outcome)
            return outcome.whisper


def _short(key: str) -> str:
    return key if len(key) <= KEY_CHARS else hashlib.sha256(key.encode()).hexdigest()


def _is_between_us(inn: In, can: Capabilities | None) -> bool:
    """A press in a group that came to nothing concerns nobody else there."""
    return bool((inn.act is not None or inn.aside) and inn.chat_title and can and can.whispers)


# ── who is there ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Found:
    """What we know of whoever is at the door."""

    handled: bool
    """This very update was handled before."""
    member: Member | None = None
    chat: Conversation | None = None
    question: chats.Dialogue | None = None


@dataclass(frozen=True, slots=True)
class _Visit:
    """A member who was let in, in their conversation."""

    by: Asker
    question: chats.Dialogue | None


async def _look_up(inn: In, svc: Services) -> _Found:
    """One look, which locks nobody out."""
    now = svc.clock.now()
    async with svc.db.read() as tx:
        if await chats.was_seen(tx, inn.key):
            return _Found(True)
        member = await people.find_member(tx, inn.who.network, inn.who.user_id)
        if member is None:
            return _Found(False)
        chat = await chats.find_chat(tx, inn.where)
        question = await chats.peek_question(tx, chat.id, member.id, now) if chat else None
    return _Found(False, member, chat, question)


async def _let_in(inn: In, svc: Services, found: _Found) -> _Visit:
    member, chat = found.member, found.chat
    assert member is not None
    if chat is None or _has_news(inn, chat, member):
        async with svc.db.write() as tx:
            chat = await _opened(tx, inn, svc, member)
    return _Visit(_asker(inn, member, chat), found.question)


def _has_news(inn: In, chat: Conversation, member: Member) -> bool:
    """Something about the chat that is worth a write."""
    unknown_zone = chat.zone is None and inn.zone is not None and is_zone(inn.zone)
    new_language = _language(inn, chat, member) != chat.language
    return unknown_zone or new_language or chat.dead or bool(_owner(inn, chat, member))


def _owner(inn: In, chat: Conversation, member: Member) -> dict[str, object]:
    """Whose conversation it is, where that is not known or was somebody else's."""
    if inn.chat_title or chat.member_id == member.id:
        return {}
    return {"member_id": member.id, "workspace_id": member.workspace_id}


def _language(inn: In, chat: Conversation, member: Member) -> str | None:
    """What is spoken in a chat: what this person chose, else what their client is set to. A group
    keeps the first language it was told, or the one somebody chose there."""
    if inn.chat_title and chat.language is not None:
        return chat.language
    told = inn.who.language[:_LANGUAGE_CHARS] if inn.who.language else None
    return member.language or told or chat.language


async def _opened(tx: AsyncSession, inn: In, svc: Services, member: Member) -> Conversation:
    """The conversation, with what its network told of zone and language kept."""
    now = svc.clock.now()
    chat = await chats.open_chat(tx, member.workspace_id, inn.where, now, inn.chat_title)
    changes = _owner(inn, chat, member)
    if chat.zone is None and inn.zone is not None and is_zone(inn.zone):
        changes["zone"] = inn.zone
    if (language := _language(inn, chat, member)) != chat.language:
        changes["language"] = language
    if changes:
        await chats.set_chat(tx, chat.id, **changes)
    if chat.dead:
        await chat_places.come_back(tx, chat.id, now)
    return await chats.conversation(tx, chat.id)


def _asker(inn: In, member: Member, chat: Conversation) -> Asker:
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


async def suggest(
    inn: In, svc: Services, registry: Registry, *, command: str, arg: str, typed: str
) -> tuple[tuple[str, str], ...]:
    """What a member may mean by what they have written so far of an argument: values, and how they
    read. Nothing for strangers, and for those who may not run the command."""
    entry = registry.commands.get(command)
    known = next((a for a in entry.args if a.name == arg), None) if entry else None
    if entry is None or known is None or known.suggest is None:
        return ()
    async with svc.db.read() as tx:
        member = await people.find_member(tx, inn.who.network, inn.who.user_id)
        chat = await chats.find_chat(tx, inn.where)
    if member is None or not reaches(member.role, entry.role):
        return ()
    nowhere = Conversation(0, member.workspace_id, inn.where, "", None, None, False)
    by = _asker(inn, member, chat or nowhere)
    hints = await known.suggest(by, typed, svc)
    return tuple((h.value, svc.catalog.text(h.label, by.language)) for h in hints)


# ── what is asked for ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What there is to say."""

    answer: Answer
    told: Say | None = None
    """Why nothing was done."""
    still_open: Question | None = None
    """The question whose answer was not understood."""
    whisper: Say | None = None


async def _answer(
    inn: In, svc: Services, registry: Registry, visit: _Visit, can: Capabilities | None
) -> _Outcome:
    by = visit.by
    try:
        found = _route.route(inn, registry, visit.question)
        _check_role(by, found.entry)
        files = found.inn.files if found.inn is not None else ()
        if found.inn is not None and not all(f.is_here for f in files):
            # The role is known and the sizes are: only now may something be fetched.
            await _parking.park(found.inn, svc, by, can)
            return _Outcome(None)
        ask = Ask(
            by,
            inn.key,
            found.text,
            found.args,
            found.ids,
            files,
            inn.on,
            inn.said,
            inn.slot,
            found.kept,
        )
        return _Outcome(await found.entry.run(ask, svc))
    except Told as told:
        out = Out.of(told.say)
        asked = _route.asked_for_files(inn, registry, visit.question)
        if asked is None and _route.is_answer(inn, registry, visit.question):
            asked = visit.question
        if asked is not None and not isinstance(told, NotAllowed):
            return _Outcome(None, still_open=Question(out, asked.name, asked.kept))
        return _Outcome(out, told=told.say)
    except Later as later:
        log.info("door.later", why=later.why)
        return _Outcome(Out.of(say("door.later")), told=say("door.later"))
    except Exception:  # a bug of ours: logged under a code, and the person gets the code
        code = secrets.token_hex(3)
        log.exception("door.fault", code=code, act=inn.act)
        fault = say("door.fault", code=code)
        return _Outcome(Out.of(fault), told=fault)


def _check_role(by: Asker, entry: Entry) -> None:
    if not reaches(by.role, entry.role):
        needed, have = say(f"role.{entry.role}"), say(f"role.{by.role}")
        raise NotAllowed("role.too_low", needed=needed, have=have)


# ── what is answered ────────────────────────────────────────────────────────────────────────────


async def _write_down(inn: In, svc: Services, by: Asker, outcome: _Outcome) -> None:
    """All answers and the mark that this update was handled, in one transaction."""
    parts = _parts(outcome.still_open if outcome.still_open is not None else outcome.answer)
    async with svc.db.write() as tx:
        if await chats.seen(tx, inn.key, svc.clock.now()):
            return
        # Words and commands close a question; a button, or a file that was long on its way, leaves
        # it be.
        if inn.act is None and inn.slot is None:
            await chats.drop_question(tx, by.chat_id, by.member_id)
        slot = await _standing(tx, inn, svc, by, outcome, parts)
        for number, part in enumerate(parts):
            here = slot if number == 0 else None
            await _say(tx, inn, svc, by, part, f"{inn.key}:{number}", here)


def _parts(answer: Answer) -> list[Out | Change | Question]:
    if answer is None:
        return []
    return [answer] if isinstance(answer, Out | Change | Question) else list(answer)


async def _standing(
    tx: AsyncSession,
    inn: In,
    svc: Services,
    by: Asker,
    outcome: _Outcome,
    parts: list[Out | Change | Question],
) -> str | None:
    """The message that said "fetching" becomes the first answer. It became something else when the
    handler used it; and what went wrong is said anew, since a changed message rings nowhere."""
    if inn.slot is None:
        return None
    if await outbox.stands_open(tx, by.chat_id, inn.slot):
        return inn.slot
    if not await arrival_card.still_fetching(tx, by.chat_id, inn.slot):
        return None
    if parts and outcome.told is None:
        return inn.slot
    now, here = svc.clock.now(), arrival_card.fetched(inn.files)
    await outbox.say(tx, by.chat_id, here, key=inn.slot, slot=inn.slot, now=now, urgent=True)
    return None


async def _say(
    tx: AsyncSession,
    inn: In,
    svc: Services,
    by: Asker,
    part: Out | Change | Question,
    key: str,
    slot: str | None,
) -> None:
    now = svc.clock.now()
    if isinstance(part, Change):
        changed = inn.on is not None and await outbox_edits.change_message(
            tx, by.chat_id, inn.on.id, part.out, now
        )
        if changed:
            return
    out = part if isinstance(part, Out) else part.out
    if isinstance(part, Question):
        await chats.ask(tx, by.chat_id, by.member_id, part.name, part.kept, now)
        if inn.chat_title:  # where people talk to each other, only what is meant for us is read
            out = replace(out, text=(*out.text, say("door.reply_here", name=by.name)))
    out = replace(out, asks=isinstance(part, Question))
    await outbox.say(
        tx,
        by.chat_id,
        out,
        key=key,
        slot=slot,
        now=now,
        urgent=True,
        reply_to=inn.said.id if inn.said and inn.chat_title else None,
    )
