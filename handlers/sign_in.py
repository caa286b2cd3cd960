"""Signing in elsewhere, and seeing where one is signed in."""

from __future__ import annotations

from core.chat import acts
from core.chat.limits import LOGIN_LIFE
from core.chat.message import Act, Button, Out
from core.chat.registry import Answer, Ask, command, on_act
from core.db import audit, chats, people
from core.db.people import OpenSession
from core.errors import Told
from core.say import Say, When, say
from core.services import Services
from handlers._ids import first
from handlers._links import doors


@command("login", role="viewer")
async def login(ask: Ask, svc: Services) -> Answer:
    """Get a code that signs you in elsewhere: the web page, or another chat."""
    now, by = svc.clock.now(), ask.by
    async with svc.db.write() as tx:
        if (await chats.conversation(tx, by.chat_id)).title:
            raise Told("login.not_here")
        code = await people.make_invite(
            tx,
            svc.vault,
            by.workspace_id,
            by.role,
            by=by.member_id,
            now=now,
            life=LOGIN_LIFE,
            joins=by.member_id,
        )
        about = f"member:{by.member_id}"
        await audit.record(tx, by.workspace_id, by.member_id, "member.login", about, now)
    address = f"{svc.settings.address}/?code={code}"
    return Out.of(
        say("login.code", code=code, until=When(now + LOGIN_LIFE)),
        say("login.how", address=address),
        *(say("people.code_door", address=door) for door in doors(svc, code)),
    )


@command("sessions", role="viewer")
async def sessions(ask: Ask, svc: Services) -> Answer:
    """See the browsers you are signed in with, and sign them out."""
    async with svc.db.read() as tx:
        found = await people.sessions(tx, ask.by.member_id, svc.clock.now())
    if not found:
        return Out.of(say("login.no_sessions"))
    lines = tuple(_line(number, s, ask) for number, s in enumerate(found, start=1))
    rows = tuple((_end_button(number, s),) for number, s in enumerate(found, start=1))
    return Out((say("login.sessions", n=len(found)), *lines), rows)


def _line(number: int, session: OpenSession, ask: Ask) -> Say:
    began = When(session.created_at, ask.by.zone)
    return say("login.session", number=number, browser=_browser(session.agent), at=began)


def _end_button(number: int, session: OpenSession) -> Button:
    label = say("login.button_end", number=number)
    return Button(label, Act.of(acts.SESSION_END, session.id), style="danger")


_BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
_CALLED = {"Edg": "Edge", "OPR": "Opera"}
_SYSTEMS = ("iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux")


def _browser(agent: str) -> Say:
    """As people call it. In this order: nearly all of them also name Chrome and Safari."""
    name = next((b for b in _BROWSERS if f"{b}/" in agent), None)
    system = next((s for s in _SYSTEMS if s in agent), None)
    if name is None or system is None:
        return say("login.some_browser")
    system = "Mac" if system == "Macintosh" else system
    return say("login.browser", name=_CALLED.get(name, name), system=system)


@on_act(acts.SESSION_END, role="viewer")
async def end(ask: Ask, svc: Services) -> Answer:
    """Sign one of one's own browsers out."""
    now, by = svc.clock.now(), ask.by
    async with svc.db.write() as tx:
        mine = await people.sessions(tx, by.member_id, now)
        session = next((s for s in mine if s.id == first(ask)), None)
        if session is None:
            raise Told("login.session_gone")
        await people.revoke_session(tx, session.id, now)
        about = f"session:{session.id}"
        await audit.record(tx, by.workspace_id, by.member_id, "session.end", about, now)
    return Out.of(say("login.ended", browser=_browser(session.agent)))
