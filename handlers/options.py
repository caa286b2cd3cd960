"""What a person settles about a post on one account: buttons that change the message they stand in,
and one that lets it go out."""

from __future__ import annotations

from itertools import groupby

from core.chat import acts
from core.chat.message import Act, Button, Out, Rows
from core.chat.registry import Answer, Ask, Change, on_act
from core.errors import Told
from core.posting.choosing import Panel
from core.publish.choices import Choice, chosen
from core.publish.views import PostView
from core.say import Fact, Say, say
from core.services import Services
from handlers import _cards
from handlers._ids import first, nth


async def panels(view: PostView, ask: Ask, svc: Services) -> list[Out]:
    """One for each account that waits for choices."""
    waiting = _cards.missing_choices(view)
    return [panel_out(await svc.posting.panel(t.id, ask.by)) for t in waiting]


@on_act(acts.POST_OPTIONS, role="approver")
async def show(ask: Ask, svc: Services) -> Answer:
    """Show what can be settled for each account of a post."""
    view = await svc.posting.view(first(ask), ask.by)
    shown = [t for t in view.targets if t.state in _cards.MOVABLE]
    found = [await svc.posting.panel(t.id, ask.by) for t in shown]
    out = [panel_out(p) for p in found if p.platform.choices]
    if not out:
        raise Told("post.too_late_to_choose")
    return out


@on_act(acts.TARGET_SET, role="approver")
async def choose(ask: Ask, svc: Services) -> Answer:
    """Choose who may see a post, or tick a box."""
    place = nth(ask, 1, among=100)
    return Change(panel_out(await svc.posting.choose(first(ask), place, ask.by)))


@on_act(acts.TARGET_LAST, role="approver")
async def last(ask: Ask, svc: Services) -> Answer:
    """Choose what was chosen the last time."""
    return Change(panel_out(await svc.posting.as_last_time(first(ask), ask.by)))


@on_act(acts.TARGET_APPROVE, role="approver")
async def approve(ask: Ask, svc: Services) -> Answer:
    """Let it go out with the choices shown."""
    view = await svc.posting.approve(first(ask), ask.by)
    target = next(t for t in view.targets if t.id == first(ask))
    where, what = _cards.on_account(target.account), _cards.choices_of(view, target)
    facts: dict[str, Fact] = {"title": view.title, "where": where}
    if view.due_at is None or view.due_at <= svc.clock.now():
        head = say("choice.approved_now", **facts)
    else:
        at = _cards.when_of(view, ask.by, svc.clock.now())
        head = say("choice.approved", at=at, **facts)
    lines = (say("story.settings", where=where, settings=what),) if what else ()
    return Change(Out((head, *lines), (_cards.options(view),)))


# ── the message ─────────────────────────────────────────────────────────────────────────────────


def panel_out(panel: Panel) -> Out:
    """Everything that can be settled, what it means, and what is missing."""
    where = _cards.on_account(panel.target.account)
    head = say("choice.head", title=panel.post.title, where=where)
    if panel.offer.called and panel.offer.called != panel.target.account.username:
        where = say("choice.called", where=where, name=panel.offer.called)
        head = say("choice.head", title=panel.post.title, where=where)
    missing = panel.platform.undecided(panel.settings)
    set_now = chosen(panel.platform.choices, panel.settings)
    lines: list[Say] = [head, *panel.offer.notes]
    if set_now:
        lines.append(say("choice.set", what=set_now))
    lines += panel.platform.declared(panel.settings)
    if missing is not None:
        lines.append(missing)
    if _again(panel, missing):
        lines.append(say("choice.last", what=chosen(panel.platform.choices, panel.last)))
    return Out(tuple(lines), (*_rows(panel), *_ends(panel, missing)))


def _rows(panel: Panel) -> Rows:
    """The choices that are offered, as the platform groups them. What does not matter for a draft
    is left out."""
    inbox = panel.settings.get("mode") == "inbox"
    places = [
        (place, choice)
        for place, choice in enumerate(panel.platform.choices)
        if place not in panel.offer.closed and not (inbox and isinstance(choice.value, bool))
    ]
    by_row = groupby(sorted(places, key=lambda p: p[1].row), key=lambda p: p[1].row)
    return tuple(tuple(_button(panel, *place) for place in row) for _, row in by_row)


def _button(panel: Panel, place: int, choice: Choice) -> Button:
    words = choice.words
    label = say("choice.ticked", what=words) if choice.is_set(panel.settings) else words
    return Button(label, Act.of(acts.TARGET_SET, panel.target.id, place))


def _again(panel: Panel, missing: Say | None) -> bool:
    """Whether the choices of the post before can be taken over: they are written out above the
    button, and the person presses it."""
    return missing is not None and bool(panel.last.items() - panel.settings.items())


def _ends(panel: Panel, missing: Say | None) -> Rows:
    row = []
    if _again(panel, missing):
        again = Act.of(acts.TARGET_LAST, panel.target.id)
        row.append(Button(say("choice.button_last"), again, style="main"))
    if missing is None:
        approve = Act.of(acts.TARGET_APPROVE, panel.target.id)
        row.append(Button(say("choice.button_approve"), approve, style="main"))
    return (tuple(row),) if row else ()
