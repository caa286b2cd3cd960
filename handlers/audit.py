"""Who did what, newest first."""

from __future__ import annotations

from core.chat.message import Out
from core.chat.registry import Answer, Ask, command
from core.db import audit as record
from core.db import people
from core.say import Say, When, say
from core.services import Services

SHOWN = 20


@command("audit", role="owner")
async def audit(ask: Ask, svc: Services) -> Answer:
    """See who did what, newest first."""
    async with svc.db.read() as tx:
        entries = await record.newest(tx, ask.by.workspace_id, SHOWN)
        names: dict[int | None, str] = {}
        for number in {e.member_id for e in entries if e.member_id is not None}:
            found = await people.find_by_id(tx, number)
            names[number] = found.name if found else "?"
    if not entries:
        return Out.of(say("audit.empty"))
    lines = tuple(_line(e, names, ask) for e in entries)
    return Out((say("audit.head", n=len(lines)), *lines))


def _line(entry: record.Entry, names: dict[int | None, str], ask: Ask) -> Say:
    _, _, number = entry.about.partition(":")
    return say(
        "audit.line",
        at=When(entry.at, ask.by.zone),
        who=names.get(entry.member_id) or say("audit.nobody"),
        what=say(f"audit.{entry.what.replace('.', '_')}", number=number),
    )
