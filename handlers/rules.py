"""The rules that hold here: what I have learnt to choose, and what keeps a post from going out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from core.chat import acts
from core.chat.message import Act, Button, Out, Rows
from core.chat.registry import Answer, Ask, Change, command, on_act
from core.clips import fares
from core.clips.fares import Reading
from core.clips.taste import FEWEST, Taste
from core.db import accounts, audit, tastes
from core.db.tastes import Learning
from core.publish.base import platform_classes
from core.publish.views import AccountView
from core.say import Say, say
from core.services import Services
from handlers import _cards


@command("rules", role="viewer")
async def rules(ask: Ask, svc: Services) -> Answer:
    """See what I have learnt of your choices, and which limits posts keep to."""
    return await _rules(ask, svc)


@on_act(acts.LEARN_OFF, role="approver")
async def off(ask: Ask, svc: Services) -> Answer:
    """Choose as for anybody, whatever is kept here."""
    return await _switched(ask, svc, "learn.off", lambda now: replace(now, on=False))


@on_act(acts.LEARN_ON, role="approver")
async def on(ask: Ask, svc: Services) -> Answer:
    """Learn again from what is kept and put away."""
    return await _switched(ask, svc, "learn.on", lambda now: replace(now, on=True))


@on_act(acts.LEARN_POSTS_OFF, role="approver")
async def posts_off(ask: Ask, svc: Services) -> Answer:
    """Leave out how posts fare, and go by what people keep alone."""
    return await _switched(ask, svc, "learn.posts_off", lambda now: replace(now, posts=False))


@on_act(acts.LEARN_POSTS_ON, role="approver")
async def posts_on(ask: Ask, svc: Services) -> Answer:
    """Learn from how posts fare, too."""
    return await _switched(ask, svc, "learn.posts_on", lambda now: replace(now, posts=True))


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


async def _switched(
    ask: Ask, svc: Services, what: str, to: Callable[[Learning], Learning]
) -> Answer:
    now, by = svc.clock.now(), ask.by
    async with svc.db.write() as tx:
        before = await tastes.learning(tx, by.workspace_id)
        await tastes.set_learning(tx, by.workspace_id, to(before))
        await audit.record(tx, by.workspace_id, by.member_id, what, "rules", now)
    return Change(await _rules(ask, svc))


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is to say."""

    learning: Learning
    taste: Taste
    readings: Sequence[Reading]
    connected: Sequence[AccountView]


async def _rules(ask: Ask, svc: Services) -> Out:
    workspace = ask.by.workspace_id
    async with svc.db.read() as tx:
        learning = await tastes.learning(tx, workspace)
        known = _Known(
            learning,
            await tastes.taste_of(tx, workspace, svc.clock.now()),
            await tastes.read(tx, workspace, learning.since),
            await accounts.accounts(tx, workspace),
        )
    if not learning.on:
        on = Button(say("taste.button_on"), Act.of(acts.LEARN_ON), style="main")
        return Out((say("taste.off"), *_limits(known)), ((on,),))
    private = (say("taste.private"),) if known.taste else ()
    lines = (*_kept(known.taste), *_posts(known, svc), *private, *_limits(known))
    return Out(lines, _buttons(known))


def _kept(taste: Taste) -> tuple[Say, ...]:
    """In words: what counts for more for what people keep, and from how much."""
    facts = {"kept": taste.kept, "dropped": taste.dropped}
    if lines := taste.words():
        return (say("taste.head", **facts), *lines)
    more = (taste.kept < FEWEST) or (taste.dropped < FEWEST)
    return (say("taste.too_little" if more else "taste.nothing", **facts, need=FEWEST),)


def _posts(known: _Known, svc: Services) -> tuple[Say, ...]:
    """What counts for more for how posts fare, and which account tells nothing of it."""
    if not known.learning.posts:
        return (say("figures.off"),)
    n = len(fares.compared(known.readings))
    made_up = (say("figures.practice"),) if any(r.practice for r in known.readings) else ()
    hidden = _hidden(known.connected, svc)
    if shown := known.taste.by_posts:
        return (say("figures.head", n=n), *(s.words for s in shown), *made_up, *hidden)
    if not known.connected:
        return ()
    key = "figures.nothing" if n else "figures.too_little"
    return (say(key, n=n, need=fares.FEWEST), *(made_up if n else ()), *hidden)


def _hidden(connected: Sequence[AccountView], svc: Services) -> tuple[Say, ...]:
    """Of each account, what its sign-in is not told."""
    found = []
    for account in connected:
        why = svc.posting.platform(account.platform).hides(account.scopes)
        if why is not None:
            found.append(say("figures.hidden", where=_cards.on_account(account), why=why))
    return tuple(found)


def _limits(known: _Known) -> tuple[Say, ...]:
    """What the platforms of this workspace allow in which time."""
    platforms, there = {a.platform for a in known.connected}, platform_classes()
    counted = [q for name in sorted(platforms & there.keys()) for q in there[name].quotas]
    return (say("taste.posting"), *(say(f"rule.{q.rule}") for q in counted)) if counted else ()


def _buttons(known: _Known) -> Rows:
    off = Button(say("taste.button_off"), Act.of(acts.LEARN_OFF))
    rows: list[tuple[Button, ...]] = [(off,)]
    if known.taste:
        rows = [(Button(say("taste.button_forget"), Act.of(acts.LEARN_FORGET)), off)]
    if not known.learning.posts:
        rows.append((Button(say("figures.button_on"), Act.of(acts.LEARN_POSTS_ON)),))
    elif known.readings:
        rows.append((Button(say("figures.button_off"), Act.of(acts.LEARN_POSTS_OFF)),))
    return tuple(rows)
