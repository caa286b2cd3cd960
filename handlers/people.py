"""Who works together here, and how somebody new comes in."""

from __future__ import annotations

from core.chat import acts
from core.chat.limits import INVITE_LIFE
from core.chat.message import Act, Button, Out
from core.chat.registry import Answer, Arg, Ask, Change, command, on_act
from core.db import audit, people
from core.db.people import Member
from core.errors import Told
from core.say import When, say
from core.services import Services
from handlers._ids import first
from handlers._links import doors

ROLES = ("viewer", "editor", "approver", "owner")


@command("invite", role="owner", args=[Arg("role", kind="choice", choices=ROLES)])
async def invite(ask: Ask, svc: Services) -> Answer:
    """Make a code that lets somebody in: /invite editor"""
    role = ask.args.get("role", "editor")
    now, by = svc.clock.now(), ask.by
    async with svc.db.write() as tx:
        code = await people.make_invite(
            tx, svc.vault, by.workspace_id, role, by=by.member_id, now=now, life=INVITE_LIFE
        )
        await audit.record(tx, by.workspace_id, by.member_id, "member.invite", f"role:{role}", now)
    return Out.of(
        say("people.code", code=code, role=say(f"role.{role}"), what=say(f"role.may_{role}")),
        say(
            "people.code_how",
            address=f"{svc.settings.address}/?code={code}",
            until=When(now + INVITE_LIFE),
        ),
        *(say("people.code_door", address=door) for door in doors(svc, code)),
    )


@command("members", role="viewer")
async def members(ask: Ask, svc: Services) -> Answer:
    """See who works here; the owner can remove somebody."""
    async with svc.db.read() as tx:
        found = await people.members(tx, ask.by.workspace_id)
    others = [m for m in found if m.id != ask.by.member_id]
    lines = tuple(
        say(
            "people.you" if m.id == ask.by.member_id else "people.member",
            name=m.name,
            role=say(f"role.{m.role}"),
        )
        for m in found
    )
    rows = tuple((_remove_button(m),) for m in others) if ask.by.role == "owner" else ()
    return Out((say("people.head", n=len(found)), *lines), rows)


def _remove_button(member: Member) -> Button:
    label = say("people.button_remove", name=member.name)
    return Button(label, Act.of(acts.MEMBER_REMOVE, member.id), style="danger")


@on_act(acts.MEMBER_REMOVE, role="owner")
async def remove(ask: Ask, svc: Services) -> Answer:
    """Take somebody out; Undo brings them back."""
    member = await _mine(ask, svc)
    if member.id == ask.by.member_id:
        raise Told("people.not_yourself")
    await _switch(ask, svc, member, "member.remove", removed=True)
    undo = Button(say("card.button_undo"), Act.of(acts.MEMBER_BACK, member.id))
    return Change(Out.of(say("people.removed", name=member.name), buttons=((undo,),)))


@on_act(acts.MEMBER_BACK, role="owner")
async def back(ask: Ask, svc: Services) -> Answer:
    """Let a removed member in again."""
    member = await _mine(ask, svc)
    await _switch(ask, svc, member, "member.back", removed=False)
    return Change(Out.of(say("people.back", name=member.name, role=say(f"role.{member.role}"))))


async def _mine(ask: Ask, svc: Services) -> Member:
    """The member of a button. Raises Told for those of others."""
    async with svc.db.read() as tx:
        found = await people.find_by_id(tx, first(ask))
    if found is None or found.workspace_id != ask.by.workspace_id:
        raise Told("people.gone")
    return found


async def _switch(ask: Ask, svc: Services, member: Member, what: str, *, removed: bool) -> None:
    now, by = svc.clock.now(), ask.by
    async with svc.db.write() as tx:
        await people.set_member(tx, member.id, removed_at=now if removed else None)
        await audit.record(tx, by.workspace_id, by.member_id, what, f"member:{member.id}", now)
