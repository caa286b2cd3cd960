"""What waits, and what can be done about it; the week in words."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from core.chat import acts
from core.chat.limits import QUEUE_SHOWN
from core.chat.message import Out
from core.chat.registry import Answer, Ask, Asker, Change, command, on_act
from core.i18n.measures import zone_text
from core.publish.views import PostView
from core.say import Say, When, say
from core.services import Services
from handlers import _cards
from handlers._ids import first
from handlers.move import check_on_queue, taken_off

WEEK_DAYS = 7


@command("queue", role="viewer")
async def queue(ask: Ask, svc: Services) -> Answer:
    """See what waits to go out: move it, edit it, post it now, take it off."""
    waiting = await svc.posting.queue(ask.by.workspace_id)
    if not waiting:
        return Out.of(say("queue.empty"))
    shown = waiting[:QUEUE_SHOWN]
    head: list[Say] = [say("queue.head", n=len(waiting))]
    if len(waiting) > len(shown):
        head.append(say("queue.more", n=len(waiting) - len(shown)))
    now = svc.clock.now()
    posts = [_cards.in_queue(v, ask.by, n, now) for n, v in enumerate(shown, start=1)]
    return [Out(tuple(head)), *posts]


@on_act(acts.QUEUE_SHOW, role="viewer")
async def show(ask: Ask, svc: Services) -> Answer:
    """The button that shows the queue."""
    return await queue(ask, svc)


@on_act(acts.POST_NOW, role="approver")
async def now(ask: Ask, svc: Services) -> Answer:
    """Post it now instead of later."""
    view = await svc.posting.post_now(first(ask), ask.by, ask.key)
    head = say("schedule.now", title=view.title, places=_cards.places(view))
    return Change(Out((head, *_cards.choice_text(view)), (_cards.options(view),)))


@on_act(acts.POST_DELETE, role="approver")
async def delete(ask: Ask, svc: Services) -> Answer:
    """Take it off the queue."""
    await check_on_queue(ask, svc)
    view = await svc.posting.cancel(first(ask), ask.by)
    return Change(taken_off(view))


@command("calendar", role="viewer")
async def calendar(ask: Ask, svc: Services) -> Answer:
    """See the next seven days."""
    waiting = await svc.posting.queue(ask.by.workspace_id)
    today = svc.clock.now().astimezone(ZoneInfo(ask.by.zone)).date()
    days = [today + timedelta(days=n) for n in range(WEEK_DAYS)]
    lines = [line for day in days if (line := _day(day, waiting, ask.by))]
    if not lines:
        return Out.of(say("calendar.empty"))
    late = sum(1 for p in waiting if p.due_at and _local(p, ask.by) > days[-1])
    after = [say("calendar.later", n=late)] if late else []
    return Out((say("calendar.head", zone=zone_text(ask.by.zone)), *lines, *after))


def _local(view: PostView, by: Asker) -> date:
    assert view.due_at is not None
    return view.due_at.astimezone(ZoneInfo(by.zone)).date()


def _day(day: date, waiting: tuple[PostView, ...], by: Asker) -> Say | None:
    """One day with its posts; days without any are left out."""
    posts = [p for p in waiting if p.due_at and _local(p, by) == day]
    if not posts:
        return None
    told = tuple(_one(p, by) for p in posts)
    assert posts[0].due_at is not None
    return say("calendar.day", day=When(posts[0].due_at, by.zone, "day"), posts=told)


def _one(view: PostView, by: Asker) -> Say:
    assert view.due_at is not None
    hour = When(view.due_at, by.zone, "hour")
    return say("calendar.post", hour=hour, title=view.title, places=_cards.places(view))
