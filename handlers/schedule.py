"""When a clip goes out: the question, the echo, and one tap to change or take it back."""

from __future__ import annotations

from core.cards.clip import needs_a_look
from core.chat import acts
from core.chat.message import Act, Button, Out
from core.chat.registry import Answer, Arg, Ask, Question, command, on_act, on_answer
from core.db.videos import Clip
from core.i18n.measures import zone_text
from core.publish.views import PostView
from core.say import Fact, Say, say
from core.services import Services
from core.when.moment import Moment
from handlers import _cards, _sources, _suggest, _times, _zones
from handlers._ids import first
from handlers.accounts import connect_buttons, not_ready
from handlers.discard import ready_clip
from handlers.options import panels

_CLIP = Arg("clip", kind="number", needed=True, suggest=_suggest.clips)

# ── asking ──────────────────────────────────────────────────────────────────────────────────────


@on_act(acts.CLIP_SCHEDULE, role="approver")
async def schedule(ask: Ask, svc: Services) -> Answer:
    """Ask when a clip should go out."""
    clip = await _postable(ask, svc)
    live = await _live(svc, clip)
    return _before(svc, clip, ask, live) if live else await _ask_when(ask, svc, clip)


@command("schedule", role="approver", args=[_CLIP, Arg("when")])
async def by_number(ask: Ask, svc: Services) -> Answer:
    """Plan a clip of the last video: /schedule 2 friday 18:00"""
    clip = await _sources.numbered_clip(ask, svc, int(ask.args["clip"]))
    if live := await _live(svc, clip):
        return _before(svc, clip, ask, live)
    if not (written := ask.args.get("when")):
        return await _ask_when(ask, svc, clip)
    if (obstacle := await _obstacle(ask, svc, clip)) is not None:
        return obstacle
    return await _plan(ask, svc, clip.id, await _times.read(ask, svc, written), 0)


@on_act(acts.CLIP_MORE, role="approver")
async def once_more(ask: Ask, svc: Services) -> Answer:
    """Plan a clip although it is planned already, or went out before."""
    clip = await _postable(ask, svc)
    return await _ask_when(ask, svc, clip, known=len(await _live(svc, clip)))


async def _ask_when(ask: Ask, svc: Services, clip: Clip, known: int = 0) -> Answer:
    if (obstacle := await _obstacle(ask, svc, clip)) is not None:
        return obstacle
    if not await _zones.is_known(ask.by, svc):
        return _zones.first_question({"clip": clip.id})
    return when_question(ask, svc, clip, known)


def when_question(ask: Ask, svc: Services, clip: Clip, known: int = 0) -> Question:
    """ "When should it go out?" with a few quick answers. `known` counts the posts there are of
    the clip: an answer that finds more of them comes from an old question."""
    out = Out.of(
        say("schedule.when", title=clip.title),
        say("schedule.how", zone=zone_text(ask.by.zone)),
        buttons=_times.quick(ask, svc, acts.CLIP_AT, clip.id, known),
    )
    return Question(out, "post.when", {"clip": clip.id, "known": known})


async def _postable(ask: Ask, svc: Services) -> Clip:
    async with svc.db.read() as tx:
        return await ready_clip(tx, ask)


async def _live(svc: Services, clip: Clip) -> list[PostView]:
    """Posts of this clip that wait, are on their way, or are out."""
    posts = await svc.posting.posts_of_clip(clip.id)
    return [p for p in posts if any(t.state not in _cards.OVER for t in p.targets)]


_OUT = {"published", "inbox", "private"}
_GOING = {"scheduled", "claimed", "preparing", "committing", "confirming"}


def _before(svc: Services, clip: Clip, ask: Ask, live: list[PostView]) -> Out:
    """What became of this clip before: nobody posts it twice by two taps."""
    view = live[-1]
    states = {t.state for t in view.targets} - set(_cards.OVER)
    facts: dict[str, Fact] = {"title": clip.title, "places": _cards.places(view)}
    change = _cards.button("change", acts.POST_MOVE, view.id)
    more = Button(say("schedule.button_more"), Act.of(acts.CLIP_MORE, clip.id))
    story = Button(say("schedule.button_story"), Act.of(acts.POST_STORY, view.id))
    if view.due_at and view.due_at > svc.clock.now() and states <= set(_cards.MOVABLE):
        waits = Say(
            "schedule.already_waits", {**facts, "at": _cards.when_of(view, ask.by, svc.clock.now())}
        )
        return Out.of(waits, buttons=((change, more),))
    if states <= _OUT:
        return Out.of(Say("schedule.already_out", facts), buttons=((story, more),))
    if states <= _GOING | _OUT:
        return Out.of(Say("schedule.already_going", facts), buttons=((story,),))
    row = (change, story) if states & set(_cards.MOVABLE) else (story,)
    lines = tuple(_cards.state_line(t) for t in view.targets)
    return Out((Say("schedule.already_open", facts), *lines), (row,))


async def _obstacle(ask: Ask, svc: Services, clip: Clip, *, at_once: bool = False) -> Out | None:
    """What has to be done first, with the button that does it."""
    if needs_a_look(clip):
        look = Button(say("card.button_looked"), Act.of(acts.CLIP_LOOKED, clip.id), style="main")
        key = "schedule.look_first_now" if at_once else "schedule.look_first"
        return Out.of(say(key, title=clip.title), buttons=((look,),))
    every = await svc.posting.accounts(ask.by.workspace_id)
    if any(a.state == "ok" for a in every):
        return None
    key = "schedule.signed_out" if every else "schedule.no_account"
    return Out((say(key, title=clip.title), *not_ready(svc)), connect_buttons(svc))


# ── planning ────────────────────────────────────────────────────────────────────────────────────


@on_answer("post.when", role="approver")
async def when(ask: Ask, svc: Services) -> Answer:
    """The time somebody wrote."""
    moment = await _times.read(ask, svc, ask.text)
    return await _plan(ask, svc, int(ask.kept["clip"]), moment, int(ask.kept.get("known", 0)))


@on_act(acts.CLIP_AT, role="approver")
async def at(ask: Ask, svc: Services) -> Answer:
    """A quick answer under the question."""
    known = ask.ids[2] if len(ask.ids) > 2 else 0
    return await _plan(ask, svc, first(ask), await _times.read_quick(ask, svc), known)


@on_act(acts.CLIP_NOW, role="approver")
async def now(ask: Ask, svc: Services) -> Answer:
    """Post a clip now."""
    clip = await _postable(ask, svc)
    if live := await _live(svc, clip):
        return _before(svc, clip, ask, live)
    if (obstacle := await _obstacle(ask, svc, clip, at_once=True)) is not None:
        return obstacle
    view = await svc.posting.schedule(clip.id, None, ask.by, key=ask.key)
    head = say("schedule.now", title=view.title, places=_cards.places(view))
    said = Out((head, *_cards.choice_text(view)), (_cards.options(view),))
    return [said, *await panels(view, ask, svc)]


async def _plan(ask: Ask, svc: Services, clip_id: int, moment: Moment, known: int) -> Answer:
    async with svc.db.read() as tx:
        clip = await _sources.clip_of(tx, ask.by, (clip_id,))
    live = await _live(svc, clip)
    if len(live) > known:
        return _before(svc, clip, ask, live)
    view = await svc.posting.schedule(clip_id, moment, ask.by, key=ask.key)
    said = _cards.echo(view, ask.by, svc.clock.now(), fold=moment.fold)
    return [said, *await panels(view, ask, svc)]
