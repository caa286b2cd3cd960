"""When a clip goes out: the question, the echo, and one tap to change or take it back."""

from __future__ import annotations

from core.cards.clip import needs_a_look
from core.chat import acts
from core.chat.limits import QUICK_TIMES
from core.chat.message import Act, Button, Out, Rows
from core.chat.registry import Answer, Ask, Change, Question, on_act, on_answer
from core.db.videos import Clip
from core.errors import Told
from core.publish.views import PostView
from core.say import Say, When, say
from core.services import Services
from core.when.moment import Moment
from core.when.parse import read_when
from core.when.place import place
from core.when.zones import find_zone
from handlers import _cards, _zones
from handlers._ids import first, nth
from handlers.accounts import connect_buttons, not_ready
from handlers.discard import ready_clip

_LATEST_TONIGHT_H = 17
"""From six on "tonight 18:00" would be tomorrow's."""

_MOVABLE = ("scheduled", "deferred", "missed", "held", "draft")


# ── asking ──────────────────────────────────────────────────────────────────────────────────────


@on_act(acts.CLIP_SCHEDULE, role="approver")
async def schedule(ask: Ask, svc: Services) -> Answer:
    """Ask when a clip should go out."""
    clip = await _postable(ask, svc)
    if (obstacle := await _obstacle(ask, svc, clip)) is not None:
        return obstacle
    if not await _zones.is_known(ask.by, svc):
        return _zones.first_question({"clip": clip.id})
    return when_question(ask, svc, clip)


def when_question(ask: Ask, svc: Services, clip: Clip) -> Question:
    """ "When should it go out?" with a few quick answers."""
    out = Out.of(
        say("schedule.when", title=clip.title),
        say("schedule.how", zone=ask.by.zone),
        buttons=_quick(ask, svc, acts.CLIP_AT, clip.id),
    )
    return Question(out, "post.when", {"clip": clip.id})


def _quick(ask: Ask, svc: Services, act: str, number: int) -> Rows:
    """In 1 hour, tonight (while it is ahead), tomorrow."""
    late = _zones.local_hour(svc.clock.now(), ask.by.zone) > _LATEST_TONIGHT_H
    shown = (0, 2) if late else (0, 1, 2)
    return (tuple(Button(say(f"schedule.quick_{n}"), Act.of(act, number, n)) for n in shown),)


async def _postable(ask: Ask, svc: Services) -> Clip:
    async with svc.db.read() as tx:
        return await ready_clip(tx, ask)


async def _obstacle(ask: Ask, svc: Services, clip: Clip) -> Out | None:
    """What has to be done first, with the button that does it."""
    if needs_a_look(clip):
        look = Button(say("card.button_looked"), Act.of(acts.CLIP_LOOKED, clip.id), style="main")
        return Out.of(say("schedule.look_first", title=clip.title), buttons=((look,),))
    every = await svc.posting.accounts(ask.by.workspace_id)
    if any(a.state == "ok" for a in every):
        return None
    key = "schedule.signed_out" if every else "schedule.no_account"
    return Out((say(key, title=clip.title), *not_ready(svc)), connect_buttons(svc))


# ── planning ────────────────────────────────────────────────────────────────────────────────────


@on_answer("post.when", role="approver")
async def when(ask: Ask, svc: Services) -> Answer:
    """The time somebody wrote."""
    moment = _read(ask, svc, ask.text)
    return await _plan(ask, svc, int(ask.kept["clip"]), moment)


@on_act(acts.CLIP_AT, role="approver")
async def at(ask: Ask, svc: Services) -> Answer:
    """A quick answer under the question."""
    return await _plan(ask, svc, first(ask), _read(ask, svc, _quick_time(ask)))


@on_act(acts.CLIP_NOW, role="approver")
async def now(ask: Ask, svc: Services) -> Answer:
    """Post a clip now."""
    clip = await _postable(ask, svc)
    if (obstacle := await _obstacle(ask, svc, clip)) is not None:
        return obstacle
    view = await svc.posting.schedule(clip.id, None, ask.by, key=ask.key)
    head = say("schedule.now", title=view.title, places=_cards.places(view))
    return Out((head, *_cards.choice_text(view)), _cards.choice_rows(view))


async def _plan(ask: Ask, svc: Services, clip_id: int, moment: Moment) -> Answer:
    view = await svc.posting.schedule(clip_id, moment, ask.by, key=ask.key)
    return _cards.echo(view, ask.by, svc.clock.now(), fold=moment.fold)


def _read(ask: Ask, svc: Services, text: str, zone: str | None = None) -> Moment:
    zone = zone or ask.by.zone
    return read_when(text, now=svc.clock.now(), zone=zone, language=ask.by.language)


def _quick_time(ask: Ask) -> str:
    return QUICK_TIMES[nth(ask, 1, among=len(QUICK_TIMES))]


# ── changing ────────────────────────────────────────────────────────────────────────────────────


@on_act(acts.POST_MOVE, role="approver")
async def move(ask: Ask, svc: Services) -> Answer:
    """Ask for another time."""
    view = await svc.posting.view(first(ask), ask.by)
    if not any(t.state in _MOVABLE for t in view.targets):
        raise Told("post.too_late_to_move")
    zone = view.zone or ask.by.zone
    text: tuple[Say, ...] = (say("schedule.move", title=view.title), say("schedule.how", zone=zone))
    if view.due_at is not None:
        text = (text[0], say("schedule.move_from", at=When(view.due_at, zone)), text[1])
    out = Out(text, _quick(ask, svc, acts.POST_AT, view.id))
    return Question(out, "post.move", {"post": view.id})


@on_answer("post.move", role="approver")
async def moved(ask: Ask, svc: Services) -> Answer:
    """The new time somebody wrote, read in the zone of the post."""
    view = await svc.posting.view(int(ask.kept["post"]), ask.by)
    return await _move(ask, svc, view, _read(ask, svc, ask.text, view.zone))


@on_act(acts.POST_AT, role="approver")
async def move_at(ask: Ask, svc: Services) -> Answer:
    """A quick answer to it."""
    view = await svc.posting.view(first(ask), ask.by)
    return await _move(ask, svc, view, _read(ask, svc, _quick_time(ask), view.zone))


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
        raise Told("when.past", at=When(moment.at, name))
    return await _move(ask, svc, view, moment)


@on_act(acts.POST_UNDO, role="approver")
async def undo(ask: Ask, svc: Services) -> Answer:
    """Take a fresh post off the queue."""
    view = await svc.posting.undo(first(ask), ask.by)
    return Change(taken_off(view))


def taken_off(view: PostView) -> Out:
    """It will not go out; the clip is still there."""
    again = Button(say("card.button_schedule"), Act.of(acts.CLIP_SCHEDULE, view.clip_id))
    return Out.of(say("schedule.taken_off", title=view.title), buttons=((again,),))


@on_act(acts.TARGET_SET, role="approver")
async def choose(ask: Ask, svc: Services) -> Answer:
    """Settle who may see a post on one account."""
    name, value = _cards.CHOICES[nth(ask, 1, among=len(_cards.CHOICES))]
    view = await svc.posting.set_choice(first(ask), name, value, ask.by)
    target = next(t for t in view.targets if t.id == first(ask))
    head = say(
        "schedule.chosen",
        where=_cards.on_account(target.account),
        choice=say(f"schedule.choice_{value.lower()}"),
    )
    if view.due_at is None or view.due_at <= svc.clock.now():
        return Out((head, *_cards.choice_text(view)), _cards.choice_rows(view))
    return [Out.of(head), _cards.echo(view, ask.by, svc.clock.now())]
