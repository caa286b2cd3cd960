"""Another time or zone for a post that waits, and taking it back."""

from __future__ import annotations

from core.chat import acts
from core.chat.message import Act, Button, Out
from core.chat.registry import Answer, Ask, Change, Question, on_act, on_answer
from core.errors import Told
from core.i18n.measures import zone_text
from core.publish.views import PostView
from core.say import say
from core.services import Services
from core.when.moment import Moment
from core.when.place import dated, describe, place
from core.when.zones import find_zone
from handlers import _cards, _times, _zones
from handlers._ids import first


@on_act(acts.POST_MOVE, role="approver")
async def move(ask: Ask, svc: Services) -> Answer:
    """Ask for another time."""
    view = await check_on_queue(ask, svc)
    if not any(t.state in _cards.MOVABLE for t in view.targets):
        raise Told("post.too_late_to_move")
    zone = view.zone or ask.by.zone
    text = [say("schedule.move", title=view.title)]
    if view.due_at is not None:
        text.append(say("schedule.move_from", at=dated(view.due_at, zone, svc.clock.now())))
    text.append(say("schedule.how", zone=zone_text(zone)))
    out = Out(tuple(text), _times.quick(ask, svc, acts.POST_AT, view.id))
    return Question(out, "post.move", {"post": view.id})


@on_answer("post.move", role="approver")
async def moved(ask: Ask, svc: Services) -> Answer:
    """The new time somebody wrote, read in the zone of the post."""
    view = await svc.posting.view(int(ask.kept["post"]), ask.by)
    return await _move(ask, svc, view, await _times.read(ask, svc, ask.text, view.zone))


@on_act(acts.POST_AT, role="approver")
async def move_at(ask: Ask, svc: Services) -> Answer:
    """A quick answer to it."""
    view = await svc.posting.view(first(ask), ask.by)
    return await _move(ask, svc, view, await _times.read_quick(ask, svc, view.zone))


async def _move(ask: Ask, svc: Services, view: PostView, moment: Moment) -> Answer:
    moved = await svc.posting.move(view.id, moment, ask.by)
    return _cards.echo(moved, ask.by, svc.clock.now(), fold=moment.fold, moved=True)


@on_act(acts.POST_ZONE, role="approver")
async def zone(ask: Ask, svc: Services) -> Answer:
    """Ask for another zone for the same time of day."""
    view = await svc.posting.view(first(ask), ask.by)
    if view.wall is None:
        raise Told("schedule.no_wall")
    out = Out.of(
        say("schedule.zone", title=view.title),
        buttons=_zones.buttons(acts.POST_ZONE_IS, view.id),
    )
    return Question(out, "post.zone", {"post": view.id})


@on_answer("post.zone", role="approver")
async def zone_written(ask: Ask, svc: Services) -> Answer:
    """A city or a zone somebody wrote."""
    return await _rezone(ask, svc, int(ask.kept["post"]), find_zone(ask.text))


@on_act(acts.POST_ZONE_IS, role="approver")
async def zone_picked(ask: Ask, svc: Services) -> Answer:
    """A zone with a button."""
    return await _rezone(ask, svc, first(ask), _zones.picked(ask, place=1))


async def _rezone(ask: Ask, svc: Services, post_id: int, name: str) -> Answer:
    """The same wall time somewhere else."""
    view = await svc.posting.view(post_id, ask.by)
    if view.wall is None:
        raise Told("schedule.no_wall")
    moment = place(view.wall, name)
    if moment.at <= svc.clock.now():
        raise Told("when.past", at=describe(moment, svc.clock.now()))
    return await _move(ask, svc, view, moment)


@on_act(acts.POST_UNDO, role="approver")
async def undo(ask: Ask, svc: Services) -> Answer:
    """Take a fresh post off the queue."""
    view = await check_on_queue(ask, svc)
    if not any(t.state in _cards.MOVABLE for t in view.targets):
        raise Told("post.too_late_to_cancel")
    view = await svc.posting.undo(view.id, ask.by)
    return Change(taken_off(view))


async def check_on_queue(ask: Ask, svc: Services) -> PostView:
    """Raises Told for a post that was taken off before."""
    view = await svc.posting.view(first(ask), ask.by)
    if all(t.state == "cancelled" for t in view.targets):
        raise Told("schedule.off_already", title=view.title)
    return view


def taken_off(view: PostView) -> Out:
    """It will not go out; the clip is still there."""
    again = Button(say("card.button_schedule"), Act.of(acts.CLIP_SCHEDULE, view.clip_id))
    return Out.of(say("schedule.taken_off", title=view.title), buttons=((again,),))
