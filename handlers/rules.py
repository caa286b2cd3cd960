"""The rules that hold here: what I have learnt to choose, and what keeps a post from going out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from core.chat import acts
from core.chat.message import Act, Button, Out, Rows
from core.chat.registry import Answer, Ask, Change, command, on_act
from core.clips.taste import FEWEST, Taste
from core.db import accounts, audit, tastes
from core.db.tastes import Learning
from core.publish.base import platform_classes
from core.say import Say, say
from core.services import Services


@command("rules", role="viewer")
async def rules(ask: Ask, svc: Services) -> Answer:
    """See what I have learnt of your choices, and which limits posts keep to."""
    return await _rules(ask, svc)


@on_act(acts.LEARN_OFF, role="approver")
async def off(ask: Ask, svc: Services) -> Answer:
    """Choose as for anybody, whatever is kept here."""
    return await _switched(ask, svc, on=False)


@on_act(acts.LEARN_ON, role="approver")
async def on(ask: Ask, svc: Services) -> Answer:
    """Learn again from what is kept and put away."""
    return await _switched(ask, svc, on=True)


@on_act(acts.LEARN_FORGET, role="approver")
async def forget(ask: Ask, svc: Services) -> Answer:
    """Begin to learn anew; Undo brings back what was learnt."""
    now, by = svc.clock.now(), ask.by
    async with svc.db.write() as tx:
        before = await tastes.learning(tx, by.workspace_id)
        await tastes.set_learning(tx, by.workspace_id, replace(before, since=now))
        await audit.record(tx, by.workspace_id, by.member_id, "learn.forget", "rules", now)
    since = int(before.since.timestamp()) if before.since else 0
    undo = Button(say("card.button_undo"), Act.of(acts.LEARN_SINCE, since))
    return Change(Out.of(say("taste.forgotten"), buttons=((undo,),)))


@on_act(acts.LEARN_SINCE, role="approver")
async def back(ask: Ask, svc: Services) -> Answer:
    """Bring back what was forgotten."""
    now, by = svc.clock.now(), ask.by
    seconds = ask.ids[0] if ask.ids else 0
    since = datetime.fromtimestamp(min(seconds, now.timestamp()), UTC) if seconds > 0 else None
    async with svc.db.write() as tx:
        before = await tastes.learning(tx, by.workspace_id)
        await tastes.set_learning(tx, by.workspace_id, replace(before, since=since))
        await audit.record(tx, by.workspace_id, by.member_id, "learn.back", "rules", now)
    return Change(await _rules(ask, svc))


async def _switched(ask: Ask, svc: Services, *, on: bool) -> Answer:
    now, by = svc.clock.now(), ask.by
    async with svc.db.write() as tx:
        before = await tastes.learning(tx, by.workspace_id)
        await tastes.set_learning(tx, by.workspace_id, replace(before, on=on))
        what = "learn.on" if on else "learn.off"
        await audit.record(tx, by.workspace_id, by.member_id, what, "rules", now)
    return Change(await _rules(ask, svc))


async def _rules(ask: Ask, svc: Services) -> Out:
    async with svc.db.read() as tx:
        learning = await tastes.learning(tx, ask.by.workspace_id)
        taste = await tastes.taste_of(tx, ask.by.workspace_id, svc.clock.now())
        platforms = {a.platform for a in await accounts.accounts(tx, ask.by.workspace_id)}
    known = platform_classes()
    counted = (q for name in sorted(platforms & known.keys()) for q in known[name].quotas)
    limits = tuple(say(f"rule.{q.rule}") for q in counted)
    posting = (say("taste.posting"), *limits) if limits else ()
    return Out((*_learnt(learning, taste), *posting), _buttons(learning, taste))


def _learnt(learning: Learning, taste: Taste) -> tuple[Say, ...]:
    """In words: what counts for more here, from how much, and that it stays here."""
    if not learning.on:
        return (say("taste.off"),)
    if not taste:
        more = (taste.kept < FEWEST) or (taste.dropped < FEWEST)
        key = "taste.too_little" if more else "taste.nothing"
        return (say(key, kept=taste.kept, dropped=taste.dropped, need=FEWEST),)
    head = say("taste.head", kept=taste.kept, dropped=taste.dropped)
    return (head, *taste.words(), say("taste.private"))


def _buttons(learning: Learning, taste: Taste) -> Rows:
    if not learning.on:
        return ((Button(say("taste.button_on"), Act.of(acts.LEARN_ON), style="main"),),)
    off = Button(say("taste.button_off"), Act.of(acts.LEARN_OFF))
    if not taste:
        return ((off,),)
    return ((Button(say("taste.button_forget"), Act.of(acts.LEARN_FORGET)), off),)
