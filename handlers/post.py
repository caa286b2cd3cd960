"""The whole story of one post, and the questions only a person can answer."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from core.chat import acts
from core.chat.message import Out, Rows
from core.chat.registry import Answer, Arg, Ask, Change, command, on_act
from core.i18n.measures import zone_text
from core.posting.dressing import LOGO, NO_ROOM
from core.publish.views import AttemptView, PostView
from core.say import Fact, Say, When, say
from core.services import Services
from handlers import _cards, _suggest
from handlers._ids import first

_NUMBER = Arg("number", kind="number", needed=True, suggest=_suggest.posts)

CALLS_SHOWN = 25
"""The newest calls; a post that is looked for over a day may have hundreds."""


@command("post", role="viewer", args=[_NUMBER])
async def post(ask: Ask, svc: Services) -> Answer:
    """Read the whole story of a post: /post 12"""
    return await _story(ask, svc, int(ask.args["number"]))


@on_act(acts.POST_STORY, role="viewer")
async def story(ask: Ask, svc: Services) -> Answer:
    """The button that tells it."""
    return await _story(ask, svc, first(ask))


async def _story(ask: Ask, svc: Services, post_id: int) -> Answer:
    view = await svc.posting.view(post_id, ask.by)
    attempts = await svc.posting.story(post_id, ask.by)
    lines = [_head(view, ask, svc), *(_cards.state_line(t) for t in view.targets)]
    lines.append(say("queue.caption", caption=view.caption))
    lines.extend(_approval(view, ask))
    if attempts:
        lines += _calls(attempts, view, ask)
    else:
        lines.append(say("story.no_calls"))
    return Out(tuple(lines), _buttons(view))


def _head(view: PostView, ask: Ask, svc: Services) -> Say:
    if view.due_at is None:
        return say("story.head_no_time", number=view.id, title=view.title)
    at = _cards.when_of(view, ask.by, svc.clock.now())
    return say("story.head", number=view.id, title=view.title, at=at)


def _calls(attempts: Sequence[AttemptView], view: PostView, ask: Ask) -> list[Say]:
    """The newest calls, under the days they were made on."""
    shown = attempts[-CALLS_SHOWN:]
    if len(shown) < len(attempts):
        lines = [say("story.calls_newest", n=len(attempts), shown=len(shown))]
    else:
        lines = [say("story.calls", n=len(attempts))]
    zone, before = ask.by.zone, None
    for attempt in shown:
        if (day := attempt.at.astimezone(ZoneInfo(zone)).date()) != before:
            at = When(attempt.at, zone, "day")
            lines.append(say("story.day", day=at, zone=zone_text(zone)))
        before = day
        lines.append(_call(attempt, view, ask))
    return lines


def _approval(view: PostView, ask: Ask) -> list[Say]:
    """Who said that it goes out, and with which settings for each account."""
    if view.approved_by is None or view.approved_at is None:
        return []
    at = When(view.approved_at, ask.by.zone)
    lines = [say("story.approved", who=view.approved_by, at=at)]
    for target in view.targets:
        shown = _cards.choices_of(view, target)
        if shown:
            where = _cards.on_account(target.account)
            lines.append(say("story.settings", where=where, settings=shown))
    return lines


def _call(attempt: AttemptView, view: PostView, ask: Ask) -> Say:
    """Time, account, what was asked, what came back."""
    account = next((t.account for t in view.targets if t.id == attempt.target_id), None)
    if attempt.call == LOGO:
        out = "story.logo_no_room" if attempt.code == NO_ROOM else "story.logo_out"
        key = "story.logo_in" if attempt.ok else out
        where: Fact = _cards.on_account(account) if account else ""
        return say(key, at=When(attempt.at, ask.by.zone, "hour"), where=where)
    answer = " ".join(str(p) for p in (attempt.http, attempt.code, attempt.log_id) if p)
    return say(
        "story.call_ok" if attempt.ok else "story.call_failed",
        at=When(attempt.at, ask.by.zone, "hour"),
        where=_cards.on_account(account) if account else "",
        step=attempt.step,
        call=attempt.call,
        answer=answer or "–",
    )


def _buttons(view: PostView) -> Rows:
    """What can still be done."""
    waiting = any(t.state in ("scheduled", "deferred", "held") for t in view.targets)
    failed = any(t.state == "failed" for t in view.targets)
    row = []
    if waiting:
        row += [_cards.button("move", acts.POST_MOVE, view.id)]
        row += [_cards.button("delete", acts.POST_DELETE, view.id, style="danger")]
    if failed:
        row += [_cards.button("again", acts.POST_NOW, view.id, style="main")]
    return (tuple(row),) if row else ()


# ── questions we asked ──────────────────────────────────────────────────────────────────────────


@on_act(acts.TARGET_YES, role="approver")
async def is_there(ask: Ask, svc: Services) -> Answer:
    """A person looked: the post is there."""
    return await _settled(ask, svc, happened=True)


@on_act(acts.TARGET_NO, role="approver")
async def is_not_there(ask: Ask, svc: Services) -> Answer:
    """A person looked: it is not there."""
    return await _settled(ask, svc, happened=False)


async def _settled(ask: Ask, svc: Services, *, happened: bool) -> Answer:
    view = await svc.posting.settle(first(ask), happened, ask.by)
    where = _where(view, ask)
    if happened:
        return Change(Out.of(say("story.settled_there", title=view.title, where=where)))
    again = _cards.button("again", acts.POST_NOW, view.id, style="main")
    out = say("story.settled_not_there", title=view.title, where=where)
    return Change(Out.of(out, buttons=((again,),)))


@on_act(acts.TARGET_LOOK, role="approver")
async def look(ask: Ask, svc: Services) -> Answer:
    """Ask the platform once more; nothing is sent."""
    view = await svc.posting.look_again(first(ask), ask.by)
    return Change(Out.of(say("story.looking", title=view.title, where=_where(view, ask))))


@on_act(acts.MISSED_NOW, role="approver")
async def missed_now(ask: Ask, svc: Services) -> Answer:
    """Post what was missed now."""
    view = await svc.posting.answer_missed(first(ask), "now", ask.by)
    return Change(Out.of(say("schedule.now", title=view.title, places=(_where(view, ask),))))


@on_act(acts.MISSED_NEXT, role="approver")
async def missed_next(ask: Ask, svc: Services) -> Answer:
    """Post it at the same time on the next day."""
    view = await svc.posting.answer_missed(first(ask), "next", ask.by)
    return Change(_cards.echo(view, ask.by, svc.clock.now(), moved=True))


@on_act(acts.MISSED_DROP, role="approver")
async def missed_drop(ask: Ask, svc: Services) -> Answer:
    """Leave it out."""
    view = await svc.posting.answer_missed(first(ask), "drop", ask.by)
    return Change(Out.of(say("story.dropped", title=view.title, where=_where(view, ask))))


def _where(view: PostView, ask: Ask) -> Say:
    target = next(t for t in view.targets if t.id == first(ask))
    return _cards.on_account(target.account)
